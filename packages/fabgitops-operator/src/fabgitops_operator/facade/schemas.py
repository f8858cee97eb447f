"""What objects look like here, made from the definitions that the API server checks them by."""

from typing import Any

from fabgitops_core.api.crd import definition

from fabgitops_operator.facade.routes import Route

Schema = dict[str, Any]

TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
UIDS: Schema = {"type": "array", "items": {"type": "string"}}


def spec(route: Route) -> Schema:
    """Return the schema of a spec, with uids for references."""
    made = _part(route, "spec")
    for ref in route.refs:
        made["properties"].pop(ref.kept, None)
        made["properties"][ref.field] = {"type": "string", "description": f"The uid of the {_called(ref.kind.name)}."}
    fields = {ref.kept: ref.field for ref in route.refs}
    if "required" in made:
        made["required"] = [fields.get(name, name) for name in made["required"]]
    return made


def status(route: Route) -> Schema:
    """Return the schema of a status, with what is listed here."""
    made = _part(route, "status")
    for each in route.members:
        described = f"The uids of each {_called(each.kind.name)} that refers to it."
        made["properties"].setdefault(each.field, {**UIDS, "description": described})
    return made


def flat(route: Route, *, is_new: bool) -> Schema:
    """Return the schema of what makes an object, or replaces its spec."""
    made = spec(route)
    name = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "description": "A DNS label."}
    ours: Schema = {"name": name, "labels": TEXTS, "annotations": TEXTS}
    required = [*(["name"] if is_new else []), *made.get("required", [])]
    return {**made, "properties": ours | made["properties"], **({"required": required} if required else {})}


def whole(route: Route) -> Schema:
    """Return the schema of an object as it is told."""
    times = {"type": "string", "format": "date-time"}
    metadata = {"name": {"type": "string"}, "uid": {"type": "string"}, "labels": TEXTS, "annotations": TEXTS}
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string", "enum": [route.name]},
        "schemaVersion": {"type": "string"},
        "metadata": {"type": "object", "properties": metadata | {"createdAt": times, "updatedAt": times}},
        "spec": {"$ref": f"#/components/schemas/{route.name}Spec"},
        "status": {"$ref": f"#/components/schemas/{route.name}Status"},
    }
    return {"type": "object", "description": route.kind.description, "properties": properties}


def _called(kind: str) -> str:
    return kind.removeprefix("Rack") if kind == "RackNode" else kind


def _part(route: Route, part: str) -> Schema:
    versions = definition(route.kind)["spec"]["versions"]
    properties = versions[0]["schema"]["openAPIV3Schema"]["properties"]
    made: Schema = _plain(properties.get(part, {"type": "object"}))
    made.setdefault("properties", {})
    return made


def _plain(schema: Any) -> Any:
    """Return a schema without what only an API server of Kubernetes understands, such as classes of RE2."""
    if isinstance(schema, dict):
        return {name: _plain(value) for name, value in schema.items() if not _is_foreign(name, value)}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def _is_foreign(name: str, value: Any) -> bool:
    return name.startswith("x-kubernetes-") or (name == "pattern" and isinstance(value, str) and r"\p{" in value)
