"""What came of a sync: from a PLC before and after to a sentence. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fabctl.fields import NOTHING
from fabctl.model import Status, View
from fabctl.registers import problems_first

TOLD = 3
"""How many registers a sentence names before it says how many more there are."""


class Result(StrEnum):
    """What came of it in two words, for the summary."""

    IN_SYNC = "in sync"
    CORRECTED = "drift corrected"
    LEFT = "drift left"
    FAILED = "failed"
    SUSPENDED = "suspended"
    UNKNOWN = "not known"
    UNANSWERED = "not answered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, and the sentence that says so."""

    result: Result
    sentence: str


def outcome(before: View, after: View) -> Outcome:
    """Return what came of a sync that the operator has handled."""
    corrected = max(0, after.corrections - before.corrections)
    match after.status:
        case Status.SYNCED if after.held_by != NOTHING:
            return _held(after, corrected)
        case Status.SYNCED if after.is_map:
            return _map_synced(after, corrected)
        case Status.SYNCED if corrected:
            return Outcome(Result.CORRECTED, f"drift corrected: register {after.register} holds {after.actual} again")
        case Status.SYNCED:
            return Outcome(Result.IN_SYNC, f"in sync: register {after.register} holds {after.actual}, as Git wants")
        case Status.DRIFT | Status.CORRECTING:
            return _left(after, corrected)
        case status if status.needs_a_person:
            also = f" ({_registers(corrected)} corrected all the same)" if corrected and after.is_map else ""
            return Outcome(Result.FAILED, f"failed: {after.message or after.last_error or after.status}{also}")
        case Status.SUSPENDED:
            return Outcome(Result.SUSPENDED, _suspended(after))
        case Status.UPDATING:
            return Outcome(Result.UNKNOWN, "the spec has changed meanwhile: sync again")
        case _:
            return Outcome(Result.UNKNOWN, after.message or after.status)


def _held(after: View, corrected: int) -> Outcome:
    """Return what came of it where the PLC holds what a rollout lets it hold, and not what Git wants."""
    held = f"rollout {after.held_by} holds it at that (fabctl describe {after.name})"
    if corrected:
        return Outcome(Result.CORRECTED, f"drift corrected: it holds again what it was released to; {held}")
    return Outcome(Result.IN_SYNC, f"in sync with what it was released to; {held}")


def _suspended(after: View) -> str:
    if after.suspended_for is None:
        return "suspended: nothing was read or written; set spec.suspend to false in Git"
    said = f" ({after.suspended_for})" if after.suspended_for else ""
    return f"suspended{said}: nothing was read or written; fabctl resume {after.name} ends it"


def _map_synced(after: View, corrected: int) -> Outcome:
    wanted = len(after.wanted)
    if not wanted:
        return Outcome(Result.IN_SYNC, f"in sync: {_registers(len(after.registers))} read; none has a desired value")
    hold = f"all {wanted} hold" if wanted > 1 else f"{after.wanted[0].name} holds"
    if corrected:
        of = f"{min(corrected, wanted)} of {_registers(wanted)} corrected"
        return Outcome(Result.CORRECTED, f"drift corrected: {of}; {hold} what Git wants")
    all_of = (
        f"all {wanted} registers with a desired value hold it" if wanted > 1 else f"{hold} {after.wanted[0].desired}"
    )
    return Outcome(Result.IN_SYNC, f"in sync: {all_of}, as Git wants")


def _left(after: View, corrected: int) -> Outcome:
    if after.held and after.message:
        return Outcome(Result.LEFT, f"drift left: {after.message}; the operator will try again")
    drift = f"drift left: {_differences(after, corrected)}"
    if after.auto_correct:
        return Outcome(Result.LEFT, f"{drift}; the operator will try again")
    how = "nothing is ever written" if after.mode == "Observe" else f"--force corrects {_it(after)} once"
    return Outcome(Result.LEFT, f"{drift}, and {after.not_corrected}: {how}")


def _differences(after: View, corrected: int) -> str:
    """Return in what the registers differ: of a large map the first few, and where to see all."""
    if not after.is_map:
        return f"register {after.register} holds {after.actual}, Git wants {after.target}"
    found = [each.difference for each in problems_first(after.registers) if each.state.differs]
    more = f"; and {len(found) - TOLD} more (fabctl describe {after.name} --drifted)" if len(found) > TOLD else ""
    done = f"{_registers(corrected)} corrected, " if corrected else ""
    differ = f"{_registers(len(found))} still differ{'s' if len(found) == 1 else ''}"
    return f"{done}{differ}: {'; '.join(found[:TOLD])}{more}" if found else done + (after.message or "it still differs")


def _it(after: View) -> str:
    return "them" if sum(each.state.differs for each in after.registers) > 1 else "it"


def _registers(count: int) -> str:
    return f"{count} register{'' if count == 1 else 's'}"


def summary(outcomes: Iterable[Outcome]) -> str:
    """Return how many came out how, in one line."""
    counts = Counter(each.result for each in outcomes)
    return ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
