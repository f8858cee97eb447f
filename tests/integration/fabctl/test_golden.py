"""What fabctl prints and draws, word by word: golden/*.txt are changed on purpose alone, by FABGITOPS_GOLDEN=write.

What differs from one time to the next is masked: moments, how long ago, and what the API server gives an object.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from .test_dashboard import DOWN, Display, names

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("FABGITOPS_GOLDEN") == "write"
MASKS = (
    (r"\bplant-\d+\b", "plant-N"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b\d\d:\d\d:\d\d\b", "HH:MM:SS"),
    (r"\b\d+(d\d+h|h\d+m|m\d+s|[smhdy])( ago)?(?![\w-])", "AGO"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
    (r"(resourceVersion\"?: )\"?'?\d+\"?'?", r"\1VERSION"),
    (r"/\S*kubeconfig", "KUBECONFIG"),
    (r"(there are: |Reality  )[\w-]+", r"\1CONTEXT"),
    (r"/\S*/golden\.yaml", "golden.yaml"),
)
COLUMNS = "custom-columns=NAME:.metadata.name,WANTED:.spec.targetValue,HELD:.status.currentValue"
REGISTERS = [
    {"name": "setpoint", "address": 100, "type": "float32", "unit": "°C", "value": 180},
    {"name": "torque", "address": 10, "type": "int16", "scale": 0.1, "unit": "Nm"},
]
SEEN = [
    {"name": "setpoint", "place": "holding 100 float32 unit 1", "desired": "180", "actual": "165", "inSync": False},
    {"name": "torque", "place": "holding 10 int16 unit 1", "actual": "12.5", "raw": "0x007D"},
]
FORMATS = {
    "table": ("get-status",),
    "wide": ("get-status", "-o", "wide"),
    "no-headers": ("get-status", "--no-headers"),
    "csv": ("get-status", "-o", "csv"),
    "json": ("get-status", "-o", "json"),
    "yaml": ("get-status", "mixer", "-o", "yaml"),
    "name": ("get-status", "-o", "name"),
    "jsonpath": ("get-status", "-o", "jsonpath={range .items[*]}{.metadata.name}={.spec.targetValue}{'\\n'}{end}"),
    "custom-columns": ("get-status", "-o", COLUMNS),
    "one": ("get-status", "oven"),
    "describe": ("describe", "oven"),
    "list": ("list", "-o", "wide"),
    "export": ("export", "mixer"),
    "diff": ("diff", "-f", "FILE"),
    "diff-markdown": ("diff", "-f", "FILE", "-o", "markdown"),
    "diff-json": ("diff", "-f", "FILE", "-o", "json"),
    "validate": ("validate", "-f", "WRONG"),
    "validate-json": ("validate", "-f", "WRONG", "-o", "json"),
    "validate-sarif": ("validate", "-f", "WRONG", "-o", "sarif"),
    "validate-github": ("validate", "-f", "WRONG", "-o", "github"),
}
"""By what is kept of it: a command, FILE and WRONG standing for a changed manifest, and for one that makes no sense."""
ERRORS = {
    "error-usage": ("get-status", "mixer", "-A"),
    "error-command": ("get-stat",),
    "error-not-found": ("describe", "mixr"),
    "error-no-context": ("list", "--context", "none"),
}
CHANGED = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: mixer, labels: {line: "3"}}
spec: {deviceAddress: 10.0.0.7, targetRegister: 4001, targetValue: 2600}
"""


@pytest.fixture
def three(plant: Any) -> Any:
    """Return a plant with a PLC in sync, one whose map drifts, and one that cannot be reached."""
    plant.create("mixer", labels={"line": "3"})
    plant.create_map("oven", 502, deviceAddress="10.0.0.8", registers=REGISTERS, autoCorrect=False)
    plant.create("press", deviceAddress="10.0.0.9")
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    plant.report("oven", "DriftDetected", "False", inSync=False, registers=SEEN, registersInSync="0/1", driftEvents=3)
    plant.report("press", "ConnectionFailed", "False", lastError="10.0.0.9:502 refused the connection")
    return plant


