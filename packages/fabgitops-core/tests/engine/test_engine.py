"""The engine with PLCs in memory: what reaches the device, and what the host is told."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.events import ReadFailed
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.device_errors import NoReply, Refused, Unreachable
from fabgitops_core.engine.ports import Stored

from .conftest import MIXER, PRESS, Bench

PLC = PlcController(settle_secs=0)
SPEC = {
    "deviceAddress": "10.0.0.5",
    "targetRegister": 4001,
    "targetValue": 2500,
    "pollIntervalSecs": 1,
    "timeoutSecs": 1,
}


async def test_a_drift_is_corrected_and_proven(bench: Bench) -> None:
    """A PLC that holds something else is written once, read back, and reported as corrected."""
    bench.plc[4001] = 2311
    bench.declare(MIXER)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert bench.plc[4001] == 2500
    assert [change.values for change in bench.plc.writes] == [(2500,)]
    assert bench.host.reasons(MIXER) == ["DriftDetected", "DriftCorrected"]
    assert bench.host.waited == [MIXER]


async def test_nothing_is_written_or_published_while_in_sync(bench: Bench) -> None:
    """A PLC in sync is read again and again, and neither written nor reported on."""
    bench.declare(MIXER)
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    published = len(bench.host.published)
    await bench.until(lambda: bench.plc.reads >= 3)
    assert bench.plc.writes == []
    assert len(bench.host.published) == published


async def test_a_write_with_no_answer_is_not_repeated(bench: Bench) -> None:
    """A write that was not answered but done is read back and counted, and not sent a second time."""
    bench.plc[4001] = 2311
    bench.plc.write_errors = [NoReply("no reply")]
    bench.declare(MIXER)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert len(bench.plc.writes) == 1


async def test_removing_stops_everything(bench: Bench) -> None:
    """A resource that is removed during a reading is not written, not reported on, and gives up its connection."""
    bench.plc[4001] = 2311
    bench.plc.hold_reads = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    published = len(bench.host.published)
    bench.engine.remove(MIXER)
    bench.plc.hold_reads.set()
    await bench.until(lambda: bool(bench.observer.passes))
    assert bench.plc.writes == []
    assert len(bench.host.published) == published
    assert bench.plc.shares == 0
    assert bench.observer.gone == [MIXER]
    assert len(bench.engine) == 0


async def test_suspending_before_the_write_is_sent_stops_it(bench: Bench) -> None:
    """A resource suspended while its write waits for its turn is not written."""
    bench.plc[4001] = 2311
    bench.plc.hold_writes = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.declare(MIXER, suspend=True)
    bench.plc.hold_writes.set()
    await bench.until(lambda: bool(bench.observer.passes))
    assert bench.status(MIXER).message.startswith("suspended")
    assert bench.plc.writes == []


async def test_a_silent_plc_delays_no_other(bench: Bench) -> None:
    """While one PLC does not answer, another is read on time."""
    bench.plc.hold_reads = asyncio.Event()
    bench.devices[Endpoint("10.0.0.6", 502)][4001] = 2500
    bench.declare(MIXER)
    bench.declare(PRESS, device_address="10.0.0.6")
    await bench.until(lambda: bool(bench.status(PRESS).in_sync))
    assert bench.status(MIXER).in_sync is None


async def test_the_circuit_is_one_per_device(bench: Bench) -> None:
    """Two resources on one dead device share its circuit: after three failures neither asks it."""
    bench.plc.read_errors = [Unreachable("10.0.0.5:502 refused the connection")] * 20
    bench.declare(MIXER)
    bench.declare(PRESS, target_register=4002)
    await bench.until(lambda: len(bench.engine.circuits.troubled()) == 1 and bench.plc.reads >= 3)
    (breaker,) = bench.engine.circuits.troubled().values()
    await bench.until(lambda: bench.observer.passes.count(MIXER) >= 2 and bench.observer.passes.count(PRESS) >= 2)
    assert breaker.failures == 3
    assert bench.plc.reads == 3
    assert bench.status(PRESS).last_error == bench.status(MIXER).last_error


async def test_an_exception_reply_does_not_open_the_circuit(bench: Bench) -> None:
    """A device that answers with exceptions is there: its neighbours' readings go on."""
    bench.plc.read_errors = [Refused("exception 02", 2)] * 5
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.reads >= 4)
    assert not bench.engine.circuits.troubled()


