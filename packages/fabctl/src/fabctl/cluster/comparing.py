"""Manifests beside what is in the cluster: what applying them would change."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fabctl.cluster.applying import Applied, Applying
from fabctl.cluster.client import Cluster, Key
from fabctl.differing import Change, compared, name_of
from fabctl.effects import effects
from fabctl.errors import FabctlError, NotInstalled, Refused, UnknownPLC, UsageError
from fabctl.fields import Body, mapping
from fabctl.manifests import Manifest
from fabctl.model import view
from fabctl.names import PLC, TEMPLATE, check_name

AT_ONCE = 16
"""Requests to the API server under way at a time."""
ERROR = 2
"""The least exit code that says that something is wrong, as kubectl diff has it: 1 says that something changes."""


class Comparing:
    """Manifests beside what is in the cluster."""

    def __init__(self, cluster: Cluster, manager: str, namespace: str | None) -> None:
        """Prepare.

        Args:
            cluster: Where they would be applied.
            manager: Who would apply them on the server, if that is said.
            namespace: The one in which all must be, if that is said.
        """
        self._cluster, self._namespace = cluster, namespace
        self._applying = Applying(cluster, manager)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._live: dict[Key, asyncio.Task[Body | None]] = {}
        self._changed: dict[Key, Applied] = {}
        """Templates that were compared."""
        self.errors: list[str] = []
        self.codes: list[int] = []

    async def changes(self, manifests: Sequence[Manifest]) -> list[Change]:
        """Return what becomes of each, and of PLCs whose templates are among them."""
        answers = await asyncio.gather(*map(self._applied, manifests))
        pairs = [(each, answer) for each, answer in zip(manifests, answers, strict=True) if answer is not None]
        for manifest, applied in pairs:
            if manifest.kind == TEMPLATE.title:
                self._changed[_key(applied.after)] = applied
        found = [await self._change(applied) for _, applied in pairs]
        own = {(each.namespace, each.name) for each in found if each.kind == PLC.title}
        return [*found, *(each for each in await self._users() if (each.namespace, each.name) not in own)]

    async def refusal(self, manifest: Manifest) -> FabctlError | None:
        """Return why a manifest would not be applied.

        Raises:
            FabctlError: It cannot be found out.
        """
        async with self._slots:
            try:
                await self._applying.applied(manifest, self._where(manifest))
            except (Refused, UsageError, NotInstalled) as error:
                return error
        return None

    async def _applied(self, manifest: Manifest) -> Applied | None:
        async with self._slots:
            try:
                return await self._applying.applied(manifest, self._where(manifest))
            except FabctlError as error:
                self.errors.append(f"{name_of(manifest)}: {error}")
                self.codes.append(max(ERROR, error.code))
                return None

    def _where(self, manifest: Manifest) -> str:
        """Return the namespace of a manifest.

        Raises:
            UsageError: It says another one than -n, or has no name that can be one.
        """
        try:
            check_name(manifest.name)
            check_name(manifest.namespace or "default")
        except ValueError as error:
            raise UsageError(str(error)) from None
        if self._namespace and manifest.namespace and manifest.namespace != self._namespace:
            raise UsageError(f"it says namespace {manifest.namespace}, and -n {self._namespace}")
        return manifest.namespace or self._cluster.namespace

    async def _change(self, applied: Applied) -> Change:
        body = applied.after
        metadata = mapping(body.get("metadata"))
        change = Change(
            kind=str(body["kind"]),
            namespace=str(metadata.get("namespace") or ""),
            name=str(metadata["name"]),
            device="",
            before=None if applied.before is None else compared(applied.before),
            after=compared(body),
        )
        return await self._with_effects(change, applied) if change.kind == PLC.title else change

    async def _with_effects(self, change: Change, applied: Applied, by: str = "") -> Change:
        after = {**applied.after, "status": mapping(applied.before or {}).get("status")}
        old = await self._template(applied.before) if applied.before is not None else None
        new = await self._template(applied.after, applied=True)
        found = effects(applied.before, after, old, new)
        plc = view(applied.after)
        device = f"{plc.endpoint} unit {plc.unit_id}"
        return replace(change, device=device, effects=None if found is None else tuple(found), by=by)

    async def _template(self, plc: Body, *, applied: bool = False) -> Body | None:
        """Return the spec of the template that a PLC names: as it is, or as it would be."""
        name = mapping(mapping(plc.get("spec")).get("templateRef")).get("name")
        if not isinstance(name, str):
            return None
        key = (str(mapping(plc.get("metadata")).get("namespace")), name)
        if key in self._changed:
            body = self._changed[key].after if applied else self._changed[key].before
        else:
            if key not in self._live:
                self._live[key] = asyncio.ensure_future(self._fetched(key))
            body = await self._live[key]
        return None if body is None else mapping(body.get("spec"))

    async def _fetched(self, key: Key) -> Body | None:
        try:
            check_name(key[1])
            return await self._cluster.get(key[1], TEMPLATE, key[0])
        except (UnknownPLC, ValueError):
            return None

    async def _users(self) -> list[Change]:
        """Return the PLCs of which something changes because their template does."""
        changed = [key for key, each in self._changed.items() if each.before and _differ(each.before, each.after)]
        found = []
        for namespace in sorted({key[0] for key in changed}):
            for body in await self._cluster.list_objects(namespace):
                name = mapping(mapping(body.get("spec")).get("templateRef")).get("name")
                if (namespace, name) in changed:
                    found.append(await self._change_of_user(body, str(name)))
        return [each for each in found if each.is_change]

    async def _change_of_user(self, body: Body, template: str) -> Change:
        metadata = mapping(body.get("metadata"))
        same = compared(body)
        change = Change(PLC.title, str(metadata["namespace"]), str(metadata["name"]), "", same, same)
        return await self._with_effects(change, Applied(body, body), template)


def _key(body: Body) -> Key:
    metadata = mapping(body.get("metadata"))
    return str(metadata.get("namespace")), str(metadata.get("name"))


def _differ(one: Body, other: Body) -> bool:
    return compared(one) != compared(other)
