"""The Node that pods are bound to, which says time and again that it is there."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import aiohttp

from testbed.asking import ask

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
BETWEEN_RENEWALS = 10.0  # seconds; as a kubelet's
APPLY = "application/apply-patch+yaml"
OURS = {"fieldManager": "testbed", "force": "true"}


async def register(client: aiohttp.ClientSession, name: str) -> None:
    """Make the Node, ready and with room for any pod, or take the one that is there."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    room = {"cpu": "1000", "memory": "1000Gi", "pods": "10000"}
    ready = {"type": "Ready", "status": "True", "reason": "Testbed"}
    status = {"capacity": room, "allocatable": room, "conditions": [ready]}
    await _apply(client, f"/api/v1/nodes/{name}", node)
    await _apply(client, f"/api/v1/nodes/{name}/status", {**node, "status": status})


async def stay(client: aiohttp.ClientSession, name: str) -> None:
    """Renew the Node's Lease: without it a node lifecycle controller says that all its pods are not ready."""
    while True:
        renewed = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}
        await _apply(client, f"{LEASES}/{name}", lease)
        await asyncio.sleep(BETWEEN_RENEWALS)


async def _apply(client: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> None:
    await ask(client, "PATCH", path, body, kind=APPLY, params=OURS)
