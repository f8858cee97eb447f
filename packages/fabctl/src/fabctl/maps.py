"""The registers that a PLC declares, with those of its template and the parameters filled in. Pure.

What makes no sense is left as it stands: whether it does is for the API server and the operator to say.
"""

import re
from collections.abc import Mapping
from typing import Any

from fabctl.fields import Body, mapping, sequence, text

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([A-Za-z][A-Za-z0-9_]*)\}")
_PLACES = {"address", "reference"}

Entries = dict[str, Body]
"""Registers by their names, as they are declared."""


def declared(spec: Body, template: Body | None) -> Entries | None:
    """Return the registers of a PLC's spec; None where they stand in a template that is not there.

    The short form is one register, named by its address.

    Args:
        spec: The spec of the PLC.
        template: The spec of the template that it names.
    """
    if "templateRef" in spec:
        return _resolved(spec, template) if template is not None else None
    if "targetRegister" in spec:
        entry = {"address": spec["targetRegister"], "value": spec.get("targetValue")}
        return {f"register {spec['targetRegister']}": entry}
    return _by_name(spec)


def _by_name(spec: Body) -> Entries:
    entries = map(mapping, sequence(spec.get("registers")))
    return {text(each.get("name")): each for each in entries if text(each.get("name"))}


def _resolved(spec: Body, template: Body) -> Entries:
    parameters = map(mapping, sequence(template.get("parameters")))
    values: dict[Any, Any] = {each.get("name"): each.get("default") for each in parameters}
    given = mapping(mapping(spec.get("templateRef")).get("parameters"))
    values |= {name: value for name, value in given.items() if value is not None}
    own = _by_name(spec)
    entries = _by_name(template)
    return {**{name: _over(_filled(each, values), own.pop(name, {})) for name, each in entries.items()}, **own}


def _over(under: Body, over: Body) -> Body:
    """Return a register of the template with what the PLC says of it; a new place takes the old one's place."""
    return {**{key: value for key, value in under.items() if not (key in _PLACES and _PLACES & over.keys())}, **over}


def _filled(given: Any, values: Mapping[Any, Any]) -> Any:
    if isinstance(given, Mapping):
        return {key: _filled(each, values) for key, each in given.items()}
    if isinstance(given, list):
        return [_filled(each, values) for each in given]
    if not isinstance(given, str):
        return given
    whole = _PLACEHOLDER.fullmatch(given)
    if whole and whole[1]:
        return values.get(whole[1], given)
    return _PLACEHOLDER.sub(lambda found: _text(values.get(found[1], found[0])) if found[1] else "${", given)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
