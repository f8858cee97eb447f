"""The manifest of a Rollout of Argo Rollouts, and what it comes to: it may speak of itself, and of its revisions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from fabgitops_core.api.argo.kinds import Manifest
from fabgitops_core.api.argo.reading import Hashes
from fabgitops_core.api.argo.rollout import RunLimits, taken
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.meta import NOTHING, Key
from fabgitops_core.api.refusals import sentences
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.control.events import Declared
from fabgitops_core.control.rollout.view import moment


class Written(NamedTuple):
    """A manifest, and the spec that it comes to, or why to none.

    `wide` are the templates it names that are cluster-wide; `by_hash` says that other hashes make another strategy.
    `symbolic` is the spec in which what it speaks of stands by its name: where that is another one, the manifest is.
    """

    fields: Mapping[str, Any] = NOTHING
    metadata: Mapping[str, Any] = NOTHING
    hashes: Hashes = Hashes("", "")
    spec: RolloutSpec | None = None
    problem: str = ""
    wide: frozenset[str] = frozenset()
    limits: RunLimits = RunLimits()
    by_hash: bool = False
    symbolic: RolloutSpec | None = None


UNWRITTEN = Written()


def written_in(key: Key, event: Declared[Any, Any], hashes: Hashes) -> Written:
    """Return the manifest that is declared, and what it comes to while revisions have these hashes."""
    if not isinstance(event.spec, Manifest):
        return Written(problem=event.problem)
    own = {"namespace": key.namespace, "name": key.name, "uid": event.uid}
    metadata = {**own, "labels": event.labels, "annotations": event.annotations}
    return _read(Written(_without_restart(event.spec.fields, event.status), metadata, hashes))


def _without_restart(fields: Mapping[str, Any], status: Any) -> Mapping[str, Any]:
    """Return a manifest without the restart that Argo Rollouts has carried out, which stays in it for ever."""
    done = status.restarted_at if isinstance(status, ArgoRolloutStatus) else None
    wanted = fields.get("restartAt")
    if done is None or not isinstance(wanted, str) or moment(wanted) != done:
        return fields
    return {name: value for name, value in fields.items() if name != "restartAt"}


def with_hashes(written: Written, hashes: Hashes) -> Written:
    """Return what a manifest comes to while revisions have these hashes; the same where it does not speak of them."""
    if not written.by_hash or hashes == written.hashes:
        return written
    return _read(written._replace(hashes=hashes))


def _read(written: Written) -> Written:
    try:
        found = taken(written.fields, written.metadata, written.hashes)
        speaks = found.by_hash or found.by_field
        symbolic = taken(written.fields, written.metadata, written.hashes, symbolic=True).spec if speaks else None
    except ValidationError as error:
        return written._replace(spec=None, problem=sentences(error))
    return written._replace(
        spec=found.spec,
        problem="",
        wide=found.cluster_templates,
        limits=found.limits,
        by_hash=found.by_hash,
        symbolic=symbolic,
    )
