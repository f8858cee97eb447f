"""What is being changed right now: by a Rollout of ours, one of Argo Rollouts, or what Kubernetes itself rolls out.

A pod is changed by whom it belongs to, through its ReplicaSet. Fields are those of apps/v1, and of both Rollouts.
"""

from collections.abc import Awaitable, Callable, Mapping

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.kinds import Kind, foreign
from fabgitops_core.api.rollout.rollout import ROLLOUT
from fabgitops_core.api.rollout.status import Phase

from fabgitops_operator.hosting.ports import Body

DEPLOYMENT, REPLICA_SET = foreign("Deployment", "deployments", "apps"), foreign("ReplicaSet", "replicasets", "apps")
STATEFUL_SET, DAEMON_SET = foreign("StatefulSet", "statefulsets", "apps"), foreign("DaemonSet", "daemonsets", "apps")
_OWNERS = (REPLICA_SET, DEPLOYMENT, STATEFUL_SET, DAEMON_SET, ROLLOUT, ARGO_ROLLOUT)
_ARGO_OVER = "Healthy"
Owner = tuple[Kind, str, str]
"""Of what kind an owner is, its name and its uid."""

Get = Callable[[Kind, str], Awaitable[Body | None]]
"""Returns an object by its name."""


class Movers:
    """Who changes pods of a namespace right now; each owner is asked once. `get` returns an object of it by name."""

    def __init__(self, get: Get) -> None:
        """Prepare it; nothing is asked yet."""
        self._get = get
        self._known: dict[str, str] = {}

    async def of(self, body: Body) -> str:
        """Return who changes an object, or what it belongs to; "" for nobody."""
        owner = owner_of(body)
        if owner is None:
            return ""
        kind, name, uid = owner
        if uid not in self._known:
            found = await self._get(kind, name)
            there = found is not None and found["metadata"].get("uid") == uid
            self._known[uid] = (moved(kind, found) or await self.of(found)) if found is not None and there else ""
        return self._known[uid]


def owner_of(body: Body) -> Owner | None:
    """Return who controls an object, where that is of a kind that changes pods."""
    for each in body["metadata"].get("ownerReferences") or ():
        if each.get("controller"):
            group = str(each.get("apiVersion", "")).partition("/")[0]
            kinds = (kind for kind in _OWNERS if (kind.group, kind.kind) == (group, each.get("kind")))
            return next(((kind, each["name"], each["uid"]) for kind in kinds), None)
    return None


def moved(kind: Kind, body: Body) -> str:
    """Return what is under way with an owner of pods, as its status says; "" for nothing."""
    why = _IS_MOVED[kind.name](body) if kind.name in _IS_MOVED else ""
    return f"the {kind.kind} {body['metadata']['name']} ({why})" if why else ""


def _deployment(body: Body) -> str:
    if unseen := _unseen(body):
        return unseen
    return _behind(body, _number(_status(body), "updatedReplicas"))


def _stateful(body: Body) -> str:
    if unseen := _unseen(body):
        return unseen
    strategy = _spec(body).get("updateStrategy") or {}
    status = _status(body)
    if strategy.get("type") == "OnDelete" or status.get("currentRevision") == status.get("updateRevision"):
        return ""
    kept = _number(strategy.get("rollingUpdate") or {}, "partition")
    return _behind(body, _number(status, "updatedReplicas") + kept)


def _daemons(body: Body) -> str:
    if unseen := _unseen(body):
        return unseen
    status = _status(body)
    updated, wanted = (_number(status, name) for name in ("updatedNumberScheduled", "desiredNumberScheduled"))
    rolls = (_spec(body).get("updateStrategy") or {}).get("type") != "OnDelete"
    return f"{updated} of {wanted} pods are updated" if rolls and updated < wanted else ""


def _rollout(body: Body) -> str:
    return _unseen(body) or _not(str(_status(body).get("phase") or "no phase yet"), Phase.COMPLETED)


def _argo(body: Body) -> str:
    """Return what is under way; its observedGeneration is a text, and of a controller that is away it stands still."""
    return _unseen(body) or _not(str(_status(body).get("phase") or "no phase yet"), _ARGO_OVER)


_IS_MOVED: Mapping[str, Callable[[Body], str]] = {
    DEPLOYMENT.name: _deployment,
    STATEFUL_SET.name: _stateful,
    DAEMON_SET.name: _daemons,
    ROLLOUT.name: _rollout,
    ARGO_ROLLOUT.name: _argo,
}


def _unseen(body: Body) -> str:
    """Return that a change was not seen yet, or that it is being deleted."""
    metadata = body["metadata"]
    if "deletionTimestamp" in metadata:
        return "being deleted"
    seen = _status(body).get("observedGeneration")
    return "" if str(seen) == str(metadata.get("generation")) else "a change of it is not seen yet"


def _behind(body: Body, updated: int) -> str:
    """Return that pods of an older version are there, or ones of the newer are missing."""
    wanted = _number(_spec(body), "replicas", 1)
    there = _number(_status(body), "replicas")
    most = max(wanted, there)
    return f"{updated} of {most} pods are updated" if updated < most else ""


def _not(phase: str, over: str) -> str:
    return "" if phase == over else phase


def _spec(body: Body) -> Body:
    found = body.get("spec")
    return found if isinstance(found, Mapping) else {}


def _status(body: Body) -> Body:
    found = body.get("status")
    return found if isinstance(found, Mapping) else {}


def _number(body: Body, name: str, otherwise: int = 0) -> int:
    found = body.get(name)
    return found if isinstance(found, int) else otherwise