def check(name: str, said: str) -> None:
    """Compare what was said with what is kept of it."""
    for pattern, mask in MASKS:
        said = re.sub(pattern, mask, said)
    file = GOLDEN / f"{name}.txt"
    if WRITE:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(said)
    assert file.exists(), f"{file.name} is not kept: FABGITOPS_GOLDEN=write makes it"
    assert said == file.read_text(), f"{file.name} says something else; if that is meant: FABGITOPS_GOLDEN=write"


def test_what_is_printed_in_a_pipe(three: Any, tmp_path: Path) -> None:
    """Each format, letter by letter."""
    (tmp_path / "golden.yaml").write_text(CHANGED)
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/golden.yaml").write_text(CHANGED.replace("4001", "70000").replace("targetValue", "targetAim"))
    files = {"FILE": str(tmp_path / "golden.yaml"), "WRONG": str(tmp_path / "wrong/golden.yaml")}
    for name, command in FORMATS.items():
        code, out, err = three.fabctl(*(files.get(word, word) for word in command))
        check(name, f"{out}{err}[{code}]\n")
    for name, command in ERRORS.items():
        code, out, err = three.fabctl(*command)
        assert out == ""
        check(name, f"{err}[{code}]\n")


def drawn(three: Any, terminal: Any, command: Sequence[str], lines: int) -> str:
    """Return what a terminal of 80 columns shows when a command is over."""
    screen = terminal(*command)
    display = Display(screen, 80, lines)
    screen.end()
    return "\n".join(display.lines).rstrip() + "\n"


def test_what_is_drawn_on_a_terminal(three: Any, terminal: Any) -> None:
    """Tables, descriptions, help and errors as they are seen on 80 columns."""
    check("screen-table", drawn(three, terminal, ["get-status"], 24))
    check("screen-wide", drawn(three, terminal, ["list", "-o", "wide"], 40))
    check("screen-describe", drawn(three, terminal, ["describe", "oven"], 80))
    check("screen-help", drawn(three, terminal, ["wait", "--help"], 80))
    check("screen-error", drawn(three, terminal, ["describe", "mixr"], 24))


def test_what_the_dashboard_looks_like(three: Any, terminal: Any) -> None:
    """At the start, with another order and a filter, with one of them open, and on a smaller terminal."""
    screen = terminal("watch", "--interval", "3600")
    display = Display(screen, 100, 20)
    kept = []

    def keep(name: str, lines: list[str]) -> None:
        kept.append((name, "\n".join(lines).rstrip() + "\n"))

    all_of_them = "up/down move  enter open  / filter  s sort: {}  q quit"
    keep("watch", display.until(three, lambda lines: lines[19] == all_of_them.format("attention"), "the keys"))
    screen.press(b"s" + DOWN)
    keep("watch-sorted", display.until(three, lambda lines: lines[4].startswith("> oven"), "another order, and a mark"))
    screen.press(b"/ov\r")
    keep("watch-filtered", display.until(three, lambda lines: lines[19].startswith("filter: ov  up/down"), "a filter"))
    screen.press(b"\r")
    keep("watch-opened", display.until(three, lambda lines: lines[19].startswith("filter: ov  up/down scroll"), "one"))
    screen.press(b"\x1b")
    display.until(three, lambda lines: names(lines) == ["oven"], "the list again")
    screen.press(b"\x1b")
    display.until(three, lambda lines: len(names(lines)) == 3, "all of them")
    display.resize(48, 9)
    cut = all_of_them.format("name")[:48].rstrip()
    small = display.until(three, lambda lines: lines[8] == cut and len(names(lines)) == 3, "a small one")
    keep("watch-resized", [small[0][:15], *small[1:]])  # how much of the namespace is seen depends on its name
    screen.press(b"q")
    assert screen.end() == 0
    for name, lines in kept:
        check(name, lines)
