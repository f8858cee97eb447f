"""A manifest and its template made into one map, field by field, with a record of where each field stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_plc.memory import Table, Value
from mock_plc.parts import meant
from mock_plc.reference import place_of
from mock_plc.spec.ambiguous import Location
from mock_plc.twin.documents import Document, ManifestError, wrong
from mock_plc.twin.manifests import Loose, Manifests, Plc, Template, patch_hint

TARGET = "target"
"""The name of the one register of the short form."""
_PLACES = {"address", "reference"}
_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([A-Za-z][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields that are merged of two places, and where each of them stands."""

    data: Loose
    home: tuple[Document, Location]
    origins: Mapping[str, tuple[Document, Location]] = field(default_factory=dict)

    def where(self, place: Location = ()) -> str:
        """Return where a field stands, or what it is missing in."""
        if place and str(place[0]) in self.origins:
            document, at = self.origins[str(place[0])]
            return document.where((*at, *place[1:]))
        document, at = self.home
        return document.where((*at, *place))


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an IndustrialPLC and its template say together."""

    plc: Plc
    registers: tuple[Fields, ...]
    connection: Fields
    identity: Fields


def resolved(plc: Plc, manifests: Manifests) -> Resolved:
    """Return a PLC's whole map.

    Raises:
        ManifestError: It names no registers, or a template that is not there or does not fit.
    """
    spec, document = plc.spec, plc.document
    own = [_given(document, ("spec", "registers", at), each) for at, each in enumerate(spec.registers or ())]
    connection = _given(document, ("spec", "connection"), spec.connection)
    identity = _given(document, ("spec", "identity"), spec.identity)
    if spec.template_ref is None:
        return Resolved(plc, tuple(own or [_short_form(plc)]), connection, identity)
    template = _template(plc, manifests)
    values = _values(plc, template)
    return Resolved(
        plc,
        _registers(own, template, values),
        _over(_filled(template, ("spec", "connection"), template.spec.connection, values), connection),
        _over(_filled(template, ("spec", "identity"), template.spec.identity, values), identity),
    )


def _given(document: Document, at: Location, data: Loose) -> Fields:
    return Fields(data, (document, at), {name: (document, (*at, name)) for name in data})


def _short_form(plc: Plc) -> Fields:
    spec, document = plc.spec, plc.document
    if spec.target_register is None or spec.target_value is None:
        raise wrong(
            document.where(("spec",)),
            "it does not say what the PLC holds: targetRegister and targetValue, or registers, or templateRef"
            + patch_hint(document),
        )
    data = {"name": TARGET, "address": spec.target_register, "value": spec.target_value}
    origins = {"address": (document, ("spec", "targetRegister")), "value": (document, ("spec", "targetValue"))}
    return Fields(data, (document, ("spec",)), origins)


def _template(plc: Plc, manifests: Manifests) -> Template:
    reference = plc.spec.template_ref
    name = reference.name if reference else ""
    found = next((each for each in manifests.templates.values() if _is(each, name, plc.name.namespace)), None)
    if found:
        return found
    others = [str(each.name) for each in manifests.templates.values() if each.name.name == name]
    there = f"; there is {', '.join(others)}, in another namespace" if others else ""
    raise wrong(
        plc.document.where(("spec", "templateRef", "name")),
        f"no IndustrialPLCTemplate {plc.name.namespace}/{name} was given{there}: give its file as well (-f)",
    )


def _is(template: Template, name: str, namespace: str) -> bool:
    return template.name.name == name and template.name.namespace == namespace


def _values(plc: Plc, template: Template) -> Mapping[str, Value]:
    """Return the parameters, those of the resource before the defaults."""
    at = ("spec", "templateRef", "parameters")
    given = plc.spec.template_ref.parameters if plc.spec.template_ref else {}
    known = [each.name for each in template.spec.parameters]
    defaults = {each.name: each.default for each in template.spec.parameters if each.default is not None}
    lines = [
        f"{plc.document.where((*at, name))}: template {template.name.name} has no such parameter"
        f"{meant(name, known) or ('; it has ' + (', '.join(known) or 'none'))}"
        for name in given
        if name not in known
    ]
    lines += [
        f"{plc.document.where(at)}: {name} is missing: template {template.name.name} has no default for it"
        for name in known
        if name not in given and name not in defaults
    ]
    if lines:
        raise ManifestError(lines)
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def _registers(own: list[Fields], template: Template, values: Mapping[str, Value]) -> tuple[Fields, ...]:
    """Lay a resource's registers over the template's of the same name, and add the others."""
    overrides = {str(each.data.get("name")): each for each in own}
    merged = []
    for at, loose in enumerate(template.spec.registers):
        base = _filled(template, ("spec", "registers", at), loose, values)
        override = overrides.pop(str(loose.get("name")), None)
        merged.append(_over(base, override) if override else base)
    return (*merged, *overrides.values())


def _over(under: Fields, over: Fields) -> Fields:
    """Lay fields over others: a new place drops the old one, whose table stays if it is a reference that goes."""
    dropped = _PLACES if _PLACES & over.data.keys() else set[str]()
    base = {name: value for name, value in under.data.items() if name not in dropped}
    if "address" in over.data and "reference" in under.data and "table" not in base:
        base |= _table_of(under.data["reference"])
    return Fields({**base, **over.data}, under.home, {**under.origins, **over.origins})


def _table_of(reference: Any) -> dict[str, Table]:
    try:
        return {"table": place_of(reference)[0]}
    except ValueError:
        return {}


def _filled(template: Template, at: Location, loose: Loose, values: Mapping[str, Value]) -> Fields:
    document = template.document
    data = {name: _fill(value, values, document, (*at, name)) for name, value in loose.items()}
    return Fields(data, (document, at), {name: (document, (*at, name)) for name in data})


def _fill(given: Any, values: Mapping[str, Value], document: Document, at: Location) -> Any:
    """Return a value with its placeholders filled in: alone one is the parameter's value, in a text a part of it."""
    if isinstance(given, dict):
        return {key: _fill(each, values, document, (*at, key)) for key, each in given.items()}
    if not isinstance(given, str):
        return given
    for found in _PLACEHOLDER.finditer(given):
        if found[1] and found[1] not in values:
            raise wrong(document.where(at), f"the template has no parameter {found[1]}: declare it")
    whole = _PLACEHOLDER.fullmatch(given)
    if whole and whole[1]:
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda found: _text(values[found[1]], found[1], document, at) if found[1] else "${", given)


def _text(value: Value, name: str, document: Document, at: Location) -> str:
    if isinstance(value, float):
        raise wrong(document.where(at), f"{name} is {value}, without quotes, and goes into a text: write it in quotes")
    return str(value).lower() if isinstance(value, bool) else str(value)
