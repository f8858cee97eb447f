"""Times as they are told: to people how long ago they were, to programs by RFC 3339. Pure."""

from datetime import UTC, datetime
from typing import Self

from fabctl.fields import NOTHING, age


class Told(str):
    """A text for programs that people, on a terminal, are told otherwise."""

    __slots__ = ("people",)
    people: str
    """What they are told."""

    def __new__(cls, said: str, people: str) -> Self:
        """Make one of what programs are told and what people are."""
        told = super().__new__(cls, said)
        told.people = people
        return told


class Time(Told):
    """A time: to people how long ago it was."""

    __slots__ = ()


def since(moment: datetime | None, now: datetime) -> str:
    """Return a time, which people are told as how long before `now` it was."""
    return Time(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", f"{age(moment, now)} ago") if moment else NOTHING


def spoken(sentence: str, *parts: str) -> str:
    """Return a sentence with parts in the place of each {}; where one is told to people otherwise it is, too."""
    if not any(isinstance(each, Told) for each in parts):
        return sentence.format(*parts)
    return Told(sentence.format(*parts), sentence.format(*map(for_people, parts)))


def for_people(said: str) -> str:
    """Return what people are told."""
    return said.people if isinstance(said, Told) else said


def in_full(said: str) -> str:
    """Return what people are told where there is room: of a time also which it is."""
    return f"{said.people} ({said})" if isinstance(said, Time) else for_people(said)
