"""The pods of operators, found by their Leases: whoever holds one of PLCs is who speaks to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fabgitops_core.api.kinds import Kind, foreign

from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.cluster.lease.record import record_of
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.ports import Body
from fabgitops_operator.settings import Family

LEASE = foreign("Lease", "leases", "coordination.k8s.io")
OURS = "app.kubernetes.io/name=fabgitops"
SHORTEST_SECS = 15.0
"""A Lease that was renewed within that is never taken for old, however short it is: clocks differ."""


async def operator_of(rest: Rest, pods: Kind, where: str, namespace: str) -> Body:
    """Return the pod of the operator that looks after the PLCs of a namespace.

    Args:
        rest: The way to the API server.
        pods: The kind of it.
        where: Namespace of operators and their Leases.
        namespace: Namespace of the PLCs.

    Raises:
        AwayError: There is none, or nobody says.
    """
    try:
        leases = (await rest.page(LEASE, where, OURS, ""))["items"]
        holder = _holder(leases, namespace)
        if not holder:
            raise AwayError(f"no operator in {where} holds a Lease for the PLCs of {namespace}")
        found = await rest.get(pods, where, holder)
    except ApiError as error:
        raise AwayError(f"which operator looks after the PLCs of {namespace} is not known: {error}") from error
    if found is None:
        raise AwayError(f"the operator of the PLCs of {namespace} is {holder}, and no pod of {where} is called that")
    return found


def _holder(leases: Sequence[Body], namespace: str) -> str:
    """Return the name of the pod that holds the Lease of PLCs; a holder is called as its host, and what no other is."""
    for each in leases:
        record = record_of(each)
        if record.holder and record.reach.covers(Family.PLC, namespace):
            return record.holder.rpartition("_")[0]
    return ""


def silent(leases: Sequence[Body], namespace: str, now: datetime) -> str:
    """Return why the PLCs of a namespace are looked after by nobody by now, in a sentence; "" where somebody does.

    A holder renews its Lease at least each half of its duration, or is about to lose it. Where there never was a Lease
    nothing is known against an operator: it may have been told to take none (`--no-lease`), or to have it elsewhere.

    Args:
        leases: Those of operators.
        namespace: Namespace of the PLCs.
        now: The time of day, by another clock than that of who renewed them.
    """
    theirs = [each for each in leases if record_of(each).reach.covers(Family.PLC, namespace)]
    if not theirs or any(record_of(each).holder and _renewed(each, now) for each in theirs):
        return ""
    names = ", ".join(each["metadata"]["name"] for each in theirs)
    return f"the operator of the PLCs of {namespace} does not renew its Lease ({names}): what they say may be old"


def _renewed(lease: Body, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(str(lease["spec"].get("renewTime")))
        return now - at <= timedelta(seconds=max(SHORTEST_SECS, record_of(lease).duration / 2))
    except (TypeError, ValueError):
        return False
