"""What the facade asks for: the Kubernetes API in somebody's name, and patience until something is known."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from fabgitops_operator.hosting.exchange import JSON


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of the Kubernetes API.

    Args:
        method: Its method.
        path: Its path.
        query: Its parameters.
        body: A value of JSON; None for none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Told:
    """What it answers: the body is decoded, None where it is no JSON."""

    code: int
    body: Any
    retry_after: str = ""


class AwayError(Exception):
    """No answer came, or none that is of use.

    Args:
        text: Why.
        answered: Whether the API server did answer.
    """

    def __init__(self, text: str, *, answered: bool = False) -> None:
        super().__init__(text)
        self.answered = answered


class Kubernetes(Protocol):
    """The Kubernetes API."""

    async def ask(self, ask: Ask, authorization: str) -> Told:
        """Ask in the name of whoever shows this, or where it is empty of whoever runs the facade.

        Raises:
            AwayError: No answer came.
        """


class Watched(Kubernetes, Protocol):
    """The Kubernetes API, of which a watch can be asked in the name of whoever runs the facade."""

    def lines(self, ask: Ask) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Ask, and yield the lines of the answer as they come.

        Raises:
            AwayError: No answer came, it is none of success, or it broke off.
        """


class Patience(Protocol):
    """Waits a moment for what the watch is about to tell of."""

    async def until_known(self, kind: str, *, uid: str = "", name: str = "") -> bool:
        """Return when the object of a uid or a name is known, or (False) when the time for that is over."""
