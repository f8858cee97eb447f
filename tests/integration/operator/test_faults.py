"""What goes wrong on a factory floor, and what the operator makes of it: it never believes a wrong value."""

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import Reason, only_kubernetes
from . import wire_plc
from .conftest import Site, until
from .wire_plc import READ, WRITE, Request, WirePlc

pytestmark = pytest.mark.integration


async def test_killed_between_write_and_read_back(site: Site) -> None:
    """An operator that dies after the write was done counts it once, when its successor has read it back."""
    plc = WirePlc({4001: 2311})
    async with wire_plc.serving(plc) as port:
        async with site.operator() as first:

            async def kill(request: Request, answer: bytes) -> bytes | None:
                if request.function != WRITE:
                    return answer
                await first.stop(signal.SIGKILL)
                return None

            plc.answer = kill
            await site.apply("mixer", port)
            await until(lambda: first.process.returncode is not None, "the kill")
        left = await site.status("mixer")
        assert (left["unverifiedWrite"], left["correctionsApplied"], left["driftEvents"]) == (2500, 0, 1)
        plc.answer = wire_plc.proper
        async with site.operator() as second:
            status = await site.until_status("mixer", inSync=True, correctionsApplied=1, driftEvents=1)
            assert "unverifiedWrite" not in status
            assert plc.writes == [(4001, 2500)]
            assert await second.metric("corrections_total") == 1

            async def told() -> bool:
                events = await site.events("mixer")
                return events.get("DriftCorrected") == 1

            await until(told, "the Event")


@only_kubernetes(Reason.AWAY)
async def test_the_api_server_away_for_20_seconds(site: Site) -> None:
    """While the API server is away drift is still corrected; when it is back, status and Events tell of it."""
    plc, lease = Device({4001: 2500}), ("--lease-duration-secs", "60", "--lease-deadline-secs", "40")
    async with serving(plc) as port, site.operator(*lease) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        stopped = asyncio.get_running_loop().time()
        await asyncio.to_thread(site.control.stop_apiserver)
        try:
            plc[4001] = 2311
            await until(lambda: plc[4001] == 2500, "a correction")
            await until(lambda: asyncio.get_running_loop().time() > stopped + 20, "20 seconds")
            assert operator.process.returncode is None
            assert (await operator.get("/healthz")).status_code == 200
        finally:
            await asyncio.to_thread(site.control.start_apiserver)
        await site.until_status("mixer", inSync=True, driftEvents=1, correctionsApplied=1)

        async def told() -> bool:
            return await site.events("mixer") == {"DriftDetected": 1, "DriftCorrected": 1}

        await until(told, "the Events")
        assert await operator.metric("fabgitops_api_writes_total", resource="status", result="unreachable") >= 1
        await site.apply("mixer", port, targetValue=3000)
        await site.until_status("mixer", inSync=True, currentValue=3000)


async def test_a_silent_plc_delays_no_other(site: Site) -> None:
    """A PLC that accepts and never answers is Failed, opens its circuit, and leaves the others their pace."""

    async def silence(_request: Request, _answer: bytes) -> bytes | None:
        return None

    silent, healthy = WirePlc({4001: 2500}, silence), Device({4001: 2311})
    async with wire_plc.serving(silent) as silent_port, serving(healthy) as port, site.operator() as operator:
        await site.apply("silent", silent_port)
        await site.apply("mixer", port)
        await site.until_status("mixer", correctionsApplied=1)
        await site.until_ready("silent", "False", "ConnectionFailed")
        status = await site.status("silent")
        assert "did not answer" in status["lastError"]
        assert "inSync" not in status
        labels = {"endpoint": f"127.0.0.1:{silent_port}", "transport": "tcp", "unit_id": "1"}

        async def opened() -> bool:
            return await operator.metric("fabgitops_breaker_state", state="open", **labels) == 1

        await until(opened, "the circuit opens")
        reads = healthy.reads
        await until(lambda: healthy.reads >= reads + 3, "the healthy one is polled")
        assert silent.writes == []
        silent.answer = wire_plc.proper
        await site.sync("silent", "now", force=True)
        await site.until_status("silent", inSync=True, lastHandledReconcileAt="now")


async def test_a_refused_connection_and_its_return(site: Site) -> None:
    """A PLC that is off is announced once, and once that it is back."""
    async with serving(Device({4001: 2500})) as port:
        pass
    async with site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "ConnectionFailed")
        assert "refused the connection" in (await site.status("mixer"))["lastError"]
        assert await operator.metric("plc_connection_status", plc_name="mixer") == 0
        await until(lambda: "ConnectionFailed" in operator.log, "the log line")
        async with serving(Device({4001: 2500}), port=port):
            await site.until_status("mixer", inSync=True)

            async def told() -> bool:
                return await site.events("mixer") == {"ConnectionFailed": 1, "ConnectionRestored": 1}

            await until(told, "the Events")


async def test_an_exception_reply_stalls(site: Site) -> None:
    """A register that the PLC does not have is told with the exception's name, and is nothing to wait for."""
    async with serving(Device({1: 0})) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "DeviceException")
        assert await site.condition("mixer", "Stalled") == ("True", "DeviceException")
        assert "illegal data address" in (await site.status("mixer"))["lastError"]


