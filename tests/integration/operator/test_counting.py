"""Guards that count: how often a drift was seen, when a register was last written, and how often."""

import signal
import time
from itertools import pairwise

import pytest
from lightkube.core.exceptions import ApiError

from .conftest import Site, until
from .wire_plc import WRITE, Request, WirePlc, serving

pytestmark = pytest.mark.integration


async def test_a_drift_is_written_once_it_was_seen_often_enough(site: Site) -> None:
    """While a drift is confirmed nothing is written, and status, condition and metric say why; then it is corrected."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, pollIntervalSecs=2, correction={"confirmReads": 3})
        status = await site.until_status("mixer", phase="DriftDetected")
        assert await site.condition("mixer", "Correcting") == ("False", "ConfirmingDrift")
        assert "not written: seen " in status["message"]
        await until(
            lambda: operator.metric("fabgitops_held_corrections", reason="ConfirmingDrift"), "the metric says so"
        )
        assert plc.writes == []
        reads = plc.reads
        await site.until_status("mixer", inSync=True, correctionsApplied=1, driftEvents=1)
        assert plc.reads >= reads + 2
        assert await site.events("mixer") == {"DriftDetected": 1, "DriftCorrected": 1}


async def test_a_register_is_left_alone_after_a_write_also_by_the_next_operator(site: Site) -> None:
    """An operator that is killed and its successor together write a register no sooner than its cooldown says."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port:
        async with site.operator() as operator:
            await site.apply("mixer", port, correction={"cooldownSecs": 20})
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            first = time.monotonic()
            plc.registers[4001] = 2311
            await site.until_status("mixer", inSync=False, driftEvents=2)
            assert await site.condition("mixer", "Correcting") == ("False", "Cooldown")
            await operator.stop(signal.SIGKILL)
        async with site.operator():
            await site.until_status("mixer", inSync=True, correctionsApplied=2, driftEvents=2)
    assert time.monotonic() - first > 18
    assert len(plc.writes) == 2


async def test_a_fight_is_found_over_restarts_and_ended_by_a_sync(site: Site) -> None:
    """Two operators, one after the other, count a rival's writes together; others are refused with both forms."""
    plc = WirePlc({4001: 2311})

    async def undone(times: int) -> None:
        await site.until_status("mixer", correctionsApplied=times)
        plc.registers[4001] = 2311

    async def held(reason: str) -> bool:
        return await site.condition("mixer", "Correcting") == ("False", reason)

    fight = {"fight": {"corrections": 4, "withinSecs": 600}}
    async with serving(plc) as port:
        with pytest.raises(ApiError, match=r"maxCorrectionsPerHour is the short form of correction.fight"):
            await site.apply("mixer", port, correction=fight, maxCorrectionsPerHour=4)
        await site.apply("mixer", port, correction=fight)
        async with site.operator():
            for times in (1, 2):
                await undone(times)
        async with site.operator():
            for times in (3, 4):
                await undone(times)
            await site.until_ready("mixer", "False", "ContendedWriter")
            await until(lambda: held("ContendedWriter"), "it is left alone")
            assert len(plc.writes) == 4
            await site.sync("mixer", "t1")
            await site.until_status("mixer", inSync=True, correctionsApplied=5)


async def test_a_budget_of_writes_is_not_overdrawn_by_operators_that_are_killed(site: Site) -> None:
    """Operators that are killed one after the other write a register no more often than it may be written."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port:
        await site.apply("mixer", port, correction={"writeBudget": {"perHour": 3}})
        for times in (1, 2):
            async with site.operator() as operator:
                await site.until_status("mixer", correctionsApplied=times)
                plc.registers[4001] = 2311
                await operator.stop(signal.SIGKILL)
        async with site.operator():
            await site.until_status("mixer", correctionsApplied=3)
            plc.registers[4001] = 2311
            await site.until_ready("mixer", "False", "Held")
            assert await site.condition("mixer", "Correcting") == ("False", "WriteBudget")
            assert (await site.status("mixer"))["registers"][0]["writes"]["total"] == 3
            reads = plc.reads
            await until(lambda: plc.reads > reads + 2, "it is looked at")
    assert len(plc.writes) == 3


async def test_a_ramp_goes_on_after_a_kill_without_a_jump(site: Site) -> None:
    """A register goes to its value in steps that are apart, over an operator that is killed in the middle."""
    plc = WirePlc({40: 400})
    at: list[float] = []

    async def noted(request: Request, answer: bytes) -> bytes:
        if request.function == WRITE:
            at.append(time.monotonic())
        return answer

    plc.answer = noted
    ramp = {"maxStep": 5, "stepIntervalSecs": 3}
    oven = {"name": "oven", "address": 40, "scale": 0.1, "value": 60, "write": {"ramp": ramp}}
    async with serving(plc) as port:
        with pytest.raises(ApiError, match=r"write.ramp is for numbers that are read back"):
            await site.apply("oven", port, targetRegister=None, targetValue=None, registers=[{**oven, "type": "bool"}])
        await site.apply("oven", port, targetRegister=None, targetValue=None, registers=[oven])
        async with site.operator() as operator:
            await until(lambda: len(plc.writes) == 2, "it is on its way")
            assert await site.condition("oven", "Correcting") in {("True", "Correcting"), ("False", "Ramping")}
            await operator.stop(signal.SIGKILL)
        async with site.operator():
            await site.until_status("oven", inSync=True, driftEvents=1, correctionsApplied=1)
    values = [400, *(value for _, value in plc.writes)]
    assert values[-1] == 600
    assert all(after - before <= 50 for before, after in pairwise(values))
    assert all(later - earlier > 2.5 for earlier, later in pairwise(at))
    events = await site.events("oven")
    assert (events["DriftDetected"], events["DriftCorrected"]) == (1, 1)
