"""Why a request for an object did not succeed, split by what is known afterwards.

ObjectError
├── Withdrawn  it was not wanted any more when its turn came: nothing was sent
├── Conflict   a field of ours has a value that another manager gave it: nothing was changed
├── Taken      the name is another object's, or the object is another owner's: nothing was changed
├── Changed    it is not as it was when it was looked at: nothing was changed
├── Gone       there is no object of that uid: nothing was changed
├── Refused    it is invalid, forbidden, or against a policy: nothing was changed
└── Away       there was no answer, or one that asks for patience: it may have been done
"""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind


class ObjectError(Exception):
    """A request for an object that did not succeed; its text is one sentence for the user."""

    kind: ObjectFailureKind

    @property
    def failure(self) -> ObjectFailure:
        """Return what a controller is told."""
        return ObjectFailure(self.kind, str(self))


class Withdrawn(ObjectError):
    """It was not wanted any more when its turn came; nothing was sent."""

    kind = ObjectFailureKind.HELD


class Conflict(ObjectError):
    """Another manager gave fields of ours another value: `fields` as the API server names them, `.spec.node`."""

    kind = ObjectFailureKind.CONFLICT

    def __init__(self, message: str, manager: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.manager = manager
        self.fields = fields

    @property
    def failure(self) -> ObjectFailure:
        """Return what a controller is told."""
        return ObjectFailure(self.kind, str(self), manager=self.manager, fields=self.fields)


class Taken(ObjectError):
    """The name is another object's than the one meant, or the object has another controller for its owner.

    `stands` is the object that has the name, as far as it was looked at: a controller is told of it by a small record.
    """

    kind = ObjectFailureKind.TAKEN

    def __init__(self, message: str, stands: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.stands = stands


class Changed(ObjectError):
    """It has another resourceVersion than it must have for this."""

    kind = ObjectFailureKind.CHANGED


class Gone(ObjectError):
    """There is no object of that uid."""

    kind = ObjectFailureKind.GONE


class Refused(ObjectError):
    """It is invalid, forbidden, or refused by a policy, a quota or a webhook."""

    kind = ObjectFailureKind.REFUSED


class Away(ObjectError):
    """There was no answer, or one that asks for patience: for `retry_after` seconds where it says so, else 0."""

    kind = ObjectFailureKind.AWAY

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def failure(self) -> ObjectFailure:
        """Return what a controller is told."""
        return ObjectFailure(self.kind, str(self), retry_after=self.retry_after)
