"""What `kubectl apply` would send for an object without a schema of its own: a JSON merge patch (RFC 7386). Pure."""

import json
from collections.abc import Mapping
from typing import Any

from fabctl.fields import Body, mapping, sequence, text

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LEFT_TO_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


def asked_for(body: Body, namespace: str) -> dict[str, Any]:
    """Return an object as it is sent: in its namespace, if it is in one, without what only the API server says."""
    metadata = {name: value for name, value in mapping(body.get("metadata")).items() if name not in _LEFT_TO_THE_SERVER}
    whole = {name: value for name, value in body.items() if name != "status"}
    return {**whole, "metadata": {**metadata, **({"namespace": namespace} if namespace else {})}}


def applied_by(live: Body) -> str:
    """Return who keeps an object by server-side apply, as Flux does, by the spec; nothing where nobody does."""
    entries = map(mapping, sequence(mapping(live.get("metadata")).get("managedFields")))
    owners = [(text(each.get("time")), text(each.get("manager"))) for each in entries if _applied_the_spec(each)]
    return max(owners, default=("", ""))[1]


def _applied_the_spec(entry: Body) -> bool:
    at_all = entry.get("operation") == "Apply" and not entry.get("subresource")
    return at_all and "f:spec" in mapping(entry.get("fieldsV1"))


def merge_patch(wanted: Body, live: Body) -> dict[str, Any]:
    """Return the patch that applies an object: what it says, and nothing where it said something the last time.

    What it said stands in an annotation that kubectl and Argo CD leave; without one nothing is taken away.
    """
    return _laid_over(_dropped(_last_applied(live), wanted), _changed(live, wanted))


def made_into(wanted: Body, live: Body) -> dict[str, Any]:
    """Return the patch that makes of what is there just what is wanted: whatever else there is goes."""
    found: dict[str, Any] = dict.fromkeys(name for name in live if name not in wanted)
    for name, value in wanted.items():
        there = live.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            if inner := made_into(value, there):
                found[name] = inner
        elif name not in live or there != value:
            found[name] = value
    return found


def _last_applied(live: Body) -> Body:
    said = mapping(mapping(live.get("metadata")).get("annotations")).get(LAST_APPLIED)
    try:
        return mapping(json.loads(said)) if isinstance(said, str) else {}
    except (ValueError, RecursionError):
        return {}


def _changed(live: Body, wanted: Body) -> dict[str, Any]:
    """Return what is wanted and not there."""
    found: dict[str, Any] = {}
    for name, value in wanted.items():
        there = live.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            if inner := _changed(there, value):
                found[name] = inner
        elif name not in live or there != value:
            found[name] = value
    return found


def _dropped(before: Body, wanted: Body) -> dict[str, Any]:
    """Return null for what was wanted and is not any more."""
    found: dict[str, Any] = {}
    for name, value in before.items():
        if name not in wanted:
            found[name] = None
        elif inner := _dropped(mapping(value), mapping(wanted[name])):
            found[name] = inner
    return found


def _laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _laid_over(under[name], over[name])
        for name in under.keys() & over.keys()
        if isinstance(under[name], dict) and isinstance(over[name], dict)
    }
    return {**under, **over, **both}
