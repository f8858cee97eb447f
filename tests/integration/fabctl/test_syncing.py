"""`fabctl sync` on a real API server, with the test as the operator."""

from datetime import datetime
from typing import Any

import pytest

pytestmark = pytest.mark.integration

FORCE_AT = "reconcile.fabgitops.io/forceAt"
REQUESTED_AT = "reconcile.fabgitops.io/requestedAt"


def test_sync_waits_for_the_operator_and_says_what_came_of_it(plant: Any) -> None:
    """Sync returns only once the operator has handled this very request, and tells of the correction."""
    plant.create("mixer")
    plant.report("mixer", "DriftDetected", "False", inSync=False, currentValue=7, lastHandledReconcileAt="an older one")
    process = plant.start("sync", "mixer", "-n", plant.namespace)
    asked = plant.asked("mixer")
    plant.must_run(process)
    plant.answer("mixer", "InSync", "True", inSync=True, currentValue=2500, correctionsApplied=1)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "mixer: drift corrected: register 4001 holds 2500 again\n", "")
    assert FORCE_AT not in asked
    assert datetime.fromisoformat(asked[REQUESTED_AT]).tzinfo
    assert "." in asked[REQUESTED_AT]


def test_force_asks_with_the_same_token(plant: Any) -> None:
    """--force sets both annotations to one token, in one patch."""
    plant.create("mixer", autoCorrect=False)
    code, out, _ = plant.fabctl("sync", "mixer", "--force", "--no-wait")
    asked = plant.asked("mixer")
    assert (code, out) == (0, "mixer: sync requested\n")
    assert asked[FORCE_AT] == asked[REQUESTED_AT]


def test_drift_that_is_left_is_a_failure_with_a_way_out(plant: Any) -> None:
    """Where autoCorrect is false, sync exits 1 and names --force."""
    plant.create("mixer", autoCorrect=False)
    process = plant.start("sync", "mixer", "-n", plant.namespace)
    plant.answer("mixer", "DriftDetected", "False", inSync=False, currentValue=7)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "holds 7, Git wants 2500, and autoCorrect is false: --force corrects it once" in out


def test_nobody_answers(plant: Any) -> None:
    """Without an operator, sync ends after --timeout with one line that asks whether it runs."""
    plant.create("mixer")
    told = "fabctl: the operator did not answer within 0.5 s: is it running?\n"
    assert plant.fabctl("sync", "mixer", "--timeout", "0.5") == (6, "", told)


def test_all_are_synced_and_summed_up(plant: Any) -> None:
    """--all asks for all at once, tells of each, sums up on standard error, and fails when one is not in sync."""
    for name in ("mixer", "oven", "press"):
        plant.create(name)
    process = plant.start("sync", "--all", "-n", plant.namespace)
    for name in ("mixer", "oven", "press"):
        plant.asked(name)
    plant.answer("mixer", "InSync", "True", inSync=True, currentValue=2500)
    plant.answer("oven", "ConnectionFailed", "False", lastError="no route")
    plant.delete("press")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert sorted(out.splitlines()) == [
        "mixer: in sync: register 4001 holds 2500, as Git wants",
        "oven: failed: no route",
        "press: failed: the resource was deleted meanwhile",
    ]
    assert err == "1 in sync, 2 failed\n"


def test_sync_survives_an_outage_of_the_api_server(plant: Any) -> None:
    """When the API server goes away while sync waits, it goes on once it is back."""
    plant.create("mixer")
    process = plant.start("sync", "mixer", "-n", plant.namespace)
    plant.asked("mixer")
    plant.plane.stop()
    plant.plane.start()
    plant.answer("mixer", "InSync", "True", inSync=True, currentValue=2500)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "mixer: in sync: register 4001 holds 2500, as Git wants\n")
