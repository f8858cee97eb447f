"""What `fabctl doctor` looks at, and what it makes of what it finds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from fabctl.fields import Body, mapping, moment, number, sequence, text

LABEL = "app.kubernetes.io/version"
ALONE = "+fabgitops."
"""What stands in the version of an API server that is the operator itself, before the operator's own."""
CLOCKS_DIFFER_SECS = 5.0
"""From here on a difference of clocks is told; an API server says its time in whole seconds."""


class State(StrEnum):
    """What came of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, what was found, and how to mend it."""

    name: str
    state: State
    found: str
    mend: str = ""


class Right(NamedTuple):
    """A right, as roles give it."""

    verb: str
    group: str
    resource: str
    """Also with a subresource, as in pods/proxy."""
    namespace: str | None = None
    """Where; "" is in all namespaces, None in the one where fabctl is to be used."""

    def __str__(self) -> str:
        """Return it for people."""
        where = "" if self.namespace is None else f" in {self.namespace or 'all namespaces'}"
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}{where}"


_PLCS, _TEMPLATES = "industrialplcs", "industrialplctemplates"
_OURS, _EVENTS = "fabgitops.io", "events.k8s.io"
_READ = (Right("get", _OURS, _PLCS), Right("list", _OURS, _PLCS))
_FOLLOW, _PATCH = Right("watch", _OURS, _PLCS), Right("patch", _OURS, _PLCS)
APPROVE = Right("approve", _OURS, _PLCS)
"""What the policy of the operator asks for; an API server that is the operator itself has no such right."""

RIGHTS: Mapping[str, tuple[Right, ...]] = {
    "get-status, list, describe, history, watch, tree, export, import": _READ,
    "wait, get-status -w": (*_READ, _FOLLOW),
    "sync, suspend, resume": (*_READ, _FOLLOW, _PATCH),
    "approve": (*_READ, _FOLLOW, _PATCH, APPROVE),
    "diff": (*_READ, Right("create", _OURS, _PLCS), _PATCH),
    "events": (Right("list", _EVENTS, "events"), Right("watch", _EVENTS, "events")),
    "templates": (Right("get", _OURS, _TEMPLATES), Right("list", _OURS, _TEMPLATES)),
}
"""What commands need, in the namespace where they are to be used."""


def _rights(plural: str, *verbs: str) -> tuple[Right, ...]:
    return tuple(Right(verb, _OURS, plural) for verb in verbs)


_ROLLOUTS = "setpointrollouts"
OF_ROLLOUTS: Mapping[str, tuple[Right, ...]] = {
    "rollout list, get, status, plan, history": _rights(_ROLLOUTS, "get", "list"),
    "rollout approve, promote, pause, resume, abort, retry": _rights(_ROLLOUTS, "get", "list", "watch", "patch"),
    "rollout release": (*_READ, _FOLLOW, _PATCH),
    "rollout analyze": _rights("analysistemplates", "get"),
}
"""What they need besides where the cluster has rollouts."""

OF_WORKLOADS: Mapping[str, tuple[Right, ...]] = {
    "rollout list, get, status, plan, history (of workloads)": (
        *_rights("rollouts", "get", "list", "watch"),
        *(
            Right(verb, group, of)
            for group, of in (("apps", "replicasets"), ("", "pods"))
            for verb in ("list", "watch")
        ),
    ),
    "rollout promote, pause, resume, abort, retry, undo (of workloads)": _rights(
        "rollouts", "get", "list", "watch", "patch"
    ),
}
"""What they need besides where the cluster has rollouts of workloads."""

_CHAOS = "chaosexperiments"
_OF_CHAOS: Mapping[str, tuple[Right, ...]] = {
    "chaos list, get": _rights(_CHAOS, "get", "list", "watch"),
    "chaos run": (*_rights(_CHAOS, "create", "get", "list", "watch", "patch"), Right("list", _OURS, _PLCS)),
    "chaos abort": _rights(_CHAOS, "get", "list", "watch", "patch"),
    "chaos stop": (
        *(Right(verb, _OURS, _CHAOS, "") for verb in ("list", "watch", "patch")),
        *(Right(verb, _OURS, "chaospolicies", "") for verb in ("get", "patch")),
    ),
}
_WITH_PODS: Mapping[str, tuple[Right, ...]] = {
    "chaos run": (
        *_OF_CHAOS["chaos run"],
        Right("get", _OURS, "chaospolicies", ""),
        Right("get", "", "namespaces", ""),
        Right("list", "", "pods"),
    ),
    "chaos agents": (Right("list", "coordination.k8s.io", "leases", ""),),
}


def of_chaos(*, alone: bool) -> Mapping[str, tuple[Right, ...]]:
    """Return what commands need where there are chaos experiments; without a cluster there are no pods and no agents.

    Run without the rights on what is in the namespace, a dry run of `chaos run` says less.
    """
    return _OF_CHAOS if alone else {**_OF_CHAOS, **_WITH_PODS}


OF_RACKS: Mapping[str, tuple[Right, ...]] = {
    "rack list, describe": _rights("racks", "get", "list"),
    "rack approve": _rights("racks", "get", "patch"),
    "rack locate": _rights("bmcs", "get", "list", "watch", "patch"),
    "tree (of racks)": (
        *_rights("racks", "get"),
        *(right for part in ("chassis", "blades", "bmcs", "racknodes") for right in _rights(part, "list")),
    ),
}
"""What they need besides where the cluster has racks."""


