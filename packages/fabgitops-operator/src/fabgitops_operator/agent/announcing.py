"""The agent's Lease: that it lives, where it is, what it shows over TLS and what it can do; renewed each 5 s.

Who asks trusts what stands there as far as it trusts the API server: nothing else says which certificate is the right
one.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fabgitops_operator.cluster.lease.keeper import Leases
from fabgitops_operator.cluster.lease.record import micro_time
from fabgitops_operator.hosting.errors import ApiError, Conflict, Gone
from fabgitops_operator.labels import labels

RENEW_SECS, DURATION_SECS = 5.0, 15
NAME = "fabgitops-agent-"
"""How the Lease of each node begins; its name follows."""
COMPONENT = "chaos-agent"
_PREFIX = "agent.fabgitops.io/"
ADDRESS, CERTIFICATE = f"{_PREFIX}address", f"{_PREFIX}certificate-sha256"
CAPABILITIES, VERSION, NODE = f"{_PREFIX}capabilities", f"{_PREFIX}version", f"{_PREFIX}node"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an agent: URL, the certificate's SHA-256 as hex, its capabilities, node, and which start."""

    url: str
    certificate: str
    capabilities: Mapping[str, str]
    node: str
    instance: str

    def body(self, namespace: str, at: str) -> dict[str, Any]:
        """Return the Lease (coordination.k8s.io/v1), renewed at a moment."""
        about = {ADDRESS: self.url, CERTIFICATE: self.certificate, NODE: self.node}
        about |= {CAPABILITIES: json.dumps(dict(self.capabilities)), VERSION: version("fabgitops-operator")}
        marks = {**labels(), "app.kubernetes.io/component": COMPONENT}
        metadata = {"name": NAME + self.node, "namespace": namespace, "labels": marks, "annotations": about}
        spec = {"holderIdentity": self.instance, "leaseDurationSeconds": DURATION_SECS, "renewTime": at}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


class Announcing:
    """Keeps the Lease; `failing` says why it could not be renewed lately, or nothing."""

    def __init__(self, leases: Leases, namespace: str, said: Said) -> None:
        """Prepare it; nothing is sent yet."""
        self._leases, self._namespace, self._said = leases, namespace, said
        self._version = ""
        self.failing = "the Lease was not made yet"

    async def run(self) -> None:
        """Renew it for ever. While that fails the agent goes on: what it holds is renewed by who asks, or ends."""
        while True:
            try:
                await self.renew()
            except ApiError as error:
                if not self.failing:
                    log.warning("the Lease of this agent is not renewed: %s", error)
                self.failing = str(error)
            await asyncio.sleep(RENEW_SECS)

    async def renew(self) -> None:
        """Renew it once; one that somebody else changed or took away is made anew.

        Raises:
            ApiError: The API server does not let us, or is away.
        """
        try:
            await self._put(micro_time())
        except (Conflict, Gone):
            self._version = await self._found()
            await self._put(micro_time())
        self.failing = ""

    async def release(self) -> None:
        """Say that this agent is gone, as well as that can be done."""
        try:
            await self._put(None)
        except ApiError as error:
            log.info("the Lease of this agent is not released, and runs out: %s", error)

    async def _found(self) -> str:
        try:
            found = await self._leases.lease(self._namespace, NAME + self._said.node)
        except Gone:
            return ""
        return str(found["metadata"]["resourceVersion"])

    async def _put(self, at: str | None) -> None:
        body = self._said.body(self._namespace, at or "")
        if at is None:
            body["spec"] = {"holderIdentity": "", "leaseDurationSeconds": 1}
        if self._version:
            body["metadata"]["resourceVersion"] = self._version
            stored = await self._leases.replace_lease(body)
        else:
            stored = await self._leases.create_lease(body)
        self._version = str(stored["metadata"]["resourceVersion"])
