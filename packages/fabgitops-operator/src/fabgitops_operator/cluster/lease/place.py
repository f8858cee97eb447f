"""Where an operator's Lease is, and on which terms: what the settings leave open."""

import logging
import socket
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from fabgitops_operator.cluster.lease.election import Terms
from fabgitops_operator.cluster.lease.keeper import Lease, Leases
from fabgitops_operator.cluster.lease.record import EVERYWHERE, Reach
from fabgitops_operator.hosting.alone import Alone
from fabgitops_operator.hosting.ports import Fence
from fabgitops_operator.settings import Family, Outage, Settings

NAMES = {
    Family.PLC: "fabgitops-operator",
    Family.RACKS: "fabgitops-racks",
    Family.DELIVERY: "fabgitops-delivery",
    Family.ARGO: "fabgitops-argo",
    Family.CHAOS: "fabgitops-chaos",
}
"""What Leases are called, by what their holders look after: those of one family do not wait for another's."""

_OUTSIDE = "fabgitops-system"
"""The namespace of the manifests."""

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

log = logging.getLogger(__name__)


def lease_of(settings: Settings, kube: Leases) -> Fence:
    """Return the Lease that the settings ask for, or none."""
    if settings.lease:
        reach = Reach(frozenset(settings.namespace or (EVERYWHERE,)), family=settings.kinds.value)
        return Lease(kube, *place_of(settings), terms_of(settings), reach=reach)
    log.warning("no Lease is taken: it is yours to see that no other operator looks after the same PLCs")
    return Alone()


def place_of(settings: Settings) -> tuple[str, str]:
    """Return namespace and name of the Lease.

    Operators that look after the same kinds in the same namespaces have the same one, others not.
    """
    name = settings.lease_name or _name_of(NAMES[settings.kinds], settings.namespace)
    return settings.lease_namespace or own_namespace(), name


def terms_of(settings: Settings) -> Terms:
    """Return the terms; the holder's name is the host's, which is a pod's, and what no other start has."""
    return Terms(
        holder=f"{socket.gethostname()}_{uuid4().hex[:8]}",
        duration=settings.lease_duration_secs,
        deadline=settings.lease_deadline_secs,
        retry=settings.lease_retry_secs,
        outlast=settings.lease_outage is Outage.CORRECT,
    )


def own_namespace() -> str:
    """Return the namespace of the pod that this is, or the manifests' outside of one."""
    try:
        return _POD_NAMESPACE.read_text().strip() or _OUTSIDE
    except OSError:
        return _OUTSIDE


def _name_of(name: str, namespaces: tuple[str, ...]) -> str:
    """Return a name for people where there is one namespace, and of more than that one that tells sets apart."""
    chosen = sorted(set(namespaces))
    if len(chosen) > 1:
        return f"{name}.{sha256(' '.join(chosen).encode()).hexdigest()[:10]}"
    return ".".join((name, *chosen))
