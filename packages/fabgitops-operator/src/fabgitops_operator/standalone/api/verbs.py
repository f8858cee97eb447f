"""Which verbs a resource has, as discovery tells them."""

from fabgitops_operator.standalone.api.served import Served

_ALL = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_OF_WHAT_IS_MADE_BY_USE = ("get", "list", "watch")
_OF_STATUS = ("get", "patch", "update")


def verbs(served: Served, subresource: str = "") -> tuple[str, ...]:
    """Return the verbs of a resource, or of its status; of a subresource that it does not have, none."""
    fixed = served.resource.made_by_use
    if subresource:
        found = _OF_STATUS if subresource == "status" and served.resource.has_status else ()
        return found[:1] if fixed else found
    return _OF_WHAT_IS_MADE_BY_USE if fixed else _ALL


def verb(method: str, *, named: bool, watch: bool) -> str:
    """Return what a method does with an object or a collection, or nothing."""
    if method == "GET":
        return "watch" if watch else "get" if named else "list"
    if method == "DELETE":
        return "delete" if named else "deletecollection"
    if named:
        return {"PUT": "update", "PATCH": "patch"}.get(method, "")
    return "create" if method == "POST" else ""
