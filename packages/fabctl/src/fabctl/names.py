"""Names of objects as they are typed, or taken from `-o name` and from kubectl: `plc/mixer`. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fabctl.errors import UsageError

_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

VERSION = "fabctl.fabgitops.io/v1"
"""What says of what kind an item of a List is that no API server knows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its name in singular and short, what one is called, and the command that lists all."""

    singular: str
    short: str
    title: str
    noun: str
    command: str
    group: str = "fabgitops.io"

    @property
    def plural(self) -> str:
        """Return its name in URLs."""
        if self.singular.endswith("y"):
            return f"{self.singular[:-1]}ies"
        return self.singular if self.singular.endswith("s") else f"{self.singular}s"

    @property
    def prefix(self) -> str:
        """Return what `-o name` puts before the name, as kubectl does."""
        return f"{self.singular}.{self.group}".rstrip(".")

    def called(self, typed: str) -> bool:
        """Return whether kubectl would take that for it: short, in singular or plural, with group and version."""
        pattern = rf"{self.short}|({self.singular}|{self.plural})(\.(v1\.)?fabgitops\.io)?"
        return re.fullmatch(pattern, typed, re.IGNORECASE) is not None


PLC = Kind("industrialplc", "plc", "IndustrialPLC", "a PLC", "fabctl list")
TEMPLATE = Kind("industrialplctemplate", "plct", "IndustrialPLCTemplate", "a template", "fabctl templates")
RACK = Kind("rack", "rack", "Rack", "a rack", "fabctl rack list")
CHASSIS = Kind("chassis", "chas", "Chassis", "a chassis", "fabctl tree")
BLADE = Kind("blade", "blade", "Blade", "a blade", "fabctl tree")
BMC = Kind("bmc", "bmc", "BMC", "a BMC", "fabctl tree RACK -o name")
NODE = Kind("racknode", "rnode", "RackNode", "a node", "fabctl tree")
ANALYSIS = Kind("analysistemplate", "fat", "AnalysisTemplate", "an analysis template", "kubectl get analysistemplates")
ROLLOUT = Kind("setpointrollout", "spr", "SetpointRollout", "a rollout", "fabctl rollout list")
WORKLOAD = Kind("rollout", "fgro", "Rollout", "a rollout", "fabctl rollout list")
ROLLOUTS = (ROLLOUT, WORKLOAD)
"""Both kinds of rollouts: of set-points, and of workloads."""
EXPERIMENT = Kind("chaosexperiment", "chaos", "ChaosExperiment", "an experiment", "fabctl chaos list")
CHAOS_POLICY = Kind("chaospolicy", "chaospolicy", "ChaosPolicy", "a policy of chaos", "kubectl get chaospolicies")
LEASE = Kind("lease", "lease", "Lease", "a Lease", "fabctl chaos agents", "coordination.k8s.io")
AGENT = "app.kubernetes.io/component=chaos-agent"
"""The label of Leases that are of agents of chaos experiments, and of no operator."""
REPLICA_SET = Kind("replicaset", "rs", "ReplicaSet", "a ReplicaSet", "fabctl rollout get", "apps")
POD = Kind("pod", "po", "Pod", "a pod", "fabctl rollout get", "")
EVENT = Kind("event", "ev", "Event", "an Event", "fabctl events", "events.k8s.io")
CHECK = Kind("check", "check", "Check", "a check", "fabctl doctor", "fabctl.fabgitops.io")
SCENARIO = Kind("scenario", "scenario", "Scenario", "a scenario", "fabctl chaos scenarios", "fabctl.fabgitops.io")
CONFIG_MAP = Kind("configmap", "cm", "ConfigMap", "a ConfigMap", "fabctl brake status", "")


def told_apart(kind: Kind, title: object) -> Kind:
    """Return which kind of rollout an object says that it is; of any other kind the one that was asked for."""
    return next((each for each in ROLLOUTS if kind in ROLLOUTS and each.title == title), kind)


def named(typed: Iterable[str], kind: Kind = PLC) -> tuple[str, ...]:
    """Return the names that are meant, each once, in the order in which they were typed.

    Raises:
        UsageError: One is of another kind, or can be no name.
    """
    return tuple(dict.fromkeys(_name(each, kind) for each in typed))


def _name(typed: str, kind: Kind) -> str:
    said, slash, name = typed.rpartition("/")
    if slash and not kind.called(said):
        raise UsageError(
            f'"{typed}" is not the name of {kind.noun}: give NAME, {kind.short}/NAME or {kind.prefix}/NAME'
        )
    try:
        check_name(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return name


def check_name(name: str) -> None:
    """Refuse what can be no name.

    Raises:
        ValueError: It can be none.
    """
    if not _DNS_NAME.fullmatch(name):
        raise ValueError(f'"{name}" cannot be a name in Kubernetes: lower case letters, digits, "-" and "."')