async def test_a_sync_overtakes_the_interval(bench: Bench) -> None:
    """A sync on demand is served now although the next poll is far away."""
    bench.declare(MIXER, poll_interval_secs=3600)
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    bench.declare(MIXER, poll_interval_secs=3600, request=SyncRequest("t1", force=False), same=True)
    await bench.until(lambda: bench.status(MIXER).last_handled_reconcile_at == "t1")


async def test_stopping_finishes_the_write_in_hand(bench: Bench) -> None:
    """A write that was sent when the engine stops is read back and counted before it ends."""
    bench.plc[4001] = 2311
    bench.declare(MIXER)
    await bench.until(lambda: bool(bench.plc.writes))
    await bench.engine.stop(5.0)
    assert bench.status(MIXER).corrections_applied == 1


async def test_stopping_starts_no_write(bench: Bench) -> None:
    """A write that waits for its turn when the engine stops is not sent, and leaves no record behind."""
    bench.plc[4001] = 2311
    bench.plc.hold_writes = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    stopping = asyncio.create_task(bench.engine.stop(5.0))
    await asyncio.sleep(0)
    bench.plc.hold_writes.set()
    await stopping
    assert bench.plc.writes == []
    assert bench.status(MIXER).unverified_write is None


@pytest.mark.parametrize("code", [0x05, 0x0B])
async def test_a_refusal_that_may_have_been_carried_out_is_read_back(bench: Bench, code: int) -> None:
    """After an exception that leaves open whether a write was done, it is read back, not redone."""
    bench.plc[4001] = 2311
    bench.plc.write_errors = [Refused("exception", code)]
    bench.declare(MIXER)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert len(bench.plc.writes) == 1


async def test_a_map_is_corrected_without_the_place_where_records_are_kept(bench: Bench) -> None:
    """While the host is away a pass waits for the record of its writes once, however many they are."""
    bench.host.answer = Stored.AWAY
    registers = [{"name": f"r{at}", "address": at, "value": 5} for at in range(15)]
    bench.declare_spec(MIXER, {"deviceAddress": "10.0.0.5", "registers": registers})
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 15)
    assert bench.host.waited == [MIXER]


async def test_a_correction_whose_record_is_refused_is_not_written(bench: Bench) -> None:
    """While the record of a correction is refused nothing is written, the status says why, and it tries again later."""
    bench.plc[4001] = 2311
    bench.host.answer = Stored.REFUSED
    bench.declare(MIXER)
    await bench.until(lambda: bool(bench.observer.passes))
    for _ in range(100):
        await asyncio.sleep(0)
    assert (bench.plc.writes, bench.observer.passes, bench.host.waited) == ([], [MIXER], [MIXER])
    assert "refused the record" in bench.status(MIXER).message
    assert bench.status(MIXER).unverified_write is None
    assert bench.host.reasons(MIXER) == ["DriftDetected", "CorrectionFailed"]
    assert not bench.engine.circuits.troubled()
    bench.host.answer = Stored.YES
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert bench.status(MIXER).drift_events == 1


async def test_a_control_plane_that_is_away_stops_no_correction(bench: Bench) -> None:
    """A write whose record could not be stored because the control plane is away goes out all the same."""
    bench.plc[4001] = 2311
    bench.host.answer = Stored.AWAY
    bench.declare(MIXER)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)


async def test_what_an_old_pass_finds_is_not_told_of_a_new_resource(bench: Bench) -> None:
    """A reading that ends after its resource was deleted and made anew is told to nobody."""
    hold = bench.plc.hold_reads = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.engine.remove(MIXER)
    bench.plc.hold_reads = None
    bench.plc[4002] = 2500
    bench.declare(MIXER, target_register=4002, poll_interval_secs=3600)
    await bench.until(lambda: bench.observer.passes == [MIXER])
    assert bench.status(MIXER).in_sync
    told = len(bench.observer.events)
    hold.set()
    await bench.until(lambda: bench.observer.passes == [MIXER, MIXER])
    assert bench.observer.events[told:] == []


