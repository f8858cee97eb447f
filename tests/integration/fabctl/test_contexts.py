"""Several clusters in one table, of which one is away."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

AWAY = "https://127.0.0.1:1"


@pytest.fixture
def lines(plant: Any, tmp_path: Path) -> Path:
    """Return a kubeconfig with two ways to the plant, and one to where nobody is."""
    document = yaml.safe_load(plant.plane.kubeconfig.read_text())
    (context,) = (each["context"] for each in document["contexts"][:1])
    there = {**context, "namespace": plant.namespace}
    document["clusters"].append({"name": "away", "cluster": {"server": AWAY}})
    document["contexts"] = [
        {"name": "line-1", "context": there},
        {"name": "line-2", "context": {**there, "namespace": "elsewhere"}},
        {"name": "line-3", "context": {**there, "cluster": "away"}},
    ]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    plant.create("mixer")
    plant.create("oven", targetValue=7)
    return file


def asked(plant: Any, kubeconfig: Path, *arguments: str) -> tuple[int, str, str]:
    """Run fabctl in no particular namespace."""
    process = plant.start(*arguments, kubeconfig=kubeconfig)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_they_stand_in_one_table(plant: Any, lines: Path) -> None:
    """With a column for the context, sorted over all; one without any PLC has no row."""
    code, out, err = asked(plant, lines, "get-status", "--context", "line-1,line-2", "--sort-by", "name")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["CONTEXT", "NAME"],
        ["line-1", "mixer"],
        ["line-1", "oven"],
    ]
    code, out, _ = asked(plant, lines, "list", "--context", "line-1,line-2", "-o", "csv", "--no-headers")
    assert (code, [line.split(",")[:2] for line in out.splitlines()]) == (0, [["line-1", "mixer"], ["line-1", "oven"]])


def test_one_that_is_away_spoils_nothing(plant: Any, lines: Path) -> None:
    """It says so in its row, the others are there, and the exit code is that of a cluster that is not reached."""
    code, out, err = asked(plant, lines, "get-status", "--all-contexts")
    rows = out.splitlines()
    assert (code, err) == (5, "")
    assert [row.split()[0] for row in rows] == ["CONTEXT", "line-1", "line-1", "line-3"]
    assert "not known: the API server https://127.0.0.1:1" in rows[3]
    code, out, err = asked(plant, lines, "get-status", "--all-contexts", "-o", "json")
    items = json.loads(out)["items"]
    marks = {each["metadata"]["annotations"]["fabctl.fabgitops.io/context"] for each in items}
    assert (code, len(items), marks, err.startswith("fabctl: line-3: ")) == (5, 2, {"line-1"}, True)


def test_a_name_is_looked_for_in_each(plant: Any, lines: Path) -> None:
    """Where it is not, its row says so."""
    code, out, _ = asked(plant, lines, "get-status", "oven", "--context", "line-1,line-2")
    assert (code, [row.split()[:2] for row in out.splitlines()[1:]]) == (3, [["line-1", "oven"], ["line-2", "-"]])
    assert 'no IndustrialPLC "oven" in namespace elsewhere' in out
    assert asked(plant, lines, "list", "--context", "line-1,line-1")[0] == 2
    assert asked(plant, lines, "list", "--context", "line-1,nowhere")[0] == 5


def test_of_several_names_each_context_says_which_it_does_not_have(plant: Any, lines: Path) -> None:
    """The others are shown, and the exit code is not 0, as where one context is asked."""
    code, out, err = asked(plant, lines, "get-status", "oven", "mixr", "--context", "line-1,line-2")
    assert (code, [row.split()[:2] for row in out.splitlines()[1:]]) == (1, [["line-1", "oven"]])
    told = sorted(line.partition(" in namespace")[0] for line in err.splitlines())
    assert told == [
        'fabctl: line-1: no IndustrialPLC "mixr"',
        'fabctl: line-2: no IndustrialPLC "mixr"',
        'fabctl: line-2: no IndustrialPLC "oven"',
    ]


@pytest.mark.parametrize("command", ["events", "history", "templates", "rack list"])
def test_whatever_only_looks_looks_at_several(plant: Any, lines: Path, command: str) -> None:
    """With a column for the context; the one that is away says so in its row, and beside what programs read."""
    words = command.split()
    code, out, err = asked(plant, lines, *words, "--all-contexts", "-o", "csv", "--no-headers")
    assert (code, [line.split(",")[0] for line in out.splitlines()][-1]) == (5, "line-3")
    assert err.splitlines()[-1].startswith("fabctl: line-3: the API server https://127.0.0.1:1")
    code, out, err = asked(plant, lines, *words, "--context", "line-1,line-2", "-o", "json")
    assert (code, json.loads(out)["kind"]) == (3 if "has no" in err else 0, "List")


def test_events_of_several_stand_by_their_time(plant: Any, lines: Path) -> None:
    """The newest last over all contexts, each with its context."""
    uid = plant.get("mixer")["metadata"]["uid"]
    plant.api.post(
        f"/apis/events.k8s.io/v1/namespaces/{plant.namespace}/events",
        json={
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": "mixer-1"},
            "eventTime": "2026-01-01T10:00:05.000000Z",
            "reportingController": "fabgitops.io/operator",
            "reportingInstance": "test",
            "action": "Poll",
            "reason": "DriftDetected",
            "regarding": {"kind": "IndustrialPLC", "name": "mixer", "namespace": plant.namespace, "uid": uid},
            "type": "Warning",
        },
    ).raise_for_status()
    code, out, err = asked(plant, lines, "events", "--context", "line-1,line-2")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split()[:4] == ["line-1", "2026-01-01T10:00:05Z", "mixer", "Warning"]
    code, _, err = asked(plant, lines, "events", "-w", "--context", "line-1,line-2")
    assert (code, "of one context" in err) == (2, True)


def test_doctor_looks_at_several(plant: Any, lines: Path) -> None:
    """Each check stands with its context, and what is away has failed."""
    code, out, _ = asked(plant, lines, "doctor", "--context", "line-1,line-3", "--no-headers")
    rows = [line.split()[:2] for line in out.splitlines()]
    assert code == 1
    assert ["line-1", "kubeconfig"] in rows
    assert rows[-1] == ["line-3", "API"]
