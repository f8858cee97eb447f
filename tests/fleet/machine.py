"""The adversary of a fleet: it edits, drifts, cuts, kills, orders and contradicts as it likes, in any order."""

from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.api.setpoint.marks import ABORT, PAUSE, PERMIT, PROMOTE, RETRY
from fabgitops_core.api.setpoint.status import Phase, SetpointRolloutStatus
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from .onlooker import COUNTED, Onlooker, Seen
from .plant import LEVEL, SPEED, Device
from .process import Killed, Plant, Process
from .store import Store

FLEET = 200
LINE = {"line": "a"}
ROLLOUT = "line-a"
LONG = 9_000.0

SOME = st.lists(st.integers(0, FLEET - 1), min_size=1, max_size=4)
POLICY = st.fixed_dictionaries(
    {
        "failurePolicy": st.sampled_from(["Rollback", "Rollback", "Pause", "Continue"]),
        "onUnreachable": st.sampled_from(["Wait", "Skip", "Fail"]),
        "maxParallel": st.sampled_from([5, 50]),
        "deadlineSeconds": st.sampled_from([120, 3600]),
        "success": st.sampled_from([{}, {"maxFailedPercent": 10, "maxUnreachablePercent": 10, "minMembers": 5}]),
    }
)
WAVES = [{"count": 1, "bakeSeconds": 10}, {"percent": 10, "bakeSeconds": 10}, {"percent": 100, "bakeSeconds": 10}]


