"""The registers that a PLC declares, with those of its template and the parameters filled in. Pure.

What makes no sense is left as it stands: whether it does is for the API server and the operator to say.
"""

import re
from collections.abc import Mapping
from typing import Any

from fabctl.fields import Body, mapping, sequence, text

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([A-Za-z][A-Za-z0-9_]*)\}")
_PLACES = {"address", "reference"}
_DEFAULTED = ("connection", "identity")
"""What a template gives beside registers, field by field where the PLC does not."""

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
    return by_name(spec)


def resolved(body: Body, template: Body) -> dict[str, Any]:
    """Return a PLC as it is with its template: its registers, connection, identity and interval, where it says none.

    Args:
        body: The PLC, which names the template.
        template: The spec of the template.
    """
    spec = mapping(body.get("spec"))
    given = {field: {**_defaults(spec, template, field), **mapping(spec.get(field))} for field in _DEFAULTED}
    interval = {name: template[name] for name in ("pollIntervalSecs",) if template.get(name) is not None}
    registers = list(_resolved(spec, template).values())
    return {
        **body,
        "spec": {**interval, **spec, **{name: each for name, each in given.items() if each}, "registers": registers},
    }


def of_template(spec: Body, template: Body) -> tuple[str, ...]:
    """Return which fields beside the registers the template gives: "connection.echo", "pollIntervalSecs"."""
    nested = [
        f"{field}.{text(name)}"
        for field in _DEFAULTED
        for name in _defaults(spec, template, field)
        if name not in mapping(spec.get(field))
    ]
    alone = template.get("pollIntervalSecs") is not None and "pollIntervalSecs" not in spec
    return (*nested, *(("pollIntervalSecs",) if alone else ()))


def _defaults(spec: Body, template: Body, field: str) -> Body:
    given = mapping(_filled(mapping(template.get(field)), _values(spec, template)))
    return {name: each for name, each in given.items() if name != "timeoutSecs" or "timeoutSecs" not in spec}


def parameters_in(given: object) -> tuple[str, ...]:
    """Return which parameters a value of a template is made of."""
    if isinstance(given, Mapping):
        return tuple(dict.fromkeys(name for each in given.values() for name in parameters_in(each)))
    if isinstance(given, list):
        return tuple(dict.fromkeys(name for each in given for name in parameters_in(each)))
    return tuple(dict.fromkeys(each for each in _PLACEHOLDER.findall(given) if each)) if isinstance(given, str) else ()


def by_name(spec: Body) -> Entries:
    """Return the registers that a spec declares itself."""
    entries = map(mapping, sequence(spec.get("registers")))
    return {text(each.get("name")): each for each in entries if text(each.get("name"))}


def _values(spec: Body, template: Body) -> dict[Any, Any]:
    """Return the parameters by their names, those that the PLC gives before the defaults."""
    parameters = map(mapping, sequence(template.get("parameters")))
    values: dict[Any, Any] = {text(each.get("name")): each.get("default") for each in parameters}
    given = mapping(mapping(spec.get("templateRef")).get("parameters"))
    return values | {name: value for name, value in given.items() if value is not None}


def _resolved(spec: Body, template: Body) -> Entries:
    values = _values(spec, template)
    own = by_name(spec)
    entries = by_name(template)
    return {**{name: _over(_filled(each, values), own.pop(name, {})) for name, each in entries.items()}, **own}


def _over(under: Body, over: Body) -> Body:
    """Return a register of the template with what the PLC says of it, as the operator lays one over the other.

    A new place takes the old one's place; of `write` each field counts for itself.
    """
    if mapping(under.get("write")) and mapping(over.get("write")):
        over = {**over, "write": {**under["write"], **over["write"]}}
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
