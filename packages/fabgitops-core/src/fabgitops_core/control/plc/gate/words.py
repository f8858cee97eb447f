"""Words that a PLC may hold: their names, and the map that wants them."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.plc.points import DeviceMap, Point

DIGITS = 16
"""Hexadecimal digits of a name of words: 64 bits, against what may come up by accident."""


def named(of: DeviceMap, words: Iterable[Words | None]) -> str:
    """Return the name of words that the registers of a map are to hold, each that has a desired value.

    It covers endpoint, places and words, so that another tolerance or interval is the same.
    """
    facts = [
        (point.where, point.place.device.unit_id, None if each is None else hex_of(each))
        for point, each in zip(of.points, words, strict=True)
        if point.wanted is not None
    ]
    text = json.dumps([str(of.endpoint), facts], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def wanted_by_git(git: DeviceMap) -> str:
    """Return the name of what Git wants."""
    return named(git, (point.wanted for point in git.points))


def released_words(point: Point, known: RegisterStatus) -> Words | None:
    """Return the words that a register was released to; None where it was not, or they mean nothing there."""
    if point.wanted is None or not known.released:
        return None
    try:
        words = parse_hex(known.released)
        point.place.codec.text(words)
    except ValueError:
        return None
    return words if len(words) == point.place.codec.size else None


def mean_the_same(point: Point, read: str, wanted: str) -> bool:
    """Return whether a register that shows words holds others; what a status was spoilt with means nothing."""
    try:
        return point.shows(parse_hex(read), parse_hex(wanted))
    except ValueError:
        return False


def effective(git: DeviceMap, released: Sequence[Words | None]) -> DeviceMap:
    """Return the map that wants what was released; a register of which nothing was is only looked at.

    A command stays the command that it is: the guard `release` keeps it from being given.
    """
    points = tuple(_held(point, words) for point, words in zip(git.points, released, strict=True))
    return git if points == git.points else replace(git, points=points)


def _held(point: Point, words: Words | None) -> Point:
    if point.wanted is None or point.command or words == point.wanted:
        return point
    return replace(point, wanted=words, desired=None if words is None else point.place.codec.text(words))


def pending(point: Point, words: Words | None) -> str | None:
    """Return what Git wants of a register, for people, where that is something else than it may hold."""
    return None if point.wanted is None or words == point.wanted else point.desired
