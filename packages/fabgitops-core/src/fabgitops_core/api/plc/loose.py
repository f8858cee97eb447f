"""Schemas of a template: each field may also be a text with `${name}` in it; what holds none must be right as it is.

A structural schema knows no number-or-text, but its bounds are of numbers only and its patterns of texts only. What is
then left of a field to check (a truth value for a number) is the admission policy's; rules that span fields are left to
whoever fills the placeholders in.
"""

from fabgitops_core.api.schema import ANYTHING, PRINTABLE, VALIDATIONS, Schema, one_of

_LONGEST = 80
_HOLDS_ONE = r"\$\{[A-Za-z]"
_KEPT = ("description", "nullable", "minimum", "maximum", "minLength")


def with_placeholders(schema: Schema) -> Schema:
    """Return a schema in which each field may also be a text with `${name}` in it."""
    kept = {key: value for key, value in schema.items() if key != VALIDATIONS}
    return {**kept, "properties": {name: _or_placeholder(field) for name, field in schema["properties"].items()}}


def keyed_by_name(schema: Schema, name: Schema) -> Schema:
    """Return a schema whose field `name` is this one."""
    return {**schema, "properties": {**schema["properties"], "name": name}}


def _or_placeholder(field: Schema) -> Schema:
    if field.get("type") == "object":
        return with_placeholders(field) if "properties" in field else field
    if field.get("type") == "string":
        return _text(field)
    if field.get("type") == "array":
        return {**field, "items": _or_placeholder(field["items"])}
    if field.get("type") == "integer" or "x-kubernetes-int-or-string" in field:
        return _number({"x-kubernetes-int-or-string": True}, field)
    if field.get("type") in {"number", "boolean"}:
        return _number({key: value for key, value in ANYTHING.items() if key != "nullable"}, field)
    return field


def _number(base: Schema, field: Schema) -> Schema:
    kept = {key: field[key] for key in _KEPT if key in field}
    longest = max(_LONGEST, field.get("maxLength", 0)) if "pattern" in field else _LONGEST
    return {**base, **kept, "pattern": _either(field.get("pattern")), "maxLength": longest}


def _text(field: Schema) -> Schema:
    pattern = one_of(field["enum"]) if "enum" in field else field.get("pattern")
    either = {"pattern": _either(pattern)} if pattern else {}
    rules = {VALIDATIONS: [_unless_placeholder(rule) for rule in field[VALIDATIONS]]} if VALIDATIONS in field else {}
    kept = {key: field[key] for key in _KEPT if key in field}
    return {"type": "string", **kept, **either, **rules, "maxLength": max(_LONGEST, field.get("maxLength", 0))}


def _either(pattern: str | None) -> str:
    if pattern is None or pattern == PRINTABLE["pattern"]:  # which no placeholder breaks
        return pattern or _HOLDS_ONE
    return f"{pattern}|{_HOLDS_ONE}"


def _unless_placeholder(rule: Schema) -> Schema:
    return {**rule, "rule": f"self.matches(r'{_HOLDS_ONE}') || ({rule['rule']})"}
