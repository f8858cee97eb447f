"""One operator at a time: who waits, who takes over and when, and who writes nothing."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import ACCOUNT, Reason, only_kubernetes
from . import wire_plc
from .conftest import Operator, Site, until
from .cut import wire
from .wire_plc import WirePlc

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.LEASE)]

LONG = ("--lease-duration-secs", "3600", "--lease-deadline-secs", "1800")
PATIENT = ("--lease-duration-secs", "60", "--lease-deadline-secs", "40", "--lease-retry-secs", "0.5")
"""Of one that outlasts a pause."""
SHORT = ("--lease-duration-secs", "9", "--lease-deadline-secs", "5", "--lease-retry-secs", "0.5")


async def leads(operator: Operator) -> bool:
    """Return whether an operator says that it holds its Lease."""
    return await operator.metric("fabgitops_leader") == 1


async def ended(operator: Operator) -> int:
    """Wait until an operator ends by itself, and return its exit code."""
    await until(lambda: operator.process.returncode is not None, "it ends")
    assert operator.process.returncode is not None
    return operator.process.returncode


async def test_a_second_operator_waits_and_takes_over_when_the_first_ends(site: Site) -> None:
    """The second is ready, names whom it waits for, polls nothing, and takes over at a clean end."""
    plc = WirePlc({4001: 2500})
    async with wire_plc.serving(plc) as port, site.operator(*LONG) as first:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        async with site.operator(*LONG, wait=False) as second:
            await second.listens()
            await until(lambda: "standing by: 1 resource(s) are known" in second.log, "it says that it stands by")
            holder = next(line["message"] for line in first.lines if "holding the Lease" in line["message"]).split()[-1]

            async def stands_by() -> bool:
                ready = await second.get("/readyz")
                return (ready.status_code, "standing by, waiting" in ready.text, holder in ready.text) == (
                    200,
                    True,
                    True,
                )

            await until(stands_by, "it is ready to take over")
            assert (await second.get("/healthz")).status_code == 200
            assert (await leads(first), await leads(second)) == (True, False)
            reads = plc.reads
            await until(lambda: plc.reads > reads + 2, "more polls")
            assert (plc.connections, plc.most_under_way) == (1, 1)
            assert await first.stop() == 0
            await until(lambda: "looking after" in second.log, "it takes over")
            assert await leads(second)
            plc.registers[4001] = 2311
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            assert await second.stop() == 0


async def test_a_holder_that_was_killed_is_waited_out(site: Site) -> None:
    """An operator that is gone without a word is followed when its Lease was not renewed for its duration."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator(*SHORT) as first:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        async with site.operator(*SHORT, wait=False) as second:
            await until(lambda: "waiting: " in second.log, "it waits")
            await first.stop(signal.SIGKILL)
            plc[4001] = 2311
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            assert "looking after" in second.log


