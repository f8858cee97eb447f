"""A change of thirty presses that fails, is taken back and comes again, and one that is killed wherever it can be."""

import asyncio
import signal
from itertools import groupby
from typing import Any

import pytest

from ..planes import KUBERNETES
from .conftest import Operator, Site, until
from .pressing import NEW, Presses, pressing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ALWAYS = {"schedule": "* * * * *", "duration": "2h"}
NOW = ("--lease-duration-secs", "4", "--lease-deadline-secs", "3", "--lease-retry-secs", "0.5")
"""Who takes over from an operator that was killed does not wait for long."""


async def test_thirty_presses(site: Site) -> None:
    """A wave that does not hold goes back, last first, each press to what it held; then all but one get it.

    The change is an edit of their template. One press is set back by hand, again and again. Retried, a freeze window
    keeps it until it ends, a press that is away keeps the last wave, and aborted all of it goes back once more.
    """
    waves = [{"count": 2, "bakeSeconds": 1}, {"percent": 30, "bakeSeconds": 6}, {"percent": 100, "bakeSeconds": 1}]
    async with pressing(site, 30) as presses, site.operator(*presses.flags):
        await presses.roll(waves=waves, maxParallel=1)
        await presses.until_all_are_led()
        assert presses.writes == []
        async with presses.meddling("press-09"):
            await presses.want(NEW)
            failed = await presses.until_phase("Aborted")
        check_the_failure(presses, failed)
        assert await presses.read() == presses.before()
        await tried_again(presses, failed, waves)


def check_the_failure(presses: Presses, status: dict[str, Any]) -> None:
    """Check that the first nine had it in their order, and were given back what they held in the other."""
    nine = presses.names[:9]
    assert (status["givenUp"], status["wave"]) == ("Failed", 2)
    assert "press-09: " in status["cause"], "corrected again and again, or set back before it was read back"
    assert presses.released == nine
    others = [name for name in presses.given_back if name != "press-09"]  # it may hold that already
    assert others == [name for name in reversed(nine) if name != "press-09"]
    last = {each.name: each.value for each in presses.writes if each.name != "press-09"}
    assert last == presses.before(*last)
    assert (status["members"]["restored"], status["members"]["held"]) == (9, 30)
    rules = [each["rule"] for each in status["decisions"]]
    assert rules[-2:] == ["Failed", "Rejected"]


async def tried_again(presses: Presses, failed: dict[str, Any], waves: list[Any]) -> None:
    """Try it once more: in a freeze window, with a press that is away, and give it up by hand."""
    presses.writes.clear()
    await presses.roll(waves=waves, maxParallel=10, freeze=[ALWAYS])
    away, others = "press-30", presses.names[:29]
    await presses.switch_off(away)
    await presses.say("retry", f"{failed['revision']}/{failed['round']}")
    frozen = await presses.until_phase("Planning", "Releasing", round=failed["round"])
    await until_reason(presses, "Frozen")
    assert "inside the freeze window" in (await presses.status())["message"], frozen
    assert presses.writes == []
    await presses.roll(waves=waves, maxParallel=10)
    await until(lambda: len(presses.released) == 29, "all that are there are released")
    assert await presses.read(*others) == presses.after(*others)
    waits = await presses.until_phase("Releasing", wave=3, releasedText="29/30")
    await until_it_waits_for(presses, away)
    await presses.say("abort", waits["revision"])
    given_up = await presses.until_phase("Aborted")
    assert (given_up["givenUp"], given_up["members"]["restored"]) == ("Aborted", 29)
    assert await presses.read(*others) == presses.before(*others)
    assert sorted(presses.given_back) == others, "each was written its own once"
    first_two = set(presses.given_back[-12:])
    assert set(others[:2]) <= first_two, "those that had it first are among the last"
    await presses.switch_on(away)
    assert await presses.read(away) == presses.before(away)


async def until_it_waits_for(presses: Presses, name: str) -> None:
    """Wait until the wave waits for one press alone: the last that was released is waited for until it is proven."""

    async def alone() -> bool:
        return [each["name"] for each in (await presses.status()).get("waitingFor", [])] == [name]

    await until(alone, f"it waits for {name} alone")


async def until_reason(presses: Presses, reason: str) -> None:
    """Wait until the rollout is Ready or not for a reason."""

    async def there() -> bool:
        conditions = (await presses.status()).get("conditions", [])
        return any(each["type"] == "Ready" and each["reason"] == reason for each in conditions)

    await until(there, reason)


async def test_killed_in_each_stage(site: Site) -> None:
    """Killed while it plans, releases, bakes, waits, puts back and is done, it goes on: nothing is written twice."""
    waves = [{"count": 3, "bakeSeconds": 2, "pause": {}}, {"percent": 100, "bakeSeconds": 5}]
    async with pressing(site, 6) as presses:
        flags = (*presses.flags, *(NOW if site.plane.name == KUBERNETES else ()))
        stages: list[str] = []

        async def stage(name: str, came: Any) -> None:
            """Run an operator until something has come, and kill it there."""
            async with site.operator(*flags) as operator:
                await came()
                await kill(operator)
            stages.append(name)

        await presses.roll(waves=waves, maxParallel=1)
        async with site.operator(*flags, "--settle-secs", "5") as operator:
            await presses.until_all_are_led()
            await presses.want(NEW)
            await presses.until_phase("Planning")
            await kill(operator)
        await stage("releasing", lambda: until(lambda: len(presses.writes) >= 1, "the first is written"))
        await stage("baking", lambda: presses.until_phase("Baking"))
        await stage("paused", lambda: presses.until_phase("Paused"))
        assert [tuple(each) for each in presses.writes] == list(presses.after(*presses.names[:3]).items())
        await presses.say("promote", f"{(await presses.status())['revision']}/1")
        await stage("releasing on", lambda: until(lambda: len(presses.released) >= 5, "the fifth is written"))
        async with presses.meddling("press-05"):
            await stage("restoring", lambda: until(lambda: len(presses.given_back) >= 1, "the first is put back"))
        async with site.operator(*flags):
            status = await presses.until_phase("Aborted")
        assert [each["rule"] for each in status["decisions"]].count("Failed") == 1, stages
        assert await presses.read() == presses.before()
        check_once(presses)


def check_once(presses: Presses) -> None:
    """Check that each but the one that was meddled with was written the change once, and its own once, last first."""
    calm = [name for name in presses.names if name != "press-05"]
    for name in calm:
        assert [each.value for each in presses.writes if each.name == name] == [
            *presses.after(name).values(),
            *presses.before(name).values(),
        ]
    back = [name for name, _ in groupby(presses.given_back) if name != "press-05"]
    assert back == list(reversed(calm))


async def kill(operator: Operator) -> None:
    """Kill an operator as a power cut does."""
    await operator.stop(signal.SIGKILL)
    await asyncio.sleep(0)
