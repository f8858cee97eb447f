"""A PLC that drifts while it suffers a fault, and an engine that keeps it: one play for each case."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.types import Words
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.plc.requests import TlsRef
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeObserver
from mock_plc.faults.model import Fault, Kind
from mock_plc.machine.machine import Machine
from mock_plc.memory import Value
from mock_plc.net.listen import listening
from mock_plc.net.transport import Transport
from mock_plc.spec.reading import parse

from .witness import Asked, Audience, Witness

TIMEOUT = 0.3
PATIENCE = 60.0
MANY = 10
"""How many hits of several faults at once are enough."""
KEY = Key(INDUSTRIAL_PLC.name, "default", "plc")


@dataclass(frozen=True)
class Scene:
    """A device file, the map that is wanted of it, and the values to which its registers drift.

    `edited` are values that are declared otherwise as the fault begins, by the name of the register.
    """

    device: str
    spec: Mapping[str, Any]
    drift: Mapping[str, Value]
    edited: Mapping[str, Value] = field(default_factory=dict)

    @property
    def after(self) -> dict[str, Any]:
        """Return the map that is wanted from then on."""
        registers = self.spec.get("registers", ())
        return {**self.spec, "registers": [each | self._edit(each["name"]) for each in registers]}

    def _edit(self, name: str) -> dict[str, Value]:
        return {"value": self.edited[name]} if name in self.edited else {}


SHORT = Scene(
    "registers: [{name: target, address: 4001, value: 2311}]",
    {"targetRegister": 4001, "targetValue": 2500},
    {"target": 1999},
)
MAP = Scene(
    """
registers:
- {name: speed, address: 100, type: float32, byteOrder: CDAB, value: 3.25}
- {name: heater, address: 102, type: bit, bit: 3, value: false}
- {name: fan, address: 102, type: bit, bit: 9, value: true}
- {name: pump, address: 103, type: bit, bit: 5, value: true}
- {name: level, address: 104, type: int16, scale: 0.1, value: -12.5}
- {name: valve, table: coil, address: 7, value: false}
- {name: power, table: input, address: 0, type: uint32, value: 70000}
""",
    {
        "registers": [
            {"name": "speed", "address": 100, "type": "float32", "byteOrder": "CDAB", "value": 21.7},
            {"name": "heater", "address": 102, "type": "bit", "bit": 3, "value": True},
            {"name": "pump", "address": 103, "type": "bit", "bit": 5, "value": False, "write": {"function": "mask"}},
            {"name": "level", "address": 104, "type": "int16", "scale": 0.1, "value": 4.5},
            {"name": "valve", "table": "coil", "address": 7, "value": True},
            {"name": "power", "table": "input", "address": 0, "type": "uint32"},
        ]
    },
    {"speed": 9.5, "heater": False, "pump": True, "level": 77.7, "valve": False},
)
BOUND = Scene(
    """
registers:
- {name: start, address: 110}
- {name: begin, address: 120, value: 1, group: block}
- {name: end, address: 121, type: int32, value: 2, group: block}
- {name: enable, address: 123, value: 3, group: block}
- {name: limit, address: 130, value: 100}
- {name: fan, address: 131, type: bit, bit: 4, value: false}
- {name: key, address: 140}
- {name: width, address: 141, value: 60, behaviours: {locked: {by: key, value: 1000, within: 5s}}}
- {name: save, address: 142}
- {name: mode, address: 150, readFrom: {table: input, address: 151}}
- {name: power, table: input, address: 0, type: uint32, value: 70000}
""",
    {
        "registers": [
            {"name": "start", "address": 110, "value": 3, "write": {"verify": False}},
            {"name": "begin", "address": 120, "value": 480, "group": "block"},
            {"name": "end", "address": 121, "type": "int32", "value": -70000, "group": "block"},
            {"name": "enable", "address": 123, "value": 1, "group": "block"},
            {"name": "limit", "address": 130, "value": 30, "write": {"repeatSecs": 1}},
            {"name": "fan", "address": 131, "type": "bit", "bit": 4, "value": True, "write": {"repeatSecs": 1}},
            {
                "name": "width",
                "address": 141,
                "value": 80,
                "write": {"before": [{"address": 140, "value": 1000}], "after": [{"address": 142, "value": 1}]},
            },
            {"name": "mode", "address": 150, "value": 2, "readFrom": {"table": "input", "address": 151}},
            {"name": "power", "table": "input", "address": 0, "type": "uint32"},
        ]
    },
    {"end": 5, "limit": 99, "fan": False, "width": 60, "mode": 1},
    {"start": 4},
)
"""What is given once, written whole or not at all, although it holds, only unlocked, or read elsewhere."""

IGNORING = replace(
    MAP, spec={**MAP.spec, "connection": {"timeoutSecs": TIMEOUT, "ignore": ["transactionId", "writeEcho"]}}
)
"""The same of a device over tcp that is known to copy neither the transaction id nor what was written."""

LOCKED = Scene(
    """
