"""The fleet brake: a wave of drift stops all corrections until somebody lets it go, over restarts too."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Operator, Site, until
from .wire_plc import WirePlc, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PLCS = {f"plc-{number}": 100 + number for number in range(8)}
TERMS = ("--brake-min", "5", "--brake-percent", "40")
"""Four of eight are a wave."""


async def fabctl(site: Site, *arguments: str) -> tuple[int, str, str]:
    """Run fabctl, and return exit code, standard output and standard error."""
    program = Path(sys.executable).parent / "fabctl"
    environment = {**os.environ, "KUBECONFIG": str(site.plane.kubeconfig)}
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(program), *arguments, env=environment, stdin=nothing, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def brakes(site: Site) -> list[dict[str, Any]]:
    """Return what operators of this site keep of their brakes, as anybody sees it."""
    code, out, err = await fabctl(site, "brake", "status", "-o", "json")
    assert code == 0, err
    names = {f"fabgitops-operator.{site.namespace}-brake", "fabgitops-operator-brake"}
    every = [each for each in json.loads(out)["items"] if each["metadata"]["name"] in names] if out.strip() else []
    return [each for each in every if site.plane.name != "kubernetes" or site.namespace in each["metadata"]["name"]]


async def state(site: Site) -> str:
    """Return how the brake stands, as it is kept."""
    return next((each["data"]["state"] for each in await brakes(site)), "")


async def declared(site: Site, port: int) -> None:
    """Declare the line, and wait until it holds what it must."""
    for name, register in PLCS.items():
        await site.apply(name, port, targetRegister=register)
    for name in PLCS:
        await site.until_status(name, inSync=True)


def drift(plc: WirePlc, count: int, value: int = 7) -> None:
    """Let devices drift at once."""
    plc.registers.update(dict.fromkeys(list(PLCS.values())[:count], value))


async def on(operator: Operator) -> bool:
    """Return whether an operator says that its brake is on."""
    return await operator.metric("fabgitops_fleet_brake") == 1


async def held(site: Site, count: int) -> None:
    """Wait until so many PLCs say that the brake holds them."""

    async def there() -> bool:
        said = [(await site.condition(name, "Correcting")) == ("False", "FleetBrake") for name in PLCS]
        return sum(said) >= count

    await until(there, f"{count} PLCs are held")


async def test_a_wave_stops_all_corrections_until_somebody_lets_it_go(site: Site) -> None:
    """Nothing is written from the moment on at which too many drift, not after a SIGKILL either; a release ends it."""
    plc = WirePlc(dict.fromkeys(PLCS.values(), 2500))
    async with serving(plc) as port:
        async with site.operator(*TERMS) as operator:
            await declared(site, port)
            assert not await on(operator)
            drift(plc, 3)
            await until(lambda: len(plc.writes) == 3, "a few are everyday life")
            drift(plc, 8)
            await until(lambda: on(operator), "the brake is on")
            await held(site, 1)
            await until(lambda: state(site), "it is kept")
            written = len(plc.writes)
            drift(plc, 8, 9)
            await held(site, 8)
            assert len(plc.writes) == written
            status = await site.status("plc-7")
            assert "not written: the fleet brake is on since 20" in status["message"]
            assert "of 8 PLCs drifted within 60 s (limit: 40 %); fabctl brake release lets it go" in status["message"]
            assert await operator.stop(signal.SIGKILL) == -signal.SIGKILL
        async with site.operator(*TERMS, *(["--no-lease"] if site.plane.name == "kubernetes" else [])) as operator:
            await until(lambda: on(operator), "it is on after the restart")
            await site.sync("plc-7", "t1", force=True)
            reads = plc.reads
            await until(lambda: plc.reads > reads + 16, "all were looked at")
            assert len(plc.writes) == written
            await _released(site, plc, written)
            assert not await on(operator)
        async with site.operator(*TERMS, *(["--no-lease"] if site.plane.name == "kubernetes" else [])) as operator:
            assert not await on(operator)
            plc.registers[100] = 3
            await until(lambda: plc.registers[100] == 2500, "corrections go on")


async def _released(site: Site, plc: WirePlc, written: int) -> None:
    """Let it go, as a person would, and wait until all is corrected."""
    (kept,) = await brakes(site)
    name, namespace = kept["metadata"]["name"], kept["metadata"]["namespace"]
    asked = ("brake", "release", name, "-n", namespace, "--reason", "the switch is back")
    code, out, err = await fabctl(site, *asked)
    assert code == 2
    assert "--yes does what is shown" in err
    assert "PLCs held:" in out
    code, out, _ = await fabctl(site, *asked, "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "the fleet brake was not let go (--dry-run)")
    assert len(plc.writes) == written
    code, out, err = await fabctl(site, *asked, "--yes")
    assert (code, out.splitlines()[-1]) == (0, f"{name}: let go"), err
    for each in PLCS:
        await site.until_status(each, inSync=True)
    (kept,) = await brakes(site)
    assert (kept["data"]["state"], kept["data"]["releaseReason"]) == ("released", "the switch is back")
    assert kept["data"]["releaseBy"] in {"testbed-admin", "everybody-on-this-machine"}
    assert (await fabctl(site, *asked, "--yes"))[1] == "no fleet brake is on\n"


async def test_a_commit_that_changes_the_whole_line_is_no_wave(site: Site) -> None:
    """An edit of every PLC is carried out, and the brake stays off."""
    plc = WirePlc(dict.fromkeys(PLCS.values(), 2500))
    async with serving(plc) as port, site.operator(*TERMS) as operator:
        await declared(site, port)
        for name, register in PLCS.items():
            await site.apply(name, port, targetRegister=register, targetValue=2600)
        for name in PLCS:
            await site.until_status(name, inSync=True, currentValue=2600)
        assert not await on(operator)
        assert await state(site) == ""


async def test_a_record_that_was_deleted_while_nobody_ran_lets_nothing_go(site: Site) -> None:
    """Whoever takes away what is kept of the brake finds it on again, for the PLCs say that it held them."""
    plc = WirePlc(dict.fromkeys(PLCS.values(), 2500))
    async with serving(plc) as port:
        async with site.operator(*TERMS) as operator:
            await declared(site, port)
            drift(plc, 8)
            await held(site, 1)
            await until(lambda: state(site), "it is kept")
            await operator.stop(signal.SIGKILL)
        written = len(plc.writes)
        _delete(site)
        async with site.operator(*TERMS, *(["--no-lease"] if site.plane.name == "kubernetes" else [])) as operator:
            await until(lambda: on(operator), "it is on all the same")
            reads = plc.reads
            await until(lambda: plc.reads > reads + 16, "all were looked at")
            assert len(plc.writes) == written
            await until(lambda: state(site), "it is kept again")
            assert "was held by it" in (await brakes(site))[0]["data"]["why"]


def _delete(site: Site) -> None:
    """Take away what is kept of the brake."""
    if site.plane.name == "kubernetes":
        with site.plane.client() as http:
            name = f"fabgitops-operator.{site.namespace}-brake"
            http.delete(f"/api/v1/namespaces/fabgitops-system/configmaps/{name}").raise_for_status()
        return
    words = site.plane.command(site.namespace)
    Path(words[words.index("--state") + 1], "brake.json").unlink()
