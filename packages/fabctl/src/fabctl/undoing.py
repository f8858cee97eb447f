"""Going back to an earlier revision of a workload: which one, what changes, and what Git has to say for that. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from fabctl.fields import NOTHING, Body, mapping, sequence, text
from fabctl.patching import made_into
from fabctl.revisions import HASH, Revision
from fabctl.workloads import WorkloadView


class NoWayBack(Exception):
    """There is no such revision to go back to; the text says why."""


def earlier(rollout: WorkloadView, found: Sequence[Revision], number: int | None, *, force: bool = False) -> Revision:
    """Return the revision that is meant: of a number, or else the last one that was proven before what is declared.

    Args:
        rollout: The rollout.
        found: Its revisions, the newest first.
        number: Which one; None for the last that was proven.
        force: Whether that of a number may be one that was never proven, or was given up since.

    Raises:
        NoWayBack: There is none, or it is what is declared, or it is not proven.
    """
    proven = [each for each in found if each.hash in {rollout.stable, *rollout.proven} - {""}]
    if number is not None:
        there = [each for each in found if each.number == number]
        if not there:
            raise NoWayBack(f"there is no revision #{number}: there are {_numbers(found)}")
        if there[0].hash == rollout.hash:
            raise NoWayBack(f"revision #{number} is what is declared already")
        if there[0] not in proven and not force:
            raise NoWayBack(
                f"revision #{number} was never proven, or was given up since: proven are {_numbers(proven)}; "
                "--force goes to it all the same, by its steps"
            )
        return there[0]
    order = [rollout.stable] if rollout.under_way else list(reversed(rollout.proven))
    before = [each for hash_ in order for each in proven if each.hash == hash_ != rollout.hash]
    if before:
        return before[0]
    others = [each for each in found if each.hash != rollout.hash]
    named = f"; of {_numbers(others)} none is known to be: --to-revision N --force goes to one, by its steps"
    raise NoWayBack(f"there is no earlier revision that was proven{named if others else ''}")


def _numbers(found: Sequence[Revision]) -> str:
    return ", ".join(f"#{each.number}" for each in found) or "none"


def template_of(revision: Revision) -> dict[str, Any]:
    """Return the template of a revision as it is declared: without the label that the operator gives."""
    template = mapping(mapping(revision.body.get("spec")).get("template"))
    metadata = {name: value for name, value in mapping(template.get("metadata")).items() if value is not None}
    labels = {name: value for name, value in mapping(metadata.get("labels")).items() if name != HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def going_back(body: Body, revision: Revision) -> dict[str, Any]:
    """Return the merge patch that declares the template of a revision, for just this version of the object."""
    metadata, template = mapping(body.get("metadata")), mapping(mapping(body.get("spec")).get("template"))
    which = {name: metadata[name] for name in ("uid", "resourceVersion") if name in metadata}
    return {"metadata": which, "spec": {"template": made_into(template_of(revision), template)}}


def fields(body: Body, revision: Revision) -> tuple[tuple[str, str, str], ...]:
    """Return each image that changes: the field, what is declared there, and what the revision has."""
    template = mapping(mapping(body.get("spec")).get("template"))
    now, then = _images(template), _images(template_of(revision))
    named = dict.fromkeys((*now, *then))
    return tuple(
        (f"spec.template.spec.{name}.image", now.get(name, NOTHING), then.get(name, NOTHING))
        for name in named
        if now.get(name) != then.get(name)
    )


def _images(template: Body) -> Mapping[str, str]:
    spec = mapping(template.get("spec"))
    return {
        f"{part}[{text(each.get('name'))}]": text(each.get("image"))
        for part in ("initContainers", "containers")
        for each in map(mapping, sequence(spec.get(part)))
    }
