"""The adversary: it edits, drifts, cuts, kills, forges and sets clocks as it likes, also in the middle of a pass."""

from typing import Any

from fabgitops_core.codec.types import parse_hex
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.events import Due
from fabgitops_core.control.plc.state import Stage
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .amid import AMID_A_PASS, FATES
from .operators import Operator
from .plant import BOUND, LOCKED, PLACES
from .promises import CHOSEN, OF_GUARDS
from .rules.budget import Budget
from .scene import COUNTED, Scene
from .world import COMMAND, Look

ENDS = 60
"""Requests after which a pass that has not ended is taken for one that never does."""
TAKES_OVER_SECS = 31.0

WRONG = st.sampled_from(["speed", "running", "level", "remote"])
AMID = st.lists(st.tuples(st.integers(0, 7), st.sampled_from((*FATES, *AMID_A_PASS))), max_size=2)
"""What happens at which request of a pass."""
SECOND_THOUGHTS = st.lists(st.tuples(st.integers(1, 5), st.just("unapproved")), min_size=1, max_size=1)
UNSAVED = ("", "unsaved", "unsaved", "silent", "vanishes")
"""What becomes of the next write that is to be saved."""
LATER = st.sampled_from([1.0, 6.0, 6.0, 40.0, 1800.0, 4000.0])


