"""Faults of our own: one resource is struck, says so and is not written; nobody else notices."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.events import Contested, Declared, Due, Event, Faulted, Referenced
from fabgitops_core.control.neighbours import ALONE
from fabgitops_core.control.plc.events import ReadDone, WriteDone
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.engine import isolation
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost

from .conftest import MIXER, PRESS, Bench

POISON = "poison"
SPEED = {"name": "speed", "address": 10, "value": 5}


class Spoilt(PlcController):
    """A controller with a bug: what it is asked in `raises` raises for the resource that a test names."""

    def __init__(self) -> None:
        super().__init__(settle_secs=0)
        self.raises: dict[str, Callable[[Any], bool]] = {}

    def spoil(self, what: str, when: Callable[[Any], bool] = lambda _event: True) -> None:
        """Let a question raise; a step, where the event is such a one."""
        self.raises[what] = when

    def _maybe(self, what: str, event: Any = None) -> None:
        if what in self.raises and self.raises[what](event):
            raise RecursionError(POISON)

    def step(self, state: Any, event: Event) -> Any:
        """Tell it something."""
        self._maybe("step", event)
        return PlcController.step(state, event)

    def device(self, state: Any) -> Any:
        """Ask for the device."""
        self._maybe("device")
        return super().device(state)

    def claims(self, state: Any) -> Any:
        """Ask for claims."""
        self._maybe("claims")
        return super().claims(state)

    def reference(self, spec: Any) -> Any:
        """Ask for the reference."""
        self._maybe("reference")
        return super().reference(spec)

    def readings(self, state: Any) -> Any:
        """Ask for the numbers last read."""
        self._maybe("readings")
        return super().readings(state)

    def target(self, state: Any) -> Any:
        """Ask where it writes."""
        self._maybe("target")
        return super().target(state)

    def still_wanted(self, state: Any, change: Any, at: Any, outside: Any = ALONE) -> bool:
        """Ask whether a write is still wanted."""
        self._maybe("still_wanted")
        return PlcController.still_wanted(state, change, at, outside)


class SpoiltTemplate(TemplateController):
    """A template whose bug a test sets."""

    offers = True

    def offer(self, state: Any) -> Any:
        """Return the template, or raise."""
        if not self.offers:
            raise RecursionError(POISON)
        return super().offer(state)


def declare(bench: Bench, key: Key, controller: PlcController, generation: int, **changes: Any) -> None:
    """Declare a PLC that a spoilt controller decides for."""
    given = {"deviceAddress": "10.0.0.5", "pollIntervalSecs": 1, "targetRegister": 1, "targetValue": 7, **changes}
    if "templateRef" in changes:
        del given["targetRegister"], given["targetValue"]
    spec = IndustrialPLCSpec.model_validate(given)
    event: Declared[Any, Any] = Declared(bench.now(), generation, spec)
    bench.engine.declare(key, controller, event)


async def others_are_served(bench: Bench) -> None:
    """Check that another PLC at the same site is polled and corrected."""
    bench.plc[4001] = 1
    bench.declare(PRESS)
    await bench.until(lambda: bench.plc[4001] == 2500)


def struck(bench: Bench, key: Key = MIXER) -> bool:
    """Return whether the status says that a fault of our own has struck."""
    return bench.host.status(key) is not None and bench.status(key).conditions[0].reason == "InternalError"


@pytest.mark.parametrize("what", ["step", "device", "claims", "reference"])
async def test_a_declaration_that_raises_leaves_nothing_in_force(
    bench: Bench, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The old spec is not written on when the new one cannot be taken in; it is told once, and mended by the next."""
    controller = Spoilt()
    bench.plc[1] = 7
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    controller.spoil(what, lambda event: event is None or isinstance(event, Declared))
    declare(bench, MIXER, controller, 2, targetValue=8)
    assert struck(bench)
    assert f"RecursionError: {POISON}" in bench.status(MIXER).message
    assert (bench.status(MIXER).observed_generation, bench.status(MIXER).in_sync) == (2, None)
    bench.plc[1] = 999
    await others_are_served(bench)
    declare(bench, MIXER, controller, 2, targetValue=8)
    await bench.until(lambda: bench.observer.passes.count(PRESS) >= 3)
    assert (bench.plc[1], bench.plc.shares) == (999, 1)
    assert bench.observer.faults == [(MIXER, what)] * 2
    assert set(bench.host.reasons(MIXER)) == {"InternalError"}
    logged = [record for record in caplog.records if record.exc_info and "fault of our own" in record.getMessage()]
    assert [record.getMessage() for record in logged] == [f"{MIXER}: a fault of our own ({what})"]
    controller.raises.clear()
    declare(bench, MIXER, controller, 2, targetValue=8)
    await bench.until(lambda: bench.plc[1] == 8)
    await bench.until(lambda: bench.status(MIXER).in_sync is True)


