"""The three kinds of patches that are taken, carried out on what is told here: pure.

JSON merge patch (RFC 7396), JSON patch (RFC 6902), and the shorthand: an object of dotted paths.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from jsonpatch import JsonPatch, JsonPatchConflict, JsonPatchException
from jsonpointer import JsonPointer, JsonPointerException

from fabgitops_operator.facade.refusing import RefusedError

MERGE, STEPS, SHORTHAND = (
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/shorthand-patch+json",
)

MOST_STEPS = 100
"""Steps of a JSON patch."""

MOST_COPIED = 1024 * 1024
"""Bytes that the copies of a patch may add: each can double what is there."""

_WRONG = (JsonPatchException, JsonPatchConflict, JsonPointerException, TypeError, KeyError, ValueError)

Object = dict[str, Any]


def merged(target: Mapping[str, Any], patch: Any) -> Object:
    """Return an object with a merge patch in it.

    Raises:
        RefusedError: The patch is no object (400).
    """
    if not isinstance(patch, dict):
        raise RefusedError(400, f"a merge patch is an object; a list of steps goes as {STEPS}")
    return _merged(target, patch)


def _merged(target: Any, patch: Mapping[str, Any]) -> Object:
    whole = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            whole.pop(name, None)
        else:
            whole[name] = _merged(whole.get(name), value) if isinstance(value, dict) else value
    return whole


def stepped(target: Mapping[str, Any], patch: Any) -> Object:
    """Return an object that a JSON patch was carried out on, whole or not at all.

    Raises:
        RefusedError: The patch is none (400), or cannot be carried out (422).
    """
    if not isinstance(patch, list) or not all(isinstance(step, dict) for step in patch):
        raise RefusedError(400, "a JSON patch is a list of steps, each an object with op and path")
    if len(patch) > MOST_STEPS:
        raise RefusedError(422, f"the patch has {len(patch)} steps, more than {MOST_STEPS} are not taken")
    whole: Any = target
    copied = 0
    for number, step in enumerate(patch):
        try:
            copied += len(json.dumps(JsonPointer(step["from"]).resolve(whole))) if step.get("op") == "copy" else 0
            if copied > MOST_COPIED:
                raise ValueError(f"the copies add more than {MOST_COPIED} bytes")
            whole = JsonPatch([step]).apply(whole)
        except _WRONG as error:
            raise RefusedError(422, f"step {number} ({step.get('op')} {step.get('path')}): {error}") from None
    if not isinstance(whole, dict):
        raise RefusedError(422, "the patch leaves no object")
    return whole


def shortened(target: Mapping[str, Any], patch: Any) -> Object:
    """Return an object with a shorthand patch in it: {"a.b": value}; null removes.

    Raises:
        RefusedError: The patch is no object (400), or a path leads nowhere (422).
    """
    if not isinstance(patch, dict):
        such = '{"chassisConfig.bladeCount": 4}'
        raise RefusedError(400, f"a shorthand patch is an object of dotted paths, such as {such}")
    whole: Object = json.loads(json.dumps(target))
    for path, value in patch.items():
        *parents, last = path.split(".")
        at: Any = whole
        for parent in parents:
            at = at.get(parent) if isinstance(at, dict) else None
        if not isinstance(at, dict) or not last:
            raise RefusedError(422, f"{path}: there is no {'.'.join(parents) or 'path'} to set it in")
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    return whole


BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], Any], Object]] = {
    "application/json": merged,
    MERGE: merged,
    STEPS: stepped,
    SHORTHAND: shortened,
}
