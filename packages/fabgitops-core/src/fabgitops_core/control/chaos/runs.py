"""Runs of a schedule, as small records: whether each is over, and since when; and what one is that is to be made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.marks import SCHEDULE
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE, ChaosScheduleSpec
from fabgitops_core.api.chaos.status import Phase
from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Child, Children, Watched

PHASE, FINISHED = "phase", "finished"
"""Names of facts: where a run stands, and since when it is over."""

_FINAL = frozenset(each.value for each in Phase if each.final)


def seen(body: Mapping[str, Any]) -> Child:
    """Return the record of an experiment, whatever a user wrote into it."""
    metadata, status = _mapping(body.get("metadata")), _mapping(body.get("status"))
    facts = {PHASE: _text(status.get("phase")), FINISHED: _text(status.get("finishedAt"))}
    owner = _owner(body)
    return Child(
        Key(CHAOS_EXPERIMENT.name, _text(metadata.get("namespace")), _text(metadata.get("name"))),
        _text(metadata.get("uid")),
        int(_text(metadata.get("resourceVersion")) or 0),
        _text(metadata.get("creationTimestamp")),
        _text(owner.get("uid")),
        facts={name: text for name, text in facts.items() if text},
        leaving="deletionTimestamp" in metadata,
    )


def schedule_of(body: Mapping[str, Any]) -> str:
    """Return the name of the schedule that an experiment is a run of, "" for one that somebody has made."""
    return _text(_owner(body).get("name"))


WATCHED = Watched(CHAOS_EXPERIMENT, "", CHAOS_SCHEDULE.name, seen, schedule_of)
"""All experiments are watched: those that are no run of a schedule are looked after as well."""


def runs_of(children: Children, uid: str) -> Mapping[str, Child]:
    """Return by name the runs of the schedule of this uid; those of one that had its name before are none."""
    return {key.name: child for key, child in children.items() if child.owner == uid}


def is_over(run: Child) -> bool:
    """Return whether nothing of a run is left."""
    return run.facts.get(PHASE) in _FINAL


def stands(run: Child) -> str:
    """Return where a run stands, in a word."""
    return run.facts.get(PHASE) or Phase.PENDING.value


def finished(runs: Iterable[Child]) -> tuple[tuple[str, datetime], ...]:
    """Return which runs are over and not being deleted, by name, and since when each is."""
    return tuple((each.key.name, _since(each)) for each in runs if is_over(each) and not each.leaving)


def _since(run: Child) -> datetime:
    return datetime.fromisoformat(run.facts.get(FINISHED) or run.created)


def run(schedule: Key, uid: str, spec: ChaosScheduleSpec, name: str) -> Mapping[str, Any]:
    """Return a run as it is to be made."""
    about = {"apiVersion": CHAOS_SCHEDULE.api_version, "kind": CHAOS_SCHEDULE.kind}
    owner = {**about, "name": schedule.name, "uid": uid, "controller": True, "blockOwnerDeletion": False}
    return {
        "apiVersion": CHAOS_EXPERIMENT.api_version,
        "kind": CHAOS_EXPERIMENT.kind,
        "metadata": {
            "namespace": schedule.namespace,
            "name": name,
            "labels": {SCHEDULE: schedule.name},
            "ownerReferences": [owner],
        },
        "spec": spec.template.spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }


def _owner(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the owner reference of an experiment to a schedule that manages it, empty where it has none."""
    references = _mapping(body.get("metadata")).get("ownerReferences")
    for each in references if isinstance(references, list) else ():
        if isinstance(each, Mapping) and each.get("controller") is True and CHAOS_SCHEDULE.matches(each):
            return each
    return {}


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
