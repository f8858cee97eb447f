"""How registers are read and written otherwise than at their own place, once, and alone, and who says so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fabctl.fields import NOTHING, Body, mapping, number, sequence, shown, text
from fabctl.maps import Entries, by_name, of_template, parameters_in, resolved
from fabctl.model import View


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that is special about a register; texts are fit for a terminal."""

    register: str
    what: str
    how: str
    source: str
    """Who says so: template, resource, or a parameter of the template; nothing where all is the resource's."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What is special about the registers of a PLC, and about the rest that its template says."""

    all: tuple[Way, ...] = ()
    given: tuple[str, ...] = ()
    """The fields beside the registers that the template gives."""
    unknown: str = ""
    """Why it is not known what the template says, if it is not."""


NO_WAYS = Ways()

_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("read from", ("readFrom",)),
    ("group", ("group",)),
    ("before", ("write", "before")),
    ("after", ("write", "after")),
    ("repeated", ("write", "repeatSecs")),
)
"""What each is called, and where in a register it stands."""


def ways(body: Body, template: Body | None, unknown: str = "") -> Ways:
    """Return what is special about the registers of a PLC.

    Args:
        body: The PLC.
        template: The spec of the template that it names, if it names one and that could be read.
        unknown: Why that could not be read.
    """
    spec = mapping(body.get("spec"))
    own, under = by_name(spec), by_name(template or {})
    entries = by_name(resolved(body, template)["spec"]) if template is not None else own
    counts = _repeats(mapping(body.get("status")))
    found = [
        Way(name, what, how, _source(path, own.get(name, {}), under.get(name, {})) if "templateRef" in spec else "")
        for name, entry in entries.items()
        for what, path in _FIELDS
        if (how := _how(what, _at(entry, path), name, entries, counts))
    ]
    found += [Way(name, "repeated", _times(counts[name]), "") for name in counts if not _said(found, name)]
    return Ways(tuple(found), of_template(spec, template) if template is not None else (), unknown)


def unfinished(plc: View) -> str:
    """Return what is open at the end of a write, and what to do about it; nothing where all is written."""
    names = ", ".join(each.name for each in plc.registers if each.unfinished)
    if not names:
        return ""
    return (
        f"nobody knows whether what goes after {names} (write.after) was written: until it is confirmed all of it is "
        f"written again after a pause, at once with fabctl sync {plc.name}; what the device refuses there is to be put "
        "right in Git"
    )


def _repeats(status: Body) -> dict[str, int]:
    seen = map(mapping, sequence(status.get("registers")))
    return {text(each.get("name")): count for each in seen if (count := number(each.get("repeats")))}


def _said(found: list[Way], name: str) -> bool:
    return any(each.register == name and each.what == "repeated" for each in found)


def _at(entry: Body, path: tuple[str, ...]) -> Any:
    value: Any = entry
    for name in path:
        value = mapping(value).get(name)
    return value


def _source(path: tuple[str, ...], own: Body, under: Body) -> str:
    given = _at(under, path)
    if given is None or _at(own, path) is not None:
        return "resource"
    names = parameters_in(given)
    return f"template; from parameter{'s' if len(names) > 1 else ''} {' and '.join(names)}" if names else "template"


def _how(what: str, given: Any, name: str, entries: Entries, counts: Mapping[str, int]) -> str:
    if given is None:
        return ""
    if what == "read from":
        return _elsewhere(mapping(given))
    if what == "group":
        others = [text(each) for each, entry in entries.items() if each != name and entry.get("group") == given]
        return f"{shown(given)}: as one with {', '.join(others) or 'nothing'}"
    if what == "repeated":
        return f"every {shown(given)} s; {_times(counts.get(name, 0))}"
    return "; ".join(map(_step, sequence(given)))


def _times(count: int) -> str:
    return "none stored yet" if not count else f"{count} time{'' if count == 1 else 's'} so far"


def _elsewhere(given: Body) -> str:
    form = [
        f"{text(name)}={_form(value)}" for name, value in given.items() if name not in {"table", "address", "reference"}
    ]
    return ", ".join([_place(given), *form])


def _form(value: object) -> str:
    names = mapping(value).items()
    return f"{{{', '.join(f'{text(name)}: {shown(each)}' for name, each in names)}}}" if names else shown(value)


def _step(given: object) -> str:
    """Return what is written where, of a Secret its name and key."""
    step = mapping(given)
    key = mapping(mapping(step.get("valueFrom")).get("secretKeyRef"))
    value = (
        f"Secret {shown(key.get('name'))}, key {shown(key.get('key'))}" if key else shown(_spoken(step.get("value")))
    )
    return f"{value} to {_place(step)}"


def _spoken(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _place(given: Body) -> str:
    if (reference := shown(given.get("reference"))) != NOTHING:
        return f"reference {reference}"
    return f"{text(given.get('table')) or 'holding'} {shown(given.get('address'))}"
