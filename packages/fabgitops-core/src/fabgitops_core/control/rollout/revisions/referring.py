"""A Rollout whose pods a Deployment says: its template is looked at there each time, and kept nowhere else."""

import json

from pydantic import ValidationError

from fabgitops_core.api.refusals import refuse, sentences
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.selecting import Selector
from fabgitops_core.control.events import Surveyed
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout import records
from fabgitops_core.control.rollout.kinds import workload_of
from fabgitops_core.control.rollout.revisions.revising import why_not
from fabgitops_core.control.rollout.state import RolloutState


def resolved(state: RolloutState, spec: RolloutSpec, event: Surveyed) -> RolloutSpec | str:
    """Return a spec with the pods of the Deployment that it refers to, if it does; or why it cannot be had."""
    key = workload_of(state.key, spec)
    if key is None:
        return spec
    child = event.children.get(key)
    if child is None or child.leaving:
        why = event.unseen.get(key.kind)
        missing = f"cannot be looked at: {why}" if why else "is not there: make it, or say the pods in spec.template"
        return f"the Deployment {key.name}, which says what the pods are, {missing}"
    try:
        made = _taken(spec, child)
    except ValidationError as error:
        return f"the Deployment {key.name} says no pods that can be made: {sentences(error)}"
    return why_not(state.key, made.pods) or made


def _taken(spec: RolloutSpec, child: Child) -> RolloutSpec:
    """Return a spec with the template of a Deployment, and its selector where the spec has none.

    Raises:
        ValidationError: No pods can be made of that.
    """
    selector = spec.selector or Selector.model_validate(json.loads(child.facts[records.SELECTOR]))
    template = json.loads(child.facts[records.POD])
    made = spec.model_copy(update={"template": template, "selector": selector})
    refuse("RolloutSpec", made.unfit())
    return made