registers:
- name: width
  address: 200
  value: 5
  behaviours: {locked: {by: unlock, value: true, within: 5s}, saved: {by: save, value: 1}}
- {name: level, address: 201, value: 1}
- {name: password, address: 224}
- {name: save, address: 230}
- {name: unlock, table: coil, address: 3}
- {name: power, table: input, address: 0, type: uint32, value: 70000}
""",
    {
        "registers": [
            {
                "name": "width",
                "address": 200,
                "value": 60,
                "write": {
                    "before": [{"address": 224, "value": 1000}, {"table": "coil", "address": 3, "value": True}],
                    "after": [{"address": 230, "value": 1}],
                },
            },
            {"name": "level", "address": 201, "value": 7},
            {"name": "power", "table": "input", "address": 0, "type": "uint32"},
        ]
    },
    {"width": 9, "level": 3},
)
"""What is unlocked before it is written, and saved after it."""

SCENES = {"short": SHORT, "map": MAP, "bound": BOUND, "ignoring": IGNORING, "locked": LOCKED}


@dataclass(frozen=True)
class Case:
    """One fault or, joined by `+`, several at once, on one transport, for one map; `name` stands for many."""

    transport: Transport
    fault: str
    form: str
    seed: int = 0
    name: str = ""

    def __str__(self) -> str:
        return f"{self.transport}-{self.name or self.fault}-{self.form}"

    @property
    def scene(self) -> Scene:
        """What is played."""
        return SCENES[self.form]

    @property
    def faults(self) -> list[Fault]:
        """What the device suffers."""
        return [Fault.model_validate(line) for line in self.fault.split("+")]

    @property
    def restarts(self) -> bool:
        """Whether it takes a restart for the faults to be felt."""
        return any(fault.kind in {Kind.CONNECTION_LIMIT, Kind.SLOW_START} for fault in self.faults)

    @property
    def always(self) -> bool:
        """Whether no reading comes through."""
        return any(fault.p == 1 and fault.on != "write" for fault in self.faults)

    @property
    def enough(self) -> int:
        """How often it must strike: what is only written may be put right by the one write that was spoilt."""
        if len(self.faults) > 1:
            return MANY
        return 1 if self.faults[0].on == "write" or self.faults[0].kind is Kind.SLOW_START else 2

    @property
    def leaves_holes(self) -> bool:
        """Whether an address may be refused while others are not: the fault may also go in the middle of a pass.

        It is then left alone for minutes, or until somebody asks for a sync.
        """
        return any(each.kind is Kind.EXCEPTION and (each.p < 1 or each.on != "write") for each in self.faults)


@dataclass
class Play:
    """How a case went: `stuck` says what was waited for in vain; `open_circuits` how many were left in the end."""

    case: Case
    spec: IndustrialPLCSpec
    log: list[Asked]
    host: Audience
    edited: IndustrialPLCSpec
    stuck: str = ""
    hits: int = 0
    open_circuits: int = 0

    @property
    def desired(self) -> list[Register]:
        """The registers that must hold a value; a command need not."""
        return [each for each in self.spec.registers_wanted if each.encoded is not None and each.write.verify]

    def holds(self, truth: Mapping[str, Words]) -> bool:
        """Return whether each register holds what it must."""
        return all(each.holds(truth[each.name]) for each in self.desired)

    def has_repeated(self, since: int) -> bool:
        """Return whether each register that is to be repeated was written from then on, though it held its value."""
        due = [each for each in self.desired if each.write.repeat_secs is not None]
        writes = [asked for asked in self.log[since:] if asked.writes]
        return all(any(asked.touches(each) and each.holds(asked.before[each.name]) for asked in writes) for each in due)

    def readings(self, register: Register, until: int) -> Iterator[Words]:
        """Yield what a register truly held at the last reading that told it, and at those after it that may have."""
        seen = [each for each in self.log[:until] if not each.writes and each.touches(register) and each.told_right]
        last = max((at for at, each in enumerate(seen) if each.told_in_time), default=0)
        return (each.truth[register.name] for each in seen[last:])

    def shown(self, register: Register, until: int) -> Iterable[Words]:
        """Return all that a register truly held at any reading that told it."""
        seen = (each for each in self.log[:until] if not each.writes and each.touches(register) and each.told_right)
        return [each.truth[register.name] for each in seen]


async def play(case: Case, tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Play:
    """Let an engine keep a PLC, let it drift while it suffers the fault, and take the fault away again."""
    machine = Machine(parse(case.scene.device, "device"))
    witness = Witness(machine, transport=case.transport, seed=str(case.seed))

    async def certificates(_: TlsRef) -> ssl.SSLContext:
        return client_tls

    context = tls if case.transport is Transport.TLS else None
    async with listening(witness, tls=context) as port:
        connection = {"transport": case.transport.value, "timeoutSecs": TIMEOUT}
        where = {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1, "connection": connection}
        wanted = IndustrialPLCSpec.model_validate(where | dict(case.scene.spec))
        edited = IndustrialPLCSpec.model_validate(where | case.scene.after) if case.scene.edited else wanted
        host = Audience(witness.log)
        engine = Engine(ModbusDevices(tls=certificates), host, FakeObserver())
        played = Play(case, wanted, witness.log, host, edited)
        try:
            await _acts(played, engine, machine, witness)
        except TimeoutError:
            played.stuck = f"{played.stuck}: {host.last.model_dump_json(exclude={'conditions'})}"
        finally:
            played.open_circuits = len(engine.circuits.troubled())
            await engine.stop(TIMEOUT)
    return played


async def _acts(played: Play, engine: Engine, machine: Machine, witness: Witness) -> None:
    host, case = played.host, played.case

    def settled() -> bool:
        return bool(host.last.in_sync) and played.holds(witness.truth) and not engine.circuits.troubled()

    def struck() -> bool:
        if len(case.faults) > 1 and settled():
            _drift(machine, case.scene)
        return _hits(witness) >= case.enough

    _declare(played, engine)
    await _until(played, settled, "the device put right before there is a fault")
    began = len(host.told)
    witness.faults.add(*case.faults)
    if case.restarts:
        witness.restart()
    _drift(machine, case.scene)
    if played.edited is not played.spec:
        played.spec = played.edited
        _declare(played, engine)
    async with _wandering(machine):
        await _until(played, struck, "the fault to strike")
        if case.always:
            await _until(played, lambda: _unsure(host, began), "a status that says that the device is not in sync")
    played.hits = _hits(witness)
    witness.faults.clear()
    if case.leaves_holes:
        _declare(played, engine, SyncRequest("again", force=False))
    await _until(played, settled, "the device put right after the fault has gone")
    since = len(played.log)
    await _until(played, lambda: played.has_repeated(since), "what lapses written again after that")


def _drift(machine: Machine, scene: Scene) -> None:
    for name, value in scene.drift.items():
        machine.points[name].set(value)


@asynccontextmanager
async def _wandering(machine: Machine) -> AsyncIterator[None]:
    """Let what is only observed be another value at each moment: an answer that is believed too late shows."""

    async def wander() -> None:
        while True:
            for value in range(80000, 90000):
                machine.points["power"].set(value)
                await asyncio.sleep(0.05)

    task = asyncio.create_task(wander()) if "power" in machine.points else None
    try:
        yield
    finally:
        if task:
            task.cancel()


def _declare(played: Play, engine: Engine, request: SyncRequest | None = None) -> None:
    """Declare it with the status that it has by now: one that was lost would be made known again, and be old then."""
    stored = played.host.last if played.host.told else None
    generation = 2 if played.case.scene.edited and played.spec is played.edited else 1
    event: Declared[Any, Any] = Declared(datetime.now(UTC), generation, played.spec, request=request, status=stored)
    engine.declare(KEY, PlcController(settle_secs=0), event)


def _unsure(host: Audience, began: int) -> bool:
    return any(not status.in_sync for _, status in host.told[began:])


def _hits(witness: Witness) -> int:
    return sum(entry.hits for entry in witness.faults)


async def _until(played: Play, true: Callable[[], bool], what: str) -> None:
    """Wait until something is true; on TimeoutError `stuck` says what it was."""
    played.stuck = what
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.05)
    played.stuck = ""


async def play_all(
    cases: Iterable[Case], tls: ssl.SSLContext, client_tls: ssl.SSLContext, together: int
) -> dict[Case, Play]:
    """Play all cases, so many at a time, each with an engine and a device of its own."""
    room = asyncio.Semaphore(together)

    async def one(case: Case) -> Play:
        async with room:
            return await play(case, tls, client_tls)

    async with asyncio.TaskGroup() as group:
        tasks = {case: group.create_task(one(case)) for case in cases}
    return {case: task.result() for case, task in tasks.items()}


def selected(request: pytest.FixtureRequest) -> set[Case]:
    """Return the cases of a file that were selected."""
    here = [item for item in request.session.items if item.path == request.path and isinstance(item, pytest.Function)]
    cases = (item.callspec.params["case"] for item in here)
    return {each for each in cases if isinstance(each, Case)}


def played(request: pytest.FixtureRequest, cases: Sequence[Case]) -> dict[Case, Play]:
    """Play those of the cases that were selected, all at a time."""
    context = ssl.create_default_context()  # which no case asks for
    wanted = selected(request)
    return asyncio.run(play_all([each for each in cases if each in wanted], context, context, len(cases)))
