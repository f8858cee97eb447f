"""Changes of set-points that go over PLCs in waves, from the manifest to the wire: on an API server, and on a box."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import yaml
from aiohttp import web
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_operator.cluster.install import manifests
from lightkube import AsyncClient, KubeConfig, codecs
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.types import PatchType

from ..planes import ACCOUNT, KUBERNETES, Reason, only_kubernetes
from .conftest import FIELD_MANAGER, IndustrialPLC, Operator, Site, until
from .wire_plc import WirePlc, serving

pytestmark = pytest.mark.integration

CustomResourceDefinition = create_global_resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"
)
SetpointRollout = create_namespaced_resource("fabgitops.io", "v1", "SetpointRollout", "setpointrollouts")
NAMES = ("fan-1", "fan-2", "fan-3")
SPEED = 4001


async def install(site: Site) -> None:
    """Install what rollouts need on Kubernetes, as it is shipped, and wait until they are served."""
    for body in yaml.safe_load_all(manifests(with_setpoint_rollouts=True)):
        await site.client.apply(codecs.from_dict(body), field_manager=FIELD_MANAGER, force=True)

    async def served() -> bool:
        try:
            _ = [each async for each in site.client.list(SetpointRollout, namespace=site.namespace)]
        except ApiError:
            return False
        return True

    await until(served, "rollouts are served")


class Fleet:
    """Three PLCs on the wire, each of which a resource wants to hold a speed."""

    def __init__(self, site: Site, plcs: dict[str, WirePlc], ports: dict[str, int]) -> None:
        self.site, self.plcs, self.ports = site, plcs, ports
        self.flags = ("--setpoint-rollouts",) if site.plane.name == KUBERNETES else ()

    async def want(self, speed: int, *names: str) -> None:
        """Let Git want a speed of all, or of these."""
        for name in names or NAMES:
            metadata = {"name": name, "namespace": self.site.namespace, "labels": {"line": "a"}}
            given = {"deviceAddress": "127.0.0.1", "port": self.ports[name], "targetRegister": SPEED}
            spec = {**given, "targetValue": speed, "pollIntervalSecs": 1}
            body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
            await self.site.put(IndustrialPLC, body)

    async def roll(self, **spec: Any) -> None:
        """Declare a rollout over all of them, one first."""
        waves = [{"count": 1, "bakeSeconds": 1}, {"percent": 100, "bakeSeconds": 1}]
        given = {"selector": {"matchLabels": {"line": "a"}}, "order": list(NAMES), "waves": waves, **spec}
        metadata = {"name": "speed", "namespace": self.site.namespace}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "SetpointRollout", "metadata": metadata, "spec": given}
        await self.site.put(SetpointRollout, body)

    async def status(self) -> dict[str, Any]:
        """Return how the rollout stands."""
        found = await self.site.client.get(SetpointRollout, "speed", namespace=self.site.namespace)
        return dict(found.get("status") or {})

    async def until_phase(self, phase: str, **also: Any) -> dict[str, Any]:
        """Wait until the rollout stands so."""

        async def there() -> dict[str, Any]:
            status = await self.status()
            return status if {"phase": phase, **also}.items() <= status.items() else {}

        try:
            return dict(await until(there, f"{phase} {also}"))
        except AssertionError:
            print(await self.status())
            raise

    async def until_led(self) -> None:
        """Wait until all are known to hold what they may."""

        async def there() -> bool:
            members = dict((await self.status()).get("members", {}))
            return bool(members.get("released") == len(NAMES))

        await until(there, "all are led")

    @property
    def speeds(self) -> list[int]:
        """Return what each holds."""
        return [self.plcs[name].registers[SPEED] for name in NAMES]

    @property
    def writes(self) -> list[int]:
        """Return how often each was written."""
        return [len(self.plcs[name].writes) for name in NAMES]


@pytest.fixture
async def fleet(site: Site) -> AsyncIterator[Fleet]:
    """Return three PLCs that hold what is wanted, and have what rollouts need installed."""
    if site.plane.name == KUBERNETES:
        await install(site)
    async with AsyncExitStack() as stack:
        plcs = {name: WirePlc({SPEED: 2500}) for name in NAMES}
        ports = {name: await stack.enter_async_context(serving(plc)) for name, plc in plcs.items()}
        fleet = Fleet(site, plcs, ports)
        await fleet.want(2500)
        yield fleet
        async for each in site.client.list(SetpointRollout, namespace=site.namespace):
            await site.client.delete(SetpointRollout, each["metadata"]["name"], namespace=site.namespace)


@only_kubernetes(Reason.MISTAKES)
async def test_a_mistake_in_a_rollout_lets_nobody_go(fleet: Fleet) -> None:
    """A rollout that is broken in the commit that changes its PLCs goes on holding them, also after a restart."""
    broken = {"freeze": [{"schedule": "0 0 * * *", "duration": "1h", "timeZone": "Nowhere/City"}]}

    async def are_held(wants: str) -> bool:
        found = [await fleet.site.status(name) for name in NAMES]
        told = [each for status in found for each in status["conditions"] if each["type"] == "Released"]
        return [each["reason"] for each in told if wants in each["message"]] == ["HeldByRollout"] * 3

    async with fleet.site.operator(*fleet.flags):
        await fleet.roll()
        await fleet.until_led()
        await fleet.roll(**broken)
        await fleet.want(2600)
        await until(lambda: are_held("2600"), "all are held")
        assert fleet.speeds == [2500] * 3
    await fleet.want(2700)
    async with fleet.site.operator(*fleet.flags):
        await until(lambda: are_held("2700"), "all are held")
        assert (fleet.speeds, fleet.writes) == ([2500] * 3, [0] * 3)
        await fleet.roll()
        await fleet.until_phase("Done")
        assert fleet.speeds == [2700] * 3


async def test_a_change_goes_over_them_in_waves(fleet: Fleet) -> None:
    """An edit of all is written to the first alone; promoted it goes on to the others, and each was written once.

    What lets a PLC go is an annotation: no spec is another than Git's, and the generation is that of its last edit.
    """
    first = {"count": 1, "bakeSeconds": 1, "pause": {}}
    async with fleet.site.operator(*fleet.flags):
        await fleet.roll(waves=[first, {"percent": 100, "bakeSeconds": 1}])
        await fleet.until_led()
        await fleet.want(2600)
        status = await fleet.until_phase("Paused")
        assert fleet.speeds == [2600, 2500, 2500]
        held = await fleet.site.status("fan-2")
        (released,) = [each["message"] for each in held["conditions"] if each["type"] == "Released"]
        assert (held["inSync"], "2600" in released, "wave 2 of 2" in released) == (True, True, True), released
        assert await fleet.site.condition("fan-2", "Released") == ("False", "HeldByRollout")
        assert await fleet.site.condition("fan-2", "Ready") == ("True", "InSync")
        promote = {"metadata": {"annotations": {"rollout.fabgitops.io/promote": f"{status['revision']}/1"}}}
        await fleet.site.client.patch(
            SetpointRollout, "speed", promote, namespace=fleet.site.namespace, patch_type=PatchType.MERGE
        )
        await fleet.until_phase("Done")
        assert (fleet.speeds, fleet.writes) == ([2600] * 3, [1] * 3)
        for name in NAMES:
            plc = await fleet.site.get(name)
            assert plc["metadata"]["annotations"][PERMIT].count("/") == 2
            assert (plc["metadata"]["generation"], plc["spec"]["targetValue"]) == (2, 2600)


async def test_metrics_tell_how_far_it_is(fleet: Fleet) -> None:
    """Prometheus is told the phase, the wave, and how many PLCs stand how; and which are held, and by what."""
    first = {"count": 1, "bakeSeconds": 1, "pause": {}}
    whose = {"namespace": fleet.site.namespace, "rollout": "speed"}
    async with fleet.site.operator(*fleet.flags) as operator:
        await fleet.roll(waves=[first, {"percent": 100, "bakeSeconds": 1}])
        await fleet.until_led()
        await fleet.want(2600)
        await fleet.until_phase("Paused")

        async def shown() -> bool:
            members = {
                state: await operator.metric("fabgitops_setpoint_members", state=state, **whose)
                for state in ("total", "released", "proven", "held", "failed")
            }
            return members == {"total": 3, "released": 1, "proven": 1, "held": 2, "failed": 0}

        await until(shown, "the PLCs are counted")
        await operator.until_metric(1, "fabgitops_setpoint_rollout_phase", phase="Paused", **whose)
        await operator.until_metric(0, "fabgitops_setpoint_rollout_ready", reason="Paused", **whose)
        await operator.until_metric(1, "fabgitops_setpoint_wave", **whose)
        assert await operator.metric("fabgitops_setpoint_decisions_total", rule="WaveProven") == 1
        held = {"namespace": fleet.site.namespace, "reason": "HeldByRollout"}
        await operator.until_metric(2, "fabgitops_unreleased_plcs", **held)
        await fleet.site.client.delete(SetpointRollout, "speed", namespace=fleet.site.namespace)
        gone = {"namespace": fleet.site.namespace, "reason": "RolloutGone"}

        async def left() -> bool:
            return await operator.metric("fabgitops_unreleased_plcs", **gone) == 2

        await until(left, "nobody leads them any more")
        assert "fabgitops_setpoint_rollout_phase{" not in (await operator.get("/metrics")).text


async def test_it_goes_on_after_the_operator_was_killed(fleet: Fleet) -> None:
    """Killed in the middle, it goes on where it stood: nothing is written twice, and nothing before it is known."""
    first = {"count": 1, "bakeSeconds": 1, "pause": {"durationSeconds": 5}}
    async with fleet.site.operator(*fleet.flags):
        await fleet.roll(waves=[first, {"percent": 100, "bakeSeconds": 1}])
        await fleet.until_led()
        await fleet.want(2600)
        await fleet.until_phase("Paused")
    assert fleet.speeds == [2600, 2500, 2500]
    async with fleet.site.operator(*fleet.flags):
        await fleet.until_phase("Done")
        assert (fleet.speeds, fleet.writes) == ([2600] * 3, [1] * 3)


@asynccontextmanager
async def sink(answers: list[int], told: list[Any]) -> AsyncIterator[str]:
    """Yield where events are posted to: they are kept where the last of the answers is a success."""

    async def take(request: web.Request) -> web.Response:
        if answers[-1] < 300:
            told.append(await request.json())
        return web.Response(status=answers[-1])

    app = web.Application()
    app.add_routes([web.post("/", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_what_a_sink_missed_is_told_by_the_next_operator(fleet: Fleet) -> None:
    """What happened while the sink was away waits in the status, and another operator tells it, in order, once each."""
    first = {"count": 1, "bakeSeconds": 1, "pause": {"durationSeconds": 5}}
    answers, told = [503], list[Any]()
    async with sink(answers, told) as url:
        flags = (*fleet.flags, "--bus", url, "--bus-source", "plant-7")
        async with fleet.site.operator(*flags):
            await fleet.roll(waves=[first, {"percent": 100, "bakeSeconds": 1}])
            await fleet.until_led()
            await fleet.want(2600)
            await fleet.until_phase("Paused")
            waiting = [each["id"] for each in (await fleet.status())["outbox"]]
        assert (len(waiting), told) == (2, [])
        answers.append(204)
        async with fleet.site.operator(*flags):
            await fleet.until_phase("Done", outbox=[])
    assert [each["type"].removeprefix("dev.cdevents") for each in told] == [
        ".pipelinerun.started.0.3.0",
        "x.fabgitops-rollout.waiting.0.1.0",
        "x.fabgitops-rollout.progressed.0.1.0",
        ".environment.modified.0.3.0",
        ".pipelinerun.finished.0.3.0",
    ]
    assert [each["id"] for each in told[:2]] == waiting
    for each in told:
        assert each["source"] == each["data"]["context"]["source"]
        assert each["source"].startswith("plant-7/resources/SetpointRollout/")


async def readiness(operator: Operator) -> str:
    """Return what /readyz says."""
    return (await operator.get("/readyz")).text


@only_kubernetes(Reason.DEFINITIONS)
async def test_nothing_is_written_while_it_is_not_known_who_leads(fleet: Fleet) -> None:
    """Without the definition of rollouts no PLC is written, and says why; when it is there all is as it should be."""
    definition = "setpointrollouts.fabgitops.io"
    await fleet.site.client.delete(CustomResourceDefinition, definition)
    try:
        fleet.plcs["fan-1"].registers[SPEED] = 1
        async with fleet.site.operator(*fleet.flags) as operator:

            async def told() -> bool:
                message = str((await fleet.site.status("fan-1")).get("message", ""))
                ready = await readiness(operator)
                return "not written: setpointrollouts" in message and "setpointrollouts" in ready

            await until(told, "the PLC says what it waits for, and so does the operator")
            assert fleet.plcs["fan-1"].registers[SPEED] == 1
            await install(fleet.site)
            await until(lambda: fleet.plcs["fan-1"].registers[SPEED] == 2500, "it is corrected")
            assert "Traceback" not in operator.log
    finally:
        await install(fleet.site)


@only_kubernetes(Reason.RIGHTS)
async def test_the_operator_may_change_a_permit_and_nothing_else(fleet: Fleet) -> None:
    """With the rights that rollouts need the operator's account changes no spec, no label, and no other annotation."""
    client = AsyncClient(config=KubeConfig.from_file(fleet.site.control.kubeconfig_for(ACCOUNT)))
    for patch in (
        {"spec": {"targetValue": 1}},
        {"metadata": {"annotations": {"fabgitops.io/suspend": "x"}}},
        {"metadata": {"labels": {"line": "b"}}},
    ):
        with pytest.raises(ApiError) as refused:
            await client.patch(
                IndustrialPLC, "fan-1", patch, namespace=fleet.site.namespace, patch_type=PatchType.MERGE
            )
        assert refused.value.status.code in {403, 422}
    permit = {"metadata": {"annotations": {PERMIT: "u/1/abc"}}}
    await client.patch(IndustrialPLC, "fan-1", permit, namespace=fleet.site.namespace, patch_type=PatchType.MERGE)
    await client.close()
