"""What a refusal says of an object that was to be applied or deleted, told apart by what is known afterwards.

Which of two things it means may depend on what stands under the name by then: whoever asked looks, and tells (`Found`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from fabgitops_core.engine.object_errors import Away, Changed, Conflict, Gone, ObjectError, Refused, Taken

from fabgitops_operator.cluster.answers import causes, line
from fabgitops_operator.hosting import errors
from fabgitops_operator.hosting.errors import ApiError

_MANAGER = re.compile(r'conflict with "((?:[^"\\]|\\.)*)"')

_UNDECLARED = "failed to create typed patch object"
"""How the API server says, with a 500, that a definition does not have a field that is applied."""

_CHANGED = "the ResourceVersion in the precondition"
"""What the API server says does not match, where an object was to be deleted only as it was."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands under a name: its uid, "" where nothing does, and who owns it, "" where nobody does."""

    uid: str = ""
    owner: str = ""


def found(body: Mapping[str, Any] | None) -> Found:
    """Return what an object, or None, is to those who wanted its name."""
    if body is None:
        return Found()
    metadata = body["metadata"]
    owners = [
        f"{each['kind']} {each['name']}" for each in metadata.get("ownerReferences") or () if each.get("controller")
    ]
    return Found(metadata["uid"], owners[0] if owners else "")


def conflict(response: httpx2.Response, doing: str) -> Conflict | None:
    """Return whose values stand in fields of ours, where that is why an object was not applied."""
    told = [cause for cause in causes(response) if cause.reason == "FieldManagerConflict"]
    if response.status_code != 409 or not told:
        return None
    managers = ", ".join(sorted({_manager(cause.message) for cause in told}))
    fields = tuple(sorted({cause.field for cause in told}))
    return Conflict(line(f"{doing}: {managers} gave another value to {', '.join(fields)}"), managers, fields)


def _manager(message: str) -> str:
    match = _MANAGER.search(message)
    return match[1] if match else message


def depends(response: httpx2.Response, *, on_uid: bool) -> bool:
    """Return whether what a refusal means depends on what stands under the name; `on_uid`: a uid was asked for.

    That a condition does not hold (409, 422), or that there is an owner already (422), is else told in words alone.
    """
    fields = {cause.field for cause in causes(response)}
    if response.status_code == 422:
        return "metadata.ownerReferences" in fields or (on_uid and "metadata.uid" in fields)
    return response.status_code == 409


def by_what_stands(stands: Found, uid: str, doing: str, error: ApiError) -> ObjectError:
    """Return what a refusal that `depends` means: the object is gone, or another's, or was only changed just then."""
    if uid and not stands.uid:
        return Gone(f"{doing}: it is gone")
    if uid and stands.uid != uid:
        return Taken(f"{doing}: another object has its name by now")
    if stands.owner and isinstance(error, errors.Rejected):
        return Taken(f"{doing}: it belongs to {stands.owner}")
    return refusal(error)


def refusal(error: ApiError, code: int = 0) -> ObjectError:
    """Return what any other refusal means; `code` is that of the answer, 0 where there is none."""
    if _CHANGED in str(error):
        return Changed(str(error))
    if code == 500 and _UNDECLARED in str(error):
        return Refused(f"{error}; the definitions that are installed are older than this operator")
    if isinstance(error, errors.Forbidden | errors.Gone | errors.Rejected) and code != 401:
        return Refused(str(error))
    return Away(str(error), error.pause)
