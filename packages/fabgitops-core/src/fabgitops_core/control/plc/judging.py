"""What a reading says of one register: in sync, drifted, a correction proven or not held, or not to be known."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.texts import alike
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.events import Failure, FailureKind
from fabgitops_core.control.plc.brevity import LONGEST_ERROR, brief
from fabgitops_core.control.plc.plausible import hint_of
from fabgitops_core.control.plc.points import Point, raw
from fabgitops_core.control.plc.reasons import PlcReason


class Finding(Enum):
    """How it stands with one register."""

    SYNC = auto()
    OBSERVED = auto()
    DRIFTED = auto()
    NOT_HELD = auto()
    """A write that this reading should have proven did not hold."""
    UNPROVEN = auto()
    """It was written, or changes while it is looked at, and the next pass will show what it holds."""
    REFUSED = auto()
    BUSY = auto()
    LOST = auto()
    ABSENT = auto()
    """The device says that it has no value, and Git wants one."""
    DUE = auto()
    """A command that is to be given."""
    GIVEN = auto()
    """A command that was given, or may have been."""


AMISS = {Finding.DRIFTED, Finding.NOT_HELD}

_OF_FAILURE = {
    FailureKind.UNREACHABLE: Finding.LOST,
    FailureKind.REFUSED_FOR_GOOD: Finding.REFUSED,
    FailureKind.REFUSED_FOR_NOW: Finding.BUSY,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a register from now on, with what is announced and counted."""

    point: Point
    finding: Finding
    status: RegisterStatus
    message: str = ""
    notices: tuple[Notice, ...] = ()
    drifts: int = 0
    corrections: int = 0
    words: Words | None = None

    def holds_again(self, words: Words, before: RegisterStatus) -> bool:
        """Return whether the next pass may say just the same: the same words, and nothing was or is left open."""
        return (
            self.words == words
            and (self.finding is Finding.SYNC or self.finding is Finding.OBSERVED)
            and not (self.notices or self.drifts or self.corrections)
            and (before is self.status or (before.in_sync is self.status.in_sync and _nothing_open(before)))
            and (before.corrected_at, before.writes) == (self.status.corrected_at, self.status.writes)
            and before.repeats == self.status.repeats
            and _led(before) == _led(self.status)
        )


def _nothing_open(before: RegisterStatus) -> bool:
    return before.error is None and before.unverified_write is None and before.drifted_since is None


@dataclass(slots=True)
class _Story:
    """What is found out about a register on the way to its judgement."""

    notices: list[Notice] = field(default_factory=list)
    since: datetime | None = None
    drifts: int = 0
    corrections: int = 0


def blank(point: Point) -> RegisterStatus:
    """Return what is said of a register that was not looked at yet."""
    return RegisterStatus(name=point.name, **_declared(point))


def _declared(point: Point) -> dict[str, Any]:
    """Return the fields that follow from the declaration alone."""
    return {
        "place": point.where,
        "unit": point.unit or None,
        "desired": None if point.desired is None else brief(point.desired),
        "source": brief(point.source) or None,
    }


def _counted(before: RegisterStatus) -> dict[str, Any]:
    """Return the fields that count writes, as far as they are there: no reading changes them."""
    if before.corrected_at is None and before.writes is None and before.repeats is None:
        return {}
    return {"corrected_at": before.corrected_at, "writes": before.writes, "repeats": before.repeats}


def _led(before: RegisterStatus) -> dict[str, Any]:
    """Return the fields that tell what a rollout lets it hold, as far as they are there."""
    if before.release is None and before.pending is None:
        return {}
    return {name: getattr(before, name) for name in _LED}


_LED = ("release", "pending")


def unread(point: Point, before: RegisterStatus, failure: Failure) -> Judgement:
    """Judge a register that could not be read: what it holds is not known, what is open stays open."""
    finding, error = _OF_FAILURE[failure.kind], brief(failure.message, LONGEST_ERROR)
    status = before.model_copy(
        update={**_declared(point), "in_sync": None, "no_value": None, "hint": None, "error": error}
    )
    fresh = finding is Finding.REFUSED and before.error != error
    notices = (Notice(PlcReason.DEVICE_EXCEPTION, failure.message),) if fresh else ()
    return Judgement(point, finding, status, failure.message, notices)


def quiet(found: Judgement) -> Judgement:
    """Return what is said of a register that is only looked at: drift there is shown, and no episode.

    That an earlier write has held is told, as it is counted.
    """
    if found.finding is not Finding.DRIFTED:
        return found
    status = found.status.model_copy(update={"drifted_since": None})
    notices = tuple(each for each in found.notices if each.reason is not PlcReason.DRIFT_DETECTED)
    return replace(found, status=status, notices=notices, drifts=0)


def to_be_written(found: Judgement, forced: bool) -> bool:
    """Return whether a register is not as Git wants it; a command is given once more when that is forced."""
    finding = found.finding  # by `is`: each write of many asks this of all
    return finding is Finding.DRIFTED or finding is Finding.DUE or (forced and finding is Finding.GIVEN)


def ordered(point: Point, before: RegisterStatus) -> Judgement:
    """Judge a command by whether it was given, never by what its register shows.

    One whose record outlived its process, or that was not answered, may have been carried out: it is not repeated.
    """
    words = hex_of(point.wanted or ())
    perhaps = before.unverified_write == words
    status = RegisterStatus(
        name=point.name,
        **_declared(point),
        given=before.given,
        unverified_write=words if perhaps else None,
        write_intended=before.write_intended if perhaps else None,
        error=f"perhaps given: {_PERHAPS}" if perhaps else None,
        **_counted(before),
        **_led(before),
    )
    finding = Finding.GIVEN if perhaps or before.given == words else Finding.DUE
    return Judgement(point, finding, status, f"{point.label} is to be given {point.target}")


