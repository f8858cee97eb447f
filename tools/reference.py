"""The reference of a kind as a page: every field with its type, unit, range, default, an example and its meaning.

Type and range are those of the schema that the API server checks; default and meaning are the models'; the examples are
those of examples/reference, each a manifest that a test applies. A field without an example is an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.plc.connection import Connection, Identity
from fabgitops_core.api.plc.registers import RegisterEntry
from fabgitops_core.api.schema import LINES, PRINTABLE, structural
from pydantic import BaseModel

Schema = Mapping[str, Any]

EXAMPLES = Path(__file__).parent.parent / "examples" / "reference"
LOOSE: Mapping[str, type[BaseModel]] = {"connection": Connection, "identity": Identity, "registers": RegisterEntry}
"""What fields of a template become once their placeholders are replaced."""

_NOTE = "<!-- Made from the models in fabgitops-core by tools/generate.py: change those, not this. -->\n"
_RULES = "x-kubernetes-validations"
_ANYTHING = "x-kubernetes-preserve-unknown-fields"
_WORDS = re.compile(r"\^\(([\w-]+(?:\|[\w-]+)*)\)\$")
_PATTERNS = {
    PRINTABLE["pattern"]: "no control characters",
    LINES["pattern"]: "no control characters but line breaks",
}
_UNITS = {"Seconds": "s", "Milliseconds": "ms", "Bytes": "bytes", "Words": "words"}
_IN_ENGINEERING_UNITS = "engineering units"
_WHEN_NOT_GIVEN = re.compile(r"(?:^|[;:] )([^;:(]*?)(?:,| \(as)? when not given")


@dataclass(frozen=True)
class Part:
    """An object of the schema: where it is, its model, what examples hold there, and whether `${name}` may stand in."""

    path: str
    schema: Schema
    model: type[BaseModel]
    examples: list[Mapping[str, Any]]
    loose: bool = False


def reference(kind: Kind) -> str:
    """Return the page of a kind, in Markdown."""
    version = definition(kind)["spec"]["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    short = f", short name `{', '.join(kind.short_names)}`" if kind.short_names else ""
    names = f"plural `{kind.plural}`{short}"
    source = EXAMPLES / f"{kind.name.lower()}.yaml"
    head = (
        f"{_NOTE}\n# {kind.name} reference\n\n{kind.description} `{kind.group}/{kind.version}`, {names}.\n\n"
        f"The examples are those of [`examples/reference/{source.name}`](../../examples/reference/{source.name}). "
        "Where no default stands, leaving a field out says nothing of it.\n"
    )
    bodies = list(yaml.safe_load_all(source.read_text()))
    models = {"spec": kind.spec, "status": kind.status}
    parts = [
        Part(name, properties[name], model, [body[name] for body in bodies if name in body])
        for name, model in models.items()
        if model is not None
    ]
    return head + "".join(section for part in parts for section in _sections(part))


def _sections(part: Part) -> Iterator[str]:
    """Yield the section of an object and of each object inside it."""
    told_of = "\n".join(_block(part, name) for name in part.schema["properties"])
    rules = dict.fromkeys(f"- {rule['message']}" for rule in part.schema.get(_RULES, ()) if "message" in rule)
    told = "\nWhat the API server says where it refuses one:\n\n" + "\n".join(rules) + "\n" if rules else ""
    loose = "\nEach field but `name` may also be a text with `${parameter}` in it.\n" if part.loose else ""
    yield f"\n## {part.path}\n{loose}\n{told_of}\n{told}"
    for name in part.schema["properties"]:
        inner = _inner(part, name)
        if inner is not None:
            yield from _sections(inner)


def _inner(part: Part, name: str) -> Part | None:
    """Return the object in a field, or in the items of a field; None where there is none."""
    field = part.schema["properties"][name]
    listed = field.get("type") == "array"
    schema = field["items"] if listed else field
    if "properties" not in schema:
        return None
    loose = LOOSE.get(name) if part.model.__name__.endswith("TemplateSpec") else None
    model = loose or _model(part.model, name)
    held = [each[name] for each in part.examples if name in each]
    examples = [item for each in held for item in each] if listed else held
    path = f"{part.path}.{name}{'[]' if listed else ''}"
    return Part(path, structural(loose) if loose else schema, model, examples, part.loose or loose is not None)


def _model(model: type[BaseModel], name: str) -> type[BaseModel]:
    """Return the model of the objects in a field."""
    field = next(each for each in model.model_fields.values() if each.alias == name)
    pending: list[Any] = [field.annotation]
    while pending:
        found = pending.pop()
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
        pending += getattr(found, "__args__", ())
    raise LookupError(f"{model.__name__}.{name} holds no object")


def _block(part: Part, name: str) -> str:
    """Return a field as an item of a list, which is as wide as the reader's page: a table of all this is wider."""
    field = part.schema["properties"][name]
    text = field.get("description", "")
    shown = f"[{_type(field)}](#{_anchor(part, name)})" if _inner(part, name) else _type(field)
    unit, default, example = _unit(name, field), _default(part, name), _example(part, name)
    said = [f"{shown} in {unit}" if unit else shown, _range(field)]
    said += [default if default in {"", "required"} else f"default {default}", f"example {example}" if example else ""]
    head = f"- **`{name}`** · " + " · ".join(each for each in said if each)
    return " ".join(head.split("\n")) + (f"<br>\n  {' '.join(text.splitlines())}" if text else "")


