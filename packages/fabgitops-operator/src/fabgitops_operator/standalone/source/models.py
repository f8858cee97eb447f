"""What our own models say of a manifest: the second look, with the better sentences, and templates filled in.

The resource definitions judge each object for itself. Whether a PLC and its template make a map together is known only
here, before a device would have to wait for the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.api.refusals import problems_of, sentence
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.controller import Controller, Referent, Referrer
from fabgitops_core.control.events import Event
from fabgitops_core.control.intake import declared
from pydantic import ValidationError

from fabgitops_operator.standalone.source.manifests import Manifest, Name
from fabgitops_operator.standalone.source.troubles import Trouble

Known = Callable[[Name], Mapping[str, Any] | None]
"""Returns an object by its name: as the revision has it, or as it is kept."""

_NOT_A_TIME = datetime.fromtimestamp(0, UTC)
"""What is declared here is judged, and never comes into force: no moment matters."""


@dataclass(frozen=True, slots=True)
class Only:
    """A kind that is declared, and that nobody looks after by itself: others read it."""

    kind: Kind

    def start(self, key: Key) -> None:
        """Return that nothing is known, ever."""
        del key

    def step(self, state: None, event: Event) -> tuple[None, Commands]:
        """Return that nothing is wanted."""
        del state, event
        return None, ()


class Models:
    """Judges by the models of each kind."""

    def __init__(self, controllers: Sequence[Controller[Any]]) -> None:
        self._controllers = {each.kind.name: each for each in controllers}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds that are judged."""
        return tuple(each.kind for each in self._controllers.values())

    @property
    def referents(self) -> frozenset[str]:
        """Return the names of the kinds that others refer to."""
        return frozenset(name for name, each in self._controllers.items() if isinstance(each, Referent))

    def refers_to(self, manifest: Manifest) -> Name | None:
        """Return what a manifest refers to, in its namespace; None if nothing, or if it is not valid."""
        controller = self._controllers[manifest.name.kind]
        if not isinstance(controller, Referrer):
            return None
        spec = declared(controller.kind, manifest.body, _NOT_A_TIME).spec
        reference = controller.reference(spec)
        return Name(reference[0], manifest.name.namespace, reference[1]) if reference else None

    def judge(self, manifest: Manifest, known: Known) -> list[Trouble]:
        """Return what is wrong with a manifest by itself, or else together with what it refers to."""
        kind = self._controllers[manifest.name.kind].kind
        told = declared(kind, manifest.body, _NOT_A_TIME)
        if told.spec is None:
            return _own_troubles(kind, manifest, told.problem)
        reference = self.refers_to(manifest)
        problem = self._problem_of_reference(told.spec, reference, known) if reference else ""
        return [manifest.trouble(("spec", "templateRef"), problem)] if problem else []

    def _problem_of_reference(self, spec: ApiModel, reference: Name, known: Known) -> str:
        body = known(reference)
        if body is None:
            return (
                f"spec.templateRef.name is {reference.name!r}: there is no {reference.kind} of this name in the"
                f" namespace {reference.namespace}"
            )
        other = declared(self._controllers[reference.kind].kind, body, _NOT_A_TIME).spec
        if isinstance(spec, IndustrialPLCSpec) and isinstance(other, IndustrialPLCTemplateSpec):
            try:
                resolved(spec, other)
            except Unresolved as error:
                return str(error)
        return ""  # a template that is not valid itself is told of by its own file


def _own_troubles(kind: Kind, manifest: Manifest, problem: str) -> list[Trouble]:
    """Return each problem of a spec with the line of its field."""
    try:
        kind.spec.model_validate(manifest.body.get("spec") or {})
    except ValidationError as error:
        found = problems_of(error, ("spec",))
        return [manifest.trouble(each.path, sentence(each, "").removeprefix(".")) for each in found]
    except RecursionError:
        pass
    return [manifest.trouble(("spec",), problem)]
