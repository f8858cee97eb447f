"""The chart's files that are made: its README and schema from values.yaml, its copies of the operator's manifests."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dashboards.alerts import ALERTS, Alert
from yaml.nodes import MappingNode, Node, ScalarNode

ROOT = Path(__file__).parent.parent
CHART = ROOT / "charts/fabgitops"
MANIFESTS = ROOT / "packages/fabgitops-operator/src/fabgitops_operator/manifests"
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}

FURTHER, OPTIONAL, OF_ALERTS = "further", "optional", "alerts"
# What Helm and its habits put among the values of a chart that is part of another: what all charts share, the condition
# that switches it on, tags, and what the other imports.
PARENTS: dict[str, Any] = {
    "global": {"type": ["object", "null"]},
    "enabled": {"type": ["boolean", "null"]},
    "tags": {"type": ["object", "null"]},
    "exports": {"type": ["object", "null"]},
}

Schema = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """One value of the chart: its key with all above it, its own name, default, description, and more of its schema."""

    key: str
    name: str
    default: Any
    description: str
    extra: Schema
    inner: tuple["Value", ...] = ()


class UndescribedError(Exception):
    """A value without a comment above it: its text says which, and where."""


def files(definitions: dict[str, str]) -> dict[Path, str]:
    """Return what each made file of the chart must hold; `definitions` are the CRDs' manifests by path."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values = read(text)
    crds = {CHART / "files/crds" / name: manifest for name, manifest in definitions.items()}
    return crds | {
        CHART / "files/policy/admission.yaml": (MANIFESTS / "admission.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/approval.yaml": (MANIFESTS / "approval/policy.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/limits.yaml": (MANIFESTS / "limits/policy.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/setpoints/guard.yaml": (MANIFESTS / "setpoints/guard.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/racks/guard.yaml": (MANIFESTS / "racks/guard.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/chaos/guard.yaml": (MANIFESTS / "chaos/guard.yaml").read_text(encoding="utf-8"),
        CHART / "files/policy/chaos/agents.yaml": (MANIFESTS / "chaos/agents.yaml").read_text(encoding="utf-8"),
        CHART / "files/rights/chaos.yaml": _role((MANIFESTS / "chaos.yaml").read_text(encoding="utf-8")),
        CHART / "values.schema.json": json.dumps(schema(values), indent=2) + "\n",
        CHART / "README.md": readme(values),
    }


def _role(manifests: str) -> str:
    """Return the first object, which is the role, of manifests that grant rights."""
    return "# The operator's manifests/chaos.yaml, copied by tools/generate.py.\n" + manifests.partition("---\n")[0]


def read(text: str) -> tuple[Value, ...]:
    """Return the values of a values.yaml.

    Raises:
        UndescribedError: one has no comment above it.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise UndescribedError("values.yaml is empty")
    return tuple(_values(node, yaml.safe_load(text), text.splitlines(), ""))


def _values(node: Node, defaults: Any, lines: list[str], above: str) -> Iterator[Value]:
    if not isinstance(node, MappingNode):
        raise TypeError(f"{above or 'values.yaml'}: expected a mapping")
    for name, content in node.value:
        if not isinstance(name, ScalarNode):
            raise TypeError(f"{above}: a key is not a text")
        key, default = f"{above}{name.value}", defaults[name.value]
        described, extra = _comment(lines, name.start_mark.line)
        inner = tuple(_values(content, default, lines, f"{key}.")) if isinstance(default, dict) and default else ()
        if not (described or inner):
            raise UndescribedError(f"values.yaml:{name.start_mark.line + 1}: {key} has no comment above it")
        yield Value(key, name.value, default, described, extra, inner)


def _comment(lines: list[str], line: int) -> tuple[str, Schema]:
    """Return the comment that ends above a line, and the schema in it."""
    told: list[str] = []
    extra: Schema = {}
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        comment = lines[line].lstrip().removeprefix("#").strip()
        if comment.startswith("@"):
            extra = yaml.safe_load(comment.removeprefix("@"))
        else:
            told.insert(0, comment)
    return " ".join(told), extra


def schema(values: tuple[Value, ...]) -> Schema:
    """Return the JSON schema of the values: it refuses any key that is not there."""
    whole = _object(values)
    whole["properties"] |= PARENTS
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of fabgitops", **whole}


def _object(values: tuple[Value, ...], *, free: bool = False) -> Schema:
    """Return the schema of a section; Helm takes a value away that is null, so what must not be null is required."""
    properties = {value.name: _schema(value, free=free) for value in values}
    required = [value.name for value in values if not (free or _may_be_null(value))]
    needed = {"required": required} if required else {}
    return {"type": "object", "additionalProperties": False, **needed, "properties": properties}


def _may_be_null(value: Value) -> bool:
    """Return whether null leaves out what is empty or off anyway, or what somebody else has a default for."""
    return not value.default or OPTIONAL in value.extra or _is_free(value)


def _is_free(value: Value) -> bool:
    """Return whether the keys of an object are the user's own, or Kubernetes's."""
    return bool(value.extra.keys() & {FURTHER, "additionalProperties"})


def _schema(value: Value, *, free: bool) -> Schema:
    """Return the schema of a value; Helm leaves null in place where a chart is part of another."""
    found = _schema_without_null(value, free=free or _is_free(value))
    if free or _may_be_null(value):
        found["type"] = [*([found["type"]] if isinstance(found["type"], str) else found["type"]), "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _schema_without_null(value: Value, *, free: bool) -> Schema:
    plain: Schema = {"type": TYPES[type(value.default)]}
    if isinstance(value.default, dict):
        plain = _object(value.inner, free=free)
    described = {"description": value.description} if value.description else {}
    extra = {name: each for name, each in value.extra.items() if name not in {OPTIONAL, OF_ALERTS}}
    if OF_ALERTS in value.extra:
        extra["properties"] = {alert.name: _alert(alert) for alert in ALERTS}
    # What values.yaml has goes with what its comment adds: schemas, or mere names of fields that Kubernetes has beside.
    named: Schema = {name: {} for name in extra.pop(FURTHER, ())}
    if isinstance(value.default, dict):
        extra["properties"] = named | plain["properties"] | extra.get("properties", {})
    return {**described, **plain, **extra}


def _alert(alert: Alert) -> Schema:
    """Return the schema of what may be changed in one alert."""
    properties: Schema = {
        "enabled": {"type": ["boolean", "null"]},
        "for": {"type": ["string", "null"], "pattern": "^[0-9]+(s|m|h|d)$"},
        "severity": {"type": ["string", "null"], "minLength": 1},
    }
    if alert.threshold is not None:
        properties["threshold"] = {"type": ["number", "null"], "description": alert.counted, "minimum": 0}
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _alerts() -> str:
    """Return the table of the alerts with what can be changed in each."""
    rows = [
        f"| `{each.name}` | {each.lasting} | {each.severity} |"
        f" {'' if each.threshold is None else f'{each.threshold:g}: {each.counted}'} |"
        for each in ALERTS
    ]
    return "\n".join(["| alert | `for` | `severity` | `threshold` |", "|---|---|---|---|", *rows])


def readme(values: tuple[Value, ...]) -> str:
    """Return the chart's README: README.md.in with the table of values in it."""
    rows = "\n".join(row for value in values for row in _rows(value))
    table = f"| value | default | |\n|---|---|---|\n{rows}"
    version = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    text = (CHART / "README.md.in").read_text(encoding="utf-8")
    return "<!-- Made from README.md.in and values.yaml by tools/generate.py. -->\n" + re.sub(
        r"@(VALUES|VERSION|ALERTS)@",
        lambda found: {"VALUES": table, "VERSION": str(version), "ALERTS": _alerts()}[found[1]],
        text,
    )


def _rows(value: Value) -> Iterator[str]:
    # An object whose fields are all free to set otherwise, such as resources, is one row with its default.
    if value.inner and not _is_free(value):
        for inner in value.inner:
            yield from _rows(inner)
    else:
        may = (
            "; one of " + ", ".join(f"`{json.dumps(each)}`" for each in value.extra["enum"])
            if "enum" in value.extra
            else ""
        )
        yield f"| `{value.key}` | `{json.dumps(value.default)}` | {value.description.removesuffix('.')}{may}. |"
