"""The soak: a plant, two operators, and an adversary; no wrong write, no drift lost or counted twice, and no leak."""

import asyncio
import random
import time
from collections.abc import Mapping

import pytest

from ...planes import Reason, only_kubernetes
from ..conftest import IndustrialPLC, Operator, Site, until
from .adversary import Adversary, Operators
from .machine import Machine
from .witness import Witness

MINUTES, PLCS = 1.5, 60
"""Of the short form."""

WATCHED = {
    "memory": "process_resident_memory_bytes",
    "descriptors": "process_open_fds",
    "tasks": "fabgitops_tasks",
}
Sample = Mapping[str, float]


def asked(request: pytest.FixtureRequest, name: str, usual: float) -> float:
    """Return an option of `./dev soak`, or what is usual."""
    given = request.config.getoption(name, default=None)
    return usual if given is None else given


@pytest.mark.integration
@pytest.mark.timeout(7200)
@only_kubernetes(Reason.LEASE)
async def test_soak(site: Site, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> None:
    """After minutes of faults each PLC holds what it must, was written nothing else, and each episode counts once."""
    seed = int(asked(request, "seed", time.time_ns() % 100_000))
    secs = 60 * asked(request, "minutes", MINUTES)
    machines = [Machine(f"plc-{number}", 2500) for number in range(int(asked(request, "plcs", PLCS)))]

    def say(*lines: str) -> None:
        with capfd.disabled():
            print(*lines, sep="\n")

    say(f"\nsoak: {len(machines)} PLCs for {secs:g} s, --seed {seed}")
    operators, witness = Operators(site), Witness(site)
    try:
        adversary = Adversary(site, machines, operators, seed, secs)
        await begin(site, machines, operators)
        async with witness.watching():
            async with adversary.at_work(kills=True):
                await asyncio.sleep(secs / 3)
            leader = await operators.leader()
            await all_right(site, machines)
            before = await sample(leader)
            async with adversary.at_work(kills=False):
                await asyncio.sleep(2 * secs / 3)
            lost, doubled = await all_right(site, machines)
        after = await sample(leader)
        wrong = [each for machine in machines for each in machine.wrong]
        found = {"wrong writes": wrong, "lost drifts": lost, "counted twice": doubled, "went back": witness.wrong}
        say(*report(adversary.did, found, before, after), f"{witness.statuses:>14} statuses were watched")
        assert leader.process.returncode is None
        assert (found, operators.faults) == ({what: [] for what in found}, [])
        assert after["memory"] < 1.15 * before["memory"] + 8 * 2**20
        assert after["descriptors"] <= before["descriptors"] + 8
        assert after["tasks"] <= before["tasks"] + 8
    finally:
        await operators.end()
        for machine in machines:
            await machine.off()


async def begin(site: Site, machines: list[Machine], operators: Operators) -> None:
    """Declare all, and wait until all is in sync."""
    await operators.fill_up()
    at_once = asyncio.Semaphore(16)

    async def declared(machine: Machine) -> None:
        async with at_once:
            await machine.on()
            await site.apply(machine.name, machine.port, targetValue=machine.target, pollIntervalSecs=5)

    await asyncio.gather(*map(declared, machines))
    await all_right(site, machines)


async def all_right(site: Site, machines: list[Machine]) -> tuple[list[str], list[str]]:
    """Wait until each is right and counted, and return what is not: drifts that were lost, or counted twice."""
    found: tuple[list[str], list[str]] = ([], [])

    async def right() -> bool:
        nonlocal found
        statuses = {
            each["metadata"]["name"]: each.get("status") or {}
            async for each in site.client.list(IndustrialPLC, namespace=site.namespace)
        }
        found = judged(machines, statuses)
        return found == ([], [])

    try:
        await until(right, "all is right", 300)
        await asyncio.sleep(random.uniform(10, 12))  # noqa: S311 - two polls later still
        await right()
    except AssertionError:
        return found
    return found


def judged(machines: list[Machine], statuses: Mapping[str, Mapping[str, object]]) -> tuple[list[str], list[str]]:
    """Return which drifts are not put right or not told of, and which are told of twice."""
    lost, doubled = [], []
    for machine in machines:
        status = statuses.get(machine.name, {})
        counts = [status.get("driftEvents", 0), status.get("correctionsApplied", 0)]
        told = f"{machine.name}: {counts} of {machine.episodes}, in sync: {status.get('inSync')}"
        if not machine.is_right or not status.get("inSync") or min(counts) < machine.episodes:  # type: ignore[type-var,operator]
            lost.append(told)
        if max(counts) > machine.episodes:  # type: ignore[type-var,operator]
            doubled.append(told)
    return lost, doubled


async def sample(operator: Operator) -> Sample:
    """Return what an operator holds, the least of a few looks: polls come and go."""
    looks = []
    for _ in range(10):
        looks.append({what: await operator.metric(name) for what, name in WATCHED.items()})
        await asyncio.sleep(0.3)
    return {what: min(each[what] for each in looks) for what in WATCHED}


def report(did: Mapping[str, int], wrong: Mapping[str, list[str]], before: Sample, after: Sample) -> list[str]:
    """Return what is printed of a soak."""
    lines = [", ".join(f"{number} {what}" for what, number in sorted(did.items()))]
    for what, found in wrong.items():
        lines += [f"{what:>14}: {len(found)}", *(f"{'':16}{each}" for each in found[:10])]
    units = {"memory": 2**20}
    for what in WATCHED:
        unit = units.get(what, 1)
        lines.append(f"{what:>14}: {before[what] / unit:.0f} before, {after[what] / unit:.0f} after")
    return lines
