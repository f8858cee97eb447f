"""Registers as devices really have them, on a real API server, with PLCs on real sockets that mock-plc plays."""

import asyncio
import re
from typing import Any

import pytest
from mock_plc.memory import Table

from .conftest import Site, until
from .test_devices import apply, playing

pytestmark = pytest.mark.integration

WEATHER = """
registers:
- {name: outside, address: 0, type: int16, scale: 0.1, noValue: [0x8000], value: no value}
- {name: power, address: 1, type: int16, scale: 10, noValue: [0x8000, 0x7FFF], value: 500}
- {name: wind, address: 2, type: float32, byteOrder: CDAB, noValue: ["NaN"], value: no value}
- {name: limit, address: 4, value: 70}
"""


def shown(status: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a status tells of a register."""
    return next(each for each in status["registers"] if each["name"] == name)


async def test_no_value_is_no_number(site: Site) -> None:
    """What a device has no value for is in no status and no metric, is not written, and is nobody's drift."""
    registers: list[dict[str, Any]] = [
        {"name": "outside", "address": 0, "type": "int16", "scale": 0.1, "noValue": [0x8000]},
        {"name": "power", "address": 1, "type": "int16", "scale": 10, "noValue": [0x8000, 0x7FFF]},
        {"name": "wind", "address": 2, "type": "float32", "byteOrder": "CDAB", "noValue": ["NaN"], "value": 7},
        {"name": "limit", "address": 4, "value": 70},
    ]
    async with playing(WEATHER) as (machine, port), site.operator() as operator:
        await apply(site, "weather", port, registers=registers)
        await site.until_ready("weather", "Unknown", "NoValue")
        status = await site.until_status("weather", registersInSync="1/2")
        for name in ("outside", "wind"):
            assert shown(status, name).get("noValue") is True
            assert "actual" not in shown(status, name)
        labels = {"plc_name": "weather", "namespace": site.namespace}
        await operator.until_metric(500, "register_value", register="power", **labels)
        assert await operator.samples("register_value", register="outside", **labels) == {}
        assert machine.points["wind"].get() == "no value"
        machine.points["wind"].set(3)
        await site.until_status("weather", inSync=True, driftEvents=1, correctionsApplied=1)
        assert machine.points["wind"].get() == 7


async def test_what_cannot_mean_no_value_is_refused(site: Site) -> None:
    """The API server refuses words for none that are no number of 32 bits or hexadecimal digits, and where none are."""
    refused: list[dict[str, Any]] = [{"noValue": each} for each in (["n/a"], [2**40], [])]
    for wrong in (*refused, {"noValue": [1], "table": "coil"}):
        with pytest.raises(Exception, match=r"noValue|nothing else"):
            await apply(site, "weather", 502, registers=[{"name": "a", "address": 0, **wrong}])


PUMP = """
holes: zero
registers:
- name: heat
  parts: [{address: 10, weight: 1}, {address: 11, weight: 10000}, {address: 12, weight: 100000000}]
  value: 200561234
- name: net
  parts: [{reference: 30021, weight: -100, type: bcd16}, {reference: 30024, weight: 1, type: int16}]
  value: -5
"""


async def test_a_number_in_pieces_is_one_number(site: Site) -> None:
    """Words with weights, at places and with signs of their own, are one number in status and metrics."""
    registers: list[dict[str, Any]] = [
        {
            "name": "heat",
            "parts": [{"address": 10 + at, "weight": 10 ** (4 * at)} for at in range(3)],
            "unit": "kWh",
        },
        {
            "name": "net",
            "parts": [
                {"reference": 30021, "weight": -100, "type": "bcd16"},
                {"reference": 30024, "weight": 1, "type": "int16"},
            ],
        },
    ]
    async with playing(PUMP) as (machine, port), site.operator() as operator:
        await apply(site, "pump", port, registers=registers)
        status = await site.until_status("pump", registersInSync="0/0")
        assert {each["name"]: each["actual"] for each in status["registers"]} == {"heat": "200561234", "net": "-5"}
        labels = {"plc_name": "pump", "namespace": site.namespace}
        await operator.until_metric(200561234, "register_value", register="heat", **labels)
        assert machine.points["heat"].get() == 200561234


async def test_parts_that_say_too_much_are_refused(site: Site) -> None:
    """The API server refuses a sum that is to be written, or that has a place beside those of its parts."""
    parts = [{"address": 1, "weight": 1}, {"address": 2, "weight": 10}]
    for wrong in ({"value": 3}, {"address": 1}, {"type": "uint32"}, {"parts": [{"weight": 1}, parts[0]]}):
        with pytest.raises(Exception, match=r"only observed|drop address|say where each part is"):
            await apply(site, "pump", 502, registers=[{"name": "a", "parts": parts, **wrong}])


BATTERY = """
registers:
- {name: lowest, address: 111, type: bits, bit: 0, lastBit: 5, value: 17}
- {name: mode, address: 111, type: bits, bit: 6, lastBit: 7, value: 1}
- {name: stage, address: 111, type: bits, bit: 8, lastBit: 11, value: 5}
- {name: highest, address: 111, type: bits, bit: 12, lastBit: 15, value: 5}
"""


async def test_several_bits_of_a_word_go_out_together(site: Site) -> None:
    """A mode of two bits and a stage of four go out in one write, and the rest of the word stays as it is."""
    registers: list[dict[str, Any]] = [
        {
            "name": "mode",
            "address": 111,
            "type": "bits",
            "bit": 6,
            "lastBit": 7,
            "enum": {"Off": 0, "Grid": 1, "Sun": 2, "Both": 3},
            "value": "Sun",
        },
        {"name": "stage", "address": 111, "type": "bits", "bit": 8, "lastBit": 11, "scale": 0.5, "value": 1.5},
    ]
    async with playing(BATTERY) as (machine, port), site.operator() as operator:
        await apply(site, "battery", port, registers=registers)
        status = await site.until_status("battery", inSync=True, driftEvents=2, correctionsApplied=2)
        assert {each["name"]: each["actual"] for each in status["registers"]} == {"mode": "Sun", "stage": "1.5"}
        assert {name: point.get() for name, point in machine.points.items()} == {
            "lowest": 17,
            "mode": 2,
            "stage": 3,
            "highest": 5,
        }
        labels = {"plc_name": "battery", "namespace": site.namespace}
        assert await operator.metric("fabgitops_correction_attempts_total", **labels) == 1
        await operator.until_metric(2, "register_value", register="mode", **labels)


async def test_bits_that_make_no_sense_are_refused(site: Site) -> None:
    """The API server refuses bits that go down, that stand alone, or that another type has."""
    wrong = [
        {"type": "bits", "bit": 7, "lastBit": 6},
        {"type": "bits", "lastBit": 6},
        {"type": "bit", "bit": 3, "lastBit": 6},
        {"type": "bits", "bit": 3, "lastBit": 16},
        {"type": "bits", "bit": 3, "lastBit": 5, "byteOrder": "BADC"},
    ]
    for each in wrong:
        with pytest.raises(Exception, match=r"[bB]it"):
            await apply(site, "battery", 502, registers=[{"name": "a", "address": 1, **each}])


INVERTER = """
registers:
- {name: limit-scale, address: 40249, type: int16, value: -2}
- {name: voltage-scale, address: 40085, type: int16, value: -1}
- {name: limit, address: 40235, scaleRegister: {address: 40249}, value: 40}
- {name: voltage, address: 40083, scaleRegister: {address: 40085}, value: 230.1}
holes: zero
"""


async def test_a_scale_in_another_register_goes_with_its_value(site: Site) -> None:
    """A value means what it does by the scale of the moment, is corrected by it, and the scale itself is left alone."""
    registers: list[dict[str, Any]] = [
        {"name": "limit", "address": 40235, "scaleRegister": {"address": 40249}, "unit": "%", "value": 70.5},
        {"name": "voltage", "address": 40083, "scaleRegister": {"reference": 440086}, "unit": "V"},
    ]
    async with playing(INVERTER) as (machine, port), site.operator() as operator:
        await apply(site, "inverter", port, registers=registers)
        status = await site.until_status("inverter", inSync=True, driftEvents=1, correctionsApplied=1)
        assert {each["name"]: each["actual"] for each in status["registers"]} == {"limit": "70.5", "voltage": "230.1"}
        assert machine.units[1].read(Table.HOLDING, 40235, 1) == [7050]
        machine.points["limit-scale"].set(-1)
        machine.points["voltage-scale"].set(1)
        await site.until_status("inverter", inSync=True, driftEvents=2, correctionsApplied=2)
        assert machine.units[1].read(Table.HOLDING, 40235, 1) == [705]
        assert machine.points["limit-scale"].get() == -1
        labels = {"plc_name": "inverter", "namespace": site.namespace}

        async def told() -> bool:
            return await operator.metric("register_value", register="voltage", **labels) == 23010

        await until(told, "the voltage by its new scale")


async def test_a_scale_that_cannot_be_is_refused(site: Site) -> None:
    """The API server refuses a scale without a place, and beside what goes with no scale that changes."""
    wrong: list[dict[str, Any]] = [
        {"scaleRegister": {}},
        {"scaleRegister": {"address": 5}, "type": "float32"},
        {"scaleRegister": {"address": 5}, "enum": {"Full": 100}},
        {"scaleRegister": {"address": 5}, "write": {"verify": False}},
    ]
    for each in wrong:
        with pytest.raises(Exception, match=r"power of ten|scaleRegister"):
            await apply(site, "inverter", 502, registers=[{"name": "a", "address": 1, **each}])


PROGRAMME = """
registers:
- {name: start, address: 100, value: 1, group: charging}
- {name: end, address: 101, value: 2, group: charging}
- {name: enable, address: 102, value: 3, group: charging}
- {name: recipe, address: 200, type: string, length: 8, value: Bread, group: batch}
- {name: amount, address: 204, type: float32, byteOrder: CDAB, value: 1.5, group: batch}
- {name: pump, table: coil, address: 7, value: true, group: outputs}
- {name: valve, table: coil, address: 8, value: false, group: outputs}
"""


async def test_what_is_taken_in_one_write_only_goes_out_in_one(site: Site) -> None:
    """A time programme, a recipe with its amount, and two coils go out as a block each, and each is one write."""
    registers: list[dict[str, Any]] = [
        {"name": "start", "address": 100, "value": 480, "group": "charging"},
        {"name": "end", "address": 101, "value": 1020, "group": "charging"},
        {"name": "enable", "address": 102, "value": 1, "group": "charging"},
        {"name": "amount", "address": 204, "type": "float32", "byteOrder": "CDAB", "value": 7.5, "group": "batch"},
        {"name": "recipe", "address": 200, "type": "string", "length": 8, "value": "Bread", "group": "batch"},
        {"name": "pump", "table": "coil", "address": 7, "value": True, "group": "outputs"},
        {"name": "valve", "table": "coil", "address": 8, "value": True, "group": "outputs"},
    ]
    async with playing(PROGRAMME) as (machine, port), site.operator() as operator:
        await apply(site, "charger", port, registers=registers)
        await site.until_status("charger", inSync=True, driftEvents=5, correctionsApplied=5)
        held = {name: point.get() for name, point in machine.points.items()}
        assert held == {each["name"]: each["value"] for each in registers}
        labels = {"plc_name": "charger", "namespace": site.namespace}
        assert await operator.metric("fabgitops_correction_attempts_total", **labels) == 3
        machine.points["enable"].set(0)
        machine.points["pump"].set(False)
        await site.until_status("charger", inSync=True, driftEvents=7, correctionsApplied=7)
        assert (machine.points["enable"].get(), machine.points["pump"].get()) == (1, True)
        assert await operator.metric("fabgitops_correction_attempts_total", **labels) == 5


async def test_what_makes_no_group_is_refused(site: Site) -> None:
    """The API server refuses a group with a hole, over two units, of one register, or with what goes out apart."""
    first = {"name": "a", "address": 1, "value": 1, "group": "g"}
    second = {**first, "name": "b", "address": 2}
    wrong: list[dict[str, Any]] = [
        {**second, "address": 3},
        {**second, "group": "h"},
        {**second, "unitId": 9},
        {**second, "write": {"verify": False}},
        {**second, "type": "bit", "bit": 0, "value": True},
        {"name": "b", "address": 2, "group": "g"},
    ]
    for each in wrong:
        with pytest.raises(Exception, match="group"):
            await apply(site, "charger", 502, registers=[first, each])


WALLBOX = """
registers:
- {name: limit, address: 0, value: 100, unit: "%", behaviours: {fallsBack: {after: 4s, to: 100}}}
"""


async def test_a_setting_that_lapses_is_repeated_and_stops_with_us(site: Site) -> None:
    """It never lapses while it is repeated, which stores no status and is no correction; suspended it lapses."""
    limit = {"name": "limit", "address": 0, "unit": "%", "value": 30, "write": {"repeatSecs": 1}}
    async with playing(WALLBOX) as (machine, port), site.operator() as operator:
        await apply(site, "wallbox", port, pollIntervalSecs=1, registers=[limit])
        await site.until_status("wallbox", inSync=True, driftEvents=1, correctionsApplied=1)
        before = (await site.get("wallbox")).metadata.resourceVersion
        labels = {"plc_name": "wallbox", "namespace": site.namespace}

        async def repeated() -> bool:
            return (await operator.metric("fabgitops_repeats_total", **labels) or 0) >= 5

        await until(repeated, "it was repeated for longer than it would hold")
        now = await site.get("wallbox")
        assert machine.points["limit"].get() == 30
        assert now.metadata.resourceVersion == before
        assert now.status["correctionsApplied"] == 1
        await apply(site, "wallbox", port, pollIntervalSecs=1, registers=[limit], suspend=True)
        await until(lambda: machine.points["limit"].get() == 100, "nobody repeats it any more")


async def test_what_cannot_be_repeated_is_refused(site: Site) -> None:
    """The API server refuses to repeat what is no value, is given once, goes in steps, or finds no pass to go with."""
    wrong: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"write": {"repeatSecs": 60}}, {}),
        ({"value": 3, "write": {"repeatSecs": 60, "verify": False}}, {}),
        ({"value": 3, "write": {"repeatSecs": 60, "ramp": {"maxStep": 1, "stepIntervalSecs": 1}}}, {}),
        ({"value": 3, "write": {"repeatSecs": 4}}, {"pollIntervalSecs": 5}),
        ({"value": 3, "write": {"repeatSecs": 60}}, {"correction": {"cooldownSecs": 61}}),
        ({"value": 3, "write": {"repeatSecs": 60}}, {"correction": {"writeBudget": {"perHour": 60}}}),
    ]
    for register, spec in wrong:
        with pytest.raises(Exception, match=r"repeatSecs|cooldownSecs|writeBudget"):
            await apply(site, "wallbox", 502, registers=[{"name": "a", "address": 1, **register}], **spec)


