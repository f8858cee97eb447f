"""What an agent says of itself in its Lease, whatever that holds. Pure, and never fails."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.checks import is_held, place_of
from fabctl.fields import NOTHING, Body, mapping, moment, text

READY, SILENT, ENDED = "ready", "silent", "ended"
NONE = "none"
_PREFIX = "agent.fabgitops.io/"
_NAME = "fabgitops-agent-"


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent of one node; texts are fit for a terminal."""

    node: str
    state: str
    """ready; silent, for its Lease ran out: it is gone without a word, or cannot reach the API server; or ended."""
    renewed: datetime | None
    abilities: Mapping[str, str]
    """What it can do, and by which means; `none: WHY` where it cannot."""
    version: str
    address: str
    lease: str
    """Namespace and name of its Lease."""
    instance: str

    def ability(self, name: str) -> str:
        """Return by which means it does something, in a word."""
        return self.abilities.get(name, NOTHING).partition(":")[0]

    def can(self, name: str) -> bool:
        """Return whether it can do something."""
        return self.ability(name) not in {NOTHING, NONE}

    @property
    def lacking(self) -> str:
        """Return what it cannot do, and why."""
        said = ((name, means.partition(":")) for name, means in self.abilities.items())
        return "; ".join(f"{name}:{why}" if why else name for name, (word, _, why) in said if word == NONE)


def agents(leases: Iterable[Body], now: datetime) -> list[Agent]:
    """Return the agents that Leases are of, by their nodes.

    Args:
        leases: Those of agents.
        now: What the API server's clock says.
    """
    return sorted((_agent(each, now) for each in leases), key=lambda each: each.node)


def _agent(lease: Body, now: datetime) -> Agent:
    metadata, spec = mapping(lease.get("metadata")), mapping(lease.get("spec"))
    said = {name: text(value) for name, value in mapping(metadata.get("annotations")).items()}
    holder = text(spec.get("holderIdentity"))
    node, claimed = text(metadata.get("name")).removeprefix(_NAME), said.get(f"{_PREFIX}node", "")
    abilities = _abilities(said.get(f"{_PREFIX}capabilities", ""))
    if claimed != node:
        abilities = dict.fromkeys(abilities, f"{NONE}: its Lease is of another node than it says ({claimed or 'none'})")
    return Agent(
        node=node,
        state=READY if is_held(lease, now) else SILENT if holder else ENDED,
        renewed=moment(spec.get("renewTime")),
        abilities=abilities,
        version=said.get(f"{_PREFIX}version") or NOTHING,
        address=said.get(f"{_PREFIX}address", ""),
        lease=place_of(lease),
        instance=holder,
    )


def _abilities(said: str) -> Mapping[str, str]:
    try:
        found = mapping(json.loads(said)) if said else {}
    except (ValueError, RecursionError):
        return {}
    return {text(name): said for name, means in found.items() if (said := text(means))}
