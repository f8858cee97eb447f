"""What is asked of a runtime: of the place where objects are kept, and whether this operator may write.

On Kubernetes `cluster.kube` keeps objects and `cluster.lease` says who may write. All calls raise `errors.ApiError`.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, runtime_checkable

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key

Body = Mapping[str, Any]


class Listing(Protocol):
    """What shows every object."""

    def list_all(self, kind: Kind, namespace: str | None) -> AsyncIterator[Body]:
        """Yield every object of a kind, in one namespace or (None) in all; raises Gone when there is no such kind."""
        ...


class Statuses(Protocol):
    """What keeps statuses."""

    async def patch_status(self, key: Key, uid: str, status: Body) -> Body | None:
        """Replace the status of the object of this uid, and return what that is now.

        Raises Gone when it is not there, or another ApiError.
        """
        ...


@runtime_checkable
class SharedStatuses(Protocol):
    """What keeps statuses that others write as well, and counts each change of an object."""

    async def replace_status(self, key: Key, uid: str, status: Body, version: int) -> Body:
        """Replace the status of the object of this uid and resourceVersion, and return what that is now.

        Raises Conflict when it has changed since, Gone when it is not there, or another ApiError.
        """
        ...

    async def read(self, key: Key) -> Body:
        """Return an object as it is stored now; raises Gone when it is not there, or another ApiError."""
        ...


class Events(Protocol):
    """What keeps Events (events.k8s.io/v1)."""

    async def create_event(self, body: Body) -> None:
        """Create an Event; one that is there already is ours."""
        ...

    async def patch_event(self, namespace: str, name: str, body: Body) -> None:
        """Merge into an Event; raises Gone when it has expired, or another ApiError."""
        ...


class Secrets(Protocol):
    """What keeps certificates, and values that must not stand in Git."""

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the data of a Secret, base64 as stored; raises Gone when it is not there, or another ApiError."""
        ...


class Api(Listing, Statuses, Events, Secrets, Protocol):
    """All of it."""


class Fence(Protocol):
    """What sees to it that there is one operator that writes, never two; its text is how people find it."""

    @property
    def held(self) -> bool:
        """Return whether writes may be sent now, as far as this goes."""
        ...

    def why_not(self) -> str:
        """Return why no write may be sent now, or ""."""
        ...

    def may_have_passed(self) -> bool:
        """Return whether another may write by now: what is known here may be older than what that one knows."""
        ...

    async def acquire(self) -> None:
        """Wait until writes may be sent; it stays so until it is lost or released."""
        ...

    async def lost(self) -> None:
        """Wait for the end of that; raises what the process ends with."""
        ...

    async def release(self) -> None:
        """Give it up, so that the next one need not wait."""
        ...
