"""Which scenarios there are, what each does, and a manifest of each to begin with. Pure, but for what is installed.

A test holds that the manifests are valid, and that no scenario of the operator's is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points

GROUP = "fabgitops.scenarios"
"""The entry points by which packages bring scenarios."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that an experiment may do."""

    name: str
    does: str
    targets: str
    needs: str
    """What it takes besides a ChaosPolicy that allows it."""
    lasts: str
    spec: str
    """The lines of spec.scenario, with comments."""
    target: str
    """Those of spec.target; nothing where it takes none."""
    probe: str
    """A probe that fits it."""

    @property
    def manifest(self) -> str:
        """Return a manifest that can be run as it is, once its labels are those of something."""
        lines = [f"# {self.name}: {self.does}"]
        lines += [f"# Targets: {self.targets}. It needs {self.needs}.", _HEAD.format(name=_called(self.name))]
        lines += ["  scenario:", _indented(self.spec, 4)]
        lines += ["  target:", _indented(self.target, 4)] if self.target else []
        lines += [_TAIL.format(duration=_ASKED if self.lasts == ONCE else _DURATION), _indented(self.probe, 4)]
        return "\n".join(lines) + "\n"


ONCE, LASTING = "once", "for durationSecs"
_HEAD = """\
# fabctl chaos run FILE --dry-run shows what it would hit; fabctl chaos run FILE --wait runs it.
apiVersion: fabgitops.io/v1
kind: ChaosExperiment
metadata:
  name: {name}  # one experiment is one run: --name OTHER runs it again
spec:"""
_DURATION = "  durationSecs: 60  # counted from the first injection; then all is taken back\n"
_ASKED = "  durationSecs: 60  # so long probes are asked after it was done\n"
_TAIL = "{duration}  startDeadlineSecs: 300  # what has not begun by then has failed\n  probes:  # what must hold"
_PODS = """\
kind: pods
labelSelector:
  matchLabels: {app: hmi}
mode: one  # or all; or fixed, fixedPercent, randomMaxPercent with a value"""
_PLCS = """\
kind: plcs  # IndustrialPLCs
labelSelector:
  matchLabels: {line: "3"}
mode: one  # or all; or fixed, fixedPercent, randomMaxPercent with a value"""
_READY = """\
- name: enough-pods
  when: [start, during, end]  # at the end nothing of it is left
  failAfter: 3
  onFailure: abort  # or record: it goes on, and its verdict is Failed
  withinSecs: 60  # at the end it may take so long
  pods:
    labelSelector:
      matchLabels: {app: hmi}
    minReady: 1"""
_IN_SYNC = """\
- name: in-sync
  when: [start, end]  # during, too, where it must never be away
  withinSecs: 120  # a PLC that was away is asked again after up to 60 s
  plc:
    labelSelector:
      matchLabels: {line: "3"}
    condition: InSync"""
_AGENT = "an agent on the node of each target (fabctl chaos agents)"
_AGENTS = "an agent on the node of each pod, or of the operator of the PLCs (fabctl chaos agents)"
_MOCK = "mock PLCs with a control API: a real PLC is refused by name (NotAMock)"

OURS: Sequence[Scenario] = (
    Scenario(
        "podKiller",
        "pods are evicted, once each; a PodDisruptionBudget has the last word.",
        "pods",
        "no agent",
        ONCE,
        "podKiller: {}\n"
        "  # gracePeriodSecs: 10  # seconds that a pod has to end in; its own when left out\n"
        "  # force: true  # deleted without grace, past every budget",
        _PODS,
        _READY,
    ),
    Scenario(
        "cpuStress",
        "something burns CPU in the target's own cgroup, within the limit that the target has.",
        "pods",
        _AGENT,
        LASTING,
        "cpuStress:\n  loadPercent: 80  # of a core, for each worker\n  workers: 1\n"
        "  # container: hmi  # the first of the pod when left out",
        _PODS,
        _READY,
    ),
    Scenario(
        "networkDelay",
        "packets that leave the target are late, or lost; n round trips pay the delay n times.",
        "pods, or plcs: then packets from the operator to them",
        _AGENTS,
        LASTING,
        "networkDelay:\n  delayMillis: 200\n  jitterMillis: 50\n  lossPercent: 5\n"
        "  # partition: true  # nothing passes: without delayMillis and lossPercent\n"
        "  to:  # only these; all packets when left out\n    - cidr: 10.20.0.0/16\n      port: 502",
        _PODS,
        _READY,
    ),
    Scenario(
        "plcFault",
        "mock PLCs fail, as mock-plc writes faults.",
        "plcs",
        _MOCK,
        LASTING,
        "plcFault:\n  fault: frozen  # or no-reply, delay:200ms, exception:busy,on=write, ...: mock-plc faults\n"
        "  controlPort: 5503\n  # tokenSecret: mock-token  # its key token opens the control API",
        _PLCS,
        _IN_SYNC,
    ),
    Scenario(
        "plcDrift",
        "a register of mock PLCs is set to another value, once; it is put back where nobody has corrected it.",
        "plcs",
        _MOCK,
        ONCE,
        "plcDrift:\n  register: speed  # its name in the mock: GET /v1/registers\n  value: 17  # as the mock says it\n"
        "  controlPort: 5503",
        _PLCS,
        _IN_SYNC,
    ),
    Scenario(
        "apiLatency",
        "the operator that looks after the PLCs of the namespace reaches the API server late.",
        "none: it is about that operator",
        "an agent on the node of that operator (fabctl chaos agents)",
        LASTING,
        "apiLatency:\n  delayMillis: 500\n  jitterMillis: 100",
        "",
        _IN_SYNC,
    ),
)


def known() -> Mapping[str, Scenario]:
    """Return all scenarios by name: ours, and those that packages bring that are installed here."""
    ours = {each.name: each for each in OURS}
    packages: dict[str, list[str]] = {}
    for point in entry_points(group=GROUP):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "a package"
        packages.setdefault(point.name, []).append(package)
    brought = {name: _brought(name, sorted(those)) for name, those in packages.items()}
    return {**ours, **{name: each for name, each in brought.items() if name not in ours}}


def _brought(name: str, packages: Sequence[str]) -> Scenario:
    """Return what a package brings; what several bring is nobody's, as to the operator."""
    package, several = " or ".join(packages), len(packages) > 1
    why = f"several packages bring it: {', '.join(packages)}; leave all but one out"
    return Scenario(
        name,
        f"nothing here: {why}." if several else f"what {package} brings; which parameters there are it says.",
        "as the package says",
        f"{package} where the operator runs",
        "as the package says",
        f"extension:\n  name: {name}\n  parameters: {{}}",
        _PLCS,
        _IN_SYNC,
    )


def _called(name: str) -> str:
    """Return a name for an experiment with a scenario: pod-killer."""
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).strip("-")


def _indented(lines: str, by: int) -> str:
    return "\n".join(" " * by + line for line in lines.splitlines())