async def test_a_resource_that_is_struck_at_first_says_so(bench: Bench) -> None:
    """One that raises when it is declared for the first time has a status that says so."""
    controller = Spoilt()
    controller.spoil("step", lambda event: isinstance(event, Declared))
    declare(bench, MIXER, controller, 3)
    assert struck(bench)
    assert bench.status(MIXER).observed_generation == 3
    await others_are_served(bench)


async def test_even_what_cannot_say_so_harms_nobody(bench: Bench) -> None:
    """A resource that raises whatever it is told is not written, and the others are served."""
    controller = Spoilt()
    declare(bench, MIXER, controller, 1)
    controller.spoil("step")
    declare(bench, MIXER, controller, 2)
    assert not any(change.address == 1 for change in bench.plc.writes)
    await others_are_served(bench)
    assert (MIXER, "telling") in bench.observer.faults
    bench.engine.remove(MIXER)
    assert bench.observer.gone == [MIXER]


async def test_what_a_controller_knows_is_dropped_where_it_cannot_say_so_with_it(bench: Bench) -> None:
    """Where what is known is at fault, the status still says that a fault has struck."""
    controller = Spoilt()
    declare(bench, MIXER, controller, 1)
    first = [Declared, Faulted]
    controller.spoil("step", lambda event: bool(first) and isinstance(event, first[0]) and bool(first.pop(0)))
    declare(bench, MIXER, controller, 2)
    assert struck(bench)


async def test_a_pass_of_which_nothing_can_be_told_leaves_nothing_in_force(bench: Bench) -> None:
    """Where a pass dies and what is known is at fault, the status keeps its registers, and the next declaration counts.

    Nothing of it says that the spec is not valid.
    """
    controller = Spoilt()
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    first = [Due, Faulted]
    controller.spoil("step", lambda event: bool(first) and isinstance(event, first[0]) and bool(first.pop(0)))
    await bench.until(lambda: struck(bench))
    assert bench.engine.is_struck(MIXER)
    assert (bench.status(MIXER).registers[0].raw, bench.status(MIXER).drift_events) == ("0x0007", 1)
    bench.plc[1] = 1
    declare(bench, MIXER, controller, 2)
    await bench.until(lambda: bench.plc[1] == 7)
    assert bench.status(MIXER).drift_events == 2


@pytest.mark.parametrize("where", ["intake", "reference"])
async def test_what_was_said_before_a_restart_outlives_a_fault_of_ours(bench: Bench, where: str) -> None:
    """A resource that is struck when it is first heard of keeps its stored status: no command is given once more."""
    reset = {"name": "reset", "address": 1, "value": 7, "write": {"verify": False}}
    given = {"deviceAddress": "10.0.0.5", "registers": [reset]}
    spec = IndustrialPLCSpec.model_validate(given)
    bench.declare_spec(MIXER, given)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    stored = bench.status(MIXER)
    bench.engine.remove(MIXER)
    controller = Spoilt()
    event: Declared[Any, Any] = Declared(bench.now(), 2, spec, status=stored)
    if where == "intake":
        bench.engine.unreadable(MIXER, controller, 2, ValueError("nonsense"), stored)
    else:
        controller.spoil(where)
        bench.engine.declare(MIXER, controller, event)
        controller.raises.clear()
    assert struck(bench)
    assert bench.status(MIXER).registers[0].given == "0x0007"
    passes = bench.observer.passes.count(MIXER)
    bench.engine.declare(MIXER, controller, event)
    await bench.until(lambda: bench.observer.passes.count(MIXER) > passes and bench.status(MIXER).in_sync is True)
    assert len(bench.plc.writes) == 1


