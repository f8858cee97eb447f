"""The main job on a real API server, under the real role, with PLCs on real sockets."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from mock_plc.device import Device
from mock_plc.server import serving

from .conftest import Site, until

pytestmark = pytest.mark.integration


async def fabctl(site: Site, *arguments: str) -> list[str]:
    """Run fabctl in the namespace, and return what it prints, line by line."""
    command = [str(Path(sys.executable).with_name("fabctl")), *arguments, "-n", site.namespace]
    way = {**os.environ, "KUBECONFIG": str(site.plane.kubeconfig)}
    process = await asyncio.create_subprocess_exec(*command, env=way, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().splitlines()


async def test_drift_is_found_corrected_proven_and_told(site: Site) -> None:
    """A PLC that drifts is corrected, and status, Events and metrics tell the same numbers."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, phase="Connected", currentValue=2500, driftEvents=0)
        assert await site.condition("mixer", "Ready") == ("True", "InSync")
        for number, value in enumerate((2311, 65535), start=1):
            plc[4001] = value
            await site.until_status("mixer", inSync=True, driftEvents=number, correctionsApplied=number)
            assert plc[4001] == 2500
        assert [write.values for write in plc.writes] == [(2500,), (2500,)]

        async def told() -> bool:
            return await site.events("mixer") == {"DriftDetected": 2, "DriftCorrected": 2}

        await until(told, "the Events")
        labels = {"plc_name": "mixer", "namespace": site.namespace}
        assert await operator.metric("drift_events_total", **labels) == 2
        assert await operator.metric("corrections_total", **labels) == 2
        await operator.until_metric(2500, "register_value", register="4001", **labels)
        await operator.until_metric(1, "plc_connection_status", **labels)
        assert await operator.metric("managed_plcs") == 1
        assert await operator.metric("reconciliation_duration_seconds_count") >= 3


async def test_a_changed_target_is_rolled_out(site: Site) -> None:
    """A new target value in the manifest is written and proven, and the status then speaks of that generation."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, observedGeneration=1)
        await site.apply("mixer", port, targetValue=3000)
        await site.until_status("mixer", inSync=True, observedGeneration=2, currentValue=3000)
        assert plc[4001] == 3000


async def test_a_suspended_plc_is_left_alone_until_resumed(site: Site) -> None:
    """A suspended resource is neither read nor written; after it is resumed its drift is corrected."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        await site.apply("mixer", port, suspend=True)
        await site.until_ready("mixer", "Unknown", "Suspended")
        reads, plc[4001] = plc.reads, 2311
        await site.sync("mixer", "t1", force=True)
        await site.until_status("mixer", lastHandledReconcileAt="t1")
        assert (plc.reads, plc[4001]) == (reads, 2311)
        await site.apply("mixer", port, suspend=False)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)


async def test_fabctl_suspends_and_resumes(site: Site) -> None:
    """Suspended by fabctl a device is neither read nor written, whatever is applied meanwhile, until it is resumed."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        suspended = await fabctl(site, "suspend", "mixer", "--reason", "belt is changed", "--yes")
        assert suspended[-1] == "mixer: suspended: belt is changed"
        reads, plc[4001] = plc.reads, 2311
        await site.sync("mixer", "t1", force=True)
        await site.until_status("mixer", lastHandledReconcileAt="t1")
        await site.apply("mixer", port, tags=["line-1"])
        await site.until_status("mixer", observedGeneration=2)
        assert await site.condition("mixer", "Ready") == ("Unknown", "Suspended")
        assert (plc.reads, plc[4001]) == (reads, 2311)
        assert (await fabctl(site, "resume", "mixer", "--yes"))[-1].startswith("mixer: resumed, ")
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert plc[4001] == 2500


async def test_fabctl_approves_what_waits(site: Site) -> None:
    """A new PLC only reports until it is adopted with what is shown; from then on each drift waits for its own yes."""
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port, adoption="Observe", correction={"approval": "Manual"})

        async def waits(guard: str) -> bool:
            status = await site.status("mixer")
            return bool(status.get("plan")) and [each["guard"] for each in status.get("held", [])] == [guard]

        await until(lambda: waits("adoption"), "it waits to be adopted")
        shown = await fabctl(site, "approve", "mixer", "--dry-run")
        assert "Adoption:     once approved, whatever differs from Git is corrected" in shown
        words = "target     holding 4001 uint16 unit 1     2311    2500   0x0907 → 0x09C4"
        assert [line.strip() for line in shown if "→" in line] == [words]
        assert plc.writes == []
        await fabctl(site, "approve", "mixer", "--yes")
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert (plc[4001], len(plc.writes)) == (2500, 1)
        assert (await fabctl(site, "approve", "mixer", "--yes"))[-1] == "mixer: nothing waits for approval"
        plc[4001] = 2311
        await until(lambda: waits("approval"), "the same drift once more waits for another yes")
        assert len(plc.writes) == 1
        await fabctl(site, "approve", "mixer", "--yes")
        await site.until_status("mixer", inSync=True, correctionsApplied=2)
        told = [line.split()[-5:] for line in await fabctl(site, "history", "mixer")]
        assert told[1:] == [["target", "2311", "2500", "2500", "Proven"]] * 2


async def test_deleting_leaves_the_device_alone(site: Site) -> None:
    """A deleted resource is gone at once, its device is not touched any more, and its series go."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        assert not (await site.get("mixer")).metadata.finalizers
        await site.delete("mixer")

        async def gone() -> bool:
            return await operator.metric("managed_plcs") == 0

        await until(gone, "the operator forgets it")
        reads, plc[4001] = plc.reads, 2311
        assert await operator.samples("register_value") == {}
        assert await operator.samples("drift_events_total") == {}
        await asyncio.sleep(1.5)  # longer than its interval: nothing must happen, and nothing tells when it has not
        assert (plc.reads, plc.writes) == (reads, [])


