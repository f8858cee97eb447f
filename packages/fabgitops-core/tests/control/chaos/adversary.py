"""One experiment against a world that loses, delays and repeats, in which anybody dies at any moment.

A story is played on a clock of its own, by dice with a seed. What must hold is looked at after each move: what is
active is recorded, of what is over nothing is active, no target is hit twice, nothing is active 30 s after the last
request about it; and in the end, when the adversary rests, the experiment is over and let go.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from fabgitops_core.api.chaos.status import ChaosExperimentStatus, Phase, TargetState
from fabgitops_core.api.meta import rfc3339
from fabgitops_core.control.chaos.deeds import AgentRemove, Deed, Evict
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Released, Selected, Unrecorded
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place
from fabgitops_core.control.chaos.registry import OURS
from fabgitops_core.control.chaos.requests import Act, Examine, Hold, Release, Select
from fabgitops_core.control.chaos.states import Renewing, Resuming, Running, State, Undeclared
from fabgitops_core.control.chaos.table import step
from fabgitops_core.control.commands import Publish, Request, Wake
from fabgitops_core.control.events import Declared, Event, Faulted

from .agents import Agent, Pods
from .rules import ALL, Rules
from .scene import ALLOWED, BOUND, END, KEY, OVER, PODS, QUIET, ROUND, START, spec_of


class Broken(AssertionError):
    """Something did not hold that must."""


class Story:
    """One story; `play` tells it to its end."""

    def __init__(self, seed: int, rules: Rules = ALL) -> None:
        self.dice, self.rules, self.t, self.jump = Random(seed), rules, 0.0, 0.0  # noqa: S311 - a story, no secret
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.agents = {name: Agent(rules, self.dice.uniform(0, 1e6)) for name in "ab"}
        self.pods = Pods({each.uid for each in PODS})
        self.slow, self.lossy = self.dice.choice([0.0, 0.02, 0.4]), self.dice.choice([0.0, 0.0, 0.05, 0.3])
        self.spite = self.dice.choice(["", "", "", "", "kill", "cut"])
        if self.spite:
            self.slow, self.lossy = 0.4, 0.0
        self.sluggish = self.dice.choice([0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 8.0])
        self.since: tuple[float, float] | None = None
        self.spec = spec_of(self.dice, hasty=bool(self.spite))
        self.stored, self.finalizer, self.leaving, self.there = ChaosExperimentStatus(), False, False, True
        self.api_up, self.allowed = True, True
        self.state: State = Undeclared(key=KEY, known=OURS)
        self.life, self.alive, self.pending, self.wake, self.turn = 0, False, False, 0, 0
        self.published, self.kept, self.latest = 0, 0, self.stored
        self.sent: dict[InjectionId, float] = {}
        self.born()
        self._trouble()

    def play(self) -> "Story":
        """Play to the end.

        Raises:
            Broken: Something did not hold.
        """
        self._until(OVER)
        waits = self.stored.phase is Phase.PENDING and self.jump < 0  # the day by which it must begin is yet to come
        if self.there and not self.stored.phase.final and not waits:
            raise Broken(f"never over: {self.stored.phase}, {type(self.state).__name__}")
        self.deleted()
        self._until(END)
        if self.there:
            raise Broken(f"never gone: {self.stored.phase}, {type(self.state).__name__}")
        return self

    def _until(self, t: float) -> None:
        while self._due and self._due[0][0] <= t:
            self.t, _, move = heapq.heappop(self._due)
            move()
            self._check()
        self.t = t
        self._check()

    def after(self, secs: float, move: Callable[[], None]) -> None:
        """Let something happen after a while."""
        heapq.heappush(self._due, (self.t + secs, next(self._order), move))

    # --- what must hold

    def _check(self) -> None:
        recorded = {each.uid for each in self.stored.targets}
        for agent in self.agents.values():
            if not agent.ledger.injections:
                continue
            for name, each in agent.active(self.t).items():
                if self.stored.phase.final or not self.there:
                    raise Broken(f"{name} is active, and the experiment is over")
                if each.target not in recorded:
                    raise Broken(f"{name} is active, and was never recorded")
                if self.t > self.sent.get(name, 0.0) + BOUND:
                    raise Broken(f"{name} is active {self.t - self.sent[name]:g} s after the last request")
        self._check_time()
        begun = [*self.agents["a"].begun, *self.agents["b"].begun]
        if len(begun) > 1 and len(begun) != len(set(begun)):
            raise Broken(f"a target was injected twice: {begun}")

    def _check_time(self) -> None:
        """See that it runs no longer than it is to, but for a look that is under way, whatever the wall says."""
        if not self.alive or not isinstance(self.state, Running | Renewing | Resuming):
            self.since = None
        elif self.since is None:
            self.since = self.t, max(self.state.left, 0.0)
        elif self.t > self.since[0] + self.since[1] + self.sluggish + 2 * ROUND:
            raise Broken(f"it runs {self.t - self.since[0]:g} s, and {self.since[1]:g} s were left")

    def _check_kill(self, uid: TargetUid) -> None:
        if uid not in {each.uid for each in self.stored.targets} or self.stored.phase.final:
            raise Broken(f"{uid} was evicted, and that was not recorded, or it was over")

    # --- the operator

    def wall(self) -> datetime:
        """Return what the clock on the wall says, which jumps."""
        return START + timedelta(seconds=self.t + self.jump)

    def facts(self) -> Facts:
        """Return what is allowed."""
        return Facts(ALLOWED if self.allowed else None, opted_in=True)

    def born(self) -> None:
        """Begin, from what is stored."""
        self.life, self.alive, self.pending = self.life + 1, True, False
        self.state, self.latest, self.published, self.kept = Undeclared(key=KEY, known=OURS), self.stored, 0, 0
        if self.there:
            self.tell(self.declared())

    def declared(self) -> Event:
        """Return the object as it stands."""
        status = self.stored
        if not self.rules.no_repetition and any(each.state is TargetState.INJECTING for each in status.targets):
            status = ChaosExperimentStatus()
        return Declared(
            self.wall(), 1, self.spec, status=status, uid="story", created=rfc3339(START), leaving=self.leaving
        )

    def died(self) -> None:
        """End at once: what was to be stored is stored, or not."""
        if self.api_up and self.kept < self.published and self.dice.random() < 0.5:
            self.stored = self.latest
        self.alive = False

    def tell(self, event: Event) -> None:
        """Let the operator decide, and do what it wants."""
        self.state, commands = step(self.state, event)
        for command in commands:
            if isinstance(command, Publish):
                assert isinstance(command.status, ChaosExperimentStatus)
                self.published, self.latest = self.published + 1, command.status
                self.mine(self.dice.uniform(0, 0.3), self.keep)
            elif isinstance(command, Wake):
                self.wake += 1
                if command.after is not None:
                    self.mine(command.after, lambda wake=self.wake: self.look(wake))  # type: ignore[misc]
            elif isinstance(command, Request):
                if isinstance(event, Declared | Faulted):
                    raise Broken(f"asked for outside of a pass, where nobody does it: {command}")
                if self.pending:
                    raise Broken(f"two requests at once: {command}")
                self.pending, self.turn = True, self.turn + 1
                self.perform(command)

    def look(self, wake: int) -> None:
        """Say that it is time, unless something else was asked for meanwhile."""
        if wake == self.wake and not self.pending:
            if not self.sluggish:
                self.tell(self.looked())
                return
            self.pending, self.turn = True, self.turn + 1
            self.answer(self.sluggish, self.looked)

    def looked(self) -> Event:
        """Return what is allowed, however long that took to find out."""
        return Looked(self.wall(), self.facts(), ticks=self.t)

    def mine(self, secs: float, move: Callable[[], None]) -> None:
        """Let something happen that this process does, if it is still there."""
        life = self.life
        self.after(secs, lambda: move() if self.alive and self.life == life else None)

    def answer(self, secs: float, event: Callable[[], Event]) -> None:
        """Let a request be answered."""

        def told(turn: int = self.turn) -> None:
            if turn == self.turn:
                self.pending = False
                self.tell(event())

        self.mine(secs, told)

    def keep(self) -> None:
        """Store the last status, now or later."""
        if self.kept == self.published or not self.there:
            return
        if not self.api_up or self.dice.random() < 0.05:
            self.mine(1.0, self.keep)
            return
        self.stored, self.kept = self.latest, self.published

    def perform(self, request: Request) -> None:
        """Carry a request out."""
        soon, fails = self.dice.uniform(0, 0.5), not self.api_up or self.dice.random() < 0.05
        if isinstance(request, Hold):
            self.finalizer = self.finalizer or not fails
            self.answer(soon, lambda: Held(self.wall(), "away" if fails else ""))
        elif isinstance(request, Select):
            self.answer(soon, lambda: Selected(self.wall(), self.facts(), PODS, "away" if fails else ""))
        elif isinstance(request, Examine):
            self.examine(request)
        elif isinstance(request, Act):
            self.when_kept(request.recorded and self.rules.record_before_act, lambda: self.act(request), self.not_kept)
        elif isinstance(request, Release):
            self.when_kept(True, self.release, lambda: self.answer(0, lambda: Released(self.wall(), "away")))
        else:
            raise TypeError(request)

    def when_kept(self, wanted: bool, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
        """Go on when the last status is stored; not at all, after a while."""
        version, patience, turn = self.published, iter(range(self.dice.randint(1, 20))), self.turn

        def look() -> None:
            if turn != self.turn:
                return
            if not wanted or self.kept >= version:
                then()
            elif next(patience, None) is None:
                otherwise()
            else:
                self.mine(1.0, look)

        look()

    def not_kept(self) -> None:
        """Say that nothing was done."""
        self.answer(0.0, lambda: Unrecorded(self.wall(), "the API server is away"))

    def release(self) -> None:
        """Take the finalizer off; a deleted object is gone then."""
        fails = not self.api_up
        if not fails:
            self.finalizer, self.there = False, self.there and not self.leaving
        self.answer(0.1, lambda: Released(self.wall(), "away" if fails else ""))

    # --- the network, and the far side

    def act(self, request: Act) -> None:
        """Send all, and tell what has come back within a round."""
        outcomes: dict[TargetUid, Outcome] = {}
        for deed in request.deeds:
            if not isinstance(deed, AgentRemove):
                self.sent[deed.spot.id] = self.t
            self.send(deed, lambda outcome, uid=deed.spot.uid: outcomes.setdefault(uid, outcome))  # type: ignore[misc]
        answers = tuple(Answer(each.name, self.dice.choice([True, True, True, False, None])) for each in request.probes)
        self.answer(
            ROUND if self.dice.random() < 0.3 else 1.0, lambda: Acted(self.wall(), dict(outcomes), answers, self.t)
        )

    def examine(self, request: Examine) -> None:
        """Ask each place for its health."""
        places: dict[TargetUid, Place] = {}

        def asked(deed: Deed) -> None:
            if isinstance(deed, Evict):
                places[deed.spot.uid] = Place()
                return
            agent = self.agents[deed.spot.node]
            if agent.up and not agent.cut and self.dice.random() >= self.lossy:
                places[deed.spot.uid] = Place(frozenset({"cpuStress"}), agent.clock(self.t))

        for deed in request.deeds:
            self.after(self.dice.uniform(0, 1), lambda deed=deed: asked(deed))  # type: ignore[misc]
        self.answer(
            self.dice.uniform(1, ROUND), lambda: Examined(self.wall(), self.facts(), dict(places), ticks=self.t)
        )

    def send(self, deed: Deed, heard: Callable[[Outcome], Any]) -> None:
        """Send a request once or twice; each may be lost, late, or kept back until a node is back."""
        for _ in range(2 if self.dice.random() < 0.4 else 1):
            if self.dice.random() >= self.lossy:
                self.after(self._delay(isinstance(deed, Evict)), lambda: self.arrive(deed, heard))

    def _delay(self, bounded: bool) -> float:
        """Return how long something takes; an API server does no more what it was asked for half a minute ago."""
        if self.dice.random() < self.slow:
            return self.dice.uniform(0, 12 if bounded else self.dice.choice([9, 9, 90]))
        return self.dice.uniform(0, 0.3)

    def arrive(self, deed: Deed, heard: Callable[[Outcome], Any]) -> None:
        """Do what was asked; the answer may be lost, or late."""
        if isinstance(deed, Evict):
            outcome = self.pods.asked(deed)
            if outcome.result.name == "DONE":
                self._check_kill(deed.spot.uid)
        else:
            agent = self.agents[deed.spot.node]
            if agent.cut and self.dice.random() < 0.7:
                agent.held.append((deed, heard))
            if agent.cut or not agent.up:
                return
            outcome = agent.asked(deed, self.t)
        if self.dice.random() >= self.lossy:
            self.after(self._delay(bounded=False), lambda: heard(outcome))

    # --- what goes wrong

    def _trouble(self) -> None:
        """Let things go wrong; spite kills agents, or keeps back what is sent to them, just after the injection."""
        for _ in range(6 if self.spite == "kill" else 0):
            self.after(self.dice.uniform(2, 14), self.kill_agent)
        for _ in range(2 if self.spite == "cut" else 0):
            self.after(self.dice.uniform(1, 8), self.cut)
        moves = [
            self.fault,
            self.kill_operator,
            self.kill_agent,
            self.cut,
            self.api_away,
            self.jumps,
            self.vanish,
            self.changes,
        ]
        for _ in range(self.dice.choice([0, 1, 3, 8, 16])):
            self.after(self.dice.uniform(0, self.dice.choice([12.0, 24.0, QUIET * 0.7])), self.dice.choice(moves))
        self.after(QUIET, self.rest)

    def rest(self) -> None:
        """Bring back what the operator needs."""
        self.api_up = True
        if not self.alive:
            self.born()

    def kill_operator(self) -> None:
        """Kill the operator; another begins a moment, or a minute later."""
        if self.alive:
            self.died()
            self.after(self.dice.choice([0.5, 8.0, 40.0]), lambda: None if self.alive else self.born())

    def kill_agent(self) -> None:
        """Kill an agent; another begins a little later, or none."""
        agent = self.agents[self.dice.choice("ab")]
        agent.killed()
        if self.dice.random() < 0.9:
            self.after(self.dice.choice([0.5, 2.0, 10.0]), lambda: setattr(agent, "up", True))

    def fault(self) -> None:
        """Let a fault of the operator's own strike: what was asked for goes on, and nobody hears what came of it."""
        if self.alive and self.there and not isinstance(self.state, Undeclared):
            self.pending, self.turn, self.since = False, self.turn + 1, None
            self.tell(Faulted(self.wall(), 1, "a bug"))
            self.mine(1.0, lambda wake=self.wake: self.look(wake))  # type: ignore[misc]  # as the engine does

    def cut(self) -> None:
        """Cut a node off; what is sent to it may be kept back, and arrive in any order."""
        agent = self.agents[self.dice.choice("ab")]
        agent.cut = True
        if self.dice.random() < 0.9:
            self.after(self.dice.uniform(1, 80), lambda: self.mend(agent))

    def mend(self, agent: Agent) -> None:
        """Let through what was kept back."""
        agent.cut, held, agent.held = False, agent.held, []
        self.dice.shuffle(held)
        for deed, heard in held:
            self.after(self.dice.uniform(0, 1), lambda deed=deed, heard=heard: self.arrive(deed, heard))  # type: ignore[misc]

    def api_away(self) -> None:
        """Let the API server be away for a while."""
        self.api_up = False
        self.after(self.dice.uniform(1, 40), lambda: setattr(self, "api_up", True))

    def jumps(self) -> None:
        """Let the clock on the wall jump."""
        self.jump += self.dice.choice([-3600.0, -20.0, 20.0, 3600.0])

    def vanish(self) -> None:
        """Let a pod be gone."""
        pod = self.dice.choice(PODS)
        self.agents[pod.node].vanished(pod.uid, self.t)

    def changes(self) -> None:
        """Let people end it, delete it, or forbid it."""
        what = self.dice.choice(["abort", "delete", "forbid"])
        if what == "forbid":
            self.allowed = False
            return
        if what == "abort":
            self.spec = self.spec.model_copy(update={"abort": True})
            self.changed()
        else:
            self.deleted()

    def deleted(self) -> None:
        """Delete it: it is gone when nothing holds it."""
        self.leaving, self.there = True, self.there and self.finalizer
        self.changed()

    def changed(self) -> None:
        """Tell the operator, if there is one."""
        if self.alive and self.there:
            self.tell(self.declared())


def played(seed: int, rules: Rules = ALL) -> str:
    """Return how a story breaks, or "" when all holds to its end."""
    try:
        Story(seed, rules).play()
    except Broken as broken:
        return str(broken)
    return ""


__all__ = ["ALLOWED", "Broken", "Phase", "Story", "played"]
