"""The order in which the API server judges a request, and what it says (customresource/strategy.go)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fabgitops_core.admission.checking import checked
from fabgitops_core.admission.correlating import Correlation
from fabgitops_core.admission.duplicates import duplicated
from fabgitops_core.admission.expressions import broken
from fabgitops_core.admission.policies import Policy, Request, bound
from fabgitops_core.admission.preparing import prepared
from fabgitops_core.admission.structure import Structure, structure
from fabgitops_core.admission.wording import Cause

STOPPED = Cause(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a request.

    `body` is the object as it would be stored. `unknown` are fields that nobody knows, as sentences, of a request that
    wants them refused (Strict): it is refused for them alone, and nothing else was looked at. No `unknown` and no
    `causes`: it is accepted.
    """

    body: dict[str, Any]
    warnings: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    unknown: tuple[str, ...] = ()


class Definition:
    """A kind's CustomResourceDefinition, as requests are judged by it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.group: str = given["spec"]["group"]
        self.plural: str = given["spec"]["names"]["plural"]
        (version,) = given["spec"]["versions"]
        self.version: str = version["name"]
        self.has_status = "status" in version.get("subresources", {})
        self._schema = version["schema"]["openAPIV3Schema"]

    @cached_property
    def structure(self) -> Structure:
        """Return its schema, read when it is first asked for.

        Raises:
            ValueError: It says what is not judged here.
        """
        return structure(self._schema)


class Admission:
    """Judges as a real API server would that has these definitions and policies.

    Metadata is not judged here: names, labels, owners and finalizers are the store's.
    """

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]], policies: Sequence[Mapping[str, Any]]) -> None:
        """Take definitions by the names of their kinds, and policies with their bindings.

        Raises:
            ValueError: A policy says what is not judged here.
        """
        self._definitions = {kind: Definition(given) for kind, given in definitions.items()}
        self._policies: Sequence[Policy] = bound(policies)

    def judge(
        self,
        kind: str,
        body: Mapping[str, Any],
        old: Mapping[str, Any] | None,
        operation: str,
        subresource: str = "",
        validation: str = "Strict",
    ) -> Judged:
        """Judge a request.

        Args:
            kind: The kind of object.
            body: What is to be stored, as JSON has it.
            old: What is stored, of an UPDATE.
            operation: CREATE or UPDATE.
            subresource: `status`, or nothing for all but that.
            validation: What becomes of unknown fields: Strict, Warn or Ignore.
        """
        definition = self._definitions[kind]
        new, paths = prepared(body, definition.structure)
        unknown = tuple(f'unknown field "{path}"' for path in paths)
        if unknown and validation == "Strict":
            return Judged(new, unknown=unknown)
        before = prepared(old, definition.structure)[0] if old is not None and operation == "UPDATE" else None
        new = _only_what_may_change(new, before, definition, subresource)
        causes, warnings = _by_definition(new, before, definition, subresource)
        if not causes:
            causes = self._by_policies(definition, operation, subresource, new, before)
        told = unknown if validation == "Warn" else ()
        return Judged(new, warnings=(*told, *warnings), causes=tuple(causes))

    def _by_policies(
        self,
        definition: Definition,
        operation: str,
        subresource: str,
        new: Mapping[str, Any],
        old: Mapping[str, Any] | None,
    ) -> list[Cause]:
        resource = f"{definition.plural}/{subresource}" if subresource else definition.plural
        request = Request(definition.group, definition.version, resource, operation, new, old)
        causes = (policy.refused(request) for policy in self._policies)
        return [cause for cause in causes if cause is not None][:1]


def _only_what_may_change(
    new: dict[str, Any], old: dict[str, Any] | None, definition: Definition, subresource: str
) -> dict[str, Any]:
    """Return the object with the old status, or the old object with the new status."""
    if not definition.has_status:
        return new
    kept, changed = (old or {}, new) if subresource == "status" else (new, old or {})
    mixed = {name: value for name, value in kept.items() if name != "status"}
    return {**mixed, "status": changed["status"]} if "status" in changed else mixed


def _by_definition(
    new: dict[str, Any], old: dict[str, Any] | None, definition: Definition, subresource: str
) -> tuple[list[Cause], list[str]]:
    known = definition.structure
    correlation = Correlation(new, old, known) if old is not None else None
    if subresource != "status":
        causes = checked(new, known, correlation=correlation)
    elif "status" in new:
        below = correlation.key("status") if correlation else None
        causes = checked(new["status"], known.properties["status"], "status", below)
    else:
        causes = []
    if old is None or not any(duplicated(old, known)):
        causes += duplicated(new, known)
    if any(cause.blocks for cause in causes):
        return [*causes, STOPPED], []
    found = list(broken(new, known, correlation))
    causes += [each.cause for each in found if not each.stood]
    return causes, [f"{each.cause.field}: {each.cause.message}" for each in found if each.stood]