class Adversary(RuleBasedStateMachine):
    """Everybody but the operator."""

    @initialize(policy=POLICY)
    def begin(self, policy: dict[str, Any]) -> None:
        """Let a fleet hold what Git wants, led by one rollout."""
        self.names = [f"plc-{number:03}" for number in range(FLEET)]
        self.speed, self.levels, self.policy = 5, dict.fromkeys(self.names, 1), policy
        self.freeze: list[dict[str, Any]] = []
        self.uids = 0
        devices = {name: Device({SPEED: 5, LEVEL: 1}) for name in self.names}
        held = {name: Seen({SPEED: 5, LEVEL: 1}) for name in self.names}
        limits = (0, 1, FLEET // 10, FLEET)
        self.plant = Plant(Store(), devices, Onlooker({name: {} for name in self.names}, held, limits))
        self.declare_rollout()
        for name in self.names:
            self.plant.store.plc(name, self.spec(name), LINE)
        self.process = Process(self.plant)
        self.process.starts()
        self.note_names()
        self.process.runs(60)

    def spec(self, name: str) -> dict[str, Any]:
        """Return what Git says of a PLC."""
        registers = [
            {"name": "speed", "address": SPEED, "value": self.speed},
            {"name": "level", "address": LEVEL, "value": self.levels[name]},
        ]
        return {"deviceAddress": f"{name}.example", "pollIntervalSecs": 120, "registers": registers}

    def declare_rollout(self, name: str = ROLLOUT, labels: dict[str, str] | None = None) -> None:
        """Declare the rollout as it is chosen now."""
        known = self.plant.store.rollouts.get(name)
        self.uids += known is None
        spec = {"selector": {"matchLabels": labels or LINE}, "waves": WAVES, "freeze": self.freeze, **self.policy}
        self.plant.store.rollout(name, spec, known.uid if known else f"uid-{name}-{self.uids}")

    def note_names(self) -> None:
        """Let the onlooker know what each hash stands for."""
        for name in self.names:
            _, wanted = self.process.heard[name]
            self.plant.onlooker.named[name][wanted] = {SPEED: self.speed, LEVEL: self.levels[name]}

    def go(self, seconds: float) -> None:
        """Let time pass; a process that is killed is followed by another."""
        until = self.plant.clock + seconds
        while self.plant.clock < until:
            try:
                self.process.runs(until - self.plant.clock)
            except Killed:
                self.restart()

    def restart(self) -> None:
        """Let another process go on with what is stored."""
        COUNTED["killed"] += 1
        self.plant.kill_in = -1
        self.process = Process(self.plant)
        self.process.starts()

    @property
    def status(self) -> SetpointRolloutStatus:
        """Return how the rollout stands, as it was stored last."""
        stored = self.plant.store.rollouts.get(ROLLOUT)
        status = stored.status if stored else None
        return status if isinstance(status, SetpointRolloutStatus) else SetpointRolloutStatus()

    # --- the user ---

    def edited(self, names: list[str]) -> None:
        """Let Git's words reach the store, and the operator hear of them."""
        for name in names:
            self.plant.store.plc(name, self.spec(name), LINE)
            self.process.hears_plc(name)
        self.note_names()

    @rule(by=st.integers(1, 3), after=st.sampled_from([1.0, 8.0, 40.0, 60.0, 400.0]))
    def edit_all(self, by: int, after: float) -> None:
        """Edit what all have in common, as a template does."""
        self.speed = 5 + (self.speed - 5 + by) % 4
        self.edited(self.names)
        self.go(after)

    @rule(
        after=st.sampled_from([8.0, 15.0, 30.0, 45.0]),
        word=st.sampled_from(["abort", "abort", "pause", "full", "retry"]),
        kill=st.integers(0, 60),
    )
    def contradict(self, after: float, word: str, kill: int) -> None:
        """Edit, and say something else in mid-flight; perhaps the process is killed while it obeys."""
        self.edit_all(1, after)
        self.plant.kill_in = kill
        self.say(word)
        self.go(60)

    @rule(
        after=st.sampled_from([12.0, 30.0, 45.0]),
        fate=st.sampled_from(["away", "refuses", "forgets"]),
        kill=st.integers(0, 60),
    )
    def fail(self, after: float, fate: str, kill: int) -> None:
        """Edit, and let PLCs fail that are released by then, or about to be."""
        self.edit_all(1, after)
        round_ = f"/{self.status.round}/"
        released = [name for name in self.names if round_ in self.plant.store.plcs[name].annotations.get(PERMIT, "")]
        self.plant.kill_in = kill
        for name in released[:3] or self.names[:2]:
            device = self.plant.devices[name]
            device.away, device.fate = fate == "away", "" if fate == "away" else fate
            device.words[SPEED] = 77
        self.go(200)
        COUNTED[f"after {fate} {self.status.phase}"] += 1

    @rule(some=SOME, level=st.integers(1, 3), after=st.sampled_from([1.0, 8.0, 60.0]))
    def edit_some(self, some: list[int], level: int, after: float) -> None:
        """Edit single PLCs."""
        names = [self.names[each] for each in some]
        self.levels |= dict.fromkeys(names, level)
        self.edited(names)
        self.go(after)

    @rule(policy=POLICY)
    def choose(self, policy: dict[str, Any]) -> None:
        """Choose otherwise what becomes of failures."""
        self.policy = policy
        if ROLLOUT in self.plant.store.rollouts:
            self.declare_rollout()
            self.process.hears_rollout(ROLLOUT)

    @rule(word=st.sampled_from(["pause", "resume", "promote", "full", "abort", "retry", "stale"]))
    def say(self, word: str) -> None:
        """Say a word to the rollout."""
        stored, status = self.plant.store.rollouts.get(ROLLOUT), self.status
        if stored is None:
            return
        texts = {
            "pause": (PAUSE, "a visit"),
            "promote": (PROMOTE, f"{status.revision}/{status.wave}"),
            "full": (PROMOTE, f"{status.revision}/full"),
            "abort": (ABORT, status.revision),
            "retry": (RETRY, f"{status.revision}/{status.round}"),
            "stale": (PROMOTE, "0123456789abcdef/full"),
        }
        if word == "resume":
            stored.annotations.pop(PAUSE, None)
        else:
            key, text = texts[word]
            stored.annotations = {**stored.annotations, key: text}
        COUNTED[word] += 1
        self.process.hears_rollout(ROLLOUT)
        self.go(20)

    @rule(gone=st.booleans(), after=st.sampled_from([5.0, 100.0]))
    def delete(self, gone: bool, after: float) -> None:
        """Delete the rollout, or let another select some of its PLCs too; then let it be as it was."""
        other = "line-b"
        if gone and ROLLOUT in self.plant.store.rollouts:
            del self.plant.store.rollouts[ROLLOUT]
            self.process.hears_rollout(ROLLOUT)
        elif not gone:
            self.declare_rollout(other)
            self.process.hears_rollout(other)
        self.go(after)
        self.plant.store.rollouts.pop(other, None)
        self.process.hears_rollout(other)
        self.declare_rollout()
        self.process.hears_rollout(ROLLOUT)
        self.go(after)

    # --- the plant ---

    @rule(some=SOME, after=st.sampled_from([5.0, 45.0]))
    def drift(self, some: list[int], after: float) -> None:
        """Let somebody turn knobs."""
        for each in some:
            self.plant.devices[self.names[each]].words[SPEED] = 77
        self.go(after)

    @rule(some=SOME, fate=st.sampled_from(["", "away", "refuses", "forgets", "silent"]))
    def suffer(self, some: list[int], fate: str) -> None:
        """Let devices be away, refuse what is written, not keep it, or not answer."""
        for each in some:
            device = self.plant.devices[self.names[each]]
            device.away, device.fate = fate == "away", fate if fate != "away" else ""
        self.go(10)

    @rule(after=st.integers(1, 60), lossy=st.booleans(), time=st.sampled_from([10.0, 90.0]))
    def kill(self, after: int, lossy: bool, time: float) -> None:
        """Kill the process after so many requests."""
        self.plant.kill_in, self.plant.lossy = after, lossy
        self.go(time)
        self.plant.kill_in, self.plant.lossy = -1, False

    @rule(refuses=st.booleans())
    def refuse(self, refuses: bool) -> None:
        """Let the API server take no permits for a while."""
        self.plant.refuses = refuses
        self.go(30)

    @rule(frozen=st.booleans())
    def freeze_(self, frozen: bool) -> None:
        """Declare a freeze that never ends, or none."""
        self.freeze = [{"schedule": "* * * * *", "duration": "5m"}] if frozen else []
        if ROLLOUT in self.plant.store.rollouts:
            self.declare_rollout()
            self.process.hears_rollout(ROLLOUT)
        self.go(20)

    @rule(time=st.sampled_from([10.0, 100.0, 1000.0]))
    def wait(self, time: float) -> None:
        """Let time pass."""
        self.go(time)

    # --- what must be so ---

    def teardown(self) -> None:
        """Put right what is outside, and see that it ends as the policy says."""
        if not hasattr(self, "plant"):
            return
        for device in self.plant.devices.values():
            device.away, device.fate = False, ""
        self.plant.refuses, self.freeze = False, []
        stored = self.plant.store.rollouts.get(ROLLOUT)
        if stored is not None:
            stored.annotations.pop(PAUSE, None)
        self.declare_rollout()
        self.process.hears_rollout(ROLLOUT)
        self.go(LONG)
        self.ends()

    def ends(self) -> None:
        """See where it has ended."""
        status = self.status
        COUNTED[f"ended {status.phase}"] += 1
        assert status.phase in {Phase.WATCHING, Phase.DONE, Phase.ABORTED, Phase.PAUSED}, status.message
        for name in self.names:
            device, held = self.plant.devices[name], self.plant.onlooker.seen[name].held
            stored = self.plant.store.plcs[name].status
            if isinstance(stored, IndustrialPLCStatus) and any(each.braked_since for each in stored.registers):
                continue  # corrected too often: it waits for somebody
            wanted = {SPEED: self.speed, LEVEL: self.levels[name]}
            if status.phase in {Phase.WATCHING, Phase.DONE}:
                assert device.words == wanted, f"{name} is not as Git wants it, and nothing is on its way"
            elif status.phase is Phase.ABORTED:
                assert device.words == held, f"{name} does not hold what it was let hold"
