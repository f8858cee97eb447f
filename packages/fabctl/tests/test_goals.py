"""What `fabctl wait` waits for."""

from typing import Any

import pytest
from fabctl.errors import UsageError
from fabctl.goals import goal


def plc(*conditions: tuple[str, str], generation: int = 2, observed: int = 2) -> dict[str, Any]:
    """Return a PLC with conditions that speak of a generation."""
    told = [{"type": kind, "status": status, "observedGeneration": observed} for kind, status in conditions]
    return {"metadata": {"generation": generation}, "status": {"conditions": told}}


@pytest.mark.parametrize(
    ("wanted", "body", "met"),
    [
        ("synced", plc(("Ready", "False"), ("InSync", "True")), True),
        ("synced", plc(("InSync", "Unknown")), False),
        ("ready", plc(("Ready", "True")), True),
        ("condition=ready", plc(("Ready", "True")), True),
        ("condition=Stalled=False", plc(("Stalled", "False")), True),
        ("condition=Stalled=False", plc(("Stalled", "True")), False),
        ("condition=Stalled=False", plc(), False),
        ("ready", {"metadata": {}, "status": {"conditions": "none"}}, False),
        ("ready", {}, False),
        ("ready", None, False),
        ("deleted", None, True),
        ("deleted", plc(("Ready", "True")), False),
    ],
)
def test_a_goal_is_met_by_what_it_names(wanted: str, body: dict[str, Any] | None, met: bool) -> None:
    """A condition counts by its status; what has none, or is gone, meets nothing but being gone."""
    assert goal(wanted).met(body) is met


def test_what_speaks_of_an_older_spec_does_not_count() -> None:
    """After an edit the status of before is no news."""
    assert not goal("synced").met(plc(("InSync", "True"), observed=1))


@pytest.mark.parametrize("wanted", ["", "sync", "condition=", "condition", "condition==True"])
def test_what_means_nothing_is_refused_with_what_may_be_given(wanted: str) -> None:
    """The refusal quotes what was typed, and lists what may be."""
    with pytest.raises(UsageError, match="give synced, ready, deleted"):
        goal(wanted)
