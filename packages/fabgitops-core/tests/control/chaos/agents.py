"""The far side, as the adversary has it: agents that die, and pods that are evicted; each keeps the book of core."""

from dataclasses import dataclass, field, replace
from typing import Any

from fabgitops_core.control.chaos import ledger as book
from fabgitops_core.control.chaos.deeds import AgentRemove, Clock, Deed, Evict, Leased, Renewal
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid
from fabgitops_core.control.chaos.ledger import Ledger, Reply
from fabgitops_core.control.chaos.outcomes import Outcome, Result

from .rules import Rules

GONE = Outcome(Result.GONE, "no such pod")
DONE = Outcome(Result.DONE)


@dataclass
class Agent:
    """One process after the other on a node, whose monotonic clock goes on."""

    rules: Rules
    offset: float
    lives: int = 0
    up: bool = True
    cut: bool = False
    held: list[Any] = field(default_factory=list)
    gone: set[TargetUid] = field(default_factory=set)
    begun: list[InjectionId] = field(default_factory=list)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.ledger = Ledger(f"process-{self.offset:g}-{self.lives}")

    def killed(self) -> None:
        """End with all that it holds, and everything that it knew."""
        self.up, self.lives = False, self.lives + 1
        self.ledger = Ledger(f"process-{self.offset:g}-{self.lives}")

    def clock(self, t: float) -> Clock:
        """Return what it says of its clock."""
        return Clock(self.ledger.instance, t + self.offset)

    def active(self, t: float) -> dict[InjectionId, book.Injection]:
        """Return what is injected at a moment."""
        self.ledger = book.at(self.ledger, t + self.offset)
        return dict(self.ledger.injections)

    def vanished(self, target: TargetUid, t: float) -> None:
        """Let a target be gone: what holds it ends with it."""
        self.gone.add(target)
        for name, each in self.active(t).items():
            if each.target == target:
                self.ledger, _ = book.remove(self.ledger, name, t + self.offset)

    def asked(self, deed: Deed, t: float) -> Outcome:
        """Do what is asked, as far as the book says so."""
        before, now = set(self.active(t)), t + self.offset
        if isinstance(deed, AgentRemove):
            self.ledger, reply = book.remove(self.ledger, deed.spot.id, now)
        elif deed.spot.uid in self.gone:
            return replace(GONE, clock=self.clock(t))
        else:
            self.ledger, reply = self._held(deed, now)
        self.begun += set(self.ledger.injections) - before
        if not self.rules.tombstones:
            self.ledger = replace(self.ledger, ended={})
        return book.outcome(reply)

    def _held(self, deed: Deed, now: float) -> tuple[Ledger, Reply]:
        assert isinstance(deed, Leased | Renewal)
        lease = deed.lease
        if not self.rules.deadlines:
            lease = replace(lease, not_after=now)
        if not self.rules.own_process:
            lease = replace(lease, instance=self.ledger.instance)
        deed = replace(deed, lease=lease)
        if isinstance(deed, Leased):
            return book.inject(self.ledger, deed, now)
        if not self.rules.renewals_make_nothing and deed.spot.id not in self.ledger.injections:
            made = Leased(deed.spot, {}, lease)
            return book.inject(replace(self.ledger, ended={}), made, now)
        return book.renew(self.ledger, deed, now)


@dataclass
class Pods:
    """The pods that an API server has, by uid."""

    there: set[TargetUid]
    killed: list[TargetUid] = field(default_factory=list)

    def asked(self, deed: Deed) -> Outcome:
        """Evict a pod that is there, of this uid."""
        assert isinstance(deed, Evict)
        if deed.spot.uid not in self.there:
            return GONE
        self.there.remove(deed.spot.uid)
        self.killed.append(deed.spot.uid)
        return DONE