@pytest.mark.parametrize("kind", [Due, ReadDone, WriteDone])
async def test_a_pass_that_dies_says_so_and_is_done_again(
    bench: Bench, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready is not True after a pass that died of a fault of our own; it backs off, and goes on once it goes well."""
    monkeypatch.setattr(isolation, "RETRY_SECS", 0.02)
    controller = Spoilt()
    bench.plc[1] = 7
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    bench.plc[1] = 1
    controller.spoil("step", lambda event: isinstance(event, kind))
    await bench.until(lambda: struck(bench))
    assert bench.status(MIXER).in_sync is None
    await others_are_served(bench)
    if kind is not WriteDone:  # else the register was written, and holds what it must
        await bench.until(lambda: len(bench.observer.faults) > 1)
    controller.raises.clear()
    await bench.until(lambda: bench.plc[1] == 7 and bench.status(MIXER).in_sync is True)
    assert bench.host.reasons(MIXER).count("InternalError") <= 2


async def test_passes_that_die_pause_longer_each_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause after a fault doubles up to an hour."""
    waits: list[float | None] = []
    controller = Spoilt()
    controller.spoil("step", lambda event: isinstance(event, ReadDone))
    monkeypatch.setattr(
        bench.engine._scheduler,
        "wake",
        lambda _key, after, **_: waits.append(after),
    )
    declare(bench, MIXER, controller, 1)
    for _ in range(9):
        await bench.engine._pass(MIXER)
    assert [wait for wait in waits if wait] == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


async def test_what_a_device_port_raises_is_a_fault_of_ours(bench: Bench) -> None:
    """An exception of the connection's own code that is no answer of a device is told on the resource."""
    bench.plc.read_errors = [ValueError("label too long")] * 3  # type: ignore[list-item]
    bench.declare(MIXER, target_register=1)
    await bench.until(lambda: struck(bench))
    assert "ValueError: label too long" in bench.status(MIXER).message
    assert bench.observer.faults == [(MIXER, "request")]
    bench.plc.read_errors.clear()
    await others_are_served(bench)


async def test_a_write_about_which_nothing_is_known_keeps_its_record(bench: Bench) -> None:
    """Where the code that sends a write raises, it may have been sent: the record stays until a reading proves it."""
    bench.plc[4001] = 1
    bench.plc.write_errors = [ValueError("bug")]  # type: ignore[list-item]
    bench.declare(MIXER)
    await bench.until(lambda: struck(bench))
    assert bench.status(MIXER).unverified_write == 2500


async def test_whether_a_write_is_still_wanted_is_no_when_that_raises(bench: Bench) -> None:
    """A write whose last question raises is not sent."""
    controller = Spoilt()
    controller.spoil("still_wanted")
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: struck(bench))
    assert bench.plc.writes == []


