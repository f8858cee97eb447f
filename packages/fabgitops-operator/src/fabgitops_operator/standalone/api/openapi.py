"""OpenAPI v3 of what is served, by which kubectl explains, creates and applies.

A document a group; its schemas are those of our definitions, and for metadata, Events and namespaces those of
Kubernetes itself (`kubernetes.json`, taken from the documents of an API server 1.34; Apache-2.0).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind

from fabgitops_operator.hosting.exchange import Reply, Request, encoded, said
from fabgitops_operator.standalone.api.served import Served

Schema = dict[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_OF_OLD = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_FOR_EVER = (("Cache-Control", "public, immutable"), ("Expires", "Fri, 31 Dec 2100 00:00:00 GMT"))


class OpenAPI:
    """Answers what the objects are made of."""

    def __init__(self, served: Sequence[Served], title: str, version: str) -> None:
        self._served = served
        self._info = {"title": title, "version": version}
        self._documents: dict[str, tuple[bytes, str]] = {}

    def answer(self, request: Request) -> Reply | None:
        """Return a page of OpenAPI, or nothing where the path is none.

        The one of old (v2) is empty: kubectl up to 1.27 asks for it before each change, and takes that.
        """
        if request.path == "/openapi/v2":
            return Reply(200, b"", _OF_OLD)
        if request.path == "/openapi/v3":
            return said({"paths": {path: {"serverRelativeURL": self._url(path)} for path in self._paths()}})
        path = request.path.removeprefix("/openapi/v3/")
        if path not in self._paths():
            return None
        body, digest = self._document(path)
        tag = f'"{digest}"'
        headers = (("ETag", tag), ("Vary", "Accept"), *(_FOR_EVER if request.query.get("hash") == digest else ()))
        if request.headers.get("if-none-match") == tag:
            return Reply(304, b"", "", headers)
        return Reply(200, body, headers=headers)

    def _paths(self) -> list[str]:
        return list(dict.fromkeys(_root(each) for each in self._served))

    def _url(self, path: str) -> str:
        return f"/openapi/v3/{path}?hash={self._document(path)[1]}"

    def _document(self, path: str) -> tuple[bytes, str]:
        if path not in self._documents:
            of = [each for each in self._served if _root(each) == path]
            schemas = _needed([schema for each in of for schema in _schemas(each).items()])
            paths = {at: operations for each in of for at, operations in _operations(each).items()}
            content = {"openapi": "3.0.0", "info": self._info, "paths": paths, "components": {"schemas": schemas}}
            body = encoded(content)
            self._documents[path] = (body, hashlib.sha256(body).hexdigest().upper())
        return self._documents[path]


def _root(each: Served) -> str:
    return f"apis/{each.group}/{each.version}" if each.group else f"api/{each.version}"


@cache
def _kubernetes() -> dict[str, Schema]:
    return dict(json.loads((files(__package__) / "kubernetes.json").read_text()))


def _name(each: Served) -> str:
    """Return what the schema of a resource is called, as Kubernetes calls it."""
    if each.resource.definition is None:
        return f"io.k8s.api.{each.group.partition('.')[0] or 'core'}.{each.version}.{each.kind}"
    return ".".join([*reversed(each.group.split(".")), each.version, each.kind])


def _schemas(each: Served) -> dict[str, Schema]:
    name = _name(each)
    if each.resource.definition is None:
        return {key: _kubernetes()[key] for key in (name, f"{name}List")}
    return {name: _of_definition(each, each.resource.definition), f"{name}List": _list_of(each, name)}


def _of_definition(each: Served, kind: Kind) -> Schema:
    version = definition(kind)["spec"]["versions"][0]
    schema: Schema = dict(version["schema"]["openAPIV3Schema"])
    like = _kubernetes()["io.k8s.api.core.v1.Namespace"]["properties"]
    metadata = {key: value for key, value in like["metadata"].items() if key != "default"}
    schema["properties"] = schema["properties"] | {
        "apiVersion": like["apiVersion"], "kind": like["kind"], "metadata": metadata
    }  # fmt: skip
    return schema | {"x-kubernetes-group-version-kind": [_gvk(each)]}


def _list_of(each: Served, name: str) -> Schema:
    like = _kubernetes()["io.k8s.api.core.v1.NamespaceList"]
    items = {"description": f"List of {each.plural}.", "type": "array", "items": _reference(name)}
    return like | {
        "description": f"{each.kind}List is a list of {each.kind}",
        "properties": like["properties"] | {"items": items},
        "x-kubernetes-group-version-kind": [_gvk(each) | {"kind": f"{each.kind}List"}],
    }


def _needed(schemas: Iterable[tuple[str, Schema]]) -> dict[str, Schema]:
    """Return schemas with all that they refer to."""
    found, open_ = dict(schemas), dict(schemas)
    while open_:
        names = set(re.findall(r"#/components/schemas/([\w.]+)", json.dumps(open_)))
        open_ = {name: _kubernetes()[name] for name in sorted(names - set(found))}
        found |= open_
    return found


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _gvk(each: Served) -> dict[str, str]:
    return {"group": each.group, "version": each.version, "kind": each.kind}


_CHANGES = ("dryRun", "fieldManager", "fieldValidation")
_LISTS = ("labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch")
_WATCHES = (*_LISTS, "watch", "allowWatchBookmarks", "sendInitialEvents", "timeoutSeconds")
_TYPES = {
    "limit": "integer",
    "timeoutSeconds": "integer",
    "watch": "boolean",
    "allowWatchBookmarks": "boolean",
    "sendInitialEvents": "boolean",
}
_OF_COLLECTION = {"get": ("list", _WATCHES), "post": ("post", _CHANGES), "delete": ("deletecollection", _LISTS)}
_OF_OBJECT = {
    "get": ("get", ()),
    "put": ("put", _CHANGES),
    "patch": ("patch", _CHANGES),
    "delete": ("delete", ("dryRun",)),
}
_OF_STATUS = {method: _OF_OBJECT[method] for method in ("get", "put", "patch")}


def _operations(each: Served) -> dict[str, dict[str, Any]]:
    root = f"/{_root(each)}"
    collection = (
        f"{root}/namespaces/{{namespace}}/{each.plural}" if each.resource.namespaced else f"{root}/{each.plural}"
    )
    paths = {collection: _path(each, _OF_COLLECTION), f"{collection}/{{name}}": _path(each, _OF_OBJECT)}
    if each.resource.namespaced:
        paths[f"{root}/{each.plural}"] = _path(each, {"get": _OF_COLLECTION["get"]})
    if each.resource.has_status:
        paths[f"{collection}/{{name}}/status"] = _path(each, _OF_STATUS)
    return {path: operations | _of_path(path) for path, operations in paths.items()}


def _of_path(path: str) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", path)
    given = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {"parameters": given} if given else {}


def _path(each: Served, operations: dict[str, tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    return {method: _operation(each, action, names) for method, (action, names) in operations.items()}


def _operation(each: Served, action: str, parameters: tuple[str, ...]) -> dict[str, Any]:
    name = f"{_name(each)}List" if action == "list" else _name(each)
    content = {"application/json": {"schema": _reference(name)}}
    given = [{"name": name, "in": "query", "schema": {"type": _TYPES.get(name, "string")}} for name in parameters]
    return {
        **({"parameters": given} if given else {}),
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(each),
    }
