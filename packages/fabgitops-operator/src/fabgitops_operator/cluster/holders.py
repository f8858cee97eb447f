"""The pods of operators, found by their Leases: whoever holds one of PLCs is who speaks to them."""

from collections.abc import Sequence

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel

from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.cluster.lease.record import record_of
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.ports import Body
from fabgitops_operator.settings import Family

LEASE = Kind("Lease", "leases", "lease", (), "", ApiModel, None, (), group="coordination.k8s.io", version="v1")
OURS = "app.kubernetes.io/name=fabgitops"


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
