"""The schema of a definition, read once: what the API server calls a structural schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MISSING = object()
"""The default of a field that has none."""


@dataclass(frozen=True, slots=True)
class Validation:
    """A rule of a node, as `x-kubernetes-validations` has it; `field` is the path that it blames below the node."""

    rule: str
    message: str
    said: str
    field: str


@dataclass(frozen=True, slots=True)
class Structure:
    """One node: what may stand there. Numbers of items, characters and properties; `None` is no limit."""

    type: str = ""
    format: str = ""
    nullable: bool = False
    preserves: bool = False
    int_or_string: bool = False
    default: Any = MISSING
    properties: Mapping[str, "Structure"] = field(default_factory=dict)
    additional: "Structure | None" = None
    items: "Structure | None" = None
    required: tuple[str, ...] = ()
    enum: tuple[Any, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    min_properties: int | None = None
    max_properties: int | None = None
    list_type: str = ""
    list_keys: tuple[str, ...] = ()
    rules: tuple[Validation, ...] = ()
    ruled: bool = False

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types of JSON that may stand there; none where all may."""
        return ("integer", "string") if self.int_or_string else (self.type,) if self.type else ()

    def child(self, name: str) -> "Structure | None":
        """Return what may stand in a property, if that is said."""
        return self.properties.get(name) or self.additional


_PLAIN = {
    "type": "type",
    "nullable": "nullable",
    "x-kubernetes-preserve-unknown-fields": "preserves",
    "x-kubernetes-int-or-string": "int_or_string",
    "default": "default",
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "minProperties": "min_properties",
    "maxProperties": "max_properties",
    "x-kubernetes-list-type": "list_type",
}
_LISTS = {"required": "required", "enum": "enum", "x-kubernetes-list-map-keys": "list_keys"}
_CHECKED_FORMATS = ("", "date-time")
_FORMATS_OF_NUMBERS = ("int32", "int64", "float", "double")
"""The API server does not look at these."""

_OTHERS = {"description", "format", "properties", "additionalProperties", "items", "x-kubernetes-validations"}


def structure(schema: Mapping[str, Any]) -> Structure:
    """Return a schema as it is judged by.

    Raises:
        ValueError: It says what is not judged here, so that more might be let in than by the API server.
    """
    if unknown := schema.keys() - _PLAIN.keys() - _LISTS.keys() - _OTHERS:
        raise ValueError(f"not judged here: {', '.join(sorted(unknown))}")
    form = schema.get("format", "")
    if form not in (*_CHECKED_FORMATS, *_FORMATS_OF_NUMBERS):
        raise ValueError(f"not judged here: format {form}")
    properties = {name: structure(each) for name, each in schema.get("properties", {}).items()}
    additional, items = (structure(schema[key]) if key in schema else None for key in ("additionalProperties", "items"))
    rules = tuple(map(_validation, schema.get("x-kubernetes-validations", ())))
    inner = [*properties.values(), *(each for each in (additional, items) if each is not None)]
    said: dict[str, Any] = {name: schema[key] for key, name in _PLAIN.items() if key in schema}
    said |= {name: tuple(schema[key]) for key, name in _LISTS.items() if key in schema}
    return Structure(
        **said,
        format=form if form in _CHECKED_FORMATS else "",
        properties=properties,
        additional=additional,
        items=items,
        rules=rules,
        ruled=bool(rules) or any(each.ruled for each in inner),
    )


def _validation(given: Mapping[str, Any]) -> Validation:
    if unknown := given.keys() - {"rule", "message", "messageExpression", "fieldPath"}:
        raise ValueError(f"not judged here: {', '.join(sorted(unknown))} of a rule")
    return Validation(
        given["rule"],
        given.get("message", "").strip() or f"failed rule: {given['rule'].strip()}",
        given.get("messageExpression", ""),
        given.get("fieldPath", "").removeprefix("."),
    )
