"""Approvals on the real API server, with a real PLC: who may give one, in whose name, and what is written then."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import yaml
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import APPLY, FORCE, GROUP, MANIFESTS, MERGE, Reason, only_kubernetes
from .conftest import Site, until

pytestmark = pytest.mark.integration

MANUAL = {"correction": {"approval": "Manual"}}
POLICIES = "/apis/admissionregistration.k8s.io/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
EDITOR, APPROVER = ["get", "patch", "update"], ["get", "patch", "update", "approve"]


def approved(digest: str, by: str) -> dict[str, Any]:
    """Return the patch of somebody who agrees."""
    return {"metadata": {"annotations": {"fabgitops.io/approve": digest, "fabgitops.io/approved-by": by}}}


async def plan(site: Site, name: str) -> dict[str, Any]:
    """Wait until something waits for a yes, and return it."""

    async def there() -> dict[str, Any]:
        found: dict[str, Any] = (await site.status(name)).get("plan", {})
        return found

    await until(there, "a plan stands in the status")
    return await there()


def url(site: Site, name: str = "mixer") -> str:
    """Return where a PLC is."""
    return f"{GROUP}/namespaces/{site.namespace}/industrialplcs/{name}"


@pytest.mark.parametrize("asks", [MANUAL, {"adoption": "Observe"}], ids=["approval", "adoption"])
async def test_what_is_approved_is_written(site: Site, asks: dict[str, Any]) -> None:
    """A drift waits with its plan; another digest writes nothing, and the yes to this one corrects."""
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port, **asks)
        given = await plan(site, "mixer")
        assert [(each["address"], each["before"], each["after"]) for each in given["changes"]] == [
            (4001, "0x0907", "0x09C4")
        ]
        with site.plane.client() as http:
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
            me = http.post(REVIEWS, json=review).raise_for_status().json()["status"]["userInfo"]["username"]
            http.patch(url(site), json=approved("0" * 16, me), headers=MERGE).raise_for_status()
            await asyncio.sleep(2.5)  # two polls: nothing is to happen
            assert plc[4001] == 2311
            http.patch(url(site), json=approved(given["digest"], me), headers=MERGE).raise_for_status()
        status = await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert plc[4001] == 2500
        assert "plan" not in status
        assert ("adoptedAt" in status) is ("adoption" in asks)


@pytest.fixture
async def policy(site: Site) -> AsyncIterator[httpx.Client]:
    """Install the policy as it is shipped, and take it away after the test."""
    bodies = list(yaml.safe_load_all((MANIFESTS / "approval/policy.yaml").read_text()))
    with site.plane.client() as http:
        for each in bodies:
            at = f"{POLICIES}/{plural(each['kind'])}/{each['metadata']['name']}"
            http.patch(at, params=FORCE, json=each, headers=APPLY).raise_for_status()
        yield http
        for each in bodies:
            http.delete(f"{POLICIES}/{plural(each['kind'])}/{each['metadata']['name']}").raise_for_status()


def plural(kind: str) -> str:
    """Return the name of the resource of a kind."""
    return f"{kind.lower()}s" if kind.endswith("Binding") else f"{kind.lower().removesuffix('y')}ies"


def person(http: httpx.Client, site: Site, name: str, verbs: list[str]) -> dict[str, str]:
    """Make somebody with rights on PLCs of the namespace, and return the header by which one acts as him."""
    at = f"{RBAC}/namespaces/{site.namespace}"
    rules = [{"apiGroups": ["fabgitops.io"], "resources": ["industrialplcs"], "verbs": verbs}]
    http.post(f"{at}/roles", json={"metadata": {"name": name}, "rules": rules}).raise_for_status()
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    body = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    http.post(f"{at}/rolebindings", json=body).raise_for_status()
    return {**MERGE, "Impersonate-User": name}


@only_kubernetes(Reason.RIGHTS)
async def test_who_may_approve_and_in_whose_name(site: Site, policy: httpx.Client) -> None:
    """It takes the verb approve and one's own name; who has no such right edits all else of an approved PLC."""
    await site.apply("mixer", 502, **MANUAL)
    alice, bob = person(policy, site, "alice", APPROVER), person(policy, site, "bob", EDITOR)

    def says(who: dict[str, str], change: dict[str, Any], **how: str) -> str:
        answer = policy.patch(url(site), json=change, headers=who, params=how)
        return "" if answer.is_success else f"{answer.status_code} {answer.json()['message']}"

    await until(lambda: says(bob, approved("a1", "bob"), dryRun="All"), "the policy is in force")
    refused = says(bob, approved("a1", "bob"))
    assert refused.startswith("403 ")
    assert f"bob may not approve what is written to {site.namespace}/mixer: that takes the verb approve" in refused
    forged = says(alice, approved("a1", "bob"))
    assert forged.startswith("403 ")
    assert "annotate it with fabgitops.io/approved-by=alice, as fabctl approve does" in forged
    assert says(alice, approved("a1", "alice")) == ""
    assert says(bob, {"metadata": {"labels": {"line": "1"}}}) == ""
    assert says(bob, approved("a1", "bob")).startswith("403 ")
    assert says(bob, {"metadata": {"annotations": {"fabgitops.io/approve": None}}}) == ""