PLANT = """
registers:
- {name: fan, address: 3, readFrom: {table: input, address: 3}}
- {name: room, address: 10, scale: 0.1, value: 18.2, readFrom: {table: input, address: 100, type: float32}}
"""


async def test_what_is_written_here_and_read_there_is_in_sync_by_what_is_read(site: Site) -> None:
    """Status and metrics have what is read at the other place; the place of writing, which shows 0, misleads nobody."""
    room = {"name": "room", "address": 10, "scale": 0.1, "unit": "°C", "value": 21.3}
    registers: list[dict[str, Any]] = [
        {"name": "fan", "address": 3, "value": 1, "readFrom": {"table": "input", "address": 3}},
        {**room, "readFrom": {"reference": 30101, "type": "float32"}},
    ]
    async with playing(PLANT) as (machine, port), site.operator() as operator:
        await apply(site, "plant", port, registers=registers)
        status = await site.until_status("plant", inSync=True, driftEvents=2, correctionsApplied=2)
        assert {each["name"]: each["actual"] for each in status["registers"]} == {"fan": "1", "room": "21.3"}
        assert shown(status, "fan")["place"] == "holding 3 uint16 unit 1, read at input 3 uint16"
        assert machine.units[1].read(Table.HOLDING, 3, 1) == [0]
        machine.points["fan"].set(0)
        await site.until_status("plant", inSync=True, driftEvents=3, correctionsApplied=3)
        labels = {"plc_name": "plant", "namespace": site.namespace}
        assert await operator.metric("register_value", register="room", **labels) == pytest.approx(21.3)


