"""What is read of objects for experiments: the policy, PLCs that may be targets, and what experiments have already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address

from fabgitops_core.api.chaos.marks import ALLOWED, CHAOS, PROTECTED
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.status import Phase
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.status import Phase as Setting
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid, place_of
from fabgitops_core.control.chaos.selecting import Candidate
from pydantic import ValidationError

from fabgitops_operator.chaos.away import UnreadableError
from fabgitops_operator.hosting.ports import Body

DEFAULT_PORT = 502
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


def beside(plcs: Sequence[Body], everyone: Iterable[Body]) -> Mapping[str, tuple[str, ...]]:
    """Return by the uid of each PLC what the marks of others say that are declared at its address; see `Candidate`.

    Args:
        plcs: Which may be targets, of one namespace.
        everyone: All that the same operator may look after, these among them.
    """
    at: dict[tuple[str, int], list[Body]] = {address_of(each): [] for each in plcs}
    for each in everyone:
        if (where := address_of(each)) in at:
            at[where].append(each)
    return {each["metadata"]["uid"]: _marks(each, at[address_of(each)]) for each in plcs}


def address_of(body: Body) -> tuple[str, int]:
    """Return host and port of a PLC as they are declared, however an address or a name is written."""
    spec = body.get("spec") or {}
    host = str(spec.get("deviceAddress", "")).strip().strip("[]").rstrip(".").lower()
    try:
        address = ip_address(host)
        host = str(getattr(address, "ipv4_mapped", None) or address)
    except ValueError:
        pass  # a name
    return host, int(spec.get("port", DEFAULT_PORT))


def placed(plc: Body) -> Body:
    """Return of a PLC only what is read of those that may be at the address of another: there may be thousands."""
    metadata, spec = plc["metadata"], plc.get("spec") or {}
    mark = labels_of(plc).get(CHAOS)
    return {
        "metadata": {
            **{name: metadata[name] for name in ("namespace", "name", "uid")},
            "labels": {CHAOS: mark} if mark else {},
        },
        "spec": {name: spec[name] for name in ("deviceAddress", "port") if name in spec},
    }


def taken_along(named: Sequence[Body], everyone: Iterable[Body]) -> str:
    """Return why packets to PLCs that an experiment names as places may not be held; "" where they may.

    One that is protected stays within reach. What is declared at the very address of one that is named is hit as well:
    it is named itself, or lets that in by its label.
    """
    if protected := next((_called(each) for each in named if labels_of(each).get(CHAOS) == PROTECTED), ""):
        return f"the IndustrialPLC {protected} has the label {CHAOS}: {PROTECTED}: it stays within reach"
    meant, whose = {each["metadata"]["uid"] for each in named}, {address_of(each): each for each in named}
    for each in everyone:
        if each["metadata"]["uid"] in meant or not (at := whose.get(address_of(each))):
            continue
        if (mark := _mark(each, at["metadata"]["namespace"])) != ALLOWED:
            why = f"has the label {CHAOS}: {PROTECTED}" if mark == PROTECTED else _NOT_LET_IN
            return f"the IndustrialPLC {_called(each)} is at the address of {_called(at)}, and {why}"
    return ""


_NOT_LET_IN = f"is not named, nor of that namespace with the label {CHAOS}: {ALLOWED}: it would be hit as well"


def _called(body: Body) -> str:
    return f"{body['metadata']['namespace']}/{body['metadata']['name']}"


def _marks(plc: Body, there: Iterable[Body]) -> tuple[str, ...]:
    own = plc["metadata"]
    others = (each for each in there if each["metadata"]["uid"] != own["uid"])
    return tuple(_mark(each, own["namespace"]) for each in others)


def _mark(plc: Body, namespace: str) -> str:
    """Return what a PLC's label says; that of another namespace lets nobody in, for that is asked of both."""
    mark = labels_of(plc).get(CHAOS, "")
    return "" if mark == ALLOWED and plc["metadata"]["namespace"] != namespace else mark


def plc(body: Body, claimed: Mapping[str, str], leading: Leading, others: Mapping[str, tuple[str, ...]]) -> Candidate:
    """Return an IndustrialPLC as what may be chosen; `others` are those `beside` each."""
    metadata, labels = body["metadata"], labels_of(body)
    led = (f"the SetpointRollout {name}" for name, selects in leading if selects(labels))
    return Candidate(
        name=metadata["name"],
        uid=TargetUid(metadata["uid"]),
        namespace=metadata["namespace"],
        labels=labels,
        working=_works(body),
        deleting="deletionTimestamp" in metadata,
        beside=others.get(metadata["uid"], ()),
        claimed_by=claimed.get(metadata["uid"], ""),
        moved_by="its operator" if _written(body.get("status") or {}) else next(led, ""),
    )


def labels_of(body: Body) -> Mapping[str, str]:
    """Return the labels of an object."""
    return body["metadata"].get("labels") or {}


def is_true(conditions: Iterable[Body], name: str) -> bool:
    """Return whether a condition is true."""
    return any(each.get("type") == name and each.get("status") == "True" for each in conditions)


def _works(plc: Body) -> bool:
    """Return whether a PLC says that it is Ready, of what is declared by now."""
    ready = [each for each in (plc.get("status") or {}).get("conditions") or () if each.get("type") == "Ready"]
    seen = max((int(each.get("observedGeneration") or 0) for each in ready), default=0)
    return is_true(ready, "Ready") and seen >= int(plc["metadata"].get("generation") or 0)


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
