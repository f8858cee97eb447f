"""What is kept and served without a cluster: a line a kind.

The kinds that are looked after are core's; Events and namespaces are what Kubernetes brings with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE
from fabgitops_core.api.kinds import Column, Kind
from fabgitops_core.control.kinds import CHAOS_KINDS, SETPOINT_KINDS
from fabgitops_core.control.kinds import KINDS as PLC_KINDS

KINDS = (*PLC_KINDS, *SETPOINT_KINDS, *CHAOS_KINDS)
"""Those of core that are kept here."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A field of a spec by which anybody may stop something, also what comes from the source."""

    field: str
    stopped: bool
    """What it says then."""

    def stops(self, body: Mapping[str, Any]) -> bool:
        """Return whether it does: a field that is left out is false."""
        spec = body.get("spec")
        return isinstance(spec, Mapping) and (spec.get(self.field) or False) is self.stopped

    def turned(self, body: Mapping[str, Any], *, stopped: bool) -> dict[str, Any]:
        """Return an object with it turned; one in which it cannot be is left as it is, for others to refuse."""
        spec = body.get("spec")
        if not isinstance(spec, Mapping) or not isinstance(spec.get(self.field, False), bool | None):
            return dict(body)
        return {**body, "spec": {**spec, self.field: self.stopped is stopped}}

    def __str__(self) -> str:
        """Return what stops it, as it stands in a manifest."""
        return f"spec.{self.field}: {str(self.stopped).lower()}"


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A kind of object: its names, where it lives, how it is shown, and how long it is kept; there is one of each."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    has_status: bool = False
    columns: tuple[Column, ...] = ()
    definition: Kind | None = None
    made_by_use: bool = False
    """Whether it is there because others need it, and is neither made nor changed by anybody."""
    kept_secs: float = 0.0
    """Seconds since its last change after which it goes; 0: it stays."""
    most: int = 0
    """How many are kept: beyond, the oldest goes; 0: all."""
    switch: Switch | None = None
    """What anybody may stop it by, also where the source says otherwise."""

    @property
    def api_version(self) -> str:
        """Return its apiVersion: the group and the version, or the version alone."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def named(self) -> str:
        """Return its plural and group, as the API server names it in messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def __str__(self) -> str:
        """Return what it is kept under: `industrialplcs.fabgitops.io`."""
        return self.named


_SWITCHES = {
    CHAOS_POLICY.name: Switch("enabled", stopped=False),
    CHAOS_EXPERIMENT.name: Switch("abort", stopped=True),
    CHAOS_SCHEDULE.name: Switch("suspend", stopped=True),
}


@cache
def of_kind(kind: Kind) -> Resource:
    """Return how a kind that is looked after is kept."""
    return Resource(
        kind.group,
        kind.version,
        kind.kind,
        kind.plural,
        kind.singular,
        kind.short_names,
        kind.namespaced,
        has_status=kind.status is not None,
        columns=kind.columns,
        definition=kind,
        switch=_SWITCHES.get(kind.name),
    )


EVENT = Resource("events.k8s.io", "v1", "Event", "events", "event", ("ev",), kept_secs=24 * 3600.0, most=20_000)

NAMESPACE = Resource(
    "", "v1", "Namespace", "namespaces", "namespace", ("ns",), namespaced=False, has_status=True, made_by_use=True
)

RESOURCES = (*map(of_kind, KINDS), EVENT, NAMESPACE)
