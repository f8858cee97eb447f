"""Register maps as fabctl shows them, with the real operator and a PLC on a real socket that mock-plc plays."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..planes import KUBERNETES

pytestmark = pytest.mark.integration

BIN = Path(sys.executable).parent
DEVICE = """
identity: {vendor: Example, productCode: MX1, revision: "1.0"}
registers:
- {name: speed, address: 100, type: float32, byteOrder: CDAB, value: 3.25}
- {name: level, address: 102, type: int16, scale: 0.1, value: 4.5}
- {name: mode, address: 103, value: 0}
- {name: power, table: input, address: 0, type: uint32, value: 70000}
"""
LEVEL = {"name": "level", "address": 102, "type": "int16", "scale": 0.1, "value": 4.5}
TEMPLATE: dict[str, Any] = {
    "parameters": [{"name": "setpoint", "description": "Speed of the drum"}],
    "pollIntervalSecs": 1,
    "registers": [
        {"name": "power", "reference": 30001, "type": "uint32", "unit": "W"},
        {**LEVEL, "write": {"repeatSecs": 60}},
        {"name": "speed", "address": 100, "type": "float32", "byteOrder": "CDAB", "value": "${setpoint}"},
        {"name": "mode", "address": 103, "enum": {"Stopped": 0, "Running": 1}},
    ],
}
REFERENCE = {"name": "drum", "parameters": {"setpoint": 21.5}}

Start = Callable[..., Path]


@pytest.fixture
def start(plant: Any, tmp_path: Path) -> Iterator[Start]:
    """Return what starts a program of ours and returns the file with all that it says; none outlives the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(name: str, *arguments: str | Path) -> Path:
        said = tmp_path / f"{name}-{len(running)}.log"
        environment = {**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig)}
        with said.open("wb") as log:
            process = subprocess.Popen([BIN / name, *arguments], stdout=log, stderr=log, env=environment)
        running.append(process)
        if name == "fabgitops-operator":
            plant.plane.runs(lambda: process.poll() is None)
        return said

    yield begin
    for process in running:
        process.terminate()
        process.wait(60)


@pytest.fixture
def port(plant: Any, start: Start, tmp_path: Path) -> int:
    """Play the device on a loopback port, with the real operator looking after the namespace."""
    file = tmp_path / "device.yaml"
    file.write_text(DEVICE)
    device = start("mock-plc", "--device", file, "--bind", "127.0.0.1", "--port", "0")
    listening = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
    plant.until(lambda: listening.search(device.read_text()), "mock-plc listens")
    plant.plane.make_way()
    without_lease = ["--no-lease"] if plant.plane.name == KUBERNETES else []
    operator = start("fabgitops-operator", *plant.plane.command(plant.namespace), "--settle-secs", "0", *without_lease)
    plant.until(lambda: "looking after" in operator.read_text(), "the operator runs")
    found = listening.search(device.read_text())
    assert found
    return int(found[1])