class Adversary(RuleBasedStateMachine):
    """Everybody but the operators."""

    @initialize(chosen=CHOSEN)
    def begin(self, chosen: dict[str, Any]) -> None:
        """Declare a resource, and let the device hold something else."""
        self.scene = Scene()
        self.scene.edited(chosen=chosen)
        self.poll(6.0, [])

    # --- the user ---

    @rule(
        bound=st.booleans(),
        speed=st.sampled_from([5, 5, 9]),
        remote=st.sampled_from([1, 1, 2]),
        odd=st.sampled_from(["", "", "short", "pinned", "pinned", "pinned", "suspend", "invalid"]),
    )
    def edit(self, bound: bool, speed: int, remote: int, odd: str) -> None:
        """Edit what is wanted."""
        flags = {name: name == odd for name in ("short", "pinned", "suspend")}
        self.scene.edited(bound=bound, speed=speed, remote=remote, valid=odd != "invalid", annotated=False, **flags)
        self.poll(1.0, [])

    @rule(chosen=CHOSEN)
    def guard(self, chosen: dict[str, Any]) -> None:
        """Set the guards otherwise."""
        self.scene.edited(chosen=chosen, valid=True, suspend=False)
        self.drift("speed", 6.0, [])

    @rule(budget=Budget.chosen, name=WRONG, times=st.integers(3, 5))
    def wear(self, budget: Any, name: str, times: int) -> None:
        """Give registers a budget of writes and no other guard, and let one of them change again and again."""
        alone = {**dict.fromkeys(OF_GUARDS), "budget": budget}
        self.scene.edited(chosen=alone, valid=True, suspend=False, annotated=False, pinned=False, short=False)
        self.drift_again(name, times, 6.0)

    @rule(force=st.booleans(), annotated=st.sampled_from([False, False, True]))
    def ask(self, force: bool, annotated: bool) -> None:
        """Ask for a sync, or suspend by the annotation."""
        if annotated:
            self.scene.edited(annotated=not self.scene.world.annotated)
        else:
            self.scene.synced(force=force)
        self.poll(1.0, [])

    @rule(name=WRONG, contested=st.booleans())
    def contest(self, name: str, contested: bool) -> None:
        """Let somebody else want a register, or nobody."""
        self.scene.contested({name: "plant/rival"} if contested and not self.scene.world.rivals else {})

    @rule(what=st.sampled_from(["this", "this", "this", "another", "none"]), second=st.one_of(AMID, SECOND_THOUGHTS))
    def approve(self, what: str, second: list[tuple[int, str]]) -> None:
        """Say yes to what the status shows, or otherwise, and perhaps take it back in the middle of the pass."""
        self.scene.approves(what)
        self.poll(1.0, second)

    # --- the world ---

    @rule(missing=st.sampled_from([(), (), (), (20,), (12, 13, 20)]), name=st.sampled_from(["ACME", "ACME", "Other"]))
    def swap(self, missing: tuple[int, ...], name: str) -> None:
        """Put another device in its place, or one that does not have all registers."""
        self.scene.world.plant.missing, self.scene.world.plant.name = set(missing), name

    @rule(turns=st.booleans(), press=st.sampled_from(["closed", "closed", "open", "away", "suspended", "invalid", "-"]))
    def machine(self, turns: bool, press: str) -> None:
        """Let the spindle turn or stand still, and the guard of the press be open or closed."""
        self.scene.world.plant.turns(turns)
        self.scene.world.press, self.scene.world.press_read = press, self.scene.world.clock.run
        self.poll(1.0, [])

    @rule(by=st.sampled_from([-90_000.0, -5000.0, -20.0, 20.0, 5000.0, 90_000.0]))
    def set_clock(self, by: float) -> None:
        """Set the clock."""
        self.scene.world.clock.is_set(by)

    @rule(which=st.integers(0, 1), cut=st.booleans(), forge=st.sampled_from([None, None, "nothing", "registers"]))
    def trouble(self, which: int, cut: bool, forge: str | None) -> None:
        """Cut an operator off from the API server, or kill all and forge what they stored."""
        operator = self.scene.operators[which]
        operator.cut = cut
        if forge is None:
            return
        for each in self.scene.operators:
            each.dies()
        kept = self.scene.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.scene.world.plant.unsaved &= forge != "nothing"
        self.scene.stored = {} if forge == "nothing" else kept | {"registers": kept.get("registers", [])[1:]}

    @rule(name=st.sampled_from([*sorted(BOUND), LOCKED]), later=LATER, amid=AMID, ill=st.sampled_from(UNSAVED))
    def drift_bound(self, name: str, later: float, amid: list[tuple[int, str]], ill: str) -> None:
        """Let one of a group change, or a setting lapse, or what is to be saved, which may be for nothing, and look."""
        self.scene.edited(bound=True)
        self.scene.ill = ill
        self.drift(name, later, amid)

    @rule(name=WRONG, later=LATER, amid=AMID)
    def drift(self, name: str, later: float, amid: list[tuple[int, str]]) -> None:
        """Let a register change by itself, and look."""
        self.scene.world.plant.drifts(name)
        self.poll(later, amid)

    @rule(names=st.sets(WRONG, min_size=2), later=LATER, amid=AMID)
    def drift_together(self, names: set[str], later: float, amid: list[tuple[int, str]]) -> None:
        """Let several change at once, and look."""
        for name in sorted(names):
            self.scene.world.plant.drifts(name)
        self.poll(later, amid)

    @rule(name=WRONG, times=st.integers(2, 5), later=st.sampled_from([6.0, 20.0, 400.0]))
    def drift_again(self, name: str, times: int, later: float) -> None:
        """Let a register change again and again, as somebody at the panel does who wants another value."""
        for _ in range(times):
            self.drift(name, later, [])

    @rule(later=LATER, amid=AMID)
    def poll(self, later: float, amid: list[tuple[int, str]]) -> None:
        """Let time pass, and then a pass, with whatever happens in its middle."""
        scene = self.scene
        scene.world.clock.goes_on(later)
        leader = scene.leader() or self.after_a_while()
        if leader is None:
            COUNTED["polls without a leader"] += 1
            return
        COUNTED["polls"] += 1
        if leader.request is None:
            scene.world.look, scene.world.met, leader.writing = Look(), "", False
            scene.world.serving = scene.world.force
            scene.tell(leader, Due(scene.world.clock.at, Gate(0.0, ""), scene.neighbours()))
        fates = dict(amid)
        for number in range(ENDS):
            what = fates.get(number, "well")
            if what in AMID_A_PASS:
                AMID_A_PASS[what](scene, leader)
            if leader.plc is None or leader.may_have_passed:
                return
            if leader.request is None:
                scene.held()
                return
            scene.serve(leader, what)
        raise AssertionError("a pass does not end")

    # --- what they share ---

    def after_a_while(self) -> Operator | None:
        """Wait until one may take the Lease from another who is gone."""
        for _ in range(3):
            self.scene.world.clock.goes_on(TAKES_OVER_SECS)
            if leader := self.scene.leader():
                return leader
        return None

    # --- what holds whatever happens ---

    @invariant()
    def the_counters_agree(self) -> None:
        """Status and Events tell the same numbers."""
        if hasattr(self, "scene") and not self.scene.behind and self.scene.stored is None:
            told = (self.scene.status.drift_events, self.scene.status.corrections_applied)
            assert told == (self.scene.drifts, self.scene.corrections)

    @invariant()
    def in_sync_is_true_only_of_what_was_read(self) -> None:
        """A status that says in sync says so of every target, and of what was read of it last."""
        if not hasattr(self, "scene") or not self.scene.status.in_sync or self.scene.stored is not None:
            return
        status, world = self.scene.status, self.scene.world
        if status.observed_generation != self.scene.generation or not world.valid or self.scene.behind:
            return
        for each in status.registers:
            if each.name in {COMMAND, "seen"}:
                continue
            assert each.in_sync
            assert each.raw is not None
            assert (each.unverified_write, each.drifted_since, each.unfinished) == (None, None, None)
            assert world.is_wanted(each.name, parse_hex(each.raw))
        assert not world.plant.unsaved, "in sync, and not saved"

    @invariant()
    def nothing_rests_forever(self) -> None:
        """Between passes the next is at hand, unless there shall be none."""
        for each in self.scene.operators if hasattr(self, "scene") else ():
            world = self.scene.world
            if each.plc is not None and each.plc.stage is Stage.IDLE and not each.may_have_passed:
                assert not each.asleep or not world.valid or world.suspend or world.annotated

    def teardown(self) -> None:
        """Let everybody leave it alone: then all that drifted is put right, and is said to be in sync."""
        if not hasattr(self, "scene"):
            return
        scene = self.scene
        COUNTED["scenes"] += 1
        scene.refuses, scene.pace, scene.ill = False, 1.0, ""
        scene.world.plant.missing, scene.world.plant.name = set(), "ACME"
        for each in scene.operators:
            each.cut = False
        scene.contested({})
        scene.world.plant.turns(False)
        quiet = dict.fromkeys(OF_GUARDS)
        scene.edited(chosen=quiet, valid=True, suspend=False, annotated=False, pinned=False, short=False)
        self.scene.world.plant.drifts("speed")
        scene.synced(force=False)
        for _ in range(8):
            self.poll(20.0, [])
        assert scene.status.in_sync, scene.status.message
        assert scene.world.plant.words[1, 10] == scene.world.speed
        for name in (each for each in BOUND if scene.world.bound):
            assert scene.world.plant.words[PLACES[name][:2]] == BOUND[name]
        assert not scene.world.plant.unsaved
