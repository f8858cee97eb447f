"""The engine with whole maps: who contests whose registers, who refers to which template, units behind a gateway."""

import asyncio
from functools import partial
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, Phase
from fabgitops_core.api.plc.template import IndustrialPLCTemplateStatus
from fabgitops_core.control import templates
from fabgitops_core.control.events import Referenced
from fabgitops_core.control.plc.requests import Table
from fabgitops_core.engine.device_errors import Refused
from fabgitops_core.engine.ports import Stored

from .conftest import MIXER, PRESS, Bench


def body(*registers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a spec of these registers that is polled each second."""
    given = {"deviceAddress": "10.0.0.5", "pollIntervalSecs": 1, "registers": list(registers), **changes}
    return given if registers else {key: value for key, value in given.items() if key != "registers"}


SPEED = {"name": "speed", "address": 10, "value": 5}
TORQUE = {"name": "torque", "address": 11, "value": 6}
REMOTE = {"name": "remote", "address": 5, "unitId": 2, "value": 1}


async def test_two_who_want_one_register_are_told_and_neither_writes_it(bench: Bench) -> None:
    """Two resources that want one register say so with each other's name, write all others, and this one not at all.

    Once one of them is deleted the other writes it.
    """
    bench.declare_spec(MIXER, body(SPEED, TORQUE))
    bench.declare_spec(PRESS, body({**SPEED, "name": "pace", "value": 9}))
    await bench.until(lambda: all("also wanted by" in bench.status(key).message for key in (MIXER, PRESS)))
    assert f"speed is also wanted by {PRESS}" in bench.status(MIXER).message
    assert f"pace is also wanted by {MIXER}" in bench.status(PRESS).message
    await bench.until(lambda: bench.plc[11] == 6)
    passes = len(bench.observer.passes)
    await bench.until(lambda: len(bench.observer.passes) >= passes + 4)
    assert [change.address for change in bench.plc.writes] == [11]
    assert bench.host.reasons(PRESS).count("Conflict") == 1
    bench.engine.remove(MIXER)
    await bench.until(lambda: bench.plc[10] == 9)
    await bench.until(lambda: bench.status(PRESS).in_sync is True)


async def test_a_rival_that_is_suspended_leaves_its_registers(bench: Bench) -> None:
    """A resource that is suspended contests nothing, and does again when it goes on."""
    bench.declare_spec(MIXER, body(SPEED))
    bench.declare_spec(PRESS, body(SPEED, suspend=True))
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    bench.declare_spec(PRESS, body(SPEED))
    await bench.until(lambda: "also wanted by" in bench.status(MIXER).message)
    bench.declare_spec(PRESS, None)
    await bench.until(lambda: bench.status(MIXER).in_sync is True)


async def test_bits_of_one_word_are_nobodys_conflict(bench: Bench) -> None:
    """Two resources may each want another bit of the same word."""
    for key, bit in ((MIXER, 0), (PRESS, 7)):
        bench.declare_spec(key, body({"name": "flag", "address": 3, "type": "bit", "bit": bit, "value": True}))
    await bench.until(lambda: bench.plc[3] == 0b1000_0001)
    await bench.until(lambda: all(bench.status(key).in_sync for key in (MIXER, PRESS)))


async def test_a_bit_put_right_by_others_while_its_write_waits_counts_for_nothing(bench: Bench) -> None:
    """A bit that is right when the turn of its write comes is not written, and not counted as corrected."""
    bench.plc.hold_writes = asyncio.Event()
    bench.declare_spec(MIXER, body({"name": "flag", "address": 3, "type": "bit", "bit": 0, "value": True}))
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.plc[3] = 1
    bench.plc.hold_writes.set()
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    assert bench.plc.writes == []
    assert (bench.status(MIXER).drift_events, bench.status(MIXER).corrections_applied) == (1, 0)
    assert bench.host.reasons(MIXER) == ["DriftDetected", "DriftResolved"]


async def test_a_template_is_followed_through_its_life(bench: Bench) -> None:
    """A resource waits for its template, takes its map from it, follows its changes, and stops when it is deleted."""
    bench.declare_spec(MIXER, body(templateRef={"name": "drive"}))
    assert bench.status(MIXER).message == "waiting for its template"
    bench.declare_template("drive", registers=[SPEED])
    await bench.until(lambda: bench.plc[10] == 5)
    template = bench.declare_template("drive", registers=[{**SPEED, "value": 8}, REMOTE])
    await bench.until(lambda: bench.plc[10] == 8)
    await bench.until(lambda: bench.plc.table(2)[5] == 1)
    await bench.until(lambda: bench.status(MIXER).registers_in_sync == "2/2")
    bench.engine.remove(template)
    await bench.until(lambda: "drive" in bench.status(MIXER).message)
    assert bench.host.reasons(MIXER).count("TemplateNotFound") == 1
    assert bench.plc.shares == 0


async def test_a_changed_template_makes_no_poll_late(bench: Bench) -> None:
    """The PLCs that use a template are told of a change one by one, and polls of others go on between them."""
    bench.declare_template("drive", registers=[SPEED])
    users = [MIXER._replace(name=f"drive-{number}") for number in range(20)]
    for number, key in enumerate(users):
        bench.declare_spec(key, {**body(templateRef={"name": "drive"}), "unitId": 10 + number, "pollIntervalSecs": 60})
    await bench.until(lambda: all(bench.status(key).in_sync for key in users))

    def told() -> int:
        return sum(isinstance(event, Referenced) for _, event in bench.observer.events)

    before = told()
    bench.declare_template("drive", registers=[{**SPEED, "value": 7}])
    turns = []
    while told() < before + 20:
        turns.append(told() - before)
        await asyncio.sleep(0)
    assert sorted(set(turns)) == list(range(20))
    await bench.until(lambda: all(bench.plc.table(10 + number)[10] == 7 for number in range(20)))


async def test_no_write_goes_by_a_template_that_has_changed(bench: Bench) -> None:
    """A write that is about to be sent when its template changes is not sent, though its PLC was not told yet."""
    bench.plc.hold_writes = asyncio.Event()
    bench.declare_template("drive", registers=[SPEED])
    bench.declare_spec(MIXER, body(templateRef={"name": "drive"}))
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.plc.hold_writes.set()  # who waits for it runs in the next turn, before anybody is told of the template
    bench.declare_template("drive", registers=[{**SPEED, "value": 7}])
    await bench.until(lambda: bench.plc[10] == 7)
    assert [change.values for change in bench.plc.writes] == [(7,)]


async def test_those_whom_a_changed_template_makes_rivals_do_not_write(bench: Bench) -> None:
    """Of two PLCs whom a template moves to one register the first does not write it before the second is told."""
    drive = {"name": "speed", "address": 10, "value": 5}
    parameters = [{"name": "before"}, {"name": "after"}]
    bench.declare_template("drive", registers=[{**drive, "unitId": "${before}"}], parameters=parameters)
    users = [MIXER._replace(name=f"drive-{number:03}") for number in range(150)]
    for number, key in enumerate(users):
        units = {"before": 50 + number, "after": 1 if key in {users[0], users[-1]} else 50 + number}
        bench.declare_spec(key, body(templateRef={"name": "drive", "parameters": units}))
    await bench.until(lambda: all(bench.host.status(key) and bench.status(key).in_sync for key in users))
    writes = len(bench.plc.writes)
    bench.declare_template("drive", registers=[{**drive, "unitId": "${after}"}], parameters=parameters)
    await bench.until(lambda: all("also wanted by" in bench.status(users[at]).message for at in (0, -1)))
    assert len(bench.plc.writes) == writes


async def test_writes_wait_until_everybody_is_declared(bench: Bench) -> None:
    """While not everybody was heard of what drifts is read and told, and only written after that, if nobody objects."""
    bench.engine.holds.put("listing", "not everything is listed yet")
    bench.declare_spec(MIXER, body(SPEED))
    bench.declare_spec(PRESS._replace(name="lone"), body({**TORQUE}))
    await bench.until(lambda: len(bench.host.reasons(MIXER)) == 1)
    for _ in range(100):
        await asyncio.sleep(0)
    assert bench.plc.writes == []
    bench.declare_spec(PRESS, body({**SPEED, "value": 9}))
    bench.engine.holds.lift("listing")
    await bench.until(lambda: bench.plc[11] == 6)
    await bench.until(lambda: all("also wanted by" in bench.status(key).message for key in (MIXER, PRESS)))
    assert [change.address for change in bench.plc.writes] == [11]


async def test_a_write_that_had_to_wait_is_decided_anew(bench: Bench) -> None:
    """What was put right while a write waited is neither written nor counted, and no record told of a write."""
    bench.engine.holds.put("listing", "not everything is listed yet")
    bench.declare_spec(MIXER, body(SPEED))
    await bench.until(lambda: "DriftDetected" in bench.host.reasons(MIXER))
    assert bench.status(MIXER).phase is Phase.DRIFT_DETECTED
    assert bench.status(MIXER).registers[0].unverified_write is None
    bench.plc[10] = 5
    bench.engine.holds.lift("listing")
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    assert bench.plc.writes == []
    assert bench.status(MIXER).corrections_applied == 0
    assert bench.host.reasons(MIXER) == ["DriftDetected", "DriftResolved"]
    statuses = [
        status for key, status in bench.host.published if key == MIXER and isinstance(status, IndustrialPLCStatus)
    ]
    assert not any(register.unverified_write for status in statuses for register in status.registers)


async def test_a_device_changed_while_a_write_waited_is_not_written(bench: Bench) -> None:
    """A device that is another by the time that writes may go is known as such, and left alone."""
    bench.plc.identities[1] = {0: "ACME"}
    bench.engine.holds.put("listing", "not everything is listed yet")
    bench.declare_spec(MIXER, body(SPEED, identity={"vendor": "ACME"}))
    await bench.until(lambda: "DriftDetected" in bench.host.reasons(MIXER))
    bench.plc.identities[1] = {0: "Other"}
    bench.engine.holds.lift("listing")
    await bench.until(lambda: "is not the device" in bench.status(MIXER).message)
    assert bench.plc.writes == []


async def test_a_template_that_says_the_same_again_holds_up_nobody(bench: Bench) -> None:
    """A template that was only touched, as by a resync or an annotation, is told to nobody."""
    bench.declare_template("drive", registers=[SPEED])
    bench.declare_spec(MIXER, body(templateRef={"name": "drive"}))
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    bench.declare_template("drive", registers=[SPEED])
    for _ in range(20):
        await asyncio.sleep(0)
    assert not any(isinstance(event, Referenced) for _, event in bench.observer.events)


async def test_a_stop_ends_writes_that_wait(bench: Bench) -> None:
    """A write that waits, be it for who is not told of a template, is withdrawn by a stop and does not hold it up."""
    bench.engine.holds.put("listing", "not everything is listed yet")
    bench.declare_template("drive", registers=[SPEED])
    bench.declare_spec(MIXER, body(templateRef={"name": "drive"}))
    await bench.until(lambda: "DriftDetected" in bench.host.reasons(MIXER))
    bench.declare_template("drive", registers=[{**SPEED, "value": 7}])
    async with asyncio.timeout(30):
        await bench.engine.stop(60.0)
    assert bench.plc.writes == []
    assert bench.status(MIXER).registers[0].unverified_write is None


async def test_a_template_can_make_two_resources_rivals(bench: Bench) -> None:
    """A change of a template that brings two of its resources to one register leaves that alone."""
    bench.declare_template("drive", parameters=[{"name": "unit"}], registers=[{**SPEED, "unitId": "${unit}"}])
    for key, unit in ((MIXER, 1), (PRESS, 2)):
        bench.declare_spec(key, body(templateRef={"name": "drive", "parameters": {"unit": unit}}))
    await bench.until(lambda: all(bench.status(key).in_sync for key in (MIXER, PRESS)))
    bench.declare_template("drive", parameters=[{"name": "unit"}], registers=[SPEED])
    await bench.until(lambda: all("also wanted by" in bench.status(key).message for key in (MIXER, PRESS)))


async def test_a_unit_that_is_away_is_left_alone_and_its_neighbours_are_not(bench: Bench) -> None:
    """Three failures open the circuit of a unit; its neighbour is polled and corrected on time."""
    bench.declare_spec(MIXER, body(SPEED, REMOTE))
    await bench.until(lambda: bench.plc[10] == 5 and bench.status(MIXER).registers_in_sync == "2/2")
    bench.plc.unit_exceptions = {2: 0x0B}
    await bench.until(lambda: len(bench.engine.circuits.troubled()) == 1)
    await bench.until(lambda: next(iter(bench.engine.circuits.troubled().values())).failures == 3)
    asked = [plan.unit_id for plan in bench.plc.plans].count(2)
    passes = len(bench.observer.passes)
    await bench.until(lambda: len(bench.observer.passes) > passes)
    assert [plan.unit_id for plan in bench.plc.plans].count(2) == asked
    bench.plc[10] = 1
    await bench.until(lambda: bench.plc[10] == 5)
    assert bench.status(MIXER).registers_in_sync == "1/2"
    bench.plc.unit_exceptions = {}
    await bench.until(lambda: bench.status(MIXER).registers_in_sync == "2/2")


async def test_a_stranger_is_not_written(bench: Bench) -> None:
    """A device that is not the one that the spec pins is not written; once it is, it is."""
    bench.plc.identities = {1: {0: "Other"}}
    bench.declare_spec(MIXER, body(SPEED, identity={"vendor": "ACME"}))
    await bench.until(lambda: "its vendor is 'Other', not 'ACME'" in bench.status(MIXER).message)
    assert bench.plc.writes == []
    bench.plc.identities = {1: {0: "ACME"}}
    await bench.until(lambda: bench.plc[10] == 5)


async def test_a_device_that_is_swapped_after_it_said_who_it_is_is_not_written(bench: Bench) -> None:
    """While the record of a correction is stored another device takes the place: it is asked who it is, not written."""
    bench.plc.identities = {1: {0: "ACME"}}

    async def stored(key: Key, limit: float) -> Stored:
        del key, limit
        bench.plc.connection, bench.plc.identities = 2, {1: {0: "Other"}}
        return Stored.YES

    bench.host.stored = stored  # type: ignore[method-assign]
    bench.declare_spec(MIXER, body(SPEED, identity={"vendor": "ACME"}))
    await bench.until(lambda: "its vendor is 'Other', not 'ACME'" in bench.status(MIXER).message)
    assert bench.plc.writes == []
    said = [status.message for _, status in bench.host.published if isinstance(status, IndustrialPLCStatus)]
    assert any(message.endswith("not written: the connection is another") for message in said)
    assert "ConnectionFailed" not in bench.host.reasons(MIXER)


async def test_a_spec_that_breaks_while_a_busy_device_is_given_time(bench: Bench) -> None:
    """A resource whose spec becomes invalid, or that is deleted, while a reading waits to be tried again just ends."""
    ends = {MIXER: partial(bench.declare_spec, MIXER, None), PRESS: partial(bench.engine.remove, PRESS)}
    for key, end in ends.items():
        bench.plc.read_errors = [Refused("busy", 6)]
        bench.declare_spec(key, body(SPEED))
        await bench.until(lambda: not bench.plc.read_errors)
        await asyncio.sleep(0)
        end()
    await bench.until(lambda: {MIXER, PRESS} <= set(bench.observer.passes))
    assert bench.plc.writes == []
    assert bench.plc.shares == 0


async def test_every_table_reaches_the_wire(bench: Bench) -> None:
    """A coil and a bit are written as such, with their own table and mask."""
    coil = {"name": "pump", "table": "coil", "address": 4, "value": True}
    bench.declare_spec(MIXER, body(coil, {"name": "flag", "address": 3, "type": "bit", "bit": 2, "value": True}))
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    assert {(change.table, change.mask) for change in bench.plc.writes} == {(Table.COIL, None), (Table.HOLDING, 4)}


async def test_a_template_is_told_how_many_use_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes, goes, or turns to another template is counted, also who came before the template did."""
    monkeypatch.setattr(templates, "QUIET_SECS", 0.0)
    bench.declare_spec(MIXER, body(templateRef={"name": "drive"}))
    drive = bench.declare_template("drive", registers=[SPEED])

    def users(key: Key) -> int:
        status = bench.host.status(key)
        return status.users if isinstance(status, IndustrialPLCTemplateStatus) else -1

    await bench.until(lambda: users(drive) == 1)
    bench.declare_spec(PRESS, {**body(templateRef={"name": "drive"}), "unitId": 2})
    await bench.until(lambda: users(drive) == 2)
    pump = bench.declare_template("pump", registers=[SPEED])
    bench.declare_spec(PRESS, {**body(templateRef={"name": "pump"}), "unitId": 2})
    await bench.until(lambda: (users(drive), users(pump)) == (1, 1))
    bench.declare_spec(MIXER, None)
    bench.engine.remove(PRESS)
    await bench.until(lambda: (users(drive), users(pump)) == (0, 0))
