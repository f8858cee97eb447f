"""Who asks for what, and what comes of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Literal, Protocol

from fabgitops_operator.standalone.resources import Resource


class Actor(Enum):
    """Who asks."""

    USER = auto()
    OPERATOR = auto()
    SOURCE = auto()
    CONTROLLER = auto()


@dataclass(frozen=True, slots=True)
class How:
    """How something is asked for."""

    actor: Actor
    subresource: str = ""
    dry_run: bool = False
    validation: str = "Strict"
    """What becomes of fields that nobody knows: Strict, Warn or Ignore."""
    manager: str = ""
    who: str = ""
    """The name of whoever asks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request that was not refused."""

    body: bytes
    """The object as it is then; of one that is gone as it went."""
    created: bool = False
    gone: bool = False
    warnings: tuple[str, ...] = ()

    def decoded(self) -> dict[str, Any]:
        """Return the object, which the caller may change."""
        body: dict[str, Any] = json.loads(self.body)
        return body


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object that a revision of the source names; its body has been judged, with all defaults."""

    resource: Resource
    namespace: str
    name: str
    body: Mapping[str, Any]
    origin: str


class Cause(Protocol):
    """Why an object is refused, in the words of the API server."""

    @property
    def field(self) -> str:
        """Return the path of the field; nothing when a policy refused the whole."""

    @property
    def reason(self) -> str:
        """Return the kind of trouble, such as FieldValueInvalid."""

    @property
    def message(self) -> str:
        """Return the sentence."""


class Judged(Protocol):
    """What became of an object that was judged."""

    @property
    def body(self) -> dict[str, Any]:
        """Return it without what nobody knows, with its defaults."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is to be told, although it is taken."""

    @property
    def causes(self) -> Sequence[Cause]:
        """Return why it is refused, or nothing."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return fields that nobody knows, as sentences, where those are refused."""


class Judge(Protocol):
    """Who judges objects by their definitions; metadata is not its business."""

    def judge(
        self,
        resource: Resource,
        body: dict[str, Any],
        old: dict[str, Any] | None,
        operation: Literal["CREATE", "UPDATE"],
        subresource: str,
        validation: str,
        who: str,
    ) -> Judged:
        """Judge what is to be stored by somebody."""
        ...