async def test_a_holder_that_was_stopped_writes_nothing_when_it_goes_on(site: Site) -> None:
    """A paused process that wakes up after its Lease has passed sends no write, and ends with an exit code of 1."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator(*SHORT) as first:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        async with site.operator(*PATIENT, wait=False) as second:
            await until(lambda: "waiting: " in second.log, "it waits")
            first.process.send_signal(signal.SIGSTOP)
            await until(lambda: "looking after" in second.log, "it takes over")
            await until(lambda: plc.reads, "it polls")
            second.process.send_signal(signal.SIGSTOP)  # what is written from now on is the first one's
            plc[4001] = 2311
            writes = list(plc.writes)
            first.process.send_signal(signal.SIGCONT)
            assert await ended(first) == 1
            assert "was not renewed in time" in first.log
            assert (list(plc.writes), plc[4001]) == (writes, 2311)
            second.process.send_signal(signal.SIGCONT)
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            assert await second.stop() == 0


async def test_a_holder_that_is_cut_off_stops_before_another_begins(site: Site, tmp_path: Path) -> None:
    """An operator that cannot reach the API server writes nothing from the deadline on; back again, it ends."""
    plc = Device({4001: 2500})
    async with (
        wire(site.control.kubeconfig_for(ACCOUNT), tmp_path) as (between, over),
        serving(plc) as port,
        site.operator(*SHORT, kubeconfig=over) as first,
    ):
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        between.cut()

        async def held() -> bool:
            return not await leads(first)

        await until(held, "it stops writing")
        plc[4001] = 2311
        reads = plc.reads
        await until(lambda: plc.reads > reads + 2, "it goes on reading")
        assert plc[4001] == 2311
        ready = await first.get("/readyz")
        assert (ready.status_code, "another operator may take it" in ready.text) == (503, True)
        async with site.operator(*SHORT):
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            assert [(each.address, each.values) for each in plc.writes] == [(4001, (2500,))]
            between.mend()
            assert await ended(first) == 1


async def test_a_start_without_the_right_to_a_lease_ends(site: Site) -> None:
    """An account whose role is of an older version is told what to apply, with an exit code of 1."""
    kubeconfig = site.control.kubeconfig_for("system:serviceaccount:fabgitops-system:of-an-older-version")
    async with site.operator(kubeconfig=kubeconfig, wait=False) as operator:
        assert await ended(operator) == 1
        assert "leases.coordination.k8s.io" in operator.log
        assert "fabgitops-operator manifests | kubectl apply -f -" in operator.log
        assert "Traceback" not in operator.log


@pytest.mark.parametrize("outage", ["hold", "correct"])
async def test_an_api_server_that_is_away_for_longer(site: Site, outage: str) -> None:
    """Without an API server writes are held from the deadline on, or go on where that was chosen; then all goes on."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator(*SHORT, "--lease-outage", outage) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        await asyncio.to_thread(site.control.stop_apiserver)
        try:
            if outage == "hold":
                await until(lambda: "nothing is written from now on: " in operator.log, "the hold")
            else:
                stopped = asyncio.get_running_loop().time()
                await until(lambda: asyncio.get_running_loop().time() > stopped + 10, "longer than the duration")
            plc[4001] = 2311
            reads = plc.reads
            await until(lambda: plc.reads > reads + 4, "polls")
            assert bool(plc.writes) is (outage == "correct")
        finally:
            await asyncio.to_thread(site.control.start_apiserver)
        await site.until_status("mixer", inSync=True, driftEvents=1, correctionsApplied=1)
        assert operator.process.returncode is None
        assert [(each.address, each.values) for each in plc.writes] == [(4001, (2500,))]


async def test_one_that_stands_by_knows_what_happened_meanwhile(site: Site) -> None:
    """What was made, edited, deleted and counted while it stood by is known when it takes over, within a second."""
    plcs = {name: Device({4001: 2500}) for name in ("edited", "kept", "gone", "made")}
    async with AsyncExitStack() as stack:
        ports = {name: await stack.enter_async_context(serving(plc)) for name, plc in plcs.items()}
        first = await stack.enter_async_context(site.operator(*SHORT, "--settle-secs", "2"))
        for name in ("edited", "kept", "gone"):
            await site.apply(name, ports[name])
            await site.until_status(name, inSync=True)
        second = await stack.enter_async_context(site.operator(*SHORT, "--settle-secs", "2", wait=False))
        await second.listens()
        await until(lambda: "standing by: 3 " in second.log, "it stands by")
        plcs["kept"][4001] = 2311
        await site.until_status("kept", inSync=True, correctionsApplied=1)
        await site.apply("edited", ports["edited"], targetValue=2600)
        await site.apply("made", ports["made"], targetValue=2700)
        await site.delete("gone")
        await site.until_status("edited", inSync=True, currentValue=2600)
        await site.until_status("made", inSync=True, currentValue=2700)
        clock = asyncio.get_running_loop().time
        settled = clock()
        await until(lambda: clock() > settled + 2, "no change is younger than what has to settle")
        first.process.send_signal(signal.SIGSTOP)
        plcs["kept"][4001] = 2311
        stopped, reads = clock(), plcs["gone"].reads
        await until(lambda: "took over" in second.log, "it takes over")
        took = clock()
        await until(lambda: plcs["kept"][4001] == 2500, "a correction")
        print(f"took over after {took - stopped:.1f} s, corrected after {clock() - stopped:.1f} s")
        assert clock() - took < 1.5, "nothing is waited for that has stood for long"
        await site.until_status("kept", inSync=True, driftEvents=2, correctionsApplied=2)
        await site.until_status("edited", inSync=True, currentValue=2600)
        assert (plcs["gone"].reads, await second.metric("managed_plcs")) == (reads, 3)
        assert {name: plc[4001] for name, plc in plcs.items()} == {
            "edited": 2600,
            "kept": 2500,
            "gone": 2500,
            "made": 2700,
        }
