"""What is read of objects for experiments: the policy, PLCs that may be targets, and what experiments have already."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.status import Phase
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.status import Phase as Setting
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid, place_of
from fabgitops_core.control.chaos.selecting import Candidate
from pydantic import ValidationError

from fabgitops_operator.chaos.away import UnreadableError
from fabgitops_operator.hosting.ports import Body

Leading = Sequence[tuple[str, Callable[[Mapping[str, str]], bool]]]
"""SetpointRollouts that are at work, and which labels each selects."""

_AT_WORK = frozenset({Setting.RELEASING, Setting.BAKING, Setting.ANALYSING, Setting.RESTORING})


def policy_of(body: Body | None) -> ChaosPolicySpec | None:
    """Return a policy, None where there is none.

    Raises:
        UnreadableError: It cannot be understood, and so allows nothing.
    """
    if body is None:
        return None
    try:
        return ChaosPolicySpec.model_validate(body.get("spec") or {})
    except ValidationError as error:
        raise UnreadableError(f"the ChaosPolicy cannot be understood: {error.errors()[0]['msg']}") from None


def claimed_by(experiments: Iterable[Body]) -> Mapping[str, str]:
    """Return by the uid of each target, and of where it is injected, which experiment has it that is not over."""
    claimed: dict[str, str] = {}
    for each in experiments:
        status = each.get("status") or {}
        if status.get("phase") in (Phase.RUNNING, Phase.RECOVERING):
            name = f"{each['metadata']['namespace']}/{each['metadata']['name']}"
            for record in status.get("targets") or ():
                claimed |= {record["uid"]: name, place_of(InjectionId(record.get("id") or "")): name}
    return claimed


def leading_of(rollouts: Iterable[Body]) -> Leading:
    """Return which SetpointRollouts are at work."""
    at_work = (each for each in rollouts if (each.get("status") or {}).get("phase") in _AT_WORK)
    return [(each["metadata"]["name"], _selects(each)) for each in at_work]


def plc(body: Body, claimed: Mapping[str, str], leading: Leading) -> Candidate:
    """Return an IndustrialPLC as what may be chosen."""
    metadata, labels = body["metadata"], labels_of(body)
    led = (f"the SetpointRollout {name}" for name, selects in leading if selects(labels))
    return Candidate(
        name=metadata["name"],
        uid=TargetUid(metadata["uid"]),
        namespace=metadata["namespace"],
        labels=labels,
        deleting="deletionTimestamp" in metadata,
        claimed_by=claimed.get(metadata["uid"], ""),
        moved_by="its operator" if _written(body.get("status") or {}) else next(led, ""),
    )


def labels_of(body: Body) -> Mapping[str, str]:
    """Return the labels of an object."""
    return body["metadata"].get("labels") or {}


def is_true(conditions: Iterable[Body], name: str) -> bool:
    """Return whether a condition is true."""
    return any(each.get("type") == name and each.get("status") == "True" for each in conditions)


def _written(status: Body) -> bool:
    """Return whether a PLC is being written, or a write to it is not proven yet."""
    unproven = any(each.get("unverifiedWrite") for each in status.get("registers") or ())
    return unproven or bool(status.get("unverifiedWrite")) or is_true(status.get("conditions") or (), "Reconciling")


def _selects(rollout: Body) -> Callable[[Mapping[str, str]], bool]:
    """Return which labels a SetpointRollout selects; one that cannot be understood may select any."""
    try:
        return Selector.model_validate((rollout.get("spec") or {}).get("selector")).matches
    except ValidationError:
        return lambda _: True