def of_operators(namespaces: Iterable[str]) -> Mapping[str, tuple[Right, ...]]:
    """Return what commands need that are about operators: in all namespaces, and in those where operators run."""
    where, brakes = sorted({*namespaces}), Right("list", "", "configmaps", "")
    proxies = (Right("get", "", "pods/proxy", each) for each in where)
    patches = (Right("patch", "", "configmaps", each) for each in where)
    return {
        "top": (Right("list", "coordination.k8s.io", "leases", ""), *proxies),
        "brake status": (brakes,),
        "brake release": (brakes, *patches),
    }


FIELDS = {"held": "describe (guards)", "plan": "approve", "history": "history"}
"""Fields of a status, and the commands that show nothing where the definitions do not have them."""


def of_rights(allowed: Mapping[Right, bool], needing: Mapping[str, tuple[Right, ...]] = RIGHTS) -> list[Check]:
    """Return what may be done: without reading, nothing; all else may be withheld on purpose."""
    checks = []
    for commands, needed in needing.items():
        missing = [right for right in needed if not allowed[right]]
        if not missing:
            checks.append(Check(f"rights: {commands}", State.OK, ", ".join(map(str, needed))))
            continue
        state = State.FAILED if set(missing) & set(_READ) else State.WARNING
        listed = ", ".join(map(str, missing))
        checks.append(Check(f"rights: {commands}", state, f"you may not: {listed}", "ask for a role that has these"))
    return checks


def of_definition(body: Body) -> Check:
    """Return whether the definitions have what this fabctl shows."""
    versions = [mapping(each) for each in sequence(mapping(body.get("spec")).get("versions"))]
    served = next((each for each in versions if each.get("name") == "v1" and each.get("served") is True), None)
    name, found = "definitions", f"version {version_of(body)}"
    if served is None:
        return Check(name, State.FAILED, f"{found}, which do not serve fabgitops.io/v1", _APPLY)
    schema: Body = mapping(mapping(served.get("schema")).get("openAPIV3Schema"))
    status = mapping(mapping(mapping(schema.get("properties")).get("status")).get("properties"))
    missing = [command for field, command in FIELDS.items() if field not in status]
    if missing:
        return Check(name, State.WARNING, f"{found}, too old for: {', '.join(missing)}", _APPLY)
    return Check(name, State.OK, found)


_APPLY = "install those of the operator: fabgitops-operator manifests | kubectl apply -f -"


def of_leases(leases: Iterable[Body], definitions: str, now: datetime) -> list[Check]:
    """Return which operators run, by the API server's clock, and whether they fit the definitions.

    Args:
        leases: Those of operators, also of those that ran.
        definitions: The version of the definitions, "" where it is not known.
        now: What the API server's clock says.
    """
    held = [lease for lease in leases if is_held(lease, now)]
    if not held:
        mend = "look at the operator's pod: kubectl get pods -A -l app.kubernetes.io/name=fabgitops"
        return [Check("operator", State.FAILED, "none holds a Lease: none runs, or it runs with --no-lease", mend)]
    return [_of_lease(lease, definitions, now) for lease in held]


def _of_lease(lease: Body, definitions: str, now: datetime) -> Check:
    spec, version = mapping(lease.get("spec")), version_of(lease)
    renewed = moment(spec.get("renewTime"))
    ago = int((now - renewed).total_seconds()) if renewed else 0
    found = f"{version}, {text(spec.get('holderIdentity'))}, Lease {place_of(lease)} renewed {max(0, ago)} s ago"
    if ago < -CLOCKS_DIFFER_SECS:
        mend = "set the clocks of the nodes by NTP"
        return Check("operator", State.WARNING, f"{found}; its clock is {-ago} s ahead of the API server's", mend)
    if definitions and version != definitions:
        return Check("operator", State.WARNING, f"{found}; the definitions are of {definitions}", _APPLY)
    return Check("operator", State.OK, found)


def of_clocks(here: datetime, there: datetime | None) -> Check:
    """Return whether this machine's clock and the API server's agree."""
    if there is None:
        return Check("clocks", State.SKIPPED, "the API server does not say its time")
    ahead = (here - there).total_seconds()
    if abs(ahead) <= CLOCKS_DIFFER_SECS:
        return Check("clocks", State.OK, "this machine and the API server agree")
    how = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the API server's"
    return Check("clocks", State.WARNING, f"this machine's clock is {how}: ages are wrong", "set it by NTP")


def is_held(lease: Body, now: datetime) -> bool:
    """Return whether somebody holds a Lease."""
    spec = mapping(lease.get("spec"))
    renewed, lasts = moment(spec.get("renewTime")), number(spec.get("leaseDurationSeconds")) or 0
    return bool(text(spec.get("holderIdentity"))) and renewed is not None and (now - renewed).total_seconds() < lasts


def pod_of(lease: Body) -> tuple[str, str]:
    """Return namespace and name of the pod in whose name a Lease is held."""
    namespace, holder = (
        mapping(lease.get("metadata")).get("namespace"),
        mapping(lease.get("spec")).get("holderIdentity"),
    )
    return text(namespace), text(holder).partition("_")[0]


def place_of(lease: Body) -> str:
    """Return namespace and name of a Lease."""
    metadata = mapping(lease.get("metadata"))
    return f"{text(metadata.get('namespace'))}/{text(metadata.get('name'))}"


def version_of(body: Body) -> str:
    """Return the version that an object is labelled with."""
    return text(mapping(mapping(body.get("metadata")).get("labels")).get(LABEL)) or "unknown"


def worst(checks: Sequence[Check]) -> int:
    """Return the exit code: 1 when one has failed."""
    return int(any(check.state is State.FAILED for check in checks))
