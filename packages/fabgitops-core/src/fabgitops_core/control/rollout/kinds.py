"""The kinds of objects that a Rollout makes or looks at, as far as it knows them: what they mean is Kubernetes'."""

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel

GATEWAY = "gateway.networking.k8s.io"


def _kind(name: str, plural: str, group: str, *, optional: bool = False) -> Kind:
    return Kind(
        name=name,
        plural=plural,
        singular=name.lower(),
        short_names=(),
        description="",
        spec=ApiModel,
        status=None,
        columns=(),
        group=group,
        version="v1",
        optional=optional,
    )


REPLICA_SET = _kind("ReplicaSet", "replicasets", "apps")
"""The pods of a revision (apps/v1); its status counts them, so that no pod is looked at."""

SERVICE = _kind("Service", "services", "")
"""What requests go to (v1), by the labels in its selector."""

HTTP_ROUTE = _kind("HTTPRoute", "httproutes", GATEWAY, optional=True)
"""Which requests go to which Services, and in which parts (Gateway API)."""

GRPC_ROUTE = _kind("GRPCRoute", "grpcroutes", GATEWAY, optional=True)
"""The same for gRPC."""

ROUTES: tuple[Kind, ...] = (HTTP_ROUTE, GRPC_ROUTE)
"""Without the Gateway API a cluster has neither; who moves no weights does not miss them."""
