"""The reference of a kind as a page: every field with its type, what it may hold, its default and its meaning."""

from collections.abc import Iterator, Mapping
from typing import Any

from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind

Schema = Mapping[str, Any]

_NOTE = "<!-- Made from the models in fabgitops-core by tools/generate.py: change those, not this. -->\n"
_RULES = "x-kubernetes-validations"
_ANYTHING = "x-kubernetes-preserve-unknown-fields"


def reference(kind: Kind) -> str:
    """Return the page of a kind, in Markdown."""
    version = definition(kind)["spec"]["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    names = f"plural `{kind.plural}`, short name `{', '.join(kind.short_names)}`"
    head = f"{_NOTE}\n# {kind.name} reference\n\n{kind.description} `{kind.group}/{kind.version}`, {names}.\n"
    parts = [part for part in ("spec", "status") if part in properties]
    return head + "".join(section for part in parts for section in _sections(part, properties[part]))


def _sections(path: str, schema: Schema) -> Iterator[str]:
    """Yield the section of an object and of each object inside it."""
    required = set(schema.get("required", ()))
    rows = [_row(name, field, name in required) for name, field in schema["properties"].items()]
    rules = dict.fromkeys(f"- {rule['message']}" for rule in schema.get(_RULES, ()) if "message" in rule)
    told = "\nWhat the API server says where it refuses one:\n\n" + "\n".join(rules) + "\n" if rules else ""
    table = "| field | type | may be | default | |\n|---|---|---|---|---|\n" + "\n".join(rows)
    yield f"\n## {path}\n\n{table}\n{told}"
    for name, field in schema["properties"].items():
        inner, suffix = (field["items"], "[]") if field.get("type") == "array" else (field, "")
        if "properties" in inner:
            yield from _sections(f"{path}.{name}{suffix}", inner)


def _row(name: str, field: Schema, required: bool) -> str:
    default = "required" if required else f"`{_plain(field['default'])}`" if "default" in field else ""
    cells = (f"`{name}`", _type(field), _range(field), default, field.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _type(field: Schema) -> str:
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if "additionalProperties" in field:
        return f"mapping to {_type(field['additionalProperties'])}"
    if field.get("x-kubernetes-int-or-string"):
        return "integer or string"
    if _ANYTHING in field and "type" not in field:
        return "number, boolean or string"
    return str(field.get("type", "anything"))


def _range(field: Schema) -> str:
    if "enum" in field:
        return ", ".join(f"`{_plain(each)}`" for each in field["enum"])
    inner = field.get("items", {})
    if inner.get("enum"):
        return _range(inner)
    bounds = [("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items")]
    said = [_between(field.get(low), field.get(high), what) for low, high, what in bounds]
    said += [f"`{field['pattern']}`"] if "pattern" in field else []
    return "; ".join(each for each in said if each)


def _between(low: float | None, high: float | None, what: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low:g}{what}"
    return f"{low:g} to {high:,.0f}{what}" if low is not None else f"up to {high:,.0f}{what}"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
