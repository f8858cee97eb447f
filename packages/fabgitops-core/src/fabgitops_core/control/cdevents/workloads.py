"""What goes over the bus of a rollout of a workload: one CDEvent for an entry of its outbox.

The workload is a service, its namespace the environment in which it runs, and the image of its first container the
artifact that it is made of; its other images are told beside it, for CDEvents knows one. A revision that goes out is a
run of a pipeline.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.status import Pending
from fabgitops_core.control.cdevents.purl import purl
from fabgitops_core.control.cdevents.subjects import OF_ALL, Subject, changed, enveloped, own, standard
from fabgitops_core.control.cdevents.words import ServiceWord
from fabgitops_core.control.happenings import Happening


class WorkloadRun(NamedTuple):
    """Of which rollout something is told, and what."""

    key: Key
    uid: str
    pending: Pending

    @property
    def id(self) -> str:
        """Return what names one change: a revision that is tried again is another one."""
        pending = self.pending
        return f"{self.key}/{pending.number}/{pending.revision}/{pending.attempt}"

    @property
    def chain(self) -> tuple[object, ...]:
        """Return what names all that is told of one change, beside the uid."""
        return self.pending.number, self.pending.revision, self.pending.attempt

    @property
    def environment(self) -> dict[str, Any]:
        """Return where the service runs."""
        return {"id": self.key.namespace}

    @property
    def pipeline(self) -> dict[str, Any]:
        """Return what is done to it."""
        return {"pipelineName": str(self.key), "uri": f"urn:uuid:{self.uid}"}

    @property
    def suite(self) -> dict[str, Any]:
        """Return what an analysis is of."""
        number = self.pending.analysis
        name = f"analysis-{number}" if number else "background"
        return {"environment": self.environment, "testSuite": {"id": f"{self.key}/{name}"}}

    @property
    def analysis(self) -> str:
        """Return what names the analysis."""
        return f"{self.id}/analysis-{self.pending.analysis}"

    def facts(self) -> dict[str, Any]:
        """Return what CDEvents has no members for."""
        pending = self.pending
        told = {
            "namespace": self.key.namespace,
            "name": self.key.name,
            "revision": pending.revision,
            "number": pending.number,
            "attempt": pending.attempt,
            "weight": pending.weight,
        }
        steps = {"step": pending.step, "steps": pending.steps} if pending.step is not None else {}
        said = {"images": list(pending.images), "verdict": pending.verdict, "text": pending.text}
        return told | steps | {name: value for name, value in said.items() if value}


def happening(key: Key, uid: str, pending: Pending) -> Happening:
    """Return what goes over the bus, the same each time for the same entry.

    Args:
        key: The rollout.
        uid: Its uid.
        pending: An entry of its outbox; one of another version's words is told as `changed`.
    """
    run = WorkloadRun(key, uid, pending)
    return enveloped(key, uid, run, _SUBJECTS.get(pending.type, changed)(run))


def _service(run: WorkloadRun) -> Subject:
    """Return what has happened to the service; where no image is known, under a type of our own."""
    artifact = purl(run.pending.images[0]) if run.pending.images else ""
    if not artifact:
        return own(run)
    made_of: dict[str, str] = {} if run.pending.type == ServiceWord.PUBLISHED else {"artifactId": artifact}
    content = {"environment": run.environment, **made_of}
    return Subject(standard(f"service.{run.pending.type}"), str(run.key), content)


_SUBJECTS: Mapping[str, Callable[[WorkloadRun], Subject]] = MappingProxyType(
    {**OF_ALL, **dict.fromkeys(ServiceWord, _service)}
)
