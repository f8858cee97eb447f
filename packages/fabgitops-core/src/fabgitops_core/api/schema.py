"""Pydantic models to structural schemas (Kubernetes: "Specifying a structural schema").

Pydantic's JSON schema is not structural: references are inlined here, `anyOf` with null becomes `nullable`, and what
Kubernetes forbids or ignores is left out. A shape that has no structural form is an error, never dropped; but for what
the keys of a mapping may be called, which only the models say: a rule over keys, whose length nothing bounds, costs
the API server more than it allows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

Schema = dict[str, Any]
Model = TypeVar("Model", bound=type[BaseModel])

VALIDATIONS = "x-kubernetes-validations"
_KEPT = (
    "type",
    "format",
    "pattern",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "nullable",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    VALIDATIONS,
)
_KNOWN = {
    *_KEPT,
    "title",
    "description",
    "default",
    "properties",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "required",
    "items",
    "$ref",
    "$defs",
    "anyOf",
}
_UNSTORED = "x-unstored"
UNSTORED: Schema = {_UNSTORED: True}
"""For `json_schema_extra` of a field whose default is not written into stored objects."""

KEYED_BY_NAME: Schema = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
"""For `json_schema_extra` of a list whose items the API server tells apart by their `name`."""

ANYTHING: Schema = {
    "x-kubernetes-preserve-unknown-fields": True,
    "nullable": True,
    "maxLength": 250,
    "minItems": 1,
    "maxItems": 0,
    "minProperties": 1,
    "maxProperties": 0,
}
"""A field that may be a number, true or false, or a text: no list and no mapping has a size like that, empty or not."""

PRINTABLE: Schema = {"pattern": r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$"}
"""For `json_schema_extra` of a text for people: nothing in it breaks a line, steers a terminal or turns the writing.

Only the API server refuses the rest: what was stored before goes on being looked after.
"""

LINES: Schema = {"pattern": r"^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\n)*$"}
"""The same for a text of several lines."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule in CEL that the API server checks, with the sentence it answers when it is broken.

    `field` is the path of the field that it blames where it stands above it, with a leading dot. `said` is a CEL
    expression of a better sentence, where one has to be put together.
    """

    rule: str
    message: str
    field: str = ""
    said: str = ""

    def lowered(self) -> Schema:
        """Return it as an entry of `x-kubernetes-validations`."""
        path = {"fieldPath": self.field} if self.field else {}
        said = {"messageExpression": self.said} if self.said else {}
        return {"rule": self.rule, "message": self.message, **said, **path}


def on_field(*given: Rule) -> Schema:
    """Return CEL rules for `json_schema_extra` of one field; `self` in them is its value."""
    return {VALIDATIONS: [rule.lowered() for rule in given]}


def rules(*given: Rule) -> Callable[[Model], Model]:
    """Attach CEL rules that span fields to a model, wherever it is used; `self` in them is the object."""
    return _with_extra(on_field(*given))


def unstored(model: Model) -> Model:
    """Keep a model's defaults out of stored objects: they hold all the same, and a template can tell what was said."""
    return _with_extra(UNSTORED)(model)


def _with_extra(extra: Schema) -> Callable[[Model], Model]:
    def attach(model: Model) -> Model:
        before = model.model_config.get("json_schema_extra")
        model.model_config["json_schema_extra"] = {**(before if isinstance(before, dict) else {}), **extra}
        model.model_rebuild(force=True)
        return model

    return attach


def structural(model: type[BaseModel]) -> Schema:
    """Return the structural OpenAPI v3 schema of a model.

    Raises:
        ValueError: The model has a shape that has no structural form.
    """
    raw = model.model_json_schema(by_alias=True, mode="validation")
    return _lower(raw, raw.get("$defs", {}))


def _lower(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    if "$ref" in raw:
        target = definitions[raw["$ref"].removeprefix("#/$defs/")]
        return _lower({**target, **{key: value for key, value in raw.items() if key != "$ref"}}, definitions)
    if "anyOf" in raw:
        return _lower_optional(raw, definitions)
    if unknown := raw.keys() - _KNOWN - {_UNSTORED}:
        raise ValueError(f"no structural form for {sorted(unknown)} in {raw.get('title', 'a schema')!r}")
    lowered: Schema = {key: raw[key] for key in _KEPT if key in raw}
    if raw.get("description"):
        lowered["description"] = raw["description"]
    if raw.get("default") is not None and not raw.get(_UNSTORED):
        lowered["default"] = raw["default"]
    lowered |= _lower_inner(raw, definitions)
    if raw.get("type") == "integer":
        lowered["format"] = "int64" if raw.get("maximum", 2**31) >= 2**31 else "int32"
    return lowered


def _lower_inner(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    inner: Schema = {}
    if "properties" in raw:
        mark = {_UNSTORED: True} if raw.get(_UNSTORED) else {}
        inner["properties"] = {name: _lower({**each, **mark}, definitions) for name, each in raw["properties"].items()}
    named = list(raw.get("patternProperties", {}).values())
    if "additionalProperties" in raw or named:
        values = raw["additionalProperties"] if len(named) != 1 else named[0]
        if not isinstance(values, Mapping):
            raise ValueError(f"no structural form for a mapping to anything in {raw.get('title', 'a schema')!r}")
        inner["additionalProperties"] = _lower(values, definitions)
    if raw.get("required"):
        inner["required"] = list(raw["required"])
    if "items" in raw:
        inner["items"] = _lower(raw["items"], definitions)
    return inner


def _lower_optional(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    real = [choice for choice in raw["anyOf"] if choice.get("type") != "null"]
    if len(real) != 1 or len(raw["anyOf"]) != 2:
        raise ValueError(f"no structural form for the union in {raw.get('title', 'a schema')!r}")
    outer = {key: value for key, value in raw.items() if key != "anyOf"}
    return {**_or_null(_lower({**real[0], **outer}, definitions)), "nullable": True}


def _or_null(schema: Schema) -> Schema:
    """Return a schema that null passes too: none does an enum, even one that has null in it."""
    if "enum" not in schema:
        return schema
    return {**{key: value for key, value in schema.items() if key != "enum"}, "pattern": one_of(schema["enum"])}


def one_of(words: Iterable[str]) -> str:
    """Return the pattern of what is one of these words."""
    return f"^({'|'.join(words)})$"
