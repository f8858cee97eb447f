"""What a device holds becomes what Git wants: from a PLC that is only observed to its manifest. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from fabctl.exporting import clean
from fabctl.fields import Body, mapping, sequence, text
from fabctl.guards import mode_of
from fabctl.model import view
from fabctl.registers import Register

_WRITABLE = ("holding", "coil")


class NotAdopted(Exception):
    """A PLC cannot be taken over as it is; the text says why, and what to do."""


def adopted(plc: Body, only: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the manifest of a PLC that wants what was observed of it, and which registers were left as they are.

    How it is corrected stays as it is, so applying the manifest writes nothing.

    Args:
        plc: The PLC, as it is in the cluster.
        only: The registers that are meant; none: all that can be written.

    Raises:
        NotAdopted: It is corrected already, nothing is known of it, or it has no such register.
    """
    spec, seen = mapping(plc.get("spec")), view(plc)
    if mode_of(spec) == "Enforce" and text(spec.get("adoption")) != "Observe":
        raise NotAdopted(f"{seen.name} is corrected already: it holds what Git wants (fabctl export {seen.name})")
    manifest = clean(plc)
    if not seen.is_map:
        if seen.actual is None:
            raise NotAdopted(f"{seen.name}: it is not known what the register holds: {seen.message or seen.status}")
        manifest["spec"] = {**spec, "targetValue": seen.actual}
        return manifest, []
    if unknown := set(only) - {each.name for each in seen.registers}:
        there = ", ".join(each.name for each in seen.registers) or "none that is known yet"
        raise NotAdopted(f"{seen.name} has no register {', '.join(sorted(unknown))}: there are {there}")
    meant = [each for each in seen.registers if each.name in only or (not only and _is_writable(each))]
    values = _values(plc, meant)
    if not values:
        raise NotAdopted(f"{seen.name}: of no register is known what it holds: {seen.message or seen.status}")
    manifest["spec"] = {**spec, "registers": _with_values(spec, values)}
    return manifest, [each.name for each in meant if each.name not in values]


def _is_writable(register: Register) -> bool:
    return register.place.partition(" ")[0] in _WRITABLE


def _values(plc: Body, meant: Collection[Register]) -> dict[str, Any]:
    """Return what is known of these registers, as a manifest says it."""
    seen = {
        text(each.get("name")): each for each in map(mapping, sequence(mapping(plc.get("status")).get("registers")))
    }
    fresh = {each.name for each in meant if each.fresh and each.actual is not None}
    return {name: _value(each) for name, each in seen.items() if name in fresh}


def _value(seen: Body) -> Any:
    """Return an actual value as JSON has it: by its type, for a text of digits is no number."""
    said, words = str(seen["actual"]), text(seen.get("place")).partition(", read at ")[0].split()
    if "string" in words:
        return said
    logical = not {"bool", "bit"}.isdisjoint(words)  # what is read elsewhere may be a number all the same
    if said in {"true", "false"}:
        return said == "true" if logical else int(said == "true")
    if logical and said in {"0", "1"}:
        return said == "1"
    for kind in (int, float):
        try:
            return kind(said)
        except ValueError:
            continue
    return said  # a name of the enum


def _with_values(spec: Body, values: Mapping[str, Any]) -> list[Any]:
    """Return the registers of a spec with values, and those of its template that it says nothing of yet."""
    declared = [dict(mapping(each)) for each in sequence(spec.get("registers"))]
    for each in declared:
        if (name := text(each.get("name"))) in values:
            each["value"] = values[name]
    there = {text(each.get("name")) for each in declared}
    return [*declared, *({"name": name, "value": value} for name, value in values.items() if name not in there)]
