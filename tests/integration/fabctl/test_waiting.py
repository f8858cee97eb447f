"""`fabctl wait` on a real API server, with the test as the operator."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration

READY = {"type": "Ready", "status": "True", "reason": "InSync", "message": "", "observedGeneration": 1}
IN_SYNC = READY | {"type": "InSync"}


def test_it_says_of_each_when_it_is_there(plant: Any) -> None:
    """It returns when the last is in sync, and each is told as soon as it is."""
    for name in ("mixer", "press"):
        plant.create(name)
    process = plant.start("wait", "plc/mixer", "press", "-n", plant.namespace)
    stamped = IN_SYNC | {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    plant.report("press", "InSync", "True", conditions=[stamped])
    assert process.stdout.readline() == "press: in sync\n"
    plant.must_run(process)
    plant.report("mixer", "InSync", "True", conditions=[stamped])
    assert process.communicate(timeout=60) == ("mixer: in sync\n", "")
    assert process.returncode == 0


def test_what_is_not_there_in_time_is_told_with_its_reason(plant: Any) -> None:
    """After --timeout the exit code is 6, and each that is missing is told with what its status says."""
    plant.create("mixer")
    plant.create("press", labels={"line": "3"})
    plant.report("press", "ConnectionFailed", "False", message="10.0.0.7:502 refused the connection")
    told = "fabctl: press: not ready within 0.5 s: 10.0.0.7:502 refused the connection\n"
    assert plant.fabctl("wait", "--all", "-l", "line=3", "--for", "ready", "--timeout", "0.5") == (6, "", told)
    told = "fabctl: mixer: not in sync within 0.5 s: no status\n"
    assert plant.fabctl("wait", "mixer", "--timeout", "0.5") == (6, "", told)


def test_what_is_deleted_was_waited_for_or_is_a_failure(plant: Any) -> None:
    """--for deleted is met by what goes and by what is not there; whoever waits for anything else is told."""
    plant.create("mixer")
    waiting = [plant.start("wait", "mixer", *flags, "-n", plant.namespace) for flags in ((), ("--for", "deleted"))]
    for process in waiting:
        plant.must_run(process)
    plant.delete("mixer")
    assert waiting[1].communicate(timeout=60) == ("mixer: deleted\n", "")
    assert waiting[0].communicate(timeout=60)[1] in {
        "fabctl: mixer: it was deleted meanwhile\n",
        f'fabctl: no IndustrialPLC "mixer" in namespace {plant.namespace}: see: fabctl list -A\n',
    }
    assert [process.returncode for process in waiting] in ([1, 0], [3, 0])
    assert plant.fabctl("wait", "mixer", "--for", "deleted") == (0, "mixer: deleted\n", "")


def test_a_name_that_is_not_there_is_no_wait(plant: Any) -> None:
    """A typing error ends at once, with the name that was meant."""
    plant.create("mixer")
    code, out, err = plant.fabctl("wait", "mixr")
    assert (code, out) == (3, "")
    assert "did you mean mixer?" in err


def test_to_wait_for_all_of_none_is_a_failure(plant: Any) -> None:
    """Where nothing is declared --all is not met, unless what is waited for is that nothing is there."""
    told = f"No IndustrialPLC found in namespace {plant.namespace}.\n"
    assert plant.fabctl("wait", "--all") == (1, "", told)
    assert plant.fabctl("wait", "--all", "--for", "deleted") == (0, "", told)
