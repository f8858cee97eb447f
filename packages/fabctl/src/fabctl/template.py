"""What an IndustrialPLCTemplate says, for people: which parameters it takes, whether it is valid, who uses it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text

_WORDS = {"True": "yes", "False": "no"}


@dataclass(frozen=True, slots=True)
class TemplateView:
    """One template as it is shown; texts are fit for a terminal."""

    namespace: str
    name: str
    created: datetime | None
    registers: int
    parameters: tuple[tuple[str, str, str], ...]
    """Name, default and description of each."""
    valid: str
    """yes or no; nothing while the operator has not looked at the spec as it is now."""
    message: str
    """What its status says."""
    users: str
    """How many PLCs of the namespace refer to it, as far as that is known."""


def template_view(body: Body) -> TemplateView:
    """Return what an object says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    ready = _ready(status, number(metadata.get("generation")))
    return TemplateView(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        created=moment(metadata.get("creationTimestamp")),
        registers=len(sequence(spec.get("registers"))),
        parameters=tuple(map(_parameter, sequence(spec.get("parameters")))),
        valid=_WORDS.get(text(ready.get("status")), NOTHING),
        message=text(ready.get("message")) or NOTHING,
        users=shown(number(status.get("users"))),
    )


def _ready(status: Body, generation: int | None) -> Body:
    """Return its condition Ready, if that speaks of the spec as it is now."""
    for each in sequence(status.get("conditions")):
        if isinstance(each, Mapping) and each.get("type") == "Ready":
            speaks = number(each.get("observedGeneration"))
            return each if generation is None or speaks is None or speaks >= generation else {}
    return {}


def _parameter(given: object) -> tuple[str, str, str]:
    fields = mapping(given)
    return text(fields.get("name")), shown(fields.get("default")), text(fields.get("description")) or NOTHING
