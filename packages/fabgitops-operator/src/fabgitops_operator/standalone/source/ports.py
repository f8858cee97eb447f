"""What the source asks of its neighbours: of the store, and of those who judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as the source wants it."""

    resource: Any
    namespace: str
    name: str
    body: Mapping[str, Any]
    origin: str


class Kept(Protocol):
    """What is kept: objects, and small facts that outlive the process."""

    def get(self, resource: Any, namespace: str, name: str) -> Any:
        """Return the record of an object, or None."""
        ...

    def list(self, resource: Any, namespace: str | None) -> Sequence[Any]:
        """Return the records of a kind."""
        ...

    def meta(self, key: str) -> str | None:
        """Return a fact."""
        ...

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a fact."""
        ...


class Takes(Protocol):
    """What takes a revision."""

    async def take(self, revision: str, wanted: Sequence[Any], gone: Sequence[Any]) -> None:
        """Take a revision whole, or raise and take nothing of it."""
        ...


class Judge(Protocol):
    """What judges an object as the API server would."""

    def judge(
        self,
        resource: Any,
        body: dict[str, Any],
        old: dict[str, Any] | None,
        operation: str,
        subresource: str,
        validation: str,
    ) -> Any:
        """Return what is wrong with an object: `causes`, `unknown` and `warnings`."""
        ...


class Tells(Protocol):
    """What keeps Events (events.k8s.io/v1)."""

    async def create_event(self, body: Mapping[str, Any]) -> None:
        """Create an Event."""
        ...
