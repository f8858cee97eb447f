"""The document at /openapi.json (OpenAPI 3.0.3)."""

from importlib.metadata import version
from typing import Any

from fabgitops_operator.facade import patching, schemas
from fabgitops_operator.facade.routes import ROUTES, Route

Object = dict[str, Any]

ERRORS = {
    "400": "What is asked for is not valid.",
    "401": "A bearer token is asked for.",
    "403": "Whoever asks may not do that.",
    "404": "There is none.",
    "409": "There is one of that name, or others change it all the time.",
    "412": "The object has changed since its ETag.",
    "413": "The body is too large.",
    "415": "The body is of no type that is taken.",
    "422": "The patch cannot be carried out.",
    "503": "The Kubernetes API server is away.",
}


def document() -> Object:
    """Return it."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Racks",
            "description": "Racks and their parts, as Fabrica's rack example serves them, over the Kubernetes API.",
            "version": version("fabgitops-operator"),
        },
        "paths": {path: item for route in ROUTES for path, item in _paths(route).items()} | _health(),
        "components": {
            "schemas": {name: schema for route in ROUTES for name, schema in _schemas(route).items()} | _SHARED,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


_SHARED: Object = {
    "Error": {
        "type": "object",
        "required": ["error", "code"],
        "properties": {"error": {"type": "string"}, "code": {"type": "integer"}},
    },
    "Deleted": {
        "type": "object",
        "required": ["message", "uid"],
        "properties": {"message": {"type": "string"}, "uid": {"type": "string"}},
    },
}


def _schemas(route: Route) -> Object:
    return {
        route.name: schemas.whole(route),
        f"{route.name}Spec": schemas.spec(route),
        f"{route.name}Status": schemas.status(route),
        f"Create{route.name}": schemas.flat(route, is_new=True),
        f"Replace{route.name}": schemas.flat(route, is_new=False),
    }


def _paths(route: Route) -> Object:
    name, here = route.name, f"/{route.path}"
    uid = {"name": "uid", "in": "path", "required": True, "schema": {"type": "string"}}
    selector = {
        "name": "labelSelector",
        "in": "query",
        "description": "Labels as kubectl takes them, such as fabgitops.io/rack=rack-01.",
        "schema": {"type": "string"},
    }
    many = {"type": "array", "items": _ref(name)}
    patched = _patches(f"Replace{name}")
    return {
        here: {
            "get": _does(f"list{name}", f"All of the kind {name}.", {"200": many}, parameters=[selector]),
            "post": _does(f"create{name}", f"Make a {name}.", {"201": _ref(name)}, _json(f"Create{name}")),
        },
        f"{here}/{{uid}}": {
            "parameters": [uid],
            "get": _does(f"get{name}", f"One {name}.", {"200": _ref(name)}),
            "put": _does(f"replace{name}", "Replace its spec.", {"200": _ref(name)}, _json(f"Replace{name}")),
            "patch": _does(f"patch{name}", "Patch its spec.", {"200": _ref(name)}, patched),
            "delete": _does(f"delete{name}", "Delete it.", {"200": _ref("Deleted")}),
        },
        f"{here}/{{uid}}/status": {
            "parameters": [uid],
            "put": _does(f"replace{name}Status", "Replace its status.", {"200": _ref(name)}, _json(f"{name}Status")),
            "patch": _does(f"patch{name}Status", "Patch its status.", {"200": _ref(name)}, _patches(f"{name}Status")),
        },
    }


def _health() -> Object:
    answer: Object = {"type": "object", "properties": {"status": {"type": "string"}, "service": {"type": "string"}}}
    return {"/health": {"get": _does("health", "Whether it can answer.", {"200": answer})}}


def _does(does: str, summary: str, good: Object, body: Object | None = None, **more: Any) -> Object:
    answers = {code: _answer(summary, schema) for code, schema in good.items()}
    errors = {code: _answer(text, _ref("Error")) for code, text in ERRORS.items()}
    asked = {"requestBody": {"required": True, "content": body}} if body else {}
    return {"operationId": does, "summary": summary, **more, **asked, "responses": answers | errors}


def _answer(description: str, schema: Object) -> Object:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> Object:
    return {"application/json": {"schema": _ref(name)}}


def _patches(name: str) -> Object:
    """Return what a patch may be; a merge patch looks like what it patches, with nothing that must be there."""
    steps = {"type": "array", "items": {"type": "object", "required": ["op", "path"]}, "maxItems": patching.MOST_STEPS}
    fields = {"type": "object", "description": f"Fields of {name}; null takes one away."}
    dotted = {"type": "object", "description": f"Dotted paths of {name}; null takes one away."}
    return {
        patching.MERGE: {"schema": fields},
        patching.STEPS: {"schema": steps},
        patching.SHORTHAND: {"schema": dotted},
    }
