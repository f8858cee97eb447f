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
    """Each way in which a sync can end is told apart, and only a PLC in sync is good."""
    told = outcome(view(plc("DriftDetected", "False")), view(plc(reason, ready, **status)))
    assert told.result is result
    assert words in told.sentence
    assert told.good == (result in {Result.IN_SYNC, Result.CORRECTED})


def test_drift_that_was_left_names_the_way_out(plc: Make) -> None:
    """Where autoCorrect is false, the sentence says that --force corrects once."""
    body = plc("DriftDetected", "False", inSync=False, currentValue=7)
    body["spec"]["autoCorrect"] = False
    told = outcome(view(body), view(body)).sentence
    assert (
        told == "drift left: register 4001 holds 7, Git wants 2500, and autoCorrect is false: --force corrects it once"
    )


def test_the_summary_counts(plc: Make) -> None:
    """Many syncs are summed up in one line."""
    good = outcome(view(plc()), view(plc("InSync", "True")))
    bad = outcome(view(plc()), view(plc("ConnectionFailed", "False")))
    assert summary([good, bad, good]) == "2 in sync, 1 failed"
