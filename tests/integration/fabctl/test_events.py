"""What happened to PLCs, on both planes; the tests announce it as the operator does."""

import json
import signal
from typing import Any

import pytest
import yaml

from ..planes import Reason, only_kubernetes

pytestmark = pytest.mark.integration


def announce(plant: Any, plc: str, uid: str, reason: str, second: int, kind: str = "Warning") -> None:
    """Write an Event about a PLC, at a second of a minute."""
    body = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{plc}-{reason.lower()}-{second}"},
        "eventTime": f"2026-01-01T10:00:{second:02}.000000Z",
        "reportingController": "fabgitops.io/operator",
        "reportingInstance": "test",
        "action": "Poll",
        "reason": reason,
        "note": f"{reason} of {plc}",
        "regarding": {"kind": "IndustrialPLC", "name": plc, "namespace": plant.namespace, "uid": uid},
        "type": kind,
    }
    plant.api.post(f"/apis/events.k8s.io/v1/namespaces/{plant.namespace}/events", json=body).raise_for_status()


def uid_of(plant: Any, name: str) -> str:
    """Create a PLC, and return its uid."""
    return str(plant.create(name)["metadata"]["uid"])


def reasons(out: str) -> list[str]:
    """Return the reasons in a table of several PLCs, or in the lines of one that are followed."""
    return [line.split()[3] for line in out.splitlines()[1:]]


def test_events_stand_with_the_newest_last(plant: Any) -> None:
    """Of all PLCs with their names, of one without, and only of this very object; warnings alone where asked for."""
    mixer, oven = uid_of(plant, "mixer"), uid_of(plant, "oven")
    announce(plant, "oven", oven, "DriftDetected", 5)
    announce(plant, "mixer", mixer, "DriftCorrected", 9, "Normal")
    announce(plant, "mixer", mixer, "DriftDetected", 1)
    announce(plant, "mixer", "of-its-namesake", "ConnectionFailed", 3)
    code, out, err = plant.fabctl("events")
    assert (code, err) == (0, "")
    assert out.split()[:3] == ["LAST", "SEEN", "NAME"]
    assert reasons(out) == ["DriftDetected", "ConnectionFailed", "DriftDetected", "DriftCorrected"]
    code, out, _ = plant.fabctl("events", "plc/mixer")
    assert (code, [line.split()[2] for line in out.splitlines()[1:]]) == (0, ["DriftDetected", "DriftCorrected"])
    assert out.splitlines()[1].endswith("Warning   DriftDetected        1   DriftDetected of mixer")
    assert reasons(plant.fabctl("events", "mixer", "oven", "--warnings")[1]) == ["DriftDetected", "DriftDetected"]


def test_programs_get_the_objects(plant: Any) -> None:
    """One List of Events, as the API server gave them, in the order of the table."""
    mixer = uid_of(plant, "mixer")
    announce(plant, "mixer", mixer, "DriftCorrected", 9, "Normal")
    announce(plant, "mixer", mixer, "DriftDetected", 1)
    listed = json.loads(plant.fabctl("events", "mixer", "-o", "json")[1])
    assert (listed["kind"], [each["reason"] for each in listed["items"]]) == (
        "List",
        ["DriftDetected", "DriftCorrected"],
    )
    assert yaml.safe_load(plant.fabctl("events", "-o", "yaml")[1]) == listed


def test_where_nothing_is_kept_it_says_so(plant: Any) -> None:
    """On standard error, and it is no failure; a name that is not there is one."""
    plant.create("mixer")
    assert plant.fabctl("events") == (0, "", "No Event is kept; the API server forgets them after an hour.\n")
    code, out, err = plant.fabctl("events", "mixr")
    assert (code, out, "did you mean mixer?" in err) == (3, "", True)


def test_what_comes_is_told_line_by_line(plant: Any) -> None:
    """First what is kept, then each Event as it comes, through an outage of the API server, until Ctrl-C."""
    mixer = uid_of(plant, "mixer")
    announce(plant, "mixer", mixer, "DriftDetected", 1)
    process = plant.start("events", "mixer", "-w", "-n", plant.namespace)
    first = "2026-01-01T10:00:01Z   mixer   Warning   DriftDetected   DriftDetected of mixer\n"
    assert process.stdout.readline() == first
    announce(plant, "oven", "another", "DriftDetected", 2)
    announce(plant, "mixer", mixer, "DriftCorrected", 3, "Normal")
    assert process.stdout.readline().split()[1:4] == ["mixer", "Normal", "DriftCorrected"]
    plant.plane.stop()
    plant.plane.start()
    announce(plant, "mixer", mixer, "ConnectionFailed", 4)
    assert process.stdout.readline().split()[1:4] == ["mixer", "Warning", "ConnectionFailed"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_pipe_that_nobody_reads_ends_it(plant: Any) -> None:
    """`fabctl events -w | head -1` ends when head has, although nothing more happens."""
    announce(plant, "mixer", uid_of(plant, "mixer"), "DriftDetected", 1)
    process = plant.start("events", "-w", "-n", plant.namespace)
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == ""


@only_kubernetes(Reason.RIGHTS)
def test_who_may_not_is_told(plant: Any) -> None:
    """The right that is missing is named, also where it is followed."""
    plant.create("mixer")
    reader = plant.grant("plc-reader", ("fabgitops.io", "industrialplcs", ["get", "list"]))
    for more in ((), ("-w",)):
        code, _, err = plant.fabctl("events", *more, kubeconfig=reader)
        assert (code, "plc-reader may not list events.events.k8s.io" in err) == (4, True)
