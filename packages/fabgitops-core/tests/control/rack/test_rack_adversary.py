"""Somebody plays against a Rack: whatever is done to its parts, and whenever its process dies, it comes to one end."""

from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import RACK_NODE
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rack.diff import NO_DIFFERENCE, difference
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.control.rack.plan import plan_of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .world import COUNTED, World, key, template

SHAPES = [(1, 1, 1, "shared"), (1, 2, 2, "shared"), (1, 2, 2, "dedicated"), (2, 1, 2, "shared"), (2, 2, 1, "dedicated")]
POLICIES = ["Additive", "Auto", "Manual"]
PDU = {"name": "pdu", "at": "chassis", "templateRef": {"name": "pdu"}, "deviceAddress": "10.0.0.${chassis}"}
PICK = st.integers(min_value=0, max_value=999)


class Adversary(RuleBasedStateMachine):
    """Parts are deleted, edited, disowned, restored; watches lag; the API server fails; the process is killed."""

    world: World

    @initialize(shape=st.sampled_from(SHAPES), policy=st.sampled_from(POLICIES), lagging=st.booleans())
    def begin(self, shape: tuple[int, int, int, str], policy: str, lagging: bool) -> None:
        """Make a Rack, and something of others that has nothing to do with it."""
        self.world = World(lagging=lagging)
        self.policy, self.shape = policy, shape
        self.bystanders: dict[Key, Any] = {}
        self.allowed: set[str] = set()
        self.backups: list[tuple[Key, Any]] = []
        self.stand_by("rack-01-c77", {"fabgitops.io/rack": "rack-02"})
        self.stand_by("rack-010-c0", {})
        self.world.make(self.spec(), update=policy)

    def spec(self) -> Any:
        """Return the template of the shape."""
        chassis, blades, nodes, mode = self.shape
        return template(chassis, blades, nodes, mode, plcs=[PDU])

    def stand_by(self, name: str, labels: dict[str, str]) -> None:
        """Let somebody else have an object."""
        metadata = {"namespace": "floor", "name": name, "labels": labels}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "Chassis", "metadata": metadata, "spec": {"chassisNumber": 77}}
        self.bystanders[key("Chassis", name)] = self.world.api.create(body)

    def part(self, pick: int) -> Key | None:
        """Return one of the parts that there are."""
        mine = [each for each in self.world.api.keys(*COUNTED, PLC.name) if each not in self.bystanders]
        return mine[pick % len(mine)] if mine else None

    # --- the process --------------------------------------------------------------------------------------------------

    @rule()
    def step(self) -> None:
        """Let the process do one thing."""
        if self.world.request is not None:
            self.seen_request()
            self.world.advance()
        else:
            self.world.survey()

    @rule(count=st.integers(min_value=2, max_value=12))
    def steps(self, count: int) -> None:
        """Let the process do several things."""
        for _ in range(count):
            self.step()

    @rule(stored=st.booleans(), taken=PICK)
    def kill(self, stored: bool, taken: int) -> None:
        """Kill it between any two commands, with the status stored or not, and start it anew."""
        if stored:
            self.world.store()
        if self.world.untaken:
            self.world.take(taken % (len(self.world.untaken) + 1))
        self.world.begin()

    @rule(kind=st.sampled_from([ObjectFailureKind.AWAY, ObjectFailureKind.HELD, ObjectFailureKind.CHANGED]))
    def fail(self, kind: ObjectFailureKind) -> None:
        """Let the next request fail."""
        self.world.failures.append(kind)

    @rule(away=st.booleans())
    def bus(self, away: bool) -> None:
        """Let the bus be away, or take what waits."""
        self.world.bus_away = away
        if not away:
            self.world.take()

    @rule()
    def store(self) -> None:
        """Let the status be stored."""
        self.world.store()

    @rule(count=st.integers(min_value=0, max_value=4))
    def deliver(self, count: int) -> None:
        """Let watches that lag tell of something."""
        for watch in self.world.watches:
            watch.deliver(count)

    # --- the adversary ------------------------------------------------------------------------------------------------

    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        """Delete a part."""
        if (there := self.part(pick)) is not None:
            self.world.api.remove(there)

    @rule(pick=PICK)
    def edit(self, pick: int) -> None:
        """Change what the Rack says of a part."""
        if (there := self.part(pick)) is not None:
            patch = {"unitId": 9} if there.kind == PLC.name else {"bmcRef": {"name": "none"}, "bladeRef": {"name": "x"}}
            self.world.api.edit(there, {"spec": patch})

    @rule(pick=PICK, label=st.sampled_from(["rack-02", None]))
    def relabel(self, pick: int, label: str | None) -> None:
        """Take the Rack's label from a part, or give it another."""
        if (there := self.part(pick)) is not None:
            self.world.api.edit(there, {"metadata": {"labels": {"fabgitops.io/rack": label}}})

    @rule(pick=PICK)
    def disown(self, pick: int) -> None:
        """Take a part its owner."""
        if (there := self.part(pick)) is not None:
            self.world.api.edit(there, {"metadata": {"ownerReferences": None}})

    @rule(pick=PICK)
    def keep(self, pick: int) -> None:
        """Keep a part as it is, in a backup."""
        if (there := self.part(pick)) is not None:
            self.backups.append((there, self.world.api[there]))

    @rule(pick=PICK)
    def restore(self, pick: int) -> None:
        """Bring back an old version of a part, as a backup does: with another uid, by another manager."""
        if self.backups:
            there, body = self.backups[pick % len(self.backups)]
            if there in self.world.api:
                self.world.api.remove(there)
            self.world.api.create(body, "restore")

    @rule(pick=PICK, claimed=st.booleans())
    def claim(self, pick: int, claimed: bool) -> None:
        """Claim a node, or give it back."""
        nodes = self.world.api.keys(RACK_NODE.name)
        if nodes:
            self.world.api.edit(nodes[pick % len(nodes)], {"spec": {"claimedBy": "job-7" if claimed else None}})

    @rule(shape=st.sampled_from(SHAPES))
    def reshape(self, shape: tuple[int, int, int, str]) -> None:
        """Change the template."""
        self.shape = shape
        self.world.reshape(self.spec())

    @rule()
    @precondition(lambda self: self.world.published and self.world.status.template)
    def approve(self) -> None:
        """Agree to what is shown."""
        self.world.approve()

    # --- what always holds --------------------------------------------------------------------------------------------

    def seen_request(self) -> None:
        """Look at the request that is about to be sent: nothing goes that nobody agreed to, or that is claimed."""
        request = self.world.request
        there = getattr(request, "key", None)
        if there is None or there not in self.world.api or request is None or not hasattr(request, "version"):
            return
        body = self.world.api[there]
        if body["metadata"]["resourceVersion"] != str(request.version) or self.world.failures:
            return  # it will not be done
        rack = self.world.api[self.world.key]
        shown = self.world.state.going.plan
        assert shown is not None
        agreed = rack["metadata"].get("annotations", {}).get("fabgitops.io/approve")
        assert self.policy == "Auto" or agreed == shown.hash
        assert "claimedBy" not in body["spec"]
        assert there not in shown.slots

    @invariant()
    def nothing_of_others_is_touched(self) -> None:
        """What carries another's label, or none, stays as it is."""
        if hasattr(self, "world"):
            for there, body in self.bystanders.items():
                assert self.world.api[there] == body

    @invariant()
    def a_status_says_something(self) -> None:
        """From the first moment on kstatus can tell how it stands."""
        if hasattr(self, "world") and self.world.published:
            said = {each.type: each.status.value for each in self.world.status.conditions}
            assert {"Ready", "Reconciling", "Stalled", "UpToDate"} <= said.keys()
            assert not (said["Reconciling"] == said["Stalled"] == "True")
            assert len(self.world.status.events.pending if self.world.status.events else ()) <= 200

    def teardown(self) -> None:
        """Let everybody rest: then plan and inventory are one, or what stands in the way is named."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.failures.clear()
        world.bus_away = False
        for node in world.api.keys(RACK_NODE.name):
            world.api.edit(node, {"spec": {"claimedBy": None}})
        self._settle()
        if world.status.pending is not None:
            world.approve()
            self._settle()
        spec, offer = world.state.spec, world.offer
        assert spec is not None
        assert offer is not None
        plan = plan_of(world.key, world.state.uid, world.state.generation, spec, offer)
        there = {each: world.child(each) for each in world.api.keys(*COUNTED, PLC.name) if each not in self.bystanders}
        ours = {each: child for each, child in there.items() if self._labelled(each)}
        taken = set(there) - set(ours)
        if taken & set(plan.slots):
            assert world.conditions["Stalled"] == "True NameTaken", world.status.message
            return
        assert difference(plan, ours) == NO_DIFFERENCE
        assert world.conditions["Ready"] == "True ReconcileSuccess", world.status.message
        assert world.conditions["UpToDate"].startswith("True")
        created = {each.split("/")[0] for each in world.ids(".created")}
        assert {child.uid for child in ours.values()} <= created
        assert not world.status.events or not world.status.events.pending

    def _labelled(self, there: Key) -> bool:
        labels = self.world.api[there]["metadata"].get("labels", {})
        return bool(labels.get("fabgitops.io/rack") == self.world.key.name)

    def _settle(self) -> None:
        for _ in range(4):
            for watch in self.world.watches:
                watch.deliver()
            self.world.take()
            if self.world.request is None:
                self.world.survey()
            self.world.run()


TestAdversary = Adversary.TestCase