async def test_after_a_fault_a_pass_that_writes_nothing_comes_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass that follows one that died reads and does not write; the next one does."""
    monkeypatch.setattr(isolation, "RETRY_SECS", 0.02)
    controller = Spoilt()
    once = [True]
    controller.spoil("step", lambda event: isinstance(event, ReadDone) and bool(once) and once.pop())
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: "; not written: a fault of the operator's own" in str(bench.host.status(MIXER)))
    assert bench.plc.writes == []
    await bench.until(lambda: bench.plc[1] == 7)


async def test_readings_that_raise_leave_those_of_others(bench: Bench) -> None:
    """Whoever asks for all readings gets those of everybody else."""
    controller = Spoilt()
    bench.plc[1] = 7
    declare(bench, MIXER, controller, 1)
    bench.declare(PRESS)
    await bench.until(lambda: all(bench.host.status(key) and bench.status(key).in_sync for key in (MIXER, PRESS)))
    controller.spoil("readings")
    assert dict(bench.engine.readings()) == {MIXER: {}, PRESS: {"4001": 2500}}
    assert struck(bench)


async def test_a_contest_that_raises_is_told_on_whom_it_struck(bench: Bench) -> None:
    """One whose controller raises when it is told of a rival is struck, and the rival is not."""
    controller = Spoilt()
    bench.plc[1] = 7
    declare(bench, MIXER, controller, 1)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    controller.spoil("step", lambda event: isinstance(event, Contested))
    bench.declare(PRESS, target_register=1, target_value=9)
    assert struck(bench)
    await bench.until(lambda: bench.plc[1] == 9)  # of the one that is struck nothing is in force


async def test_a_template_that_raises_stops_its_users(bench: Bench) -> None:
    """Users of a template that a fault has struck are told, and not written by what it said before."""
    template, key = SpoiltTemplate(), Key("IndustrialPLCTemplate", "default", "drive")

    def declared(value: int) -> None:
        spec = IndustrialPLCTemplateSpec.model_validate({"registers": [{**SPEED, "value": value}]})
        event: Declared[Any, Any] = Declared(bench.now(), 1, spec)
        bench.engine.declare(key, template, event)

    declared(5)
    declare(bench, MIXER, PlcController(settle_secs=0), 1, templateRef={"name": "drive"})
    await bench.until(lambda: bench.plc[10] == 5)
    template.offers = False
    declared(6)
    await bench.until(lambda: "a fault of the operator's own" in bench.status(MIXER).message)
    bench.plc[10] = 999
    await others_are_served(bench)
    assert bench.plc[10] == 999
    template.offers = True
    declared(6)
    await bench.until(lambda: bench.plc[10] == 6)


async def test_news_of_a_template_that_raise_are_tried_with_the_next(bench: Bench) -> None:
    """A PLC that cannot take a change of its template says so, does not go by the old one, and takes the next."""
    controller = Spoilt()
    bench.declare_template("drive", registers=[SPEED])
    declare(bench, MIXER, controller, 1, templateRef={"name": "drive"})
    await bench.until(lambda: bench.plc[10] == 5)
    controller.spoil("step", lambda event: isinstance(event, Referenced))
    bench.declare_template("drive", registers=[{**SPEED, "value": 6}])
    await bench.until(lambda: struck(bench))
    bench.plc[10] = 999
    await others_are_served(bench)
    assert bench.plc[10] == 999
    controller.raises.clear()
    bench.declare_template("drive", registers=[{**SPEED, "value": 7}])
    await bench.until(lambda: bench.plc[10] == 7)


async def test_a_target_that_raises_holds_nobody(bench: Bench) -> None:
    """A user of a template that cannot say where it writes is struck, and told of the change all the same."""
    controller = Spoilt()
    bench.declare_template("drive", registers=[SPEED])
    declare(bench, MIXER, controller, 1, templateRef={"name": "drive"})
    await bench.until(lambda: bench.plc[10] == 5)
    controller.spoil("target")
    bench.declare_template("drive", registers=[{**SPEED, "value": 6}])
    assert struck(bench)
    await others_are_served(bench)


async def test_what_cannot_be_made_out_is_told_on_the_resource(bench: Bench) -> None:
    """A declaration that cannot be made out at all leaves nothing in force, until one can."""
    bench.declare(MIXER)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    bench.engine.unreadable(MIXER, PlcController(settle_secs=0), 2, ValueError("nonsense"))
    bench.engine.unreadable(PRESS, PlcController(settle_secs=0), 1, ValueError("nonsense"))
    assert struck(bench)
    assert struck(bench, PRESS)
    assert bench.observer.faults == [(MIXER, "intake"), (PRESS, "intake")]
    bench.plc[4001] = 1
    bench.declare(PRESS, target_register=4002, target_value=3)
    await bench.until(lambda: bench.plc[4002] == 3)
    assert bench.plc[4001] == 1


class Hostile:
    """A host's, device's or observer's port that raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        def raises(*_args: Any, **_named: Any) -> Any:
            raise RuntimeError(name)

        raises.__name__ = name
        return raises


async def test_an_observer_that_raises_changes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever listens and raises is logged once for each kind of news, and corrections go on."""
    devices = FakeDevices()
    engine = Engine(devices, FakeHost(), Hostile(), bench.now)
    bench.devices, bench.engine = devices, engine
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc[4001] == 2500)
    bench.plc[4001] = 1
    await bench.until(lambda: bench.plc[4001] == 2500)
    engine.remove(MIXER)
    assert len(engine) == 0
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == len(set(logged)) >= 4
    await engine.stop(1.0)


async def test_a_host_that_raises_ends_nothing(bench: Bench) -> None:
    """Where a status cannot be handed over the resource is not written, and the engine goes on."""
    engine = Engine(bench.devices, Hostile(), bench.observer, bench.now)
    event: Declared[Any, Any] = Declared(
        bench.now(),
        1,
        IndustrialPLCSpec.model_validate({"deviceAddress": "10.0.0.7", "targetRegister": 1, "targetValue": 7}),
    )
    engine.declare(MIXER, PlcController(settle_secs=0), event)
    for _ in range(100):
        await asyncio.sleep(0)
    assert bench.devices[Endpoint("10.0.0.7", 502)].writes == []
    assert (MIXER, "step") in bench.observer.faults
    await others_are_served(bench)
    await engine.stop(0)


async def test_devices_that_cannot_be_opened_or_closed_harm_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that raises when it is opened or given up strikes the resource that it belongs to."""
    bench.declare(MIXER)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    with monkeypatch.context() as patched:
        patched.setattr(bench.devices, "open", Hostile().open)
        bench.declare(MIXER, device_address="10.0.0.6")
    assert struck(bench)
    assert bench.plc.shares == 0
    await others_are_served(bench)
    with monkeypatch.context() as patched:
        patched.setattr("fabgitops_core.testing.devices.FakeDevice.close", Hostile().close)
        bench.declare(PRESS, device_address="10.0.0.6")
    assert struck(bench, PRESS)
