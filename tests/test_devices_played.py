"""The maps in examples/devices/, each applied to a running engine and played against mock-plc in the device's place."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import (
    INDUSTRIAL_PLC,
    IndustrialPLCSpec,
    IndustrialPLCStatus,
    RegisterStatus,
)
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.api.plc.resolving import resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import Words, hex_of
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.requests import Endpoint, ReadPlan
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .keeping import PATIENCE, until

FOLDER = Path(__file__).parent.parent / "examples" / "devices"
DEVICES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
MOCK_PLC = Path(sys.executable).with_name("mock-plc")
TIMEOUT = 5.0

each_device = pytest.mark.parametrize("device", DEVICES)


def spec(device: str, port: int = 502, *, corrected: bool = True) -> IndustrialPLCSpec:
    """Return what template and PLC of a file say together, for a port of this machine, and that drift is corrected."""
    template, plc = yaml.safe_load_all((FOLDER / f"{device}.yaml").read_text())
    here = {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1}
    declared = IndustrialPLCSpec.model_validate(plc["spec"] | here | ({"autoCorrect": True} if corrected else {}))
    return resolved(declared, IndustrialPLCTemplateSpec.model_validate(template["spec"])).spec


@dataclass(frozen=True, slots=True)
class Stand:
    """A register as the device file of mock-plc has it."""

    register: Register
    value: Any
    """What it holds at the start; NO_VALUE where it has none."""
    unit_id: int | None
    """Under which unit id it answers, or None for every."""
    moves: bool
    """Whether it changes by itself."""

    @property
    def start(self) -> Words:
        """Return the words that it holds at the start, where it is read."""
        return self.register.shown.encode(self.value)


NO_VALUE = "no value"


def stands(device: str) -> dict[str, Stand]:
    """Return the registers of a device file of mock-plc, by name."""
    content = yaml.safe_load((FOLDER / "mock" / f"{device}.yaml").read_text())
    units: dict[int | None, Any] = content.get("units") or {None: content}
    return {entry["name"]: _stand(entry, unit_id) for unit_id, unit in units.items() for entry in unit["registers"]}


def _stand(entry: dict[str, Any], unit_id: int | None) -> Stand:
    behaviours = set(entry.get("behaviours", {}))
    register = Register.model_validate({key: entry[key] for key in entry.keys() - {"behaviours", "group", "value"}})
    return Stand(register, entry.get("value", 0), unit_id, bool(behaviours - {"readOnly"}))


def beside(wanted: IndustrialPLCSpec) -> set[tuple[Table, int]]:
    """Return what a device has and a map need not show: powers of ten that it goes by, and what goes before writes."""
    found = {
        (each.place[0], each.place[1] + each.codec.exponent)
        for each in wanted.registers_wanted
        if each.codec.exponent is not None
    }
    steps = [step for each in wanted.registers_wanted for step in (each.write.before or ()) + (each.write.after or ())]
    return found | {step.place for step in steps}


def shown_by(status: RegisterStatus) -> bool:
    """Return whether all is known of a register: its value, that it has none, or that it is a command and was given."""
    return status.actual is not None or status.no_value is True or status.given is not None


@asynccontextmanager
async def mock_plc(device: str) -> AsyncIterator[int]:
    """Run mock-plc as a process of its own with the device's file, and return its port."""
    process = await asyncio.create_subprocess_exec(
        *(MOCK_PLC, "--device", FOLDER / "mock" / f"{device}.yaml", "--bind", "127.0.0.1", "--port", "0"),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        said = b""
        while not (found := re.search(rb"listening on 127\.0\.0\.1:(\d+)", said)):
            line = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
            assert line, f"mock-plc ended: {said.decode()}"
            said += line
        yield int(found[1])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def words_of(devices: ModbusDevices, wanted: IndustrialPLCSpec, register: Register) -> Words:
    """Return what a register holds, with its power of ten, read by itself and past the engine."""
    endpoint = Endpoint(wanted.device_address, wanted.port)
    read, codec = register.spans[-1], register.shown
    unit_id = wanted.unit_id if register.unit_id is None else register.unit_id
    share = devices.open(endpoint)
    try:
        plan = ReadPlan(endpoint, unit_id, read.start - codec.ahead, codec.span, read.table)
        return codec.of_span(await share.read(plan, timeout=TIMEOUT))
    finally:
        share.close()


@each_device
def test_the_stand_in_has_each_register_of_the_map(device: str) -> None:
    """The device file of mock-plc has each register at the same place, with the same type, order and scale."""
    wanted, there = spec(device), stands(device)
    others = {name for name, stand in there.items() if stand.register.place in beside(wanted)}
    assert {each.name for each in wanted.registers_wanted} == set(there) - others
    for register in wanted.registers_wanted:
        stand = there[register.name]
        assert register.place == stand.register.place, register.name
        for own, other in zip(register.spans, stand.register.spans, strict=True):
            assert (own.table, own.start) == (other.table, other.start), register.name
            assert replace(own.codec, names=()) == replace(other.codec, names=()), register.name
        unit_id = wanted.unit_id if register.unit_id is None else register.unit_id
        assert stand.unit_id in (None, unit_id), register.name


@each_device
async def test_a_map_is_read_corrected_and_proven(device: str) -> None:
    """Each register of a map is shown as the device holds it, the desired ones are put right, and no other changes."""
    key, host, there = Key(INDUSTRIAL_PLC.name, "default", device), FakeHost(), stands(device)
    async with mock_plc(device) as port:
        wanted, devices = spec(device, port), ModbusDevices()
        desired = [each for each in wanted.registers_wanted if each.encoded is not None and each.write.verify]
        engine = Engine(devices, host, FakeObserver())

        def status() -> IndustrialPLCStatus:
            found = host.status(key)
            return found if isinstance(found, IndustrialPLCStatus) else IndustrialPLCStatus()

        def settled() -> bool:
            shown = status().registers
            return len(shown) == len(wanted.registers_wanted) and all(
                shown_by(each) and each.error is None and each.in_sync is not False for each in shown
            )

        try:
            event: Declared[Any, Any] = Declared(datetime.now(UTC), 1, wanted, request=None)
            engine.declare(key, PlcController(settle_secs=0), event)
            await until(settled, status)
            shown = {each.name: each for each in status().registers}
            assert status().registers_in_sync == f"{len(desired)}/{len(desired)}"
            assert all(shown[each.name].in_sync for each in desired)
            for register in wanted.registers_wanted:
                stand, held = there[register.name], await words_of(devices, wanted, register)
                if register.encoded is None and stand.moves:
                    continue
                if stand.value == NO_VALUE:
                    assert shown[register.name].no_value, register.name
                    continue
                if not register.write.verify:
                    assert (shown[register.name].given, held) == (hex_of(held), register.encoded), register.name
                    continue
                if register.parts:
                    assert shown[register.name].actual == str(stand.value), register.name
                    continue
                expected = stand.start if register.value is None else register.shown.encode(register.value)
                assert register.shown.same(held, expected), register.name
                codec = replace(stand.register.shown, names=register.shown.names)
                assert shown[register.name].actual == codec.text(expected), register.name
            drifted = any(not each.holds(there[each.name].start) for each in desired)
            assert ("DriftDetected" in host.reasons(key)) == drifted
            assert (status().corrections_applied > 0) == drifted
        finally:
            await engine.stop(TIMEOUT)
            await devices.close()


@each_device
async def test_as_it_stands_a_map_is_only_looked_at(device: str) -> None:
    """A file that is applied as it is has each register read and shown, and none of the device's is changed."""
    key, host, there = Key(INDUSTRIAL_PLC.name, "default", device), FakeHost(), stands(device)
    async with mock_plc(device) as port:
        wanted, devices = spec(device, port, corrected=False), ModbusDevices()
        engine = Engine(devices, host, FakeObserver())

        def shown() -> dict[str, bool | None]:
            found = host.status(key)
            registers = found.registers if isinstance(found, IndustrialPLCStatus) else ()
            return {each.name: each.in_sync for each in registers if each.actual is not None or each.no_value}

        try:
            event: Declared[Any, Any] = Declared(datetime.now(UTC), 1, wanted, request=None)
            engine.declare(key, PlcController(settle_secs=0), event)
            readable = [each for each in wanted.registers_wanted if each.write.verify]
            await until(lambda: len(shown()) == len(readable), shown)
            for register in (each for each in wanted.registers_wanted if each.encoded is not None):
                start = there[register.name].start
                if register.write.verify:
                    assert shown()[register.name] is register.holds(start)
                assert register.shown.same(await words_of(devices, wanted, register), start), register.name
        finally:
            await engine.stop(TIMEOUT)
            await devices.close()
