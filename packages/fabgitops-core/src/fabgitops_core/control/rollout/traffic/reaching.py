"""Whether the Services of a Rollout select the pods that are declared: else users would be led to none."""

from fabgitops_core.api.rollout import marks
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.looking import services_of
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.revisions import proving
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look


def reached(look: Look, child: Child) -> int:
    """Return how many available pods of this Rollout a Service leads to, by the revision that it selects, or to all."""
    hash_ = selector_of(child).get(marks.HASH)
    return sum(each.available for each in look.revisions if hash_ in {None, each.hash})


def leads_to_dead(look: Look, child: Child | None) -> bool:
    """Return whether a Service selects a revision that is seen, and that has no available pod."""
    revision = look.revision(selector_of(child).get(marks.HASH, "")) if child is not None else None
    return revision is not None and not revision.available


def takes_the_last(look: Look, child: Child, hash_: str) -> bool:
    """Return whether a Service that leads to pods would lead to none if it selected this revision.

    Somebody may have set it so, or taken the revision out of it: while the pods of that are dead it stays where it is.
    """
    revision = look.revision(hash_)
    return bool(reached(look, child)) and not (revision is not None and revision.available)


def last_resort(look: Look, state: RolloutState) -> str:
    """Return the revision that users are led to while the proven one is lost, or there is none and no pod of the first.

    It is an older one that still has pods: one that was proven, or else the one that they were on before; "" where
    there is none, or no need. The declared one is not proven: nobody is led to that because another one is lost.
    """
    current, is_lost = look.revision(look.hash), holding.is_lost(look, state)
    if not is_lost and (state.status.stable_rs or (current is not None and current.available)):
        return ""
    before, rest = state.status.blue_green.previous_selector, proving.in_order(state.status, look.older(""))
    order = [each for each in rest if each.available]
    found = [each.hash for each in order if each.hash == before or each.hash in state.status.proven]
    return next(iter(found if found or is_lost else [each.hash for each in order]), "")


def why_not(look: Look) -> str:
    """Return which Service does not select the declared pods, as a sentence that says what to do; "" where each does.

    The label of the revision is ours to say. A Service that is not there is told of by `rerouting.problem`.
    """
    return next((why for name in services_of(look.spec) if (why := _why_not(look, name))), "")


def _why_not(look: Look, name: str) -> str:
    child = look.service(name)
    if child is None:
        return ""
    selector = selector_of(child)
    if not selector:
        return f"the Service {name} has no selector, so it leads to no pods: give it labels of the template"
    labels = look.spec.labels
    wrong = (f"{key}={text}" for key, text in selector.items() if key != marks.HASH and labels.get(key) != text)
    found = ", ".join(wrong)
    return f"the Service {name} selects {found}, which the template does not give its pods: change one" if found else ""
