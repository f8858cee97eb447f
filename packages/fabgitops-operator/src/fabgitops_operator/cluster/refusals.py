"""What a refusal says of an object that was to be applied or deleted, told apart by what is known afterwards.

Which of two things it means may depend on what stands under the name by then: whoever asked looks, and tells.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from fabgitops_core.api.meta import Key
from fabgitops_core.engine.object_errors import Away, Changed, Conflict, Gone, ObjectError, Refused, Taken

from fabgitops_operator.cluster.answers import causes, line, says_of_nothing
from fabgitops_operator.hosting import errors
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.ports import Body

_MANAGER = re.compile(r'conflict with "((?:[^"\\]|\\.)*)"')

PATCHING = "patching"

_UNDECLARED = "failed to create typed patch object"
"""How the API server says, with a 500, that a definition does not have a field that is applied."""


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


def unfit(response: httpx2.Response) -> bool:
    """Return whether a step of a JSON patch did not fit what there is: a 422 that is about nothing, and has no cause.

    That of an object that would not be valid has causes, and so has one of a policy. It is the same for all kinds, and
    for a test that did not hold as for a place that is not there.
    """
    return response.status_code == 422 and says_of_nothing(response)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: to do what to which object, of this uid and version; "" and 0 are any, or none."""

    what: str
    key: Key
    uid: str
    version: int = 0

    def __str__(self) -> str:
        return f"{self.what} {self.key.kind} {self.key}"


def by_what_fits(asked: Asked, stands: Body | None) -> ObjectError:
    """Return what it means that a patch was `unfit`, by the object that has the name, or None."""
    if stands is None or stands["metadata"]["uid"] != asked.uid:
        return Gone(f"{asked}: it is gone")
    return Changed(f"{asked}: it is not as it must be for that any more")


def by_what_stands(asked: Asked, stands: Body | None, error: ApiError) -> ObjectError:
    """Return what a refusal that `depends` means, by the object that has the name, or None."""
    if stands is None:
        return Gone(f"{asked}: it is gone") if asked.uid else refusal(error)
    metadata = stands["metadata"]
    owner = _owner(metadata)
    if asked.uid and metadata["uid"] != asked.uid:
        other = f"{asked}: another object has its name by now"
        return Gone(other) if asked.what == PATCHING else Taken(other, stands)
    if asked.version and metadata["resourceVersion"] != str(asked.version):
        return Changed(f"{asked}: it was changed meanwhile")
    if not asked.uid or (owner and isinstance(error, errors.Rejected)):
        return Taken(f"{asked}: it is there already, and belongs to {owner or 'nobody'}", stands)
    return refusal(error)


def _owner(metadata: Mapping[str, Any]) -> str:
    owners = metadata.get("ownerReferences") or ()
    return next((f"{each['kind']} {each['name']}" for each in owners if each.get("controller")), "")


def refusal(error: ApiError, code: int = 0) -> ObjectError:
    """Return what any other refusal means; `code` is that of the answer, 0 where there is none."""
    if code == 500 and _UNDECLARED in str(error):
        return Refused(f"{error}; the definitions that are installed are older than this operator")
    if isinstance(error, errors.Forbidden | errors.Gone | errors.Rejected) and code != 401:
        return Refused(str(error))
    return Away(str(error), error.pause)
