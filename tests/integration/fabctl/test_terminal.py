"""What is shown on a terminal of 80 columns, and where FORCE_COLOR asks for colours without one."""

import os
import re
from typing import Any

import pytest

pytestmark = pytest.mark.integration

COLUMNS = 80
STYLE = re.compile("\x1b\\[[0-9;]*m")
LONG = "10.0.0.7:502 unit 1 did not answer the read of registers 4001 to 4010 within 3 s; " * 2


@pytest.mark.parametrize("arguments", [["list"], ["get-status", "-o", "wide"], ["get-status"], ["list", "-o", "wide"]])
def test_a_table_is_not_wrapped(plant: Any, terminal: Any, arguments: list[str]) -> None:
    """Where a table has no room its rows stand one below the other, and no line but that of a long value is wrapped."""
    plant.create("first-mixer-of-line-three", deviceAddress="plc-17.line-3.mixing.plant.example", labels={"a": "b"})
    plant.report("first-mixer-of-line-three", "ConnectionFailed", "False", lastError=LONG)
    plant.create("oven")
    screen = terminal(*arguments)
    assert screen.end() == 0
    lines = STYLE.sub("", screen.seen).splitlines()
    assert all(len(line) <= COLUMNS for line in lines if "did not answer" not in line)
    assert sum("first-mixer-of-line-three" in line for line in lines) == 1
    if arguments == ["get-status"]:
        assert "\x1b[1;31mFAILED" in screen.seen
    else:
        assert any(re.fullmatch(r" +Endpoint: +plc-17\.line-3\.mixing\.plant\.example:502", line) for line in lines)


def test_a_description_is_not_wrapped(plant: Any, terminal: Any) -> None:
    """Conditions and Events stand one below the other where a row has no room."""
    plant.create("mixer")
    plant.report("mixer", "ConnectionFailed", "False", lastError=LONG)
    screen = terminal("describe", "mixer")
    assert screen.end() == 0
    lines = STYLE.sub("", screen.seen).splitlines()
    assert all(len(line) <= COLUMNS for line in lines if "did not answer" not in line)


def test_force_color(plant: Any) -> None:
    """FORCE_COLOR brings colours into a pipe, and NO_COLOR goes before it."""
    plant.create("mixer")
    plant.report("mixer", "DriftDetected", "False", inSync=False, currentValue=7)
    environment = {**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig), "FORCE_COLOR": "1", "TERM": "xterm"}
    for command in ("get-status", "describe"):
        arguments = (command, "mixer", "-n", plant.namespace)
        shown = plant.start(*arguments, env=environment).communicate(timeout=60)[0]
        assert re.search("\x1b\\[1;33m *DRIFT", shown), shown
        shown = plant.start(*arguments, env={**environment, "NO_COLOR": "1"}).communicate(timeout=60)[0]
        assert "DRIFT" in shown
        assert "\x1b[" not in shown
