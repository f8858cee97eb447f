"""What scripts ask for, beside what kubectl prints of the same objects."""

import csv
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

TEMPLATES = [
    "{.items[*].metadata.name}",
    '{range .items[*]}{.metadata.name}{"\\t"}{.spec.targetValue}{"\\n"}{end}',
    "{.items[?(@.spec.targetValue==7)].metadata.name}",
    "{.items[0].metadata.labels}",
    "{.items[-1:].metadata.name}",
    '{.items[*].status.conditions[?(@.type=="Ready")].reason}',
    "{..deviceAddress}",
]
READY = '.status.conditions[?(@.type=="Ready")].status'
COLUMNS = f"NAME:.metadata.name,WANTED:.spec.targetValue,READY:{READY},TAGS:.spec.tags,LABELS:.metadata.labels"


def kubectl(plant: Any, program: Path, *arguments: str) -> str:
    """Return what kubectl prints of PLCs of the namespace."""
    environment = {**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig)}
    command = [program, "get", "plc", "-n", plant.namespace, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.fixture
def two(plant: Any) -> Any:
    """Return a plant with two PLCs, of which one has a status."""
    plant.create("mixer", labels={"line": "3"}, tags=["hot", "new"])
    plant.create("oven", targetValue=7)
    plant.report("oven", "DriftDetected", "False", inSync=False, currentValue=9, driftEvents=1)
    return plant


def test_jsonpath_says_what_kubectl_says(two: Any, kubectl_program: Path) -> None:
    """The same text for the same template, of a list and of a single object."""
    for template in TEMPLATES:
        expected = kubectl(two, kubectl_program, "-o", f"jsonpath={template}")
        assert two.fabctl("list", "-o", f"jsonpath={template}") == (0, expected, ""), template
    single = "jsonpath={.spec.targetValue}"
    assert (
        two.fabctl("get-status", "oven", "-o", single)[1] == kubectl(two, kubectl_program, "oven", "-o", single) == "7"
    )


def test_custom_columns_say_what_kubectl_says(two: Any, kubectl_program: Path) -> None:
    """Cell by cell, with and without headers."""
    flags = ("-o", f"custom-columns={COLUMNS}")
    for more in ((), ("--no-headers",)):
        ours = two.fabctl("get-status", *flags, *more)[1]
        theirs = kubectl(two, kubectl_program, *flags, *more)
        assert [line.split() for line in ours.splitlines()] == [line.split() for line in theirs.splitlines()]


def test_csv_is_the_table(two: Any) -> None:
    """What is not known is empty; headers are left out on demand."""
    code, out, err = two.fabctl("get-status", "-o", "csv")
    assert (code, err) == (0, "")
    assert list(csv.DictReader(io.StringIO(out))) == [
        {"Name": "mixer", "Target": "2500", "Actual": "", "Status": "PENDING", "Drifts": "0", "Held by": ""},
        {"Name": "oven", "Target": "7", "Actual": "9", "Status": "DRIFT", "Drifts": "1", "Held by": ""},
    ]
    assert two.fabctl("get-status", "oven", "-o", "csv", "--no-headers")[1] == "oven,7,9,DRIFT,1,\n"
    for command in ("list", "templates", "history", "events"):
        assert two.fabctl(command, "-o", "csv", "-q")[::2] == (0, "")


def test_no_headers_and_quiet(two: Any) -> None:
    """Rows alone in a pipe; and nothing on standard error where nothing is wrong, but what is wrong still."""
    assert two.fabctl("get-status", "oven", "--no-headers")[1].split()[0] == "oven"
    assert two.fabctl("list", "-l", "line=9")[2] != ""
    assert two.fabctl("list", "-l", "line=9", "-q") == (0, "", "")
    code, _, err = two.fabctl("get-status", "ofen", "-q")
    assert (code, "did you mean oven?" in err) == (3, True)
    assert two.fabctl("get-status", "mixer", "--tag", "cold", "-o", "json")[1].startswith('{\n  "apiVersion": "v1"')


def test_a_format_that_is_none_is_wrong_usage(plant: Any) -> None:
    """It names those there are; one that needs an expression says so; what is no table is no csv."""
    for given, said in (
        ("tabular", "table, wide, json, yaml, name, csv, jsonpath=…, custom-columns=…"),
        ("jsonpath", "jsonpath says what to print: -o jsonpath='{.items[*].metadata.name}'"),
        ("jsonpath={.a", "is never closed"),
    ):
        code, out, err = plant.fabctl("list", "-o", given)
        assert (code, out, said in err) == (2, "", True), err
    code, _, err = plant.fabctl("describe", "mixer", "-o", "csv")
    assert code == 2
