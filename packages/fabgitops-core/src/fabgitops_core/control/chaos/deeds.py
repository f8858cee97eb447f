"""What is done to one target, as data: whoever carries it out knows nothing of experiments.

What is `Leased` ends by itself; who asks for it says nothing of leases, the decisions put them on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid

Fault = Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class Clock:
    """What an agent, or a mock PLC, said of its own clock: seconds, monotonic, of this process and no other."""

    instance: str
    now: float


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when an injection may be, by the clock of who holds it.

    A request is for `instance`, and not to be carried out after `not_after`. From then on it lasts `secs`, unless it is
    renewed, and `cap_secs` at most.
    """

    instance: str
    not_after: float
    secs: float
    cap_secs: float


NO_LEASE = Lease("", 0.0, 0.0, 0.0)
"""Nobody carries out what has this."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A target, and the name of the one injection in it; `before` is what it had, as JSON, where that is known.

    `kind` says what it is, None for the operator itself. Several targets whose injection has one name share it.
    """

    namespace: str
    name: str
    uid: TargetUid
    node: NodeName
    id: InjectionId
    before: str = ""
    kind: TargetKind | None = TargetKind.PODS


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done to a target."""

    spot: Spot


@dataclass(frozen=True, slots=True)
class Evict(Deed):
    """Evict the pod of this uid, and no other; a budget may refuse it."""

    grace_period_secs: int | None = None


@dataclass(frozen=True, slots=True)
class Delete(Deed):
    """Delete the pod of this uid, and no other, without grace."""


@dataclass(frozen=True, slots=True)
class Leased(Deed):
    """What lasts no longer than its lease."""

    fault: Fault = field(default_factory=dict)
    lease: Lease = NO_LEASE

    def until(self, lease: Lease) -> "Leased":
        """Return it with a lease."""
        return replace(self, lease=lease)

    def renewed(self, lease: Lease) -> "Renewal":
        """Return what keeps it from ending."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Renewal(Deed):
    """Let an injection that is there last on; it makes none."""

    lease: Lease = NO_LEASE


@dataclass(frozen=True, slots=True)
class AgentInject(Leased):
    """Have the agent of the target's node inject a fault into the pod of this uid.

    Of a target that is no pod it is the operator's pod; `beside` are other targets that share the injection.
    """

    beside: tuple[Spot, ...] = ()

    def renewed(self, lease: Lease) -> Renewal:
        """Return what keeps it from ending."""
        return AgentRenew(self.spot, lease)


@dataclass(frozen=True, slots=True)
class AgentRenew(Renewal):
    """Have the agent let it last on."""


@dataclass(frozen=True, slots=True)
class AgentRemove(Deed):
    """Have the agent end it, and never begin it again."""


@dataclass(frozen=True, slots=True)
class Mock:
    """Where the control API of a mock PLC is: at the address of the PLC itself."""

    port: int
    secret: str = ""


@dataclass(frozen=True, slots=True)
class MockFault(Leased):
    """Have a mock PLC fail."""

    mock: Mock = Mock(0)

    def renewed(self, lease: Lease) -> Renewal:
        """Return what keeps it from ending."""
        return MockRenew(self.spot, lease, self.mock)


@dataclass(frozen=True, slots=True)
class MockRenew(Renewal):
    """Have a mock PLC fail on."""

    mock: Mock = Mock(0)


@dataclass(frozen=True, slots=True)
class MockRemove(Deed):
    """Have a mock PLC work again."""

    mock: Mock


@dataclass(frozen=True, slots=True)
class MockSet(Deed):
    """Set a register of a mock PLC; with `only_if`, only where it holds what that makes of it.

    What it sets does not end by itself. Of its lease only the moment counts after which nothing is set any more; with
    `only_if` it has none, for it may be put back at any time. `answered` says of that whether it is known that it was
    set: else it may yet be, until that moment.
    """

    mock: Mock
    register: str
    value: bool | int | float | str
    only_if: bool | int | float | str | None = None
    answered: bool = False
    lease: Lease = NO_LEASE

    def until(self, lease: Lease) -> "MockSet":
        """Return it with the moment after which it sets nothing."""
        return replace(self, lease=lease)
