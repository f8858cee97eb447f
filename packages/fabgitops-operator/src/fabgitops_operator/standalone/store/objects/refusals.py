"""What is refused, in the words of the API server: clients show them, and some read them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.errors import RefusedError, refusal
from fabgitops_operator.standalone.store.objects.asking import Cause


class Fault(NamedTuple):
    """A `Cause` of this package's own."""

    field: str
    reason: str
    message: str


STOPPED = Fault(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing"
    " errors to complete validation",
)


def bad_request(message: str) -> RefusedError:
    """Return the refusal of what is not about this object (400)."""
    return refusal(400, "BadRequest", message)


def not_handled(resource: Resource, why: str) -> RefusedError:
    """Return the refusal of what cannot be read as an object of this kind (400)."""
    kind = resource.kind
    return bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {why}')


def bad_patch(why: str) -> RefusedError:
    """Return the refusal of a patch that makes something unreadable of the object (422)."""
    message = f'Invalid value: "{{…}}": {why}'
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return refusal(422, "Invalid", f' "" is invalid: patch: {message}', {"causes": causes})


def bad_steps(why: str) -> RefusedError:
    """Return the refusal of a JSON patch that cannot be carried out (422)."""
    return refusal(422, "Invalid", f"the server rejected our request due to an error in our request: {why}", {})


def unserved(message: str) -> RefusedError:
    """Return the refusal of a version that is none (500, as it is there)."""
    error = refusal(500, "", message)
    del error.status["reason"]
    return error


def absent(resource: Resource, name: str) -> RefusedError:
    """Return the refusal of what is not there (404)."""
    return refusal(404, "NotFound", f'{resource.named} "{name}" not found', _details(resource, name))


def exists(resource: Resource, name: str, *, going: bool) -> RefusedError:
    """Return the refusal to make what is there (409)."""
    message = f'{resource.named} "{name}" already exists'
    return refusal(
        409, "AlreadyExists", f"object is being deleted: {message}" if going else message, _details(resource, name)
    )


def modified(resource: Resource, name: str) -> RefusedError:
    """Return the refusal of a change to what has changed meanwhile (409)."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(resource, name, why)


def conflict(resource: Resource, name: str, why: str) -> RefusedError:
    """Return the refusal of a change to what is another object by now (409)."""
    message = f'Operation cannot be fulfilled on {resource.named} "{name}": {why}'
    return refusal(409, "Conflict", message, _details(resource, name))


def precondition(resource: Resource, name: str, why: str) -> RefusedError:
    """Return the refusal of a deletion that meant something else (409)."""
    kind = _kind(resource, resource.kind)
    message = f'Operation cannot be fulfilled on {kind} "{name}": {why}'
    return refusal(409, "Conflict", message, _details(resource, name, resource.kind))


def forbidden(resource: Resource, name: str, why: str) -> RefusedError:
    """Return the refusal of what this caller may not do (403)."""
    return refusal(403, "Forbidden", f'{resource.named} "{name}" is forbidden: {why}', _details(resource, name))


def too_large(resource: Resource, size: int, most: int) -> RefusedError:
    """Return the refusal of an object that is too large (413)."""
    message = f"Request entity too large: the object has {size} bytes, more than {most} are not kept"
    return refusal(413, "RequestEntityTooLarge", message, {"kind": resource.plural})


def without_version(resource: Resource, name: str) -> RefusedError:
    """Return the refusal of a PUT that does not say what it is made of (422)."""
    message = "Invalid value: 0: must be specified for an update"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "metadata.resourceVersion"}]
    text = f'{resource.named} "{name}" is invalid: metadata.resourceVersion: {message}'
    return refusal(422, "Invalid", text, _details(resource, name) | {"causes": causes})


def invalid(resource: Resource, kind: str, name: str, causes: Sequence[Cause]) -> RefusedError:
    """Return the refusal of an object for what it says (422)."""
    if (policy := next((each for each in causes if not each.field), None)) is not None:
        details = _details(resource, name) | {"causes": [{"message": policy.message}]}
        return refusal(422, "Invalid", f'{resource.named} "{name}" is forbidden: {policy.message}', details)
    told = list(dict.fromkeys(f"{each.field}: {each.message}" for each in causes))
    listed = [{"reason": each.reason, "message": each.message, "field": each.field} for each in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    message = f'{_kind(resource, kind)} "{name}" is invalid: {text}'
    return refusal(422, "Invalid", message, _details(resource, name, kind) | {"causes": listed})


def invalid_options(field: str, reason: str, message: str) -> RefusedError:
    """Return the refusal of DeleteOptions (422)."""
    causes = [{"reason": reason, "message": message, "field": field}]
    text = f'DeleteOptions.meta.k8s.io "" is invalid: {field}: {message}'
    return refusal(422, "Invalid", text, {"group": "meta.k8s.io", "kind": "DeleteOptions", "causes": causes})


def _kind(resource: Resource, kind: str) -> str:
    return f"{kind}.{resource.group}" if resource.group else kind


def _details(resource: Resource, name: str, kind: str = "") -> dict[str, Any]:
    named = {"name": name} if name else {}
    return named | ({"group": resource.group} if resource.group else {}) | {"kind": kind or resource.plural}
