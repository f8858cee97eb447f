"""Two operators before one Lease: who may write, by the election's own decisions, and what a process knows."""

from dataclasses import dataclass, field, replace

from fabgitops_core.control.plc.commands import DeviceRequest
from fabgitops_core.control.plc.state import NEW, PlcState
from fabgitops_operator.cluster.lease import election
from fabgitops_operator.cluster.lease.election import Look, Lost, State, Store, Terms
from fabgitops_operator.cluster.lease.record import Record

from .clock import Clock
from .rules.settling import SETTLE_SECS

UNKNOWING = NEW._replace(namespace="plant", settle_secs=SETTLE_SECS)


@dataclass
class LeaseStore:
    """The Lease at the API server, which takes no write of a version that is not the newest."""

    record: Record | None = None
    version: int = 0

    def put(self, wanted: Record) -> Record | None:
        """Store what is wanted, and return it; None where somebody wrote first."""
        if wanted.version != (self.record.version if self.record else ""):
            return None
        self.version += 1
        self.record = replace(wanted, version=str(self.version))
        return self.record


@dataclass
class Operator:
    """One process after the other: what it knows of the Lease and, once it had it, of the resource.

    `cut` keeps it from the API server, `deaf` says that it has not heard of the last change. `writing` says that a
    record of writes was stored in the pass under way.
    """

    name: str
    clock: Clock
    starts: int = 0
    lease: State = field(default_factory=State)
    plc: PlcState | None = None
    request: DeviceRequest | None = None
    asleep: bool = False
    writing: bool = False
    cut: bool = False
    deaf: bool = False

    @property
    def terms(self) -> Terms:
        """Return who asks."""
        return Terms(f"{self.name}-{self.starts}")

    @property
    def may_write(self) -> bool:
        """Return whether a write may be sent now, as far as the Lease goes."""
        return election.may_write(self.terms, self.lease, self.clock.run)

    @property
    def may_have_passed(self) -> bool:
        """Return whether another may have the Lease."""
        return election.may_have_passed(self.terms, self.lease, self.clock.run)

    def dies(self) -> None:
        """End, and begin anew with nothing known."""
        self.starts += 1
        self.lease, self.plc, self.request = State(), None, None
        self.asleep = self.writing = self.deaf = False

    def asks(self, store: LeaseStore, *, unheard: bool = False) -> None:
        """Ask for the Lease, or renew it; with `unheard` what is stored is, and its answer is lost."""
        event: election.Event = election.Due()
        while True:
            self.lease, command = election.step(self.terms, self.lease, event)
            sent = self.clock.run
            if isinstance(command, Lost):
                self.dies()
                return
            if not isinstance(command, Look | Store):
                return
            event = election.Failed(sent, away=True)
            if self.cut:
                continue
            if isinstance(command, Look):
                event = election.Found(self.clock.run, store.record)
            elif (stored := store.put(command.record)) is None:
                event = election.Overtaken()
            elif not unheard:
                event = election.Confirmed(sent, self.clock.run, stored)