async def test_without_autocorrect_drift_is_only_told(site: Site) -> None:
    """With autoCorrect false a drift that stays is one event and no write; a forced sync corrects it once."""
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, autoCorrect=False)
        await site.until_ready("mixer", "False", "DriftDetected")
        reads = plc.reads
        await until(lambda: plc.reads >= reads + 3, "more polls")
        assert (await site.status("mixer"))["driftEvents"] == 1
        assert plc.writes == []
        said = " ".join(await fabctl(site, "describe", "mixer")).partition("Guards: what each says now:")[2]
        words = " ".join(said.split())
        assert words.startswith("GUARD SET TO NOW mode Warn holds 1 register since "), words
        assert "ModeWarn: the mode is Warn, so drift is only reported settling always not asked: held already" in words
        await site.sync("mixer", "look")
        await site.until_status("mixer", lastHandledReconcileAt="look", inSync=False)
        assert plc.writes == []
        await site.sync("mixer", "now", force=True)
        await site.until_status("mixer", lastHandledReconcileAt="now", inSync=True, correctionsApplied=1)
        plc[4001] = 2400
        await site.until_status("mixer", driftEvents=2, inSync=False)
        assert len(plc.writes) == 1
        assert await operator.metric("drift_events_total") == 2


async def test_a_sync_is_served_now(site: Site) -> None:
    """A sync on demand does not wait for the interval."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port, pollIntervalSecs=86400)
        await site.until_status("mixer", inSync=True)
        plc[4001] = 2311
        await site.sync("mixer", "t1")
        await site.until_status("mixer", lastHandledReconcileAt="t1", correctionsApplied=1, inSync=True)


async def test_nothing_is_asked_of_the_api_server_while_nothing_drifts(site: Site) -> None:
    """Polls that find no drift cost the API server nothing: the resource keeps its version."""
    plc = Device({4001: 2500})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        version = (await site.get("mixer")).metadata.resourceVersion
        writes, reads = await operator.metric("fabgitops_api_writes_total"), plc.reads
        await until(lambda: plc.reads >= reads + 4, "more polls")
        assert (await site.get("mixer")).metadata.resourceVersion == version
        assert await operator.metric("fabgitops_api_writes_total") == writes


async def test_counters_survive_a_restart(site: Site) -> None:
    """After a restart the counters go on, and the sum of what each process counted equals the status."""
    plc = Device({4001: 2311})
    async with serving(plc) as port:
        async with site.operator() as first:
            await site.apply("mixer", port)
            await site.until_status("mixer", correctionsApplied=1)
            counted = await first.metric("drift_events_total")
            assert await first.stop() == 0
        plc[4001] = 2400
        async with site.operator() as second:
            await site.until_status("mixer", driftEvents=2, correctionsApplied=2)
            assert counted + await second.metric("drift_events_total") == 2


async def test_sigterm_ends_it_cleanly(site: Site) -> None:
    """SIGTERM and Ctrl-C end the operator with exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        async with site.operator() as operator:
            assert await operator.stop(number) == 0
            assert operator.lines[-1]["message"] == "stopped"


async def test_a_stop_during_the_start_is_heard(site: Site) -> None:
    """A signal that comes before the operator has listed anything ends it with exit code 0 as well."""
    async with site.operator(wait=False) as operator:
        await until(lambda: "probes on port" in operator.log, "the first line")
        assert await operator.stop() == 0
        assert operator.lines[-1]["message"].startswith("stopped")  # whether it had listed by then or not


async def test_probes_tell_ready_and_alive(site: Site) -> None:
    """/healthz and /readyz answer 200 once everything is listed."""
    async with site.operator() as operator:
        assert (await operator.get("/healthz")).status_code == 200

        async def ready() -> bool:
            return (await operator.get("/readyz")).status_code == 200

        await until(ready, "it hears of changes")
        assert "fabgitops_build_info" in (await operator.get("/metrics")).text


async def test_the_log_level_is_honoured(site: Site) -> None:
    """At --log-level error a normal life is silent but for errors."""
    async with site.operator("--log-level", "error", wait=False) as operator:
        await until(lambda: operator.process.returncode is None, "a start")
        await site.apply("mixer", 1)
        await site.until_ready("mixer", "False", "ConnectionFailed")
        assert operator.lines == []
