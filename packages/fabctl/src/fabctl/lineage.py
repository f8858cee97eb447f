"""A Rollout of a workload as a tree: images, revisions with their pods, weights, steps, analyses, decisions. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fabctl.branching import DECISIONS, Branch, analysis_branch
from fabctl.revisions import Pod, Revision
from fabctl.rollouts import PENDING, UPDATING
from fabctl.stepping import DONE, GIVEN_UP, UNDER_WAY, state_of, step_said
from fabctl.times import since, spoken
from fabctl.workloads import WAYS, WorkloadView

PODS = 20
"""So many pods of a revision are shown, those with something wrong first."""
ICONS = {
    "Completed": "✔",
    "Failed": "✖",
    "Paused": "‖",
    "Concluded": "‖",
    PENDING: "⚠",
    UPDATING: "⚠",
}
MARKS = {DONE: "✔", UNDER_WAY: "◌", GIVEN_UP: "✖"}


def lineage(
    rollout: WorkloadView, found: Sequence[Revision], now: datetime, missing: Iterable[tuple[str, str]] = ()
) -> Branch:
    """Return the tree of a rollout.

    Args:
        rollout: The rollout.
        found: Its revisions, the newest first.
        now: What ages are counted to.
        missing: What could not be looked at, and why.
    """
    icon = ICONS.get(rollout.phase, "◌")
    inside = (
        *_images(rollout, found),
        *(_revision(rollout, each, now) for each in found),
        *(Branch(what, "", (why,)) for what, why in missing),
        *_routes(rollout, now),
        *_steps(rollout),
        *(analysis_branch(each, _of(rollout, each.wave), measured=True) for each in rollout.analyses),
        *_decisions(rollout, now),
    )
    return Branch(f"{icon} rollout", rollout.name, _head(rollout), inside, _more(rollout))


def _head(rollout: WorkloadView) -> tuple[str, ...]:
    way, place, given = WAYS.get(rollout.way, ""), rollout.place, rollout.set_weight
    asked = f" (set {given})" if given is not None else ""
    weight = f"weight {rollout.weight}{asked}" if rollout.under_way else ""
    words = (rollout.phase, way, place, weight, f"{rollout.available}/{rollout.wanted} available", rollout.why)
    return tuple(word for word in words if word)


def _more(rollout: WorkloadView) -> tuple[str, ...]:
    counts = (
        ("desired", rollout.wanted),
        ("current", rollout.replicas),
        ("updated", rollout.updated),
        ("ready", rollout.ready),
    )
    return tuple(f"{count} {what}" for what, count in counts)


def _images(rollout: WorkloadView, found: Sequence[Revision]) -> tuple[Branch, ...]:
    """Return the images of the revisions that have a part in it, and which these are; else those of the template."""
    roles: dict[str, list[str]] = {}
    for each in found:
        for image in each.images if rollout.roles(each.hash) else ():
            said = roles.setdefault(image.partition("=")[2], [])
            said += [role for role in rollout.roles(each.hash) if role not in said]
    if not roles:
        roles = {image.partition("=")[2]: [] for image in rollout.images}
    return tuple(Branch("image", image, tuple(f"({role})" for role in said)) for image, said in roles.items())


def _revision(rollout: WorkloadView, revision: Revision, now: datetime) -> Branch:
    roles = rollout.roles(revision.hash)
    counts = f"{revision.wanted} wanted, {revision.ready} ready, {revision.available} available"
    idle = not (revision.wanted or revision.replicas or revision.pods)
    stays = (spoken("stays until {}", f"{revision.stays_until:%Y-%m-%dT%H:%M:%SZ}"),) if revision.stays_until else ()
    shown = revision.pods[:PODS]
    hidden = len(revision.pods) - len(shown)
    rest = (Branch("", f"and {hidden} more pods"),) if hidden else ()
    words = (revision.hash, "scaled down" if idle else counts, *(f"({role})" for role in roles), *stays)
    name = f"#{revision.number}" if revision.number else revision.name
    more = (*revision.images, spoken("made {}", since(revision.created, now)), revision.cause)
    inside = (*(_pod(each, now) for each in shown), *rest)
    return Branch("revision", name, tuple(filter(None, words)), inside, tuple(filter(None, more)))


def _pod(pod: Pod, now: datetime) -> Branch:
    restarts = f"{pod.restarts} restart{'' if pod.restarts == 1 else 's'}" if pod.restarts else ""
    words = (pod.state, f"{pod.ready}/{pod.containers} ready", restarts, pod.why)
    return Branch("pod", pod.name, tuple(filter(None, words)), (), (spoken("made {}", since(pod.created, now)),))


def _routes(rollout: WorkloadView, now: datetime) -> tuple[Branch, ...]:
    if not rollout.sides:
        return ()
    words = tuple(f"{each.name} {each.service or each.hash} {each.weight}" for each in rollout.sides)
    accepted = spoken("accepted {}", since(rollout.accepted, now)) if rollout.accepted else "not accepted yet"
    return (Branch("routes", "", (*words, accepted)),)


def _steps(rollout: WorkloadView) -> tuple[Branch, ...]:
    return tuple(
        Branch(f"{MARKS.get(state_of(rollout, place), '·')} step", str(place + 1), (step_said(step),))
        for place, step in enumerate(rollout.steps)
    )


def _of(rollout: WorkloadView, number: int) -> str:
    if rollout.way == "blueGreen":
        return {1: "before it goes over", 2: "after it went over"}.get(number, "in the background")
    return f"of step {number}" if number else "in the background"


def _decisions(rollout: WorkloadView, now: datetime) -> tuple[Branch, ...]:
    return tuple(
        Branch("decision", since(each.at, now), (each.stage, each.rule, each.outcome), (), (each.input,))
        for each in rollout.decisions[-DECISIONS:]
    )
