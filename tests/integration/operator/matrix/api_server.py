"""Rows: what can happen to the API server, and to the way there."""

import asyncio
import base64
from typing import Any

import yaml

from ..conftest import until
from ..cut import wire
from .doorway import doorway
from .floor import ACCOUNT, SHORT, Floor
from .row import row

MASTER = "/api/v1/namespaces/fabgitops-system"


@row("The API server is stopped, for less than the Lease's deadline")
async def stopped(floor: Floor) -> None:
    """Corrections go on, and are told of when it is back."""
    async with floor.operator("--lease-duration-secs", "60", "--lease-deadline-secs", "40") as operator:
        await asyncio.to_thread(floor.site.control.stop_apiserver)
        try:
            floor.drift()
            await floor.corrected()
            await floor.readyz_says(operator, "is down since")
            await floor.metric_says(operator, "fabgitops_api_writes_total", resource="status", result="unreachable")
        finally:
            await asyncio.to_thread(floor.site.control.start_apiserver)
        await floor.recovers()


@row("The API server is stopped, for longer than that")
async def stopped_for_longer(floor: Floor) -> None:
    """Corrections wait from the deadline on, and are made when it is back."""
    async with floor.operator(*SHORT) as operator:
        await asyncio.to_thread(floor.site.control.stop_apiserver)
        try:
            await floor.readyz_says(operator, "another operator may take it")
            floor.drift()
            await floor.not_written()
        finally:
            await asyncio.to_thread(floor.site.control.start_apiserver)
        await floor.recovers()


@row("The API server is stopped, for longer than the grace, where corrections outlast the Lease")
async def stopped_for_good(floor: Floor) -> None:
    """Corrections go on past the Lease's deadline, and wait when the grace is over."""
    async with floor.operator(*SHORT, "--lease-outage", "correct", "--control-plane-grace-secs", "15") as operator:
        await asyncio.to_thread(floor.site.control.stop_apiserver)
        try:
            clock = asyncio.get_running_loop().time
            began = clock()
            await until(lambda: clock() > began + 8, "longer than the deadline")
            floor.drift()
            await floor.corrected()
            await floor.readyz_says(operator, "what is declared now is not known")
            await floor.polled()  # what was under way is told
            floor.drift()
            await floor.not_written()
        finally:
            await asyncio.to_thread(floor.site.control.start_apiserver)
        await floor.recovers()


@row("The way to the API server swallows everything")
async def unreachable(floor: Floor) -> None:
    """As if it was stopped, but nobody says so: requests are given up by time."""
    kubeconfig = floor.site.control.kubeconfig_for(ACCOUNT)
    async with (
        wire(kubeconfig, floor.folder) as (between, over),
        floor.operator(*SHORT, kubeconfig=over) as operator,
    ):
        between.cut()
        await floor.readyz_says(operator, "another operator may take it")
        floor.drift()
        await floor.not_written()
        between.mend()
        await floor.recovers()


@row("The API server answers each request with 429")
async def throttled(floor: Floor) -> None:
    """It is asked again, with patience: nothing is renewed, listed or stored meanwhile."""
    kubeconfig = floor.site.control.kubeconfig_for(ACCOUNT)
    async with (
        doorway(kubeconfig, floor.folder) as (door, through),
        floor.operator(*SHORT, kubeconfig=through) as operator,
    ):
        door.shut = True
        await floor.readyz_says(operator, "another operator may take it")
        floor.drift()
        await floor.not_written()
        turned_away = door.turned_away
        await floor.polled(5)
        assert door.turned_away < turned_away + 60, "it is not asked in a circle"
        door.shut = False
        await floor.recovers()


@row("The operator's token is revoked, and another one put in its place later")
async def token(floor: Floor) -> None:
    """What is refused with 401 is asked anew with the token that the file holds by then."""
    path = floor.folder / "token"
    kubeconfig = floor.folder / "by-token"
    path.write_text(_token(floor, "first"))
    found = yaml.safe_load(floor.site.control.kubeconfig.read_text())
    found["users"][0]["user"] = {"tokenFile": str(path)}
    kubeconfig.write_text(yaml.safe_dump(found))
    async with floor.operator(*SHORT, kubeconfig=kubeconfig) as operator:
        with floor.site.control.client() as api:
            api.delete(f"{MASTER}/secrets/first").raise_for_status()
        await floor.readyz_says(operator, "another operator may take it")
        floor.drift()
        await floor.not_written()
        path.write_text(_token(floor, "second"))
        await floor.recovers()


def _token(floor: Floor, secret: str) -> str:
    """Return a token of the operator's account that is good for as long as a Secret is there."""
    with floor.site.control.client() as api:
        bound = api.post(f"{MASTER}/secrets", json={"metadata": {"generateName": secret, "name": secret}})
        uid = bound.raise_for_status().json()["metadata"]["uid"]
        reference = {"apiVersion": "v1", "kind": "Secret", "name": secret, "uid": uid}
        spec = {"expirationSeconds": 3600, "boundObjectRef": reference}
        url = f"{MASTER}/serviceaccounts/fabgitops-operator/token"
        answer = api.post(url, json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
        granted: str = answer.raise_for_status().json()["status"]["token"]
        assert base64.urlsafe_b64decode(granted.split(".")[1] + "==")
        return granted


@row("The watch's version is too old when it is asked for again (410)")
async def too_old(floor: Floor) -> None:
    """What was edited meanwhile is heard of by listing anew."""
    kubeconfig = floor.site.control.kubeconfig_for(ACCOUNT)
    flags = ("--lease-duration-secs", "600", "--lease-deadline-secs", "500", "--resync-secs", "3600")
    async with (
        wire(kubeconfig, floor.folder) as (between, over),
        floor.operator(*flags, kubeconfig=over) as operator,
    ):
        known = int((await floor.site.get("mixer"))["metadata"]["resourceVersion"])
        between.cut()
        await floor.site.apply("mixer", floor.port, pollIntervalSecs=2)
        # What the API server remembers of what happened begins anew, later than what the operator knows.
        await asyncio.to_thread(floor.site.control.stop_apiserver)
        await asyncio.to_thread(floor.site.control.start_apiserver)
        await until(lambda: _is_too_old(floor, known), "410")
        floor.drift()
        between.mend()
        await floor.log_says(operator, "it is tried again, and listed meanwhile")
        await floor.recovers()
        generation = (await floor.site.get("mixer"))["metadata"]["generation"]
        await floor.site.until_status("mixer", observedGeneration=generation)


def _is_too_old(floor: Floor, version: int) -> bool:
    """Return whether a watch from a version is refused."""
    with floor.site.control.client() as api:
        given = {"watch": "1", "resourceVersion": str(version), "timeoutSeconds": "1"}
        answer = api.get(f"/apis/fabgitops.io/v1/namespaces/{floor.site.namespace}/industrialplcs", params=given)
        return '"code":410' in answer.text


@row("etcd answers nothing, as without a quorum")
async def no_quorum(floor: Floor) -> None:
    """The API server accepts requests and waits: nothing can be renewed or stored."""
    control = floor.site.control
    async with floor.operator(*SHORT) as operator:
        await asyncio.to_thread(control.pause_etcd)
        try:
            await floor.readyz_says(operator, "another operator may take it")
            floor.drift()
            await floor.not_written()
        finally:
            await asyncio.to_thread(control.resume_etcd)
        await floor.recovers()


ROWS: tuple[Any, ...] = (
    stopped,
    stopped_for_longer,
    stopped_for_good,
    unreachable,
    throttled,
    token,
    too_old,
    no_quorum,
)
