"""Which rollout is meant by a name: of set-points, or of a workload."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fabctl.errors import Denied, FabctlError, Unhandled, UnknownPLC, UsageError
from fabctl.names import ROLLOUT, ROLLOUTS, WORKLOAD, Kind, named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

KINDS = f"{ROLLOUT.short}/NAME, {WORKLOAD.singular}/NAME"

Meant = tuple[tuple[Kind, ...], str]
"""Of which kinds it may be, and its name."""


def meant(typed: str) -> Meant:
    """Return of which kinds a rollout may be, and its name.

    Raises:
        UsageError: It is none of a rollout.
    """
    said, slash, _ = typed.rpartition("/")
    kinds = tuple(kind for kind in ROLLOUTS if not slash or kind.called(said))
    if not kinds:
        raise UsageError(f'"{typed}" is not the name of a rollout: give NAME, {KINDS}')
    return kinds, named((typed,), kinds[0])[0]


def all_meant(typed: Iterable[str]) -> tuple[Meant, ...]:
    """Return likewise of each that was typed, each once."""
    return tuple(dict.fromkeys(map(meant, typed)))


async def find(cluster: Cluster, wanted: Meant) -> tuple[Kind, Body]:
    """Return the rollout that is meant, and its kind.

    Raises:
        UsageError: There is one of each kind.
        UnknownPLC: There is none.
        FabctlError: It cannot be read.
    """
    kinds, name = wanted
    answers = await asyncio.gather(*(_find(cluster, kind, name) for kind in kinds))
    there = [(kind, body) for kind, body in zip(kinds, answers, strict=True) if isinstance(body, dict)]
    if len(there) > 1:
        which = " or ".join(f"{kind.singular}/{name}" for kind, _ in there)
        titles = " and a ".join(kind.title for kind, _ in there)
        raise UsageError(f"there is a {titles} {name} in namespace {cluster.namespace}: say which, {which}")
    if there:
        return there[0]
    if WORKLOAD in kinds and await cluster.has_argos(name):
        place = f"{name} -n {cluster.namespace}"
        raise UnknownPLC(
            f"{name} in namespace {cluster.namespace} is a Rollout of argoproj.io, which its own plugin shows and is "
            f"told by: kubectl argo rollouts get rollout {place}"
        )
    denied = [error for error in answers if isinstance(error, FabctlError)]
    if len(denied) == len(kinds):
        raise denied[0]
    raise await cluster.unknown(name, None, *(kind for kind, body in zip(kinds, answers, strict=True) if body is None))


async def _find(cluster: Cluster, kind: Kind, name: str) -> Body | FabctlError | None:
    """Return it, None where it is not there, or why it may not be read: who may see but one kind finds those."""
    try:
        return await cluster.find(name, kind)
    except Denied as error:
        return error


def only(kind: Kind, found: Kind, name: str, why: str) -> None:
    """Refuse a rollout of the other kind.

    Raises:
        Unhandled: It is one.
    """
    if found is not kind:
        raise Unhandled(f"{name} is a {found.title}: {why}")
