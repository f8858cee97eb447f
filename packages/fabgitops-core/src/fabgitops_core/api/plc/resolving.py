"""A resource and its template made into one spec, with a record of what came from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from fabgitops_core.api.placeholders import NotAText, filled_in, names_in
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec, Loose
from fabgitops_core.api.refusals import sentences
from fabgitops_core.codec.codec import Value
from fabgitops_core.codec.tables import Table, parse_reference
from fabgitops_core.codec.texts import printable

_PLACES = {"address", "reference"}


class Unresolved(ValueError):
    """A resource and its template do not make a spec; the message says what to change where."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one register of a resolved map came from."""

    template: bool
    """Whether the template has a register of that name."""
    parameters: Mapping[str, tuple[str, ...]]
    """The fields that parameters filled in, and which parameters."""
    resource: tuple[str, ...]
    """The fields that the resource gave."""

    def __str__(self) -> str:
        """Return it for people: `template; value from parameter setpoint; max from the resource`."""
        if not self.template:
            return "resource"
        filled = [
            f"{field} from parameter{'s' if len(names) > 1 else ''} {' and '.join(names)}"
            for field, names in self.parameters.items()
        ]
        own = [f"{', '.join(self.resource)} from the resource"] if self.resource else []
        return "; ".join(["template", *filled, *own])


@dataclass(frozen=True, slots=True)
class Resolution:
    """A spec without a templateRef, and where each of its registers came from."""

    spec: IndustrialPLCSpec
    origins: Mapping[str, Origin]
    """By the name of the register."""


def resolved(spec: IndustrialPLCSpec, template: IndustrialPLCTemplateSpec) -> Resolution:
    """Return what a resource and the template that its templateRef names say together.

    What the resource says goes first, field by field; its registers override those of the same name and are added to
    the rest.

    Raises:
        Unresolved: A parameter is unknown, missing or no text where it must be one, or what comes out is no valid spec.
    """
    if spec.template_ref is None:
        return Resolution(spec, {each.name: Origin(False, {}, ()) for each in spec.registers_wanted})
    name, values = spec.template_ref.name, _values(spec, template)
    own = spec.model_dump(exclude_unset=True, exclude={"template_ref"})
    try:
        registers, origins = _registers(own.pop("registers", None) or (), template, values)
        merged = {**own, "registers": registers, **_defaults(own, template, values)}
        return Resolution(IndustrialPLCSpec.model_validate(merged), origins)
    except ValidationError as error:
        raise Unresolved(f"with template {name}: {sentences(error)}") from None
    except NotAText as error:
        raise Unresolved(_fraction_in_a_text(error, spec, values[error.name])) from None
    except RecursionError:
        raise Unresolved(f"with template {name}: a value is nested too deeply to be looked into") from None


def _fraction_in_a_text(found: NotAText, spec: IndustrialPLCSpec, value: Value) -> str:
    """Return what to change where; a parameter that the resource does not give is a default of the template."""
    reference = spec.template_ref
    given = reference is not None and reference.parameters.get(found.name) is not None
    template = reference.name if reference else ""
    where = (
        f"spec.templateRef.parameters.{found.name}" if given else f"the default of {found.name} in template {template}"
    )
    return (
        f"{where} is {value!r} without quotes, and goes into the text {printable(found.text)!r}: JSON does not keep how"
        f' a number was written (1.10 is 1.1), so write it in quotes, as in {found.name}: "1.10"'
    )


def _values(spec: IndustrialPLCSpec, template: IndustrialPLCTemplateSpec) -> dict[str, Value]:
    """Return the parameters, those of the resource before the defaults; null is as good as not given."""
    reference = spec.template_ref
    given = {key: value for key, value in (reference.parameters if reference else {}).items() if value is not None}
    where, name = "spec.templateRef.parameters", reference.name if reference else ""
    known = {parameter.name: parameter for parameter in template.parameters}
    if unknown := sorted(given.keys() - known.keys()):
        has = f"it has {', '.join(sorted(known))}" if known else "it has none"
        raise Unresolved(f"{where}.{unknown[0]} is {given[unknown[0]]!r}: template {name} has no such parameter; {has}")
    defaults = {key: parameter.default for key, parameter in known.items() if parameter.default is not None}
    if missing := sorted(known.keys() - given.keys() - defaults.keys()):
        about = printable(" ".join(known[missing[0]].description.split()))
        told = f" ({about})" if about else ""
        raise Unresolved(f"{where}.{missing[0]} is missing: template {name} has no default for it{told}")
    return {**defaults, **given}


def _registers(
    own: Any, template: IndustrialPLCTemplateSpec, values: Mapping[str, Value]
) -> tuple[list[Loose], dict[str, Origin]]:
    overrides: dict[str, Loose] = {each["name"]: each for each in own}
    merged, origins = [], {}
    for each in template.registers:
        override = overrides.pop(each["name"], {"name": each["name"]})
        said = tuple(field for field in override if field != "name")
        merged.append(_merged(filled_in(each, values), override))
        filled = {
            field: tuple(sorted(names)) for field in each if (names := names_in(each[field])) and field not in said
        }
        origins[each["name"]] = Origin(True, filled, said)
    merged += overrides.values()
    origins |= {name: Origin(False, {}, tuple(each)) for name, each in overrides.items()}
    return merged, origins


def _merged(under: Loose, over: Loose) -> Loose:
    """Lay one register over another: a new place drops the old one, and of `write` each field counts for itself.

    An address says nothing of its table, which stays that of the reference it replaces: a coil becomes no register.
    """
    base = {key: value for key, value in under.items() if not (key in _PLACES and _PLACES & over.keys())}
    if "address" in over and "reference" in under and "table" not in base:
        base["table"] = _table_of(under["reference"])
    if isinstance(base.get("write"), dict) and isinstance(over.get("write"), dict):
        over = {**over, "write": {**base["write"], **over["write"]}}
    return {**base, **over}


def _table_of(reference: Any) -> Table | None:
    try:
        return parse_reference(reference)[0]
    except ValueError:  # a parameter made none of it
        return None


def _defaults(own: Loose, template: IndustrialPLCTemplateSpec, values: Mapping[str, Value]) -> Loose:
    """Return what the template gives where the resource says nothing."""
    connection = filled_in(template.connection or {}, values)
    if "timeoutSecs" in own:
        connection.pop("timeoutSecs", None)
    given: Loose = {"connection": {**connection, **own.get("connection", {})}}
    if template.identity or own.get("identity"):
        given["identity"] = {**filled_in(template.identity or {}, values), **(own.get("identity") or {})}
    if template.poll_interval_secs is not None and "pollIntervalSecs" not in own:
        given["pollIntervalSecs"] = template.poll_interval_secs
    return given
