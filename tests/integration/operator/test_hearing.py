"""Whether the operator hears of what is declared: without the right to watch, and while a definition is away."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE as TEMPLATE
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.generic_resource import create_global_resource
from lightkube.types import PatchType
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import Reason, only_kubernetes
from .conftest import FIELD_MANAGER, IndustrialPLC, Operator, Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.WATCH)]

CustomResourceDefinition = create_global_resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"
)


class Account:
    """A service account with a role of its own, whose verbs for the kinds can be changed."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.user = f"system:serviceaccount:fabgitops-system:{name}"

    async def may(self, *verbs: str) -> None:
        """Let it do these to the kinds themselves, and everything else as the operator may."""
        for body in yaml.safe_load_all(manifests()):
            given = copy.deepcopy(body)
            if given["kind"] == "ClusterRole":
                for rule in given["rules"]:
                    if "industrialplcs" in rule["resources"]:
                        rule["verbs"] = list(verbs)
            elif given["kind"] == "Role":
                pass
            elif given["kind"] in {"ClusterRoleBinding", "RoleBinding"}:
                given["roleRef"]["name"] = given["subjects"][0]["name"] = self.name
            else:
                continue
            given["metadata"]["name"] = self.name
            await self.site.client.apply(codecs.from_dict(given), field_manager=FIELD_MANAGER, force=True)


async def suspend(site: Site, name: str, *, on: bool) -> None:
    """Suspend a PLC, or go on with it."""
    patch = {"spec": {"suspend": on}}
    await site.client.patch(IndustrialPLC, name, patch, namespace=site.namespace, patch_type=PatchType.MERGE)


async def until_ready(operator: Operator, *words: str) -> None:
    """Wait until /readyz says ok, or that it is not and these words."""

    async def told() -> bool:
        answer = await operator.get("/readyz")
        return all(word in answer.text for word in words) and answer.status_code == (503 if words else 200)

    await until(told, f"readiness: {words or 'ok'}")


@asynccontextmanager
async def deaf(site: Site, name: str, *flags: str) -> AsyncIterator[tuple[Operator, Account, Device]]:
    """Run an operator with a drifted PLC under an account that may list, but not watch."""
    account, plc = Account(site, name), Device({4001: 2311})
    await account.may("get", "list")
    kubeconfig = site.control.kubeconfig_for(account.user)
    async with serving(plc) as port, site.operator("--no-lease", *flags, kubeconfig=kubeconfig) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        yield operator, account, plc


async def test_without_the_right_to_watch_everything_is_listed_every_few_seconds(site: Site) -> None:
    """It says that it is not ready and why, hears of a suspended PLC all the same, and is ready once it may watch."""
    async with deaf(site, "no-watch") as (operator, account, plc):
        await until_ready(operator, "industrialplcs", "down since", "403", "watch")
        assert await operator.metric("fabgitops_watch_up", kind="IndustrialPLC") == 0
        await suspend(site, "mixer", on=True)
        await site.until_ready("mixer", "Unknown", "Suspended")
        plc[4001] = 1
        reads = plc.reads
        await site.apply("other", 502, suspend=True)
        await site.until_ready("other", "Unknown", "Suspended")
        assert (plc[4001], plc.reads) == (1, reads)
        await account.may("get", "list", "watch")
        await until_ready(operator)
        assert await operator.metric("fabgitops_watch_up", kind="IndustrialPLC") == 1
        assert "Traceback" not in operator.log


async def test_without_the_right_to_list_and_watch_nothing_is_written(site: Site) -> None:
    """Where the API server refuses both for longer than is set, corrections wait and say so, until it tells again."""
    async with deaf(site, "no-word", "--deaf-secs", "1") as (operator, account, plc):
        await account.may("get")
        await until_ready(operator, "writes wait")
        plc[4001] = 1
        await site.until_ready("mixer", "False", "Held")
        assert "refuses to tell" in (await site.status("mixer"))["message"]
        assert plc[4001] == 1
        await account.may("get", "list", "watch")
        await site.until_status("mixer", inSync=True)
        assert plc[4001] == 2500


async def test_a_definition_that_is_away_ends_nothing(site: Site) -> None:
    """Without the definition of templates PLCs are corrected, readiness names what is missing, and a line tells it."""
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        await site.client.delete(CustomResourceDefinition, TEMPLATE.crd_name)
        try:
            await until_ready(operator, TEMPLATE.plural, "404")
            assert await operator.metric("fabgitops_watch_up", kind="IndustrialPLC") == 1
            plc[4001] = 1
            await until(lambda: plc[4001] == 2500, "it is corrected")
            async with site.operator("--no-lease") as late:  # the other one has the Lease
                await until_ready(late, TEMPLATE.plural)
                await define(site)
                await until_ready(late)
        finally:
            await define(site)
        await until_ready(operator)
        assert "Traceback" not in operator.log


async def define(site: Site) -> None:
    """Have the definition of templates, and wait until it is served."""
    body: dict[str, Any] = definition(TEMPLATE)
    await site.client.apply(codecs.from_dict(body), field_manager=FIELD_MANAGER, force=True)

    async def served() -> bool:
        found = await site.client.get(CustomResourceDefinition, TEMPLATE.crd_name)
        conditions = {each["type"]: each["status"] for each in (found.get("status") or {}).get("conditions") or []}
        return conditions.get("Established") == "True"

    await until(served, "the definition is served")
