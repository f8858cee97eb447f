"""get-status, list and describe on a real API server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..planes import Reason, only_kubernetes

pytestmark = pytest.mark.integration

CRD_URL = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/industrialplcs.fabgitops.io"


def test_git_vs_reality_in_a_pipe(plant: Any) -> None:
    """get-status prints a plain aligned table: what Git wants, what is there, one word, and the drifts."""
    plant.create("mixer")
    plant.create("oven", targetValue=180)
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500, driftEvents=3)
    code, out, err = plant.fabctl("get-status")
    assert (code, err) == (0, "")
    assert out == (
        "NAME    TARGET   ACTUAL   STATUS    DRIFTS\n"
        "mixer     2500     2500   SYNCED         3\n"
        "oven       180        -   PENDING        0\n"
    )
    assert plant.fabctl("status", "oven")[1].splitlines()[1:] == ["oven      180        -   PENDING        0"]


def test_all_namespaces_and_labels(plant: Any) -> None:
    """-A shows namespaces, and -l takes any selector that the API server understands."""
    one, two = (f"{plant.namespace}-{number}" for number in (3, 4))  # other tests leave PLCs in other namespaces
    plant.create("mixer", labels={"line": one, "stage": "test"})
    plant.create("oven", labels={"line": two})
    code, out, _ = plant.fabctl("get-status", "-A", "-l", f"line in ({one},{two}),stage!=test")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert rows[0][:2] == ["NAMESPACE", "NAME"]
    assert [row[:2] for row in rows[1:]] == [[plant.namespace, "oven"]]


def test_a_listing_is_cut_and_sorted(plant: Any) -> None:
    """By tags, by what is not ready, by the most drifts, in every format; where nothing is left that is said."""
    plant.create("mixer", tags=["line-3", "hot"])
    plant.create("oven", tags=["line-3"])
    plant.create("press")
    plant.report("mixer", "InSync", "True", inSync=True, driftEvents=1)
    plant.report("oven", "DriftDetected", "False", inSync=False, driftEvents=7)
    names = ("-o", "name")
    assert plant.fabctl("get-status", "--tag", "line-3", "--sort-by", "drifts", *names)[1].splitlines() == [
        "industrialplc.fabgitops.io/oven",
        "industrialplc.fabgitops.io/mixer",
    ]
    code, out, _ = plant.fabctl("get-status", "--not-ready", "--sort-by", "status")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["NAME", "oven", "press"])
    assert plant.fabctl("get-status", "mixer", "oven", "--tag", "hot", *names)[1].endswith("/mixer\n")
    assert plant.fabctl("get-status", "--tag", "cold") == (0, "", "None of 3 is such a PLC.\n")
    assert json.loads(plant.fabctl("get-status", "--tag", "cold", "-o", "json")[1])["items"] == []


def test_json_and_yaml_are_what_the_api_server_gave(plant: Any) -> None:
    """Json and yaml hold the objects and nothing else, a List for several and the object for one."""
    plant.create("mixer", tags=["a"])
    plant.create("oven")
    want = [plant.get("mixer"), plant.get("oven")]
    for body in want:
        body["metadata"].pop("managedFields", None)
    several = json.loads(plant.fabctl("get-status", "-o", "json")[1])
    assert (several["apiVersion"], several["kind"], several["items"]) == ("v1", "List", want)
    assert yaml.safe_load(plant.fabctl("list", "-o", "yaml")[1])["items"] == want
    assert yaml.safe_load(plant.fabctl("get-status", "mixer", "-o", "yaml")[1]) == want[0]
    assert plant.fabctl("get-status", "-o", "name")[1].splitlines() == [
        "industrialplc.fabgitops.io/mixer",
        "industrialplc.fabgitops.io/oven",
    ]


@only_kubernetes(Reason.FIELDS)
@pytest.mark.parametrize("command", [["list"], ["get-status"]])
def test_managed_fields_are_shown_on_request(plant: Any, command: list[str]) -> None:
    """--show-managed-fields keeps the record of who set which field, as with kubectl."""
    plant.create("mixer")
    shown = json.loads(plant.fabctl(*command, "-o", "json", "--show-managed-fields")[1])
    assert shown["items"] == [plant.get("mixer")]
    assert shown["items"][0]["metadata"]["managedFields"]


def test_an_empty_namespace_is_told_beside_the_data(plant: Any) -> None:
    """Where there is nothing, standard output stays empty and standard error says so; json is an empty List."""
    assert plant.fabctl("get-status") == (0, "", f"No IndustrialPLC found in namespace {plant.namespace}.\n")
    code, out, err = plant.fabctl("get-status", "-o", "json")
    assert (code, json.loads(out)["items"], err) == (0, [], "")


@only_kubernetes(Reason.DEFINITIONS)
def test_one_resource_of_wrong_types_disturbs_no_other(plant: Any) -> None:
    """An object from before the schema, with wrong types everywhere, is one row among others."""
    plant.create("mixer")
    crd = plant.api.get(CRD_URL).json()
    strict = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    loose = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    replace = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": loose}]
    headers = {"Content-Type": "application/json-patch+json"}
    plant.api.patch(CRD_URL, json=replace, headers=headers).raise_for_status()
    try:
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "bad"}}
        body |= {"spec": {"targetValue": 70000, "tags": 5, "deviceAddress": ["x"]}, "status": "no idea"}
        url = f"/apis/fabgitops.io/v1/namespaces/{plant.namespace}/industrialplcs"

        # The new schema takes a moment.
        plant.until(lambda: plant.api.post(url, json=body).status_code == 201, "a bad object is stored")
        code, out, _ = plant.fabctl("get-status", "-o", "wide")
        assert plant.fabctl("describe", "bad")[0] == 0
    finally:
        replace[0]["value"] = strict
        plant.api.patch(CRD_URL, json=replace, headers=headers).raise_for_status()
    assert code == 0
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        ["bad", "70000", "-", "INVALID"],
        ["mixer", "2500", "-", "PENDING"],
    ]


def test_describe_tells_all(plant: Any) -> None:
    """Describe shows spec, status and conditions, and the Events of this very object with their counts, newest last."""
    uid = plant.create("mixer")["metadata"]["uid"]
    plant.report("mixer", "ConnectionFailed", "False", currentValue=7, lastError="10.0.0.7:502 refused")
    announce(plant, "second", uid, "ConnectionFailed", "2026-01-01T10:00:05.000000Z", count=4)
    announce(plant, "first", uid, "DriftDetected", "2026-01-01T10:00:01.000000Z")
    announce(plant, "other", "of-its-namesake", "DriftCorrected", "2026-01-01T10:00:09.000000Z")
    code, out, err = plant.fabctl("describe", "mixer")
    assert (code, err) == (0, "")
    for part in ("FAILED", "10.0.0.7:502 refused", "7 (last read)", "Target value:     2500", "ConnectionFailed"):
        assert part in out
    events = [line.split() for line in out.partition("Events:")[2].splitlines()[2:]]
    assert [(event[2], event[3]) for event in events] == [("DriftDetected", "1"), ("ConnectionFailed", "4")]


def announce(plant: Any, name: str, uid: str, reason: str, at: str, count: int = 0) -> None:
    """Write an Event about the PLC with this uid."""
    body: dict[str, Any] = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name},
        "eventTime": at,
        "reportingController": "fabgitops.io/operator",
        "reportingInstance": "test",
        "action": "Poll",
        "reason": reason,
        "regarding": {"kind": "IndustrialPLC", "name": "mixer", "namespace": plant.namespace, "uid": uid},
        "type": "Warning",
    }
    if count:
        body["series"] = {"count": count, "lastObservedTime": at}
    plant.api.post(f"/apis/events.k8s.io/v1/namespaces/{plant.namespace}/events", json=body).raise_for_status()


def test_a_closed_pipe_is_silent(plant: Any) -> None:
    """`fabctl ... | head -1` ends without a word."""
    for number in range(3):
        plant.create(f"plc-{number}")
    process = plant.start("get-status", "-n", plant.namespace, "-o", "yaml")
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == ""


def test_a_full_disk_is_told_in_one_line(plant: Any) -> None:
    """Output of any length that cannot be written is told in one line with exit code 1."""
    for number in range(20):
        plant.create(f"plc-{number}")
    with Path("/dev/full").open("w") as full:
        process = plant.start("get-status", "-n", plant.namespace, "-o", "yaml", stdout=full)
        told = process.communicate(timeout=60)[1]
    assert (process.returncode, told) == (1, "fabctl: the output cannot be written: No space left on device\n")


def test_the_table_is_coloured_on_a_terminal_only(plant: Any, terminal: Any) -> None:
    """On a terminal the words have colours and the table its title; no line is cut off."""
    plant.create("mixer")
    plant.report("mixer", "ConnectionFailed", "False", lastError="no answer " * 30 + "end")
    shown = terminal("get-status", "-o", "wide")
    assert shown.end() == 0
    assert "Git vs. Reality" in shown.seen
    assert re.search("\x1b\\[1;31m *FAILED", shown.seen)
    assert "no answer end" in shown.seen
