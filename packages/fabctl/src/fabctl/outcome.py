"""What came of a sync: from a PLC before and after to a sentence. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fabctl.model import Status, View


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

    @property
    def good(self) -> bool:
        """Return whether the PLC holds what Git wants."""
        return self.result in {Result.IN_SYNC, Result.CORRECTED}


def outcome(before: View, after: View) -> Outcome:
    """Return what came of a sync that the operator has handled."""
    match after.status:
        case Status.SYNCED if after.corrections > before.corrections:
            return Outcome(Result.CORRECTED, f"drift corrected: register {after.register} holds {after.actual} again")
        case Status.SYNCED:
            return Outcome(Result.IN_SYNC, f"in sync: register {after.register} holds {after.actual}, as Git wants")
        case Status.DRIFT | Status.CORRECTING:
            return _left(after)
        case Status.FAILED | Status.INVALID:
            return Outcome(Result.FAILED, f"failed: {after.last_error or after.message or after.status}")
        case Status.SUSPENDED:
            return Outcome(Result.SUSPENDED, "suspended: nothing was read or written; set spec.suspend to false in Git")
        case Status.UPDATING:
            return Outcome(Result.UNKNOWN, "the spec has changed meanwhile: sync again")
        case _:
            return Outcome(Result.UNKNOWN, after.message or after.status)


def _left(after: View) -> Outcome:
    drift = f"drift left: register {after.register} holds {after.actual}, Git wants {after.target}"
    if after.auto_correct:
        return Outcome(Result.LEFT, f"{drift}; the operator will try again")
    return Outcome(Result.LEFT, f"{drift}, and autoCorrect is false: --force corrects it once")


def summary(outcomes: Iterable[Outcome]) -> str:
    """Return how many came out how, in one line."""
    counts = Counter(each.result for each in outcomes)
    return ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
