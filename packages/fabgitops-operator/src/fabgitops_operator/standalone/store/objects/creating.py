"""A new object, made of what was given: pure."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.objects import metadata
from fabgitops_operator.standalone.store.objects.refusals import Fault, bad_request, invalid, not_handled, unserved

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names end in: nothing that makes a word, or is mistaken for another."""

_MOST = 63 - 5
_SERVERS_OWN = ("uid", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def suffix() -> str:
    """Return five letters for the end of a name."""
    return "".join(random.choices(LETTERS, k=5))  # noqa: S311 - a name, not a secret


def check_type(resource: Resource, body: Mapping[str, Any]) -> None:
    """Refuse a body that does not say that it is of this kind and version.

    Raises:
        RefusedError: 400, or 422 for another kind.
    """
    if not body.get("kind"):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): Object 'Kind' is missing"
        )
    version = body.get("apiVersion") or ""
    if version != resource.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
        )


def other_kind(resource: Resource, body: Mapping[str, Any]) -> Fault | None:
    """Return what is wrong when an object is of another kind."""
    if (kind := body["kind"]) == resource.kind:
        return None
    return Fault("kind", "FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}')


def made(
    resource: Resource,
    namespace: str,
    body: Mapping[str, Any],
    now: str,
    uid: str,
    ending: Callable[[], str] = suffix,
) -> tuple[dict[str, Any], list[str]]:
    """Return the object as it is judged, and the fields of its metadata that nobody knows.

    Raises:
        RefusedError: It does not belong there (400, 422), or says a version (500).
    """
    check_type(resource, body)
    try:
        given, unknown = metadata.read(body)
    except metadata.MisreadError as error:
        raise not_handled(resource, str(error)) from None
    if given.get("namespace", namespace) != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if (fault := other_kind(resource, body)) is not None:
        raise invalid(resource, body["kind"], given.get("name", ""), [fault])
    if given.get("resourceVersion", "0") != "0":
        raise unserved("resourceVersion should not be set on objects to be created")
    kept = {name: value for name, value in given.items() if name not in (*_SERVERS_OWN, "resourceVersion")}
    if "name" not in kept and "generateName" in kept:
        kept["name"] = kept["generateName"][:_MOST] + ending()
    kept |= {"uid": uid, "creationTimestamp": now} | ({"namespace": namespace} if resource.namespaced else {})
    if resource.definition is not None:
        kept["generation"] = 1
    whole = {**body, "metadata": kept}
    if resource.has_status:
        whole.pop("status", None)
    return whole, unknown
