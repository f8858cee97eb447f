"""What goes over the bus of an entry of the outbox: one CDEvent, as the CloudEvents binding of CDEvents carries it.

A set-point is no artifact with a package URL, and a fleet of PLCs is no service that runs one, so nothing is told of
services: the fleet that a rollout selects is an environment, whose change is a run of a pipeline. What CDEvents has no
word for has a type of our own, `dev.cdeventsx.fabgitops-rollout.…`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.status import Pending
from fabgitops_core.control.cdevents.subjects import OF_ALL, Subject, changed, enveloped, own, standard
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.happenings import Happening


class FleetRun(NamedTuple):
    """Of which rollout something is told, and what."""

    key: Key
    uid: str
    pending: Pending

    @property
    def id(self) -> str:
        """Return what names one change: a revision that is tried again is another one."""
        return f"{self.key}/{self.pending.round}/{self.pending.revision}"

    @property
    def chain(self) -> tuple[object, ...]:
        """Return what names all that is told of one change, beside the uid."""
        return self.pending.round, self.pending.revision

    @property
    def environment(self) -> dict[str, Any]:
        """Return the fleet."""
        return {"id": str(self.key)}

    @property
    def pipeline(self) -> dict[str, Any]:
        """Return what is done to it."""
        return {"pipelineName": str(self.key), "uri": f"urn:uuid:{self.uid}"}

    @property
    def suite(self) -> dict[str, Any]:
        """Return what an analysis is of."""
        wave = self.pending.wave
        return {
            "environment": self.environment,
            "testSuite": {"id": f"{self.key}/{f'wave-{wave}' if wave else 'whole'}"},
        }

    @property
    def analysis(self) -> str:
        """Return what names the analysis."""
        return f"{self.id}/analysis-{self.pending.wave}"

    def facts(self) -> dict[str, Any]:
        """Return what CDEvents has no members for."""
        pending = self.pending
        told = {
            "namespace": self.key.namespace,
            "name": self.key.name,
            "revision": pending.revision,
            "round": pending.round,
            "wave": pending.wave,
            "waves": pending.waves,
            "released": pending.released,
            "total": pending.total,
        }
        said = {"verdict": pending.verdict, "text": pending.text}
        return told | {name: value for name, value in said.items() if value}


def happening(key: Key, uid: str, pending: Pending) -> Happening:
    """Return what goes over the bus, the same each time for the same entry.

    Args:
        key: The rollout.
        uid: Its uid.
        pending: An entry of its outbox; one of another version's words is told as `changed`.
    """
    run = FleetRun(key, uid, pending)
    return enveloped(key, uid, run, _SUBJECTS.get(pending.type, changed)(run))


def _modified(run: FleetRun) -> Subject:
    return Subject(standard("environment.modified"), str(run.key), {"name": run.key.name})


_SUBJECTS: Mapping[str, Callable[[FleetRun], Subject]] = MappingProxyType(
    {**OF_ALL, Word.RESTORED: own, Word.MODIFIED: _modified}
)
