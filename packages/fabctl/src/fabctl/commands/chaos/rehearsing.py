"""`fabctl chaos run --dry-run`: what the API server and the ChaosPolicy say of an experiment, and what it would hit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fabctl.chaos.experiments import experiment
from fabctl.chaos.guarding import against
from fabctl.chaos.rehearsal import AGENTS, Rehearsal
from fabctl.cluster import paths
from fabctl.cluster.failures import Conflict, NotThere
from fabctl.commands.chaos.looking import looked
from fabctl.errors import FabctlError, Refused
from fabctl.fields import mapping, text
from fabctl.names import EXPERIMENT
from fabctl.render import show_sections
from fabctl.render.rehearsal import rehearsal_sections

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def rehearsed(cluster: Cluster, body: dict[str, Any], *, wide: bool) -> int:
    """Show what would come of an experiment, and return the exit code that it would end with before it began.

    Raises:
        FabctlError: The API server cannot be asked, or has no such kind.
    """
    refusal, would_be = await _by_the_server(cluster, body)
    given = experiment(would_be)
    target = mapping(mapping(body.get("spec")).get("target"))
    namespace, kind = text(target.get("namespace")) or given.namespace, text(target.get("kind"))
    look = await looked(cluster, would_be, given, namespace, cluster.date or datetime.now(UTC))
    said: list[str] | FabctlError
    if isinstance(look.policy, FabctlError):
        said = look.policy
    else:
        opted_in = look.opted_in if isinstance(look.opted_in, bool) else True
        said = against(given, look.policy, namespace, opted_in=opted_in)
    told = Rehearsal(given, namespace, refusal, said, look, needs_agents=given.scenario in AGENTS and kind == "pods")
    show_sections(rehearsal_sections(told, wide=wide))
    return told.code


async def _by_the_server(cluster: Cluster, body: dict[str, Any]) -> tuple[str, Body]:
    """Return why the API server would refuse it, or nothing, and what it would make of it."""
    path = paths.place(EXPERIMENT, cluster.namespace)
    try:
        return "", await cluster.rehearse("POST", path, paths.resource(EXPERIMENT), cluster.namespace, body)
    except NotThere:
        raise await cluster.nowhere(EXPERIMENT, cluster.namespace) from None
    except Conflict:
        return f"{body['metadata']['name']} is there already: give another --name", body
    except Refused as error:
        return str(error), body
