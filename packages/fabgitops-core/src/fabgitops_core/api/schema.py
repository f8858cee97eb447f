"""Pydantic models to structural schemas (Kubernetes: "Specifying a structural schema").

Pydantic's JSON schema is not structural: references are inlined here, `anyOf` with null becomes `nullable`, and what
Kubernetes forbids or ignores is left out. A shape that has no structural form is an error, never dropped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

Schema = dict[str, Any]
Model = TypeVar("Model", bound=type[BaseModel])

_VALIDATIONS = "x-kubernetes-validations"
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
    _VALIDATIONS,
)
_KNOWN = {
    *_KEPT,
    "title",
    "description",
    "default",
    "properties",
    "required",
    "items",
    "$ref",
    "$defs",
    "anyOf",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule in CEL that the API server checks, with the sentence it answers when it is broken.

    `field` is the path of the field that it blames where it stands above it, with a leading dot.
    """

    rule: str
    message: str
    field: str = ""

    def lowered(self) -> Schema:
        """Return it as an entry of `x-kubernetes-validations`."""
        path = {"fieldPath": self.field} if self.field else {}
        return {"rule": self.rule, "message": self.message, **path}


_RULES: dict[type[BaseModel], tuple[Rule, ...]] = {}


def on_field(*given: Rule) -> Schema:
    """Return CEL rules for `json_schema_extra` of one field; `self` in them is its value."""
    return {_VALIDATIONS: [rule.lowered() for rule in given]}


def rules(*given: Rule) -> Callable[[Model], Model]:
    """Attach CEL rules that span fields to a model; `self` in them is the object."""

    def attach(model: Model) -> Model:
        _RULES[model] = given
        return model

    return attach


def structural(model: type[BaseModel]) -> Schema:
    """Return the structural OpenAPI v3 schema of a model.

    Raises:
        ValueError: The model has a shape that has no structural form.
    """
    raw = model.model_json_schema(by_alias=True, mode="validation")
    lowered = _lower(raw, raw.get("$defs", {}))
    if given := _RULES.get(model):
        lowered |= on_field(*given)
    return lowered


def _lower(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    if "$ref" in raw:
        target = definitions[raw["$ref"].removeprefix("#/$defs/")]
        return _lower({**target, **{key: value for key, value in raw.items() if key != "$ref"}}, definitions)
    if "anyOf" in raw:
        return _lower_optional(raw, definitions)
    if unknown := raw.keys() - _KNOWN:
        raise ValueError(f"no structural form for {sorted(unknown)} in {raw.get('title', 'a schema')!r}")
    lowered: Schema = {key: raw[key] for key in _KEPT if key in raw}
    if raw.get("description"):
        lowered["description"] = raw["description"]
    if raw.get("default") is not None:
        lowered["default"] = raw["default"]
    if "properties" in raw:
        lowered["properties"] = {name: _lower(value, definitions) for name, value in raw["properties"].items()}
    if raw.get("required"):
        lowered["required"] = list(raw["required"])
    if "items" in raw:
        lowered["items"] = _lower(raw["items"], definitions)
    if raw.get("type") == "integer":
        lowered["format"] = "int64" if raw.get("maximum", 2**31) >= 2**31 else "int32"
    return lowered


def _lower_optional(raw: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    real = [choice for choice in raw["anyOf"] if choice.get("type") != "null"]
    if len(real) != 1 or len(raw["anyOf"]) != 2:
        raise ValueError(f"no structural form for the union in {raw.get('title', 'a schema')!r}")
    outer = {key: value for key, value in raw.items() if key in {"description", "default"}}
    return {**_lower({**real[0], **outer}, definitions), "nullable": True}