_PERHAPS = "nobody knows whether it was carried out, and a forced sync gives it again"


def judged(point: Point, before: RegisterStatus, words: Words, at: datetime) -> Judgement:
    """Judge a register by its words."""
    codec = point.place.read.codec
    if codec.lacks(words):
        return _absent(point, before, words)
    try:
        actual = codec.text(words)
        return _compared(point, before, words, actual, at)
    except ValueError:
        message = f"{point.label} holds words that are no {codec.type}"
        judgement = unread(point, before, Failure(FailureKind.REFUSED_FOR_GOOD, message))
        senseless = {"raw": brief(hex_of(words)), "actual": None}
        return replace(judgement, status=judgement.status.model_copy(update=senseless))


def _absent(point: Point, before: RegisterStatus, words: Words) -> Judgement:
    """Judge a register of which the device says that it has no value: nothing is known of it, and nothing done.

    A write that is open stays open: a later reading proves it, or that it did not hold.
    """
    nothing = {
        "actual": None,
        "raw": brief(hex_of(words)),
        "in_sync": None,
        "error": None,
        "hint": None,
        "drifted_since": None,
    }
    status = before.model_copy(update={**_declared(point), **nothing, "no_value": True})
    if point.wanted is None:
        return Judgement(point, Finding.OBSERVED, status, words=words)
    message = f"{point.label} has no value ({raw(words)}), so it is neither compared nor written"
    return Judgement(point, Finding.ABSENT, status, message)


def _compared(point: Point, before: RegisterStatus, words: Words, actual: str, at: datetime) -> Judgement:
    story = _Story(since=before.drifted_since)
    sent = parse_hex(before.unverified_write) if before.unverified_write else None
    proven = sent is not None and point.shows(words, sent)
    in_sync = point.wanted is not None and point.shows(words, point.wanted)
    unfinished = bool(before.unfinished) and point.finishes
    if sent is not None and proven and not unfinished and _corrects(point, before, in_sync):
        _correction(story, point, before, sent)
    message = ""
    if point.wanted is None:
        finding = Finding.OBSERVED
        story.since = None
    elif in_sync and unfinished:
        finding = Finding.DRIFTED if sent is None or before.write_intended else Finding.NOT_HELD
        message = f"{point.label} holds {point.shown(words)}, and nobody knows whether {_rest_of(point)} was written"
    elif in_sync:
        finding = Finding.SYNC
        if story.since is not None:
            text = f"{point.label} holds {point.shown(words)} again; no proven write of ours did it"
            story.notices.append(Notice(PlcReason.DRIFT_RESOLVED, text))
        story.since = None
    elif sent is not None and not proven and not before.write_intended:
        finding = Finding.NOT_HELD
        held, written = point.texts(words, sent)
        why = "the write was lost, or the device did not keep it"
        message = f"{point.label} holds {held} after writing {written}: {why}"
    else:
        finding = Finding.DRIFTED
        held, wanted = point.texts(words, point.wanted)
        by = "Git wants" if before.pending is None else "it was released to"
        message = f"{point.label} holds {held}, {by} {wanted}"
        _drift(story, message, at)
    status = RegisterStatus(
        name=point.name,
        **_declared(point),
        actual=brief(actual if point.wanted is None or in_sync else _unlike(actual, point, words)),
        raw=brief(hex_of(words)),
        in_sync=None if point.wanted is None or (in_sync and unfinished) else in_sync,
        unfinished=unfinished or None,
        hint=_hint(point, words, in_sync=in_sync),
        drifted_since=story.since,
        ramping_to=before.ramping_to if point.ramp is not None and finding in AMISS else None,
        **_counted(before),
        **_led(before),
    )
    return Judgement(point, finding, status, message, tuple(story.notices), story.drifts, story.corrections, words)


def _corrects(point: Point, before: RegisterStatus, in_sync: bool) -> bool:
    """Return whether a proven write is a correction: no step of a ramp, nor what went out for others of its group."""
    if point.group and before.drifted_since is None:
        return False
    return point.ramp is None or in_sync


def _hint(point: Point, words: Words, *, in_sync: bool) -> str | None:
    hint = hint_of(point, words, in_sync=in_sync)
    return hint and brief(hint, LONGEST_ERROR)


def _rest_of(point: Point) -> str:
    after = point.around.after if point.around is not None else ()
    return f"write.after ({', '.join(each.place for each in after)})"


def _correction(story: _Story, point: Point, before: RegisterStatus, sent: Words) -> None:
    story.corrections = 1
    story.since = None
    message = f"{point.label} held {_before(point, before, sent)}; wrote {point.text(sent)} and read it back"
    story.notices.append(Notice(PlcReason.DRIFT_CORRECTED, message))


def _before(point: Point, before: RegisterStatus, sent: Words) -> str:
    """Return what a register held before it was written, as far as it is known and tells anything."""
    if not before.actual or alike(before.actual, point.place.codec.text(sent)):
        return "something else"
    return f"{before.actual} {point.unit}".strip()


def _unlike(actual: str, point: Point, words: Words) -> str:
    """Return the text of words that differ from what is wanted, so that it cannot be taken for it."""
    return f"{actual} ({raw(words)})" if alike(actual, point.desired or "") else actual


def _drift(story: _Story, message: str, at: datetime) -> None:
    """Count a new episode; one that goes on is counted already."""
    if story.since is None:
        story.since = at
        story.drifts = 1
        story.notices.append(Notice(PlcReason.DRIFT_DETECTED, message))
