"""What goes over the bus of an entry of the outbox: one CDEvent, as the CloudEvents binding of CDEvents carries it.

A set-point is no artifact with a package URL, and a fleet of PLCs is no service that runs one, so nothing is told of
services: the fleet that a rollout selects is an environment, whose change is a run of a pipeline. What CDEvents has no
word for has a type of our own, `dev.cdeventsx.fabgitops-rollout.…`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid5

from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.status import Pending
from fabgitops_core.control.cdevents.telling import NAMESPACE
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.happenings import Happening

SPEC = "0.5.1"
"""The version of CDEvents."""

_OUTCOMES = {"Successful": "success", "Failed": "failure", "Running": "cancel"}
"""What verdicts are called there; one that is none of these could not be come to: an error."""


class Run(NamedTuple):
    """Of which rollout something is told, and what."""

    key: Key
    uid: str
    pending: Pending

    @property
    def id(self) -> str:
        """Return what names one change: a revision that is tried again is another one."""
        return f"{self.key}/{self.pending.round}/{self.pending.revision}"

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


class Subject(NamedTuple):
    """What one event is about: its type, what names it, and what is said of it."""

    type: str
    id: str
    content: dict[str, Any]


def happening(key: Key, uid: str, pending: Pending) -> Happening:
    """Return what goes over the bus, the same each time for the same entry.

    Args:
        key: The rollout.
        uid: Its uid.
        pending: An entry of its outbox; one of another version's words is told as `changed`.
    """
    run, source = Run(key, uid, pending), f"/resources/{key.kind}/{uid}"
    subject, at = _SUBJECTS.get(pending.type, _changed)(run), pending.at.astimezone(UTC).replace(microsecond=0)
    event: dict[str, Any] = {
        "context": {
            "specversion": SPEC,
            "id": pending.id,
            "source": source,
            "type": subject.type,
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "chainId": str(uuid5(NAMESPACE, f"{uid}/{pending.round}/{pending.revision}")),
        },
        "subject": {"id": subject.id, "content": subject.content},
    }
    if not subject.type.startswith("dev.cdeventsx."):
        event |= {"customData": run.facts(), "customDataContentType": "application/json"}
    return Happening(
        id=pending.id,
        type=subject.type,
        source=source,
        subject=subject.id,
        at=at,
        partition=str(key),
        data=event,
        foreign=True,
        source_at=("context", "source"),
    )


def _standard(name: str) -> str:
    return f"dev.cdevents.{name}.0.3.0"


def _own(run: Run) -> Subject:
    return Subject(f"dev.cdeventsx.fabgitops-rollout.{run.pending.type}.0.1.0", run.id, run.facts())


def _changed(run: Run) -> Subject:
    return Subject("dev.cdeventsx.fabgitops-rollout.changed.0.1.0", run.id, {**run.facts(), "what": run.pending.type})


def _started(run: Run) -> Subject:
    return Subject(_standard("pipelinerun.started"), run.id, run.pipeline)


def _finished(outcome: str) -> Callable[[Run], Subject]:
    def finished(run: Run) -> Subject:
        errors = {"errors": run.pending.text} if run.pending.text and outcome != "success" else {}
        return Subject(_standard("pipelinerun.finished"), run.id, {**run.pipeline, "outcome": outcome, **errors})

    return finished


def _modified(run: Run) -> Subject:
    return Subject(_standard("environment.modified"), str(run.key), {"name": run.key.name})


def _analysis_started(run: Run) -> Subject:
    content = {**run.suite, "trigger": {"type": "pipeline"}}
    return Subject(_standard("testsuiterun.started"), run.analysis, content)


def _analysis_finished(run: Run) -> Subject:
    reason = {"reason": run.pending.text} if run.pending.text else {}
    content = {**run.suite, "outcome": _OUTCOMES.get(run.pending.verdict, "error"), **reason}
    return Subject(_standard("testsuiterun.finished"), run.analysis, content)


def _incident(run: Run) -> Subject:
    said = {"description": run.pending.text} if run.pending.text else {}
    return Subject(_standard("incident.detected"), run.pending.id, {"environment": run.environment, **said})


_SUBJECTS: Mapping[str, Callable[[Run], Subject]] = MappingProxyType(
    {
        Word.STARTED: _started,
        Word.PROGRESSED: _own,
        Word.WAITING: _own,
        Word.ANALYSIS_STARTED: _analysis_started,
        Word.ANALYSIS_FINISHED: _analysis_finished,
        Word.INCIDENT: _incident,
        Word.RESTORED: _own,
        Word.MODIFIED: _modified,
        Word.FINISHED_SUCCESS: _finished("success"),
        Word.FINISHED_FAILURE: _finished("failure"),
        Word.FINISHED_CANCEL: _finished("cancel"),
    }
)
