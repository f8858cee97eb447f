"""The order in which the API server judges a request, and what it says (customresource/strategy.go)."""

import hashlib
import marshal
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

_MOST_CLEAN = 20_000
"""Specs that are remembered, of 16 bytes each."""

STOPPED = Cause(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)


TOO_DEEP = Cause("<nil>", "FieldValueInvalid", "Invalid value: null: lists or mappings are nested too deeply")
"""The one sentence of our own: what nobody means is not followed down as far as the API server would."""


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


class Clean:
    """Which specs nothing could be said against: a status is written often, and beside the same spec.

    They are known by a digest, and all forgotten when there are many.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def add(self, kind: str, body: Mapping[str, Any]) -> None:
        """Remember the spec of an object."""
        if len(self._known) >= _MOST_CLEAN:
            self._known.clear()
        self._known.add(_digest(kind, body))

    def has(self, kind: str, body: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
        """Return whether the spec is known, and stays."""
        digest = _digest(kind, old)
        return digest in self._known and digest == _digest(kind, body)


def _digest(kind: str, body: Mapping[str, Any]) -> bytes:
    try:
        return hashlib.blake2b(marshal.dumps((kind, body.get("spec")), 2), digest_size=16).digest()
    except ValueError:  # nested too deeply, which the judgement tells of
        return b""


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
        self._clean = Clean()

    def all_causes(self, kind: str, body: Mapping[str, Any]) -> tuple[Cause, ...]:
        """Return all that can be said against a new object, where the API server would stop at some of it.

        Unknown fields do not keep the rest from being looked at, and of a policy all reasons are told. There is none
        exactly where the object would be taken with field validation Strict.
        """
        strict = self.judge(kind, body, None, "CREATE")
        unknown = tuple(Cause(each.split('"')[1], "", each) for each in strict.unknown)
        judged = self.judge(kind, body, None, "CREATE", validation="Ignore") if unknown else strict
        causes = judged.causes
        if causes and not causes[0].field:
            definition, request = self._definitions[kind], Request(judged.body, None)
            concerned = (each for each in self._policies if each.concerns(definition, "CREATE", ""))
            causes = tuple(cause for policy in concerned for cause in policy.reasons(request))
        told = tuple(cause for cause in causes if cause is not STOPPED)
        return (*unknown, *(told or causes))

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
        try:
            return self._judged(self._definitions[kind], kind, body, old, operation, subresource, validation)
        except RecursionError:
            return Judged(dict(body), causes=(TOO_DEEP,))

    def _judged(
        self,
        definition: Definition,
        kind: str,
        body: Mapping[str, Any],
        old: Mapping[str, Any] | None,
        operation: str,
        subresource: str,
        validation: str,
    ) -> Judged:
        if subresource == "status" and old is not None and definition.has_status and self._clean.has(kind, body, old):
            judged = self._status_alone(definition, body, old)
            if judged is not None:
                return judged
        new, paths = prepared(body, definition.structure)
        unknown = tuple(f'unknown field "{path}"' for path in paths)
        if unknown and validation == "Strict":
            return Judged(new, unknown=unknown)
        before = prepared(old, definition.structure)[0] if old is not None and operation == "UPDATE" else None
        new = _only_what_may_change(new, before, definition, subresource)
        causes, warnings, clean = _by_definition(new, before, definition, subresource)
        if clean:
            self._clean.add(kind, new)
        if not causes:
            causes = self._by_policies(definition, operation, subresource, new, before)
        told = unknown if validation == "Warn" else ()
        return Judged(new, warnings=(*told, *warnings), causes=tuple(causes))

    def _status_alone(self, definition: Definition, body: Mapping[str, Any], old: Mapping[str, Any]) -> Judged | None:
        """Judge a new status beside a spec that nothing can be said against; nothing where more has to be looked at."""
        known = definition.structure.properties["status"]
        if known.ruled or any(policy.concerns(definition, "UPDATE", "status") for policy in self._policies):
            return None
        given = {name: value for name, value in body.items() if name != "spec"}
        new, unknown = prepared(given, definition.structure)
        kept = {name: value for name, value in old.items() if name != "status"}
        if "status" not in new:
            return None if unknown else Judged(kept)
        if unknown or checked(new["status"], known, "status") or any(duplicated(new["status"], known)):
            return None
        return Judged({**kept, "status": new["status"]})

    def _by_policies(
        self,
        definition: Definition,
        operation: str,
        subresource: str,
        new: Mapping[str, Any],
        old: Mapping[str, Any] | None,
    ) -> list[Cause]:
        request = Request(new, old)
        concerned = (each for each in self._policies if each.concerns(definition, operation, subresource))
        causes = (policy.refused(request) for policy in concerned)
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
) -> tuple[list[Cause], list[str], bool]:
    """Return why an object is refused, what is only warned of, and whether its spec gives no rise to either."""
    known = definition.structure
    correlation = Correlation(new, old, known) if old is not None else None
    if subresource != "status":
        causes = checked(new, known, correlation=correlation)
    elif "status" in new:
        below = correlation.key("status") if correlation else None
        causes = checked(new["status"], known.properties["status"], "status", below)
    else:
        causes = []
    twice = list(duplicated(new, known))
    if twice and (old is None or not any(duplicated(old, known))):
        causes += twice
    if any(cause.blocks for cause in causes):
        return [*causes, STOPPED], [], False
    found = list(broken(new, known, correlation))
    causes += [each.cause for each in found if not each.stood]
    warnings = [f"{each.cause.field}: {each.cause.message}" for each in found if each.stood]
    return causes, warnings, not (causes or found or twice)
