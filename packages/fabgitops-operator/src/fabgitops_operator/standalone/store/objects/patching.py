"""Patches: JSON merge patch (RFC 7396) and JSON patch (RFC 6902), as the API server applies them: pure."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jsonpatch import JsonPatch, JsonPatchConflict, JsonPatchException
from jsonpointer import JsonPointer, JsonPointerException

from fabgitops_operator.standalone.store.objects.refusals import bad_request, bad_steps

_WRONG = (JsonPatchException, JsonPointerException, JsonPatchConflict, TypeError, KeyError)
"""What is raised over a step that cannot be done."""

MOST_STEPS = 10_000

MOST_COPIED = 3 * 1024 * 1024
"""Bytes that the copies of a patch may add, as the API server takes: each can double what is there."""

_GO = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


def merged(body: Mapping[str, Any], patch: Any) -> dict[str, Any]:
    """Return an object with a merge patch in it.

    Raises:
        RefusedError: The patch is no object (400).
    """
    if patch is None:
        raise bad_request("Invalid JSON Patch")
    if not isinstance(patch, dict):
        kind = _GO[type(patch)]
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        )
    return _merged(body, patch)


def _merged(body: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(body) if isinstance(body, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            found[name] = _merged(found.get(name), value)
        else:
            found[name] = value
    return found


def stepped(body: Mapping[str, Any], patch: Any) -> dict[str, Any]:
    """Return an object that a JSON patch was carried out on, whole or not at all.

    Raises:
        RefusedError: The patch is no list of steps (400), or one of them cannot be done (422).
    """
    if not isinstance(patch, list) or not all(isinstance(step, dict) for step in patch):
        found = patch if not isinstance(patch, list) else next(each for each in patch if not isinstance(each, dict))
        kind = _GO.get(type(found), "null")
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {kind} into Go value of type []handlers.jsonPatchOp"
        )
    if len(patch) > MOST_STEPS:
        raise bad_steps(f"it has {len(patch)} steps, more than {MOST_STEPS} are not taken")
    one_by_one = any(step.get("op") in {"replace", "copy"} for step in patch)
    try:
        whole = _each(body, patch) if one_by_one else JsonPatch(patch).apply(body)
    except _WRONG:
        raise bad_steps(_which(body, patch)) from None
    if not isinstance(whole, dict):
        raise bad_steps("it leaves no object")
    return whole


def _each(body: Any, patch: Sequence[Mapping[str, Any]]) -> Any:
    """Return an object after one step and the next: what a `replace` or a `copy` is depends on what is there then."""
    copied = 0
    for step in patch:
        if step.get("op") == "copy":
            copied += len(json.dumps(JsonPointer(step["from"]).resolve(body)))
            if copied > MOST_COPIED:
                raise JsonPatchException(f"its copies add more than {MOST_COPIED} bytes")
        body = JsonPatch([_setting(body, step)]).apply(body)
    return body


def _which(body: Any, patch: Sequence[Mapping[str, Any]]) -> str:
    """Return which step cannot be done, and why."""
    for number, step in enumerate(patch):
        try:
            body = _each(body, [step])
        except _WRONG as error:
            return f"step {number} ({step.get('op')} {step.get('path')}): {_plain(error)}"
    return "it cannot be carried out"


def _plain(error: Exception) -> str:
    """Return what an error says without the names of Python's types."""
    return re.sub(r" \(<class '[^']*'>\)", "", str(error))


def _setting(whole: Any, step: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a step whose `replace` also sets a member that is not there, as the API server takes it."""
    if step.get("op") != "replace" or not isinstance(step.get("path"), str) or not step["path"]:
        return step
    parent, _ = JsonPointer(step["path"]).to_last(whole)
    return {**step, "op": "add"} if isinstance(parent, dict) else step
