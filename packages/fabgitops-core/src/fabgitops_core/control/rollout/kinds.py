"""The kinds of objects that a Rollout makes or looks at, as far as it knows them: what they mean is Kubernetes'."""

from fabgitops_core.api.kinds import Kind, foreign
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import RolloutSpec

GATEWAY = "gateway.networking.k8s.io"


REPLICA_SET = foreign("ReplicaSet", "replicasets", "apps")
"""The pods of a revision (apps/v1); its status counts them, so that no pod is looked at."""

DEPLOYMENT = foreign("Deployment", "deployments", "apps")
"""What says the pods of a Rollout that refers to it (apps/v1)."""

SERVICE = foreign("Service", "services")
"""What requests go to (v1), by the labels in its selector."""

HTTP_ROUTE = foreign("HTTPRoute", "httproutes", GATEWAY, optional=True)
"""Which requests go to which Services, and in which parts (Gateway API)."""

GRPC_ROUTE = foreign("GRPCRoute", "grpcroutes", GATEWAY, optional=True)
"""The same for gRPC."""

ROUTES: tuple[Kind, ...] = (HTTP_ROUTE, GRPC_ROUTE)
"""Without the Gateway API a cluster has neither; who moves no weights does not miss them."""


def workload_of(key: Key, spec: RolloutSpec) -> Key | None:
    """Return the Deployment that says the pods of a Rollout; None where they stand in its template."""
    return Key(DEPLOYMENT.name, key.namespace, spec.workload_ref.name) if spec.workload_ref else None