async def test_a_place_of_reading_that_cannot_be_is_refused(site: Site) -> None:
    """The API server refuses one without a place, and beside what is never read, or read where it is written."""
    wrong: list[dict[str, Any]] = [
        {"readFrom": {}},
        {"readFrom": {"address": 5}, "write": {"verify": False}},
        {"readFrom": {"address": 5}, "scaleRegister": {"address": 9}},
        {"readFrom": {"address": 5}, "type": "bit", "bit": 3},
        {"readFrom": {"table": "coil", "address": 5, "type": "int16"}},
        {"readFrom": {"address": 5}, "table": "input"},
    ]
    for each in wrong:
        with pytest.raises(Exception, match=r"read|coil and discrete"):
            await apply(site, "plant", 502, registers=[{"name": "a", "address": 1, **each}])


DRIVE = """
registers:
- {name: pulse-width, address: 0, value: 5, behaviours: {locked: {by: password, value: 41234, within: 1s}}}
- {name: password, address: 24}
- {name: save, address: 30}
"""


async def test_a_locked_register_is_unlocked_out_of_a_secret(site: Site) -> None:
    """While the Secret is missing the status says so and nothing is written; then each change goes out with it."""
    before = [{"address": 24, "valueFrom": {"secretKeyRef": {"name": "drive", "key": "password"}}}]
    step = {"before": before, "after": [{"reference": 40031, "value": 1}]}
    await asyncio.to_thread(site.plane.let_secrets_be_read)
    async with playing(DRIVE) as (machine, port), site.operator() as operator:

        async def wants(value: int) -> None:
            register = {"name": "pulse-width", "address": 0, "value": value, "write": step}
            await apply(site, "drive", port, registers=[register])

        await wants(60)

        async def held() -> bool:
            message = (await site.status("drive")).get("message", "")
            return "not written: write.before[0].valueFrom.secretKeyRef: " in message

        await until(held, "the status names the Secret that is missing")
        assert (machine.points["pulse-width"].get(), machine.points["password"].get()) == (5, 0)
        await asyncio.to_thread(site.plane.keep_secret, site.namespace, "drive", {"password": b"41234\n"})
        for value in (60, 80):
            await wants(value)
            await site.until_status("drive", inSync=True, registersInSync="1/1", currentValue=value)
            assert machine.points["pulse-width"].get() == value
        assert machine.points["save"].get() == 1
        told = f"{await site.get('drive')} {(await operator.get('/metrics')).text}"
        assert not re.search(r"(?<![0-9.])41234(?![0-9.])|0xa112", told, re.IGNORECASE)
