"""What stands in a Lease: who holds it, and for how long after it was last renewed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from fabgitops_operator.labels import labels

EVERYWHERE = "*"
"""Stands for all namespaces, where their names do."""

_LOOKED_AFTER, _GIVEN_UP = "fabgitops.io/namespaces", "fabgitops.io/given-up-namespaces"
_FAMILY = "fabgitops.io/kinds"


@dataclass(frozen=True, slots=True)
class Reach:
    """Which namespaces a holder looks after, and which ones were given up before, by name; `EVERYWHERE` is all.

    `family` is that of the kinds which it looks after.
    """

    namespaces: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()
    family: str = ""

    def covers(self, family: str, namespace: str) -> bool:
        """Return whether kinds of a family are looked after in a namespace."""
        return self.family == family and not self.namespaces.isdisjoint({EVERYWHERE, namespace})

    def after(self, former: "Reach") -> "Reach":
        """Return it with what is given up by taking over from one that looked after more."""
        if EVERYWHERE in self.namespaces:
            return self
        return Reach(self.namespaces, (former.namespaces | former.given_up) - self.namespaces, self.family)


@dataclass(frozen=True, slots=True)
class Record:
    """A Lease as it was read.

    Args:
        version: Its resourceVersion; a write that names an older one is refused.
        holder: Who holds it; "" is nobody.
        duration: Seconds after which it may be taken from a holder who does not renew it.
        transitions: How often it has passed from one to another.
        acquired: Since when the holder has held it, as it stands there.
        reach: What the holder looks after, as it stands there.
    """

    version: str
    holder: str = ""
    duration: float = 0.0
    transitions: int = 0
    acquired: str = ""
    reach: Reach = Reach()


def record_of(body: Mapping[str, Any]) -> Record:
    """Return what stands in a Lease; each field of its spec may be missing."""
    spec = body.get("spec") or {}
    return Record(
        version=str(body["metadata"]["resourceVersion"]),
        holder=spec.get("holderIdentity") or "",
        duration=float(spec.get("leaseDurationSeconds") or 0),
        transitions=int(spec.get("leaseTransitions") or 0),
        acquired=spec.get("acquireTime") or "",
        reach=_reach_of(body["metadata"].get("annotations") or {}),
    )


def _reach_of(annotations: Mapping[str, str]) -> Reach:
    looked_after, given_up = (annotations.get(name) or "" for name in (_LOOKED_AFTER, _GIVEN_UP))
    namespaces, former = (frozenset(filter(None, names.split(","))) for names in (looked_after, given_up))
    return Reach(namespaces, former, annotations.get(_FAMILY) or "")


def _annotations(reach: Reach) -> dict[str, str]:
    names = {_LOOKED_AFTER: reach.namespaces, _GIVEN_UP: reach.given_up}
    said = {name: ",".join(sorted(found)) for name, found in names.items() if found}
    return said | ({_FAMILY: reach.family} if reach.family else {})


def micro_time() -> str:
    """Return this moment as `metav1.MicroTime` writes it: in UTC, to the microsecond."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def body_of(namespace: str, name: str, record: Record) -> dict[str, Any]:
    """Return the Lease to be stored, renewed now; without a version it is to be made."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels()}
    if annotations := _annotations(record.reach):
        metadata["annotations"] = annotations
    if record.version:
        metadata["resourceVersion"] = record.version
    now = micro_time()
    spec = {
        "holderIdentity": record.holder,
        "leaseDurationSeconds": max(1, ceil(record.duration)),
        "leaseTransitions": record.transitions,
        "acquireTime": record.acquired or now,
        "renewTime": now,
    }
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
