"""A change that is judged while it goes over PLCs, by a web server, by registers and by the fleet, on both planes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from lightkube.generic_resource import create_namespaced_resource

from .conftest import until
from .test_rollouts import SPEED, Fleet, fleet

__all__ = ["fleet"]

pytestmark = pytest.mark.integration

AnalysisTemplate = create_namespaced_resource("fabgitops.io", "v1", "AnalysisTemplate", "analysistemplates")
OFTEN = {"interval": "1s", "failureLimit": 0}


class Mes:
    """A system of the plant that counts complaints."""

    def __init__(self) -> None:
        self.complaints = 0
        self.asked: list[str] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Say how many there are."""
        self.asked.append(request.path)
        return web.json_response({"complaints": {"open": self.complaints}})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Mes"]:
        """Serve."""
        app = web.Application()
        app.add_routes([web.get("/{path:.*}", self.handle)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


async def template(fleet: Fleet, name: str, *metrics: dict[str, Any], args: Any = ()) -> None:
    """Declare a template."""
    metadata = {"name": name, "namespace": fleet.site.namespace}
    spec = {"args": [*args], "metrics": [*metrics]}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "AnalysisTemplate", "metadata": metadata, "spec": spec}
    await fleet.site.put(AnalysisTemplate, body)


@pytest.fixture(autouse=True)
async def clean(fleet: Fleet) -> AsyncIterator[None]:
    """Leave no template behind."""
    yield
    async for each in fleet.site.client.list(AnalysisTemplate, namespace=fleet.site.namespace):
        await fleet.site.client.delete(AnalysisTemplate, each["metadata"]["name"], namespace=fleet.site.namespace)


async def test_a_change_that_is_judged_badly_is_put_back(fleet: Fleet) -> None:
    """A change goes on while web server, registers and fleet speak for it, and what speaks against it puts it back."""
    async with Mes().serving() as mes:
        of_web = {"url": f"{mes.url}/lines/{{{{args.line}}}}", "jsonPath": "{$.complaints.open}"}
        complaints = {"name": "complaints", **OFTEN, "provider": {"web": of_web}, "successCondition": "result == 0"}
        await template(fleet, "mes", complaints, args=[{"name": "line"}])
        registers = {"expression": 'released.all(m, plc[m].target <= 2600) && plc["fan-3"].target > 0'}
        speeds = {"name": "speeds", **OFTEN, "provider": {"registers": registers}}
        holds = {"name": "holds", **OFTEN, "provider": {"fleet": {}}, "failureCondition": "result.failed > 0"}
        await template(fleet, "plant", speeds, holds)
        async with fleet.site.operator(*fleet.flags, "--analysis-source", mes.url):
            first = {"count": 1, "bakeSeconds": 2, "pause": {}}
            judges = {"templates": [{"templateName": "mes"}, {"templateName": "plant"}]}
            await fleet.roll(
                waves=[first, {"percent": 100}], analysis={**judges, "args": [{"name": "line", "value": "7"}]}
            )
            await fleet.until_led()
            await fleet.want(2600)
            status = await fleet.until_phase("Paused")
            assert fleet.speeds == [2600, 2500, 2500]
            (analysis,) = status["analyses"]
            counts = {each["name"]: each["successful"] for each in analysis["metrics"]}
            assert counts.keys() == {"mes/complaints", "plant/speeds", "plant/holds"}
            assert all(count >= 2 for count in counts.values()), analysis
            mes.complaints = 3
            status = await fleet.until_phase("Aborted")
            assert fleet.speeds == [2500] * 3
            (analysis,) = status["analyses"]
            last = next(each for each in analysis["metrics"] if each["name"] == "mes/complaints")["measurements"][-1]
            assert (last["verdict"], last["value"]) == ("Failed", "3")
            assert last["query"] == f"{mes.url}/lines/7 {{$.complaints.open}}"
            assert analysis["message"] in status["message"] or analysis["verdict"] == "Failed"
        assert set(mes.asked) == {"/lines/7"}


async def test_nothing_is_asked_that_the_administrator_does_not_allow(fleet: Fleet) -> None:
    """A template that would send the operator elsewhere is an Error that says so, and the server is never asked."""
    async with Mes().serving() as mes:
        once = {"name": "complaints", "consecutiveErrorLimit": 0, "provider": {"web": {"url": mes.url}}}
        await template(fleet, "mes", once)
        async with fleet.site.operator(*fleet.flags, "--analysis-source", "http://127.0.0.1:1"):
            await fleet.roll(analysis={"templates": [{"templateName": "mes"}]})
            await fleet.until_led()
            await fleet.want(2600)
            status = await fleet.until_phase("Aborted")
            assert "it is below no --analysis-source" in status["analyses"][0]["message"]
            assert fleet.speeds == [2500] * 3
        assert not mes.asked


async def test_a_template_says_what_is_wrong_with_it(fleet: Fleet) -> None:
    """A condition that is none is told on the template with its column, and nothing is released that it is to judge."""
    wrong = {"name": "m", "provider": {"fleet": {}}, **OFTEN, "successCondition": "reslt.failed == 0"}
    await template(fleet, "checks", wrong)
    async with fleet.site.operator(*fleet.flags):
        await fleet.roll(analysis={"templates": [{"templateName": "checks"}]})
        await fleet.want(2600)

        async def told() -> bool:
            found = await fleet.site.client.get(AnalysisTemplate, "checks", namespace=fleet.site.namespace)
            conditions = (found.get("status") or {}).get("conditions", [])
            return any("undeclared reference to 'reslt' (column 1)" in each["message"] for each in conditions)

        await until(told, "the template says what is wrong with it")

        async def waits() -> bool:
            return "the analysis of the whole change cannot begin" in str((await fleet.status()).get("message", ""))

        await until(waits, "the rollout says what it waits for")
        assert [plc.registers[SPEED] for plc in fleet.plcs.values()] == [2500] * 3
        await template(fleet, "checks", {**wrong, "successCondition": "result.failed == 0"})
        await fleet.until_phase("Done")
        assert fleet.speeds == [2600] * 3
