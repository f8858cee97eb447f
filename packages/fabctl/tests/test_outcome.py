"""What fabctl says of a sync that the operator has handled."""

from collections.abc import Callable
from typing import Any

import pytest
from fabctl.model import view
from fabctl.outcome import Result, outcome, summary

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("reason", "ready", "status", "result", "words"),
    [
        ("InSync", "True", {"inSync": True, "currentValue": 2500}, Result.IN_SYNC, "holds 2500, as Git wants"),
        (
            "InSync",
            "True",
            {"inSync": True, "currentValue": 2500, "correctionsApplied": 1},
            Result.CORRECTED,
            "drift corrected: register 4001 holds 2500 again",
        ),
        ("DriftDetected", "False", {"inSync": False, "currentValue": 7}, Result.LEFT, "the operator will try again"),
        ("ConnectionFailed", "False", {"lastError": "no answer"}, Result.FAILED, "failed: no answer"),
        ("InvalidSpec", "False", {"message": "bad port"}, Result.FAILED, "failed: bad port"),
        ("Suspended", "Unknown", {}, Result.SUSPENDED, "suspended"),
        ("InSync", "True", {"observedGeneration": 2}, Result.UNKNOWN, "sync again"),
        ("Connecting", "Unknown", {"message": "reading"}, Result.UNKNOWN, "reading"),
    ],
)
def test_every_end_has_its_sentence(
    plc: Make, reason: str, ready: str, status: dict[str, Any], result: Result, words: str
) -> None:
    """Each way in which a sync can end is told apart."""
    told = outcome(view(plc("DriftDetected", "False")), view(plc(reason, ready, **status)))
    assert told.result is result
    assert words in told.sentence


def test_what_fabctl_suspended_is_resumed_by_it(plc: Make) -> None:
    """A sync of it gives the reason and the command that ends it, and does not send to Git."""
    body = plc("Suspended", "Unknown")
    body["metadata"]["annotations"] = {"fabgitops.io/suspend": "belt is changed"}
    told = outcome(view(body), view(body)).sentence
    assert told == "suspended (belt is changed): nothing was read or written; fabctl resume mixer ends it"


def test_drift_that_was_left_names_the_way_out(plc: Make) -> None:
    """Where autoCorrect is false, the sentence says that --force corrects once."""
    body = plc("DriftDetected", "False", inSync=False, currentValue=7)
    body["spec"]["autoCorrect"] = False
    told = outcome(view(body), view(body)).sentence
    assert (
        told == "drift left: register 4001 holds 7, Git wants 2500, and autoCorrect is false: --force corrects it once"
    )


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("Warn", "and correction.mode is Warn: --force corrects it once"),
        ("Observe", "and correction.mode is Observe: nothing is ever written"),
    ],
)
def test_drift_that_was_left_names_the_mode(plc: Make, mode: str, words: str) -> None:
    """What a force does is said as it is: where a device is only looked at, it does nothing."""
    body = plc("DriftDetected", "False", inSync=False, currentValue=7)
    body["spec"]["correction"] = {"mode": mode}
    assert outcome(view(body), view(body)).sentence.endswith(words)


DRIFT: dict[str, Any] = {"actual": "19", "inSync": False}
STOPPED: dict[str, Any] = {"actual": "Stopped", "inSync": False}


def told(before: dict[str, Any], after: dict[str, Any], corrected: int = 0, **spec: Any) -> tuple[Result, str]:
    """Return what came of a sync of a map in which so many registers were corrected."""
    after["status"]["correctionsApplied"] = corrected
    after["spec"] = {**after["spec"], **spec}
    found = outcome(view(before), view(after))
    return found.result, found.sentence


def test_a_map_in_sync_says_how_many_registers(mapped: Make) -> None:
    """Where nothing had to be done, the number of registers with a desired value is said."""
    expected = "in sync: all 2 registers with a desired value hold it, as Git wants"
    assert told(mapped(), mapped()) == (Result.IN_SYNC, expected)


def test_a_corrected_map_says_how_many_of_how_many(mapped: Make) -> None:
    """The corrections of this sync are counted against the registers with a desired value."""
    before = mapped("DriftDetected", "False", speed=DRIFT)
    expected = "drift corrected: 1 of 2 registers corrected; all 2 hold what Git wants"
    assert told(before, mapped(), corrected=1) == (Result.CORRECTED, expected)


def test_a_map_that_is_only_observed_is_in_sync(mapped: Make) -> None:
    """A map without desired values was read, and that is all that can be said."""
    after = mapped()
    for each in after["status"]["registers"]:
        each.pop("desired", None)
    expected = "in sync: 3 registers read; none has a desired value"
    assert told(mapped(), after) == (Result.IN_SYNC, expected)


def test_registers_that_still_differ_are_named(mapped: Make) -> None:
    """Drift that is left names the registers with both values, and the way out."""
    after = mapped("DriftDetected", "False", speed=DRIFT, mode=STOPPED)
    assert told(mapped(), after, autoCorrect=False) == (
        Result.LEFT,
        (
            "drift left: 2 registers still differ: speed holds 19 rpm, Git wants 21.5 rpm; "
            "mode holds Stopped, Git wants Running, and autoCorrect is false: --force corrects them once"
        ),
    )


def test_a_half_corrected_map_says_both(mapped: Make) -> None:
    """What was corrected is told beside what still differs."""
    after = mapped("Correcting", "False", speed={"inSync": False, "unverifiedWrite": "0x41AC0000"})
    assert told(mapped(), after, corrected=1) == (
        Result.LEFT,
        (
            "drift left: 1 register corrected, 1 register still differs: "
            "speed was written, and that is not proven yet; the operator will try again"
        ),
    )


def test_of_many_registers_a_few_are_named(mapped: Make) -> None:
    """A sentence names three registers, says how many more there are, and which command shows them."""
    after = mapped("DriftDetected", "False", speed=DRIFT)
    one = after["status"]["registers"][0]
    after["status"]["registers"] = [{**one, "name": f"r{number}"} for number in range(5)]
    sentence = told(mapped(), after)[1]
    assert sentence.startswith("drift left: 5 registers still differ: r0 holds 19, Git wants 21.5; r1 holds 19")
    assert "; and 2 more (fabctl describe mixer --drifted); the operator will try again" in sentence


@pytest.mark.parametrize("reason", ["Conflict", "IdentityMismatch", "TemplateNotFound"])
def test_what_keeps_the_operator_from_writing_is_a_failure(mapped: Make, reason: str) -> None:
    """A conflict, a wrong device and a missing template fail a sync with the operator's message."""
    after = mapped(reason, "False")
    after["status"]["lastError"] = "why"
    assert told(mapped(), after) == (Result.FAILED, "failed: why")


def test_a_failure_after_corrections_tells_of_them(mapped: Make) -> None:
    """Where some registers were corrected before one failed, both is said."""
    after = mapped("DeviceException", "False", speed={"inSync": None, "error": "exception 02"})
    after["status"]["lastError"] = "exception 02"
    assert told(mapped(), after, corrected=1) == (
        Result.FAILED,
        "failed: exception 02 (1 register corrected all the same)",
    )


def test_the_summary_counts(plc: Make) -> None:
    """Many syncs are summed up in one line."""
    good = outcome(view(plc()), view(plc("InSync", "True")))
    bad = outcome(view(plc()), view(plc("ConnectionFailed", "False")))
    assert summary([good, bad, good]) == "2 in sync, 1 failed"