def _anchor(part: Part, name: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "", f"{part.path}{name}".lower())


def _unit(name: str, field: Schema) -> str:
    """Return what a number is counted in, by the word that its meaning begins with."""
    text = field.get("description", "")
    if _IN_ENGINEERING_UNITS in text or name == "offset":
        return "the register's"
    return _UNITS.get(text.partition(" ")[0], "") if field.get("type") in {"integer", "number"} else ""


def _default(part: Part, name: str) -> str:
    """Return what a field is when it is left out: of the schema, of the model, or as its meaning says."""
    if name in part.schema.get("required", ()):
        return "required"
    field = part.schema["properties"][name]
    text = str(field.get("description", ""))
    declared = next(each for each in part.model.model_fields.values() if each.alias == name)
    value = field.get("default", declared.get_default(call_default_factory=True))
    if value is None or isinstance(value, BaseModel) or (isinstance(value, tuple) and value and _inner(part, name)):
        said = _WHEN_NOT_GIVEN.search(text)
        return said[1] if said else ""
    return f"`{_plain(value)}`" if value != "" and not part.path.startswith("status") else ""


def _example(part: Part, name: str) -> str:
    """Return what the first example with a field has there.

    Raises:
        LookupError: There is none: give one in examples/reference.
    """
    found = [each[name] for each in part.examples if name in each]
    if not found:
        raise LookupError(f"{part.path}.{name} has no example: give it one in examples/reference")
    if _inner(part, name):
        return ""
    return f"`{_as_yaml(found[0])}`"


def _as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False).removesuffix("\n...\n").strip()


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
    if words := _WORDS.fullmatch(field.get("pattern", "")):
        return ", ".join(f"`{each}`" for each in words[1].split("|"))
    inner = field.get("items", {})
    if inner.get("enum"):
        return _range(inner)
    bounds = [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " entries"),
    ]
    told = bounds[:2] if _ANYTHING in field else bounds
    said = [_between(field.get(low), field.get(high), what) for low, high, what in told]
    said += [_PATTERNS.get(field["pattern"], f"`{field['pattern']}`")] if "pattern" in field else []
    return "; ".join(each for each in said if each)


def _between(low: float | None, high: float | None, what: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low:g}{what}"
    return f"{low:g} to {high:,.0f}{what}" if low is not None else f"up to {high:,.0f}{what}"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return str(list(value))
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
