"""What CDEvents are about that tell of a change, whatever it is that is changed: runs, analyses, incidents."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from fabgitops_core.api.meta import Key
from fabgitops_core.control.cdevents.ids import id_of
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.happenings import Happening

SPEC = "0.5.1"
"""The version of CDEvents."""

_OUTCOMES = {"Successful": "success", "Failed": "failure", "Running": "cancel"}
"""What verdicts are called there; one that is none of these could not be come to: an error."""


class Told(Protocol):
    """An entry of an outbox, as far as all kinds of changes tell the same."""

    @property
    def id(self) -> str:
        """Return what names the event."""

    @property
    def type(self) -> str:
        """Return what has happened, as a word."""

    @property
    def at(self) -> datetime:
        """Return when."""

    @property
    def verdict(self) -> str:
        """Return what an analysis came to."""

    @property
    def text(self) -> str:
        """Return what else is told of it."""


class Run(Protocol):
    """Of which change something is told, and what."""

    @property
    def pending(self) -> Told:
        """Return the entry of the outbox."""

    @property
    def id(self) -> str:
        """Return what names one change: a revision that is tried again is another one."""

    @property
    def chain(self) -> tuple[object, ...]:
        """Return what names all that is told of one change, beside the uid."""

    @property
    def environment(self) -> dict[str, Any]:
        """Return what is changed, or where."""

    @property
    def pipeline(self) -> dict[str, Any]:
        """Return what is done to it."""

    @property
    def suite(self) -> dict[str, Any]:
        """Return what an analysis is of."""

    @property
    def analysis(self) -> str:
        """Return what names the analysis."""

    def facts(self) -> dict[str, Any]:
        """Return what CDEvents has no members for."""


class Subject(NamedTuple):
    """What one event is about: its type, what names it, and what is said of it."""

    type: str
    id: str
    content: dict[str, Any]


def enveloped(key: Key, uid: str, run: Run, subject: Subject) -> Happening:
    """Return what goes over the bus, the same each time for the same entry."""
    pending, source = run.pending, f"/resources/{key.kind}/{uid}"
    at = pending.at.astimezone(UTC).replace(microsecond=0)
    event: dict[str, Any] = {
        "context": {
            "specversion": SPEC,
            "id": pending.id,
            "source": source,
            "type": subject.type,
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "chainId": id_of(uid, *run.chain),
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


def standard(name: str) -> str:
    """Return a type of CDEvents."""
    return f"dev.cdevents.{name}.0.3.0"


def own(run: Run) -> Subject:
    """Return what CDEvents has no word for, under a type of our own."""
    return Subject(f"dev.cdeventsx.fabgitops-rollout.{run.pending.type}.0.1.0", run.id, run.facts())


def changed(run: Run) -> Subject:
    """Return what another version of ours has put into the outbox."""
    return Subject("dev.cdeventsx.fabgitops-rollout.changed.0.1.0", run.id, {**run.facts(), "what": run.pending.type})


def _started(run: Run) -> Subject:
    return Subject(standard("pipelinerun.started"), run.id, run.pipeline)


def _finished(outcome: str) -> Callable[[Run], Subject]:
    def finished(run: Run) -> Subject:
        errors = {"errors": run.pending.text} if run.pending.text and outcome != "success" else {}
        return Subject(standard("pipelinerun.finished"), run.id, {**run.pipeline, "outcome": outcome, **errors})

    return finished


def _analysis_started(run: Run) -> Subject:
    content = {**run.suite, "trigger": {"type": "pipeline"}}
    return Subject(standard("testsuiterun.started"), run.analysis, content)


def _analysis_finished(run: Run) -> Subject:
    reason = {"reason": run.pending.text} if run.pending.text else {}
    content = {**run.suite, "outcome": _OUTCOMES.get(run.pending.verdict, "error"), **reason}
    return Subject(standard("testsuiterun.finished"), run.analysis, content)


def _incident(run: Run) -> Subject:
    said = {"description": run.pending.text} if run.pending.text else {}
    return Subject(standard("incident.detected"), run.pending.id, {"environment": run.environment, **said})


OF_ALL: Mapping[str, Callable[[Run], Subject]] = MappingProxyType(
    {
        Word.STARTED: _started,
        Word.PROGRESSED: own,
        Word.WAITING: own,
        Word.ANALYSIS_STARTED: _analysis_started,
        Word.ANALYSIS_FINISHED: _analysis_finished,
        Word.INCIDENT: _incident,
        Word.FINISHED_SUCCESS: _finished("success"),
        Word.FINISHED_FAILURE: _finished("failure"),
        Word.FINISHED_CANCEL: _finished("cancel"),
    }
)
"""What is told of each change, by the word for it."""
