"""What the API server would make of a manifest, asked by dry runs: nothing is stored."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fabctl.cluster import paths
from fabctl.cluster.client import Cluster
from fabctl.cluster.failures import NotThere
from fabctl.errors import NotInstalled
from fabctl.fields import Body, mapping, sequence, text
from fabctl.manifests import GROUP, Manifest
from fabctl.patching import applied_by, asked_for, merge_patch

_VERSION = re.compile(rf"{re.escape(GROUP)}/[a-z0-9]+")

Versions = Mapping[str, tuple[str, bool]]
"""The plural of each kind, by kind, and whether its objects are in namespaces."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An object as it is, None where there is none, and as it would be."""

    before: Body | None
    after: Body


class Applying:
    """Asks of each object what applying it would make of it."""

    def __init__(self, cluster: Cluster, manager: str = "") -> None:
        """Prepare.

        Args:
            cluster: Where.
            manager: Who would apply, on the server; without it as whoever did the last time, or as kubectl does.
        """
        self._cluster, self._manager = cluster, manager
        self._known: dict[str, asyncio.Task[Versions]] = {}

    async def applied(self, manifest: Manifest, namespace: str) -> Applied:
        """Return what applying a manifest would make.

        Raises:
            NotInstalled: The cluster does not have its kind.
            FabctlError: The API server refuses it, or does not answer.
        """
        plural, namespaced = await self._plural(manifest)
        wanted = asked_for(manifest.body, namespace if namespaced else "")
        path = paths.path(manifest.body["apiVersion"], plural, namespace if namespaced else None)
        resource = f"{plural}.{GROUP}"
        try:
            live = await self._cluster.read(f"{path}/{manifest.name}", resource, namespace)
        except NotThere:
            return Applied(None, await self._cluster.rehearse("POST", path, resource, namespace, wanted))
        there = f"{path}/{manifest.name}"
        if manager := self._manager or applied_by(live):
            options = {"fieldManager": manager, "force": "true"}
            return Applied(live, await self._cluster.rehearse("APPLY", there, resource, namespace, wanted, options))
        patch = merge_patch(wanted, live)
        if not patch:
            return Applied(live, live)
        return Applied(live, await self._cluster.rehearse("PATCH", there, resource, namespace, patch))

    async def _plural(self, manifest: Manifest) -> tuple[str, bool]:
        version = text(manifest.body.get("apiVersion"))
        if not _VERSION.fullmatch(version):  # it becomes part of a URL, where .. may lead to what is not ours
            raise NotInstalled(f"{manifest.kind} says apiVersion {version}: there is {GROUP}/v1")
        if version not in self._known:
            self._known[version] = asyncio.ensure_future(self._versions(version))
        plurals = await self._known[version]
        if manifest.kind not in plurals:
            raise NotInstalled(f'the cluster of context "{self._cluster.context}" has no {manifest.kind} of {version}')
        return plurals[manifest.kind]

    async def _versions(self, version: str) -> Versions:
        try:
            found: dict[str, Any] = await self._cluster.read(f"/apis/{version}", version, None)
        except NotThere:
            return {}
        listed = map(mapping, sequence(found.get("resources")))
        return {
            text(each.get("kind")): (text(each.get("name")), each.get("namespaced") is not False)
            for each in listed
            if "/" not in text(each.get("name"))
        }
