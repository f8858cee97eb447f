"""A kind's CustomResourceDefinition, made from its models. `tools/generate.py` writes it to where it is shipped."""

from typing import Any

from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.schema import Schema, on_field, structural

CATEGORY = "fabgitops"


def definition(kind: Kind) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind (apiextensions.k8s.io/v1)."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name},
        "spec": {
            "group": kind.group,
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.singular,
                "shortNames": list(kind.short_names),
                "categories": [CATEGORY],
            },
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [
                {
                    "name": kind.version,
                    "served": True,
                    "storage": True,
                    **(
                        {"subresources": {"status": {}, **_scale(kind)}}
                        if kind.status and not kind.plain_status
                        else {}
                    ),
                    "additionalPrinterColumns": [_column(column) for column in kind.columns],
                    "schema": {"openAPIV3Schema": _object_schema(kind)},
                }
            ],
        },
    }


def _scale(kind: Kind) -> dict[str, Any]:
    """Return the subresource by which other programs scale it, without knowing the kind."""
    if kind.scale is None:
        return {}
    paths = {"specReplicasPath": kind.scale.wanted, "statusReplicasPath": kind.scale.there}
    return {"scale": {**paths, "labelSelectorPath": kind.scale.selector}}


def _object_schema(kind: Kind) -> Schema:
    return {
        "type": "object",
        "description": kind.description,
        "required": ["spec"],
        **(on_field(*kind.rules) if kind.rules else {}),
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(kind.spec),
            **({"status": _status_schema(kind.status)} if kind.status else {}),
        },
    }


def _status_schema(model: type[ApiModel]) -> Schema:
    """Key conditions by type and drop defaults, also in them: a status says nothing that its writer did not say.

    A condition's observedGeneration would be 0 where nobody gave one, and `kubectl wait` would wait for ever. Every
    other list is one value: only the operator writes it, and who wrote which item is not kept with the object.
    """
    status = _without_defaults(structural(model))
    for field in status["properties"].values():
        if field.get("type") == "array":
            field["x-kubernetes-list-type"] = "atomic"
    conditions = status["properties"].get("conditions")
    if conditions is not None:
        conditions["x-kubernetes-list-type"] = "map"
        conditions["x-kubernetes-list-map-keys"] = ["type"]
    return status


def _without_defaults(schema: Schema) -> Schema:
    kept = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in kept:
        kept["properties"] = {name: _without_defaults(field) for name, field in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _without_defaults(kept["items"])
    return kept


def _column(column: Column) -> dict[str, Any]:
    shown = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.json_path,
        "description": column.description,
    }
    return {**shown, "priority": column.priority} if column.priority else shown