@pytest.mark.parametrize(
    ("offset", "fault"),
    [(1, "transaction"), (7, "function")],
)
async def test_a_wrong_reply_is_never_believed(site: Site, offset: int, fault: str) -> None:
    """A reply under another transaction id or function code is an error: nothing is known, nothing is written."""

    async def spoil(_request: Request, answer: bytes) -> bytes | None:
        return answer[:offset] + bytes([answer[offset] ^ 1]) + answer[offset + 1 :]

    plc = WirePlc({4001: 2311}, spoil)
    async with wire_plc.serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "ConnectionFailed")
        assert fault in (await site.status("mixer"))["lastError"]
        assert plc.writes == []
        plc.answer = wire_plc.proper
        await site.until_status("mixer", inSync=True, correctionsApplied=1)


async def test_a_device_that_does_not_keep_what_is_written(site: Site) -> None:
    """A write that the device drops is not counted, and is not repeated in a hurry."""

    async def forget(request: Request, answer: bytes) -> bytes | None:
        if request.function == WRITE:
            plc.registers[4001] = 2311
        return answer

    plc = WirePlc({4001: 2311}, forget)
    async with wire_plc.serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "VerificationFailed")
        assert (await site.status("mixer"))["correctionsApplied"] == 0
        await until(lambda: len(plc.writes) >= 2, "the second try")
        assert plc.reads < 12


async def test_deleted_mid_poll(site: Site) -> None:
    """A resource that is deleted while its PLC is being read is not written by what the reading shows."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold(_request: Request, answer: bytes) -> bytes | None:
        asked.set()
        await go.wait()
        return answer

    plc = WirePlc({4001: 2311}, hold)
    async with wire_plc.serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, pollIntervalSecs=60, timeoutSecs=30)
        await asked.wait()
        await site.delete("mixer")

        async def gone() -> bool:
            return await operator.metric("managed_plcs") == 0

        await until(gone, "the operator forgets it")
        go.set()

        async def passed() -> bool:
            return await operator.metric("reconciliation_duration_seconds_count") >= 1  # a watch may tell of it twice

        await until(passed, "the pass ends")
        assert plc.writes == []


async def test_two_resources_share_one_connection(site: Site) -> None:
    """Two resources on one PLC use one connection, with one request on it at a time."""
    plc = WirePlc({4001: 2311, 4002: 70})
    async with wire_plc.serving(plc) as port, site.operator():
        await site.apply("speed", port)
        await site.apply("heat", port, targetRegister=4002, targetValue=80)
        await site.until_status("speed", correctionsApplied=1)
        await site.until_status("heat", correctionsApplied=1)
        reads = plc.reads
        await until(lambda: plc.reads >= reads + 6, "more polls")
        assert (plc.connections, plc.most_under_way) == (1, 1)
        assert plc.registers == {4001: 2500, 4002: 80}


async def test_two_hundred_plcs_at_once(site: Site) -> None:
    """Two hundred PLCs that drift at once are all corrected, and cost the API server nothing afterwards."""
    plcs = [Device({4001: 2500}) for _ in range(200)]
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(serving(plc)) for plc in plcs]
        # All at once: by default the fleet brake would ask somebody first.
        operator = await stack.enter_async_context(site.operator("--brake-percent", "0"))
        for number, port in enumerate(ports):
            await site.apply(f"plc-{number}", port, pollIntervalSecs=2)

        async def connected() -> bool:
            return await operator.metric("plc_connection_status") == 200

        await until(connected, "all connected")
        for plc in plcs:
            plc[4001] = 2311

        async def corrected() -> bool:
            return await operator.metric("corrections_total") == 200

        await until(corrected, "all corrected")
        assert all(len(plc.writes) == 1 and plc[4001] == 2500 for plc in plcs)
        await site.until_status("plc-199", inSync=True, correctionsApplied=1)

        async def settled() -> bool:
            before = await operator.metric("fabgitops_api_writes_total")
            reads = [plc.reads for plc in plcs]
            await until(lambda: all(plc.reads > read for plc, read in zip(plcs, reads, strict=True)), "a round")
            return await operator.metric("fabgitops_api_writes_total") == before

        await until(settled, "a round without a write to the API")


async def test_readings_are_spaced_while_nothing_happens(site: Site) -> None:
    """A healthy PLC is asked one reading a poll, and nothing else."""
    functions: list[int] = []

    async def note(request: Request, answer: bytes) -> bytes | None:
        functions.append(request.function)
        return answer

    plc = WirePlc({4001: 2500}, note)
    async with wire_plc.serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await until(lambda: len(functions) >= 4, "some polls")
        assert set(functions) == {READ}
        assert await operator.metric("reconciliation_duration_seconds_count") <= len(functions)


async def test_sigterm_finishes_the_write_in_hand(site: Site) -> None:
    """An operator told to stop while its write is with the PLC reads it back and reports it before it leaves.

    To be told twice changes nothing.
    """
    sent, go = asyncio.Event(), asyncio.Event()

    async def hold(request: Request, answer: bytes) -> bytes | None:
        if request.function == WRITE:
            sent.set()
            await go.wait()
        return answer

    plc = WirePlc({4001: 2311}, hold)
    async with wire_plc.serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, pollIntervalSecs=60, timeoutSecs=30)
        await sent.wait()
        stopping = asyncio.create_task(operator.stop())
        await until(lambda: "finishing 1 correction" in operator.log, "the stop")
        operator.process.send_signal(signal.SIGTERM)
        assert (await operator.get("/healthz")).status_code == 200  # it has heard the second one by now
        go.set()
        assert await stopping == 0
        assert "ERROR" not in {line["level"] for line in operator.lines}
        assert "Traceback" not in operator.log
        status = await site.status("mixer")
        assert (status["correctionsApplied"], status["inSync"]) == (1, True)