def declare_template(plant: Any) -> None:
    """Create the template."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLCTemplate", "metadata": {"name": "drum"}}
    url = f"/apis/fabgitops.io/v1/namespaces/{plant.namespace}/industrialplctemplates"
    plant.api.post(url, json={**body, "spec": TEMPLATE}).raise_for_status()


def shown(plant: Any, words: str, *arguments: str) -> str:
    """Run fabctl until it shows something, and return all that it shows then."""
    return str(plant.until(lambda: words in (out := plant.fabctl(*arguments)[1]) and out, f"{words} is shown"))


def rows(table: str) -> list[list[str]]:
    """Return the cells of each line of a plain table, without the headers."""
    return [re.split(r" {3,}", line.strip()) for line in table.splitlines()[1:]]


def test_a_map_is_shown_and_corrected(plant: Any, port: int) -> None:
    """A drifted map of a template is counted, shown register by register with its sources, and corrected if forced."""
    declare_template(plant)
    own = [{"name": "mode", "value": "Running"}]
    plant.create_map("mixer", port, templateRef=REFERENCE, registers=own, autoCorrect=False)

    status = shown(plant, "DRIFT", "get-status", "mixer")
    table, _, differing = status.partition("\n\n")
    assert rows(table) == [["mixer", "3 registers", "1/3 in sync", "DRIFT", "2"]]
    assert differing.startswith("Registers that differ (2 of 4):\n")

    told = plant.fabctl("describe", "mixer", "-o", "wide")[1]
    registers = rows(
        told.partition("\nRegisters (1/3 in sync; 2 DRIFT, 1 SYNCED, 1 OBSERVED):\n")[2].partition("\n\n")[0]
    )
    source = "template; value from parameter setpoint"
    assert [(each[0], *each[2:5], *each[6:]) for each in registers] == [
        ("speed", "21.5", "3.25", "DRIFT", "0x00004050", source),
        ("mode", "Running", "Stopped", "DRIFT", "0x0000", "template; value from the resource"),
        ("level", "4.5", "4.5", "SYNCED", "0x002D", "template"),
        ("power", "-", "70000 W", "OBSERVED", "0x00011170", "template"),
    ]
    assert rows(told.partition("with steps, or again:\n")[2].partition("\n\n")[0]) == [
        ["level", "repeated", "every 60 s; none stored yet", "template"]
    ]
    assert "From template:  pollIntervalSecs\n" in told
    assert "level" not in plant.fabctl("describe", "mixer", "--drifted")[1].partition("Status (reality)")[0]

    code, out, _ = plant.fabctl("sync", "mixer")
    assert code == 1
    assert out == (
        "mixer: drift left: 2 registers still differ: speed holds 3.25, Git wants 21.5; mode holds Stopped, "
        "Git wants Running, and autoCorrect is false: --force corrects them once\n"
    )
    corrected = "mixer: drift corrected: 2 of 3 registers corrected; all 3 hold what Git wants\n"
    assert plant.fabctl("sync", "mixer", "--force") == (0, corrected, "")
    assert rows(plant.fabctl("get-status", "mixer")[1]) == [["mixer", "3 registers", "3/3 in sync", "SYNCED", "2"]]


def test_what_keeps_the_operator_from_writing_is_told(plant: Any, port: int) -> None:
    """A missing template, a rival and the wrong device each have a word of their own, and the message beside it."""
    speed = {"name": "speed", "address": 100, "type": "float32", "byteOrder": "CDAB", "value": 21.5}
    plant.create_map("lost", port, templateRef=REFERENCE)
    plant.create_map("one", port, registers=[speed])
    plant.create_map("two", port, registers=[{**speed, "value": 4}])
    plant.create_map(
        "other", port, registers=[{"name": "mode", "address": 103, "value": 1}], identity={"vendor": "ACME"}
    )
    for name, word, message in (
        ("lost", "NO-TEMPLATE", "the IndustrialPLCTemplate drum that spec.templateRef names is not in this namespace"),
        ("one", "CONFLICT", "is also wanted by"),
        ("two", "CONFLICT", "is also wanted by"),
        ("other", "WRONG-DEVICE", "ACME"),
    ):
        assert message in shown(plant, word, "get-status", name)
        assert message in plant.fabctl("describe", name)[1]
    code, out, err = plant.fabctl("sync", "--all")
    assert code == 1
    assert sorted(line.partition(": ")[2].partition(":")[0] for line in out.splitlines()) == ["failed"] * 4
    assert err == "4 failed\n"


def test_templates_are_shown_with_who_uses_them(plant: Any, port: int) -> None:
    """Of each template stands there that it is valid and how many use it, as that changes; of a single one also who."""
    declare_template(plant)
    plant.create_map("mixer", port, templateRef=REFERENCE)
    shown(plant, "SYNCED", "get-status", "mixer")
    listed = shown(plant, "yes         1", "templates")
    assert rows(listed)[0][:5] == ["drum", "yes", "1", "4", "setpoint"]
    told = plant.fabctl("templates", "plct/drum")[1]
    assert rows(told.partition("Used by:\n")[2]) == [["mixer", f"127.0.0.1:{port}", "setpoint=21.5", "SYNCED"]]
    drawn = plant.fabctl("tree", "drum")[1].splitlines()
    assert drawn[:2] == ["template drum  valid, 4 registers, 1 PLC", "└── PLC mixer  SYNCED, 2/2 in sync, 1 drift"]
    assert "    ├── speed  SYNCED, holds 21.5" in drawn
    assert plant.fabctl("tree", "plct/drum", "-o", "name")[1].split()[1:] == ["industrialplc.fabgitops.io/mixer"]
    assert plant.fabctl("templates", "-o", "name")[1] == "industrialplctemplate.fabgitops.io/drum\n"
    plant.delete("mixer")
    shown(plant, "yes         0", "templates")
    code, _, err = plant.fabctl("templates", "drun")
    assert (code, err.startswith('fabctl: no IndustrialPLCTemplate "drun" in namespace')) == (3, True)
    assert err.endswith("did you mean drum?\n")