@pytest.mark.parametrize("found", [{"phase": "Failed", "message": "a lie"}, None], ids=["overwritten", "removed"])
async def test_a_status_that_somebody_changed_is_made_known_again(bench: Bench, found: dict[str, Any] | None) -> None:
    """A resource whose stored status is not what was said of it is told again; one that has it is not."""
    bench.declare(MIXER)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    said, count = bench.status(MIXER), len(bench.host.published)
    stored = json.loads(said.model_dump_json(by_alias=True))
    for status, more in ((stored, 0), (found, 1), (stored, 1)):
        body = {"metadata": {"generation": 1}, "spec": {**SPEC}, "status": status}
        bench.engine.declare(MIXER, PLC, declared(PLC.kind, body, bench.now()))
        assert len(bench.host.published) == count + more
    assert bench.status(MIXER) == said


async def test_a_status_is_not_put_right_where_another_looks_after_it(bench: Bench) -> None:
    """What somebody else writes into the status of an object that is theirs stays, also when they have gone."""
    bench.declare(MIXER)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    body = {"metadata": {"generation": 1}, "spec": {**SPEC}, "status": {"phase": "Failed", "message": "theirs"}}
    for rival in ("another", ""):
        count = len(bench.host.published)
        event = replace(declared(PLC.kind, body, bench.now()), rival=rival)
        bench.engine.declare(MIXER, PLC, event)
        assert len(bench.host.published) == count


async def test_a_share_given_up_is_no_failure_of_its_device(bench: Bench) -> None:
    """A resource that names another device while its reading waits fails nobody: the pass begins again there."""
    hold = bench.plc.hold_reads = asyncio.Event()
    bench.devices[Endpoint("10.0.0.6", 502)][4001] = 2500
    bench.declare(PRESS)
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 2)
    bench.declare(MIXER, device_address="10.0.0.6")
    hold.set()
    await bench.until(lambda: bool(bench.status(PRESS).in_sync and bench.status(MIXER).in_sync))
    assert not any(isinstance(event, ReadFailed) for _key, event in bench.observer.events)
    assert "ConnectionFailed" not in bench.host.reasons(MIXER)
    assert not bench.engine.circuits.troubled()


async def test_the_breaker_of_a_device_goes_with_who_names_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that no resource names any more has no breaker, nor gets one from a request that fails afterwards."""
    hold = asyncio.Event()

    async def read(*_args: Any, **_named: Any) -> Any:
        waiting.append(True)
        if len(waiting) > 1:
            await hold.wait()
        raise Unreachable("10.0.0.5:502 refused the connection")

    waiting: list[bool] = []
    monkeypatch.setattr("fabgitops_core.testing.devices.FakeDevice.read", read)
    bench.declare(MIXER, poll_interval_secs=3600)
    await bench.engine._pass(MIXER)
    assert len(bench.engine.circuits.troubled()) == 1
    late = asyncio.create_task(bench.engine._pass(MIXER))
    await bench.until(lambda: len(waiting) > 1)
    bench.engine.remove(MIXER)
    assert not bench.engine.circuits.troubled()
    hold.set()
    await late
    assert not bench.engine.circuits.troubled()


async def test_a_status_that_is_on_its_way_is_not_put_right(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is older than what was said while that is on its way; only afterwards somebody overwrote it."""
    bench.declare(MIXER)
    await bench.until(lambda: bench.host.status(MIXER) is not None and bench.status(MIXER).in_sync is True)
    published = len(bench.host.published)
    with monkeypatch.context() as patched:
        patched.setattr(bench.host, "pending", lambda _key: True)
        bench.declare(MIXER, same=True)
        assert len(bench.host.published) == published
    bench.declare(MIXER, same=True)
    assert len(bench.host.published) == published + 1
