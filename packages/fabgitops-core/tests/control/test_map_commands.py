"""Commands: registers with verify false, given once for each change of their value, and never compared."""

from typing import Any

import pytest
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteWithdrawn

from .mapping import HOLDING, SPEED, spec, story, sync, write_of

RESET = {"name": "reset", "address": 0, "value": 1, "write": {"verify": False}}


@pytest.mark.parametrize("readable", [True, False])
def test_a_command_is_given_once(readable: bool) -> None:
    """A command whose register goes back to 0 by itself, or cannot be read, is given once, and all is well."""
    told = story(RESET, SPEED)
    told.device.holding(10, 5)
    told.device.stubborn = {(1, HOLDING, 0)}
    if not readable:
        told.device.write_only = {(1, HOLDING, 0)}
    for _ in range(5):
        told.polled(after=100)
    assert [(change.address, change.values) for change in told.device.writes] == [(0, (1,))]
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.registers_in_sync == "1/1"
    assert (told.register("reset").given, told.register("reset").unverified_write) == ("0x0001", None)
    assert (told.status.drift_events, told.status.corrections_applied, told.notices) == (0, 0, [])


def test_a_map_of_commands_alone() -> None:
    """A map that has nothing but a command is reached, gives it, and is well, even if it cannot be read."""
    told = story(RESET)
    told.device.write_only = {(1, HOLDING, 0)}
    told.polled().polled()
    assert len(told.device.writes) == 1
    assert told.condition("Ready") == ("True", "InSync")


def test_each_change_of_its_value_gives_it_anew() -> None:
    """Another value in Git is another command, and so is the first one again; any other edit is none."""
    told = story(RESET, SPEED).polled()
    for given in ({**RESET, "value": 2}, RESET):
        told.declare(spec(given, SPEED)).polled()
    told.declare(spec(RESET, SPEED, tags=["x"])).polled()
    assert [change.values for change in told.device.writes if change.address == 0] == [(1,), (2,), (1,)]
    told.declare(spec({**RESET, "address": 1}, SPEED)).polled()
    assert told.device.writes[-1].address == 1


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("changes", [{"name": "acknowledge"}, {"enum": {"off": 0, "on": 1}, "value": "on"}])
def test_another_name_for_the_same_does_not_give_it_again(changes: dict[str, Any], crash: bool) -> None:
    """What is given stays given when the register, or its value, is called by another name, also over a restart."""
    told = story(RESET, SPEED).polled()
    told.declare(spec({**RESET, **changes}, SPEED))
    told = told.crashed() if crash else told
    told.polled().polled()
    assert [change.address for change in told.device.writes] == [0, 10]
    assert told.status.registers[0].given == "0x0001"


def test_a_forced_sync_gives_it_once_more() -> None:
    """A forced sync gives every command again, once; a plain one does not."""
    told = story(RESET, SPEED).polled()
    sync(told).polled()
    assert [change.address for change in told.device.writes] == [0, 10]
    told.declare(told.spec, request=SyncRequest("t2", force=True), same=True).polled().polled()
    assert [change.address for change in told.device.writes] == [0, 10, 0]


def test_a_forced_sync_that_is_stopped_half_way_gives_it_once() -> None:
    """What a forced sync has given is not given again when a later write of the pass turns out not to be wanted."""
    told = story(RESET, {**RESET, "name": "acknowledge", "address": 2}, SPEED).polled()
    sync(told, force=True).polled(until=Write).answered()
    while write_of(told).change.address == 0:
        told.answered()
    told.tell(WriteWithdrawn(told.at, write_of(told).change))
    told.polled().polled()
    assert [change.address for change in told.device.writes] == [0, 2, 10, 0, 2]


def test_without_auto_correct_only_a_forced_sync_gives_it() -> None:
    """With autoCorrect false a command waits for a forced sync, and is no drift meanwhile."""
    told = story(RESET, autoCorrect=False).polled()
    assert (told.device.writes, told.condition("Ready")) == ([], ("True", "InSync"))
    sync(told, force=True).polled()
    assert len(told.device.writes) == 1


def test_a_restart_does_not_give_it_again() -> None:
    """A command that was given before a restart is not given after it."""
    told = story(RESET, SPEED).polled()
    revived = told.crashed().polled().polled()
    assert [change.address for change in revived.device.writes] == [0, 10]
    assert revived.status.in_sync


@pytest.mark.parametrize("how", ["crash", "no answer"])
def test_a_command_of_which_nobody_knows_is_not_repeated(how: str) -> None:
    """A command that was perhaps carried out is not given again, its register says why, and the others go on."""
    told = story(RESET, SPEED)
    if how == "crash":
        told = told.polled(until=Write).crashed()
    else:
        told.device.deaf = {(1, HOLDING, 0)}
    told.polled().polled()
    assert sum(change.address == 0 for change in told.device.writes) == (how == "no answer")
    assert told.condition("Ready") == ("True", "InSync")
    assert "a forced sync gives it again" in (told.register("reset").error or "")
    told.device.deaf = set()
    sync(told, force=True).polled().polled()
    assert told.register("reset").error is None
    assert told.register("reset").given == "0x0001"


def test_a_command_that_was_certainly_not_given_is_tried_again() -> None:
    """A command that the device refuses, or that was withdrawn before it was sent, is given later."""
    told = story(RESET).polled(until=Write)
    told.tell(WriteWithdrawn(told.at, write_of(told).change))
    told.device.read_only = {(1, HOLDING, 0)}
    told.polled()
    assert told.condition("Ready") == ("False", "WriteRefused")
    told.device.read_only = set()
    told.polled(after=60)
    assert told.register("reset").given == "0x0001"
    assert told.condition("Ready") == ("True", "InSync")
