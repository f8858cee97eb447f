"""One PLC, two operators before one Lease, and what goes on between them; each write is looked at as it goes out."""

from collections import Counter
from typing import Any

from fabgitops_core.api.meta import APPROVE, FORCE_AT, REQUESTED_AT, SUSPEND
from fabgitops_core.api.plc.history import CorrectionResult, PastCorrection
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.commands import Notice, Publish, Wake
from fabgitops_core.control.events import Contested, Event
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.intake import declared
from fabgitops_core.control.neighbours import Neighbours, Outside
from fabgitops_core.control.plc.commands import DeviceRequest, Write
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    ReadDone,
    ReadFailed,
    WriteFailed,
    WriteSpared,
    WriteUnrecorded,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.requests import Change
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.table import step
from fabgitops_core.control.plc.writing import still_wanted, why_held

from .neighbours import neighbours_of
from .operators import UNKNOWING, LeaseStore, Operator
from .plant import BOUND, FAILURES, GROUP, LOCKED, MOST_SPEED, REPEAT_SECS, around, bound, names_of, registers, words_of
from .promises import OF_GUARDS, RULES
from .rules.values import wanted_words
from .world import COMMAND, World

COUNTED: Counter[str] = Counter()
"""What all scenes together came to: steps, writes, and how often each guard was all that spoke against one."""


def _of_second(each: PastCorrection) -> PastCorrection:
    """Return an entry as it is stored, to the second."""
    return each.model_copy(update={"at": each.at.replace(microsecond=0)})


class Scene:
    """What the adversary plays with."""

    def __init__(self) -> None:
        self.rules = tuple(each() for each in RULES)
        self.world = World(chosen=dict.fromkeys(OF_GUARDS))
        self.lease = LeaseStore()
        self.operators = tuple(Operator(name, self.world.clock) for name in ("one", "two"))
        self.generation, self.token = 1, 0
        self.annotations: dict[str, str] = {}
        self.spec: dict[str, Any] = self.manifest()
        self.status = IndustrialPLCStatus()
        self.stored: dict[str, Any] | None = None
        self.refuses = self.behind = False
        self.ill = ""
        self.pace = 1.0
        self.drifts = self.corrections = 0
        self.in_episode: set[str] = set()
        self.sent: set[str] = set()
        self.refused: set[str] = set()

    # --- the resource ---

    def manifest(self) -> dict[str, Any]:
        """Return the spec as it stands in Git."""
        world = self.world
        speed = world.speed if world.valid else 5 * MOST_SPEED
        spec: dict[str, Any] = {
            "deviceAddress": "10.0.0.5",
            "registers": registers(speed, world.remote, world.short, bool(world.chosen["ramp"])),
        }
        leaves_some = not world.chosen["budget"] and (world.chosen["cooldown"] or 0) <= REPEAT_SECS
        spec["registers"] += bound(leaves_some, world.key) if world.bound else []
        spec |= {"identity": {"vendor": "ACME"}} if world.pinned else {}
        spec |= {"suspend": True} if world.suspend else {}
        correction: dict[str, Any] = {}
        for each in self.rules:
            if (chosen := world.chosen.get(each.name)) is not None:
                asked = each.asks(chosen)
                correction |= asked.pop("correction", {})
                spec |= asked
        return spec | ({"correction": correction} if correction else {})

    def edited(self, **changes: Any) -> None:
        """Change what is declared, and let everybody hear of it."""
        for name, value in changes.items():
            setattr(self.world, name, value)
        before, self.spec = (self.spec, dict(self.annotations)), self.manifest()
        self.generation += before[0] != self.spec
        self.annotations.pop(SUSPEND, None)
        self.annotations |= {SUSPEND: "a visit"} if self.world.annotated else {}
        if before == (self.spec, self.annotations):
            return
        self.world.changed_at, self.world.force = self.world.clock.lived, ""
        if self.world.short:
            self.in_episode.discard("level")
        if not self.world.bound:
            self.in_episode -= BOUND.keys()
            self.world.plant.unsaved = False  # who takes it out of the manifest forgets that it was not saved
        for each in self.rules:
            each.changed(self.world)
        self.declared_to_all()

    def synced(self, *, force: bool) -> None:
        """Ask for a pass now."""
        self.token += 1
        token = str(self.token)
        self.annotations |= {REQUESTED_AT: token, FORCE_AT: token if force else "never"}
        self.world.asked, self.world.force, self.world.forced_of = True, token if force else "", set()
        for each in self.rules:
            each.synced(self.world)
        self.declared_to_all()

    def contested(self, rivals: dict[str, str]) -> None:
        """Let somebody else want registers, or nobody."""
        if self.world.rivals.keys() - rivals.keys():
            self.world.changed_at = self.world.clock.lived
            for each in self.rules:
                each.freed(self.world)
        self.world.rivals = rivals
        for operator in self.hearing():
            self.tell(operator, Contested(self.world.clock.at, dict(rivals)))

    def declared_to_all(self) -> None:
        """Let every operator hear of the resource that knows of it by now."""
        for each in self.hearing():
            self.declare(each)

    def hearing(self) -> list[Operator]:
        """Return the operators that hear of a change; who stands still, or is nobody any more, does not."""
        for each in self.operators:
            each.deaf = each.deaf or each.may_have_passed
        return [each for each in self.operators if each.plc is not None and not each.deaf]

    def declare(self, operator: Operator) -> None:
        """Let an operator hear of the resource as it stands."""
        metadata = {"name": "mixer", "namespace": "plant", "uid": "u", "generation": self.generation}
        body = {"metadata": {**metadata, "annotations": self.annotations}, "spec": self.spec}
        body |= {"status": self.stored} if self.stored is not None else {}
        self.tell(operator, declared(INDUSTRIAL_PLC, body, self.world.clock.at))

    def forged(self, status: dict[str, Any]) -> None:
        """Put a status there that no operator wrote."""
        self.stored = status

    def approves(self, what: str) -> None:
        """Agree to the plan that the status shows, to one that is not there, or no longer to any."""
        plan = self.status.plan
        self.annotations.pop(APPROVE, None)
        self.world.approved = {}
        if what == "another":
            self.annotations[APPROVE] = "0123456789abcdef"
        elif what == "this" and plan is not None:
            self.annotations[APPROVE] = plan.digest
            self.world.approved = {each.register_name: (each.before, each.after) for each in plan.changes}
            self.world.adopted = True
        self.declared_to_all()

    # --- who writes ---

    def leader(self) -> Operator | None:
        """Return the operator that may write, once one may; the one that comes to it begins with what is stored."""
        for each in self.operators:
            each.asks(self.lease)
        leading = [each for each in self.operators if each.may_write]
        assert len(leading) <= 1, "two operators may write"
        if not leading:
            return None
        (operator,) = leading
        if operator.plc is None:
            self.starts(operator)
        elif operator.deaf:
            operator.deaf = False
            self.declare(operator)
            self.tell(operator, Contested(self.world.clock.at, dict(self.world.rivals)))
        return operator

    def starts(self, operator: Operator) -> None:
        """Let a process begin with the resource."""
        world, forged = self.world, self.stored is not None
        if self.stored is None:
            self.stored = self.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        operator.plc, operator.deaf = UNKNOWING, False
        world.changed_at, world.look, world.last_shown, world.met = world.clock.lived, type(world.look)(), {}, ""
        world.asked = self.token > 0 and self.stored.get("lastHandledReconcileAt") != str(self.token)
        is_forced = world.asked and self.annotations[FORCE_AT] == str(self.token)
        world.force, world.forced_of = (str(self.token) if is_forced else ""), set()
        for each in self.rules:
            each.started(world, forged=forged or self.behind)
        self.declare(operator)
        self.stored = None
        assert operator.plc is not None
        if forged or self.behind:
            self.status = operator.plc.status
            self.drifts, self.corrections = self.status.drift_events, self.status.corrections_applied
            self.in_episode = {each.name for each in self.status.registers if each.drifted_since}
            self.behind = forged  # until it says so itself: what was forged may say anything
        if world.rivals:
            self.tell(operator, Contested(world.clock.at, dict(world.rivals)))

    # --- what an operator is told, and what it wants ---

    def tell(self, operator: Operator, event: Event) -> None:
        """Tell an operator, and carry out at once what it wants but requests."""
        COUNTED["steps"] += 1
        self.world.clock.goes_on(self.pace)
        assert operator.plc is not None
        reading = operator.plc.stage is Stage.READING
        operator.plc, commands = step(operator.plc, event)
        if reading and isinstance(event, ReadDone | ReadFailed) and operator.plc.stage is not Stage.READING:
            self.looked()
        for command in commands:
            if isinstance(command, Publish):
                self.publish(operator, command)
            elif isinstance(command, Notice):
                self.count(command)
            elif isinstance(command, Wake):
                operator.asleep = command.after is None
            else:
                assert isinstance(command, DeviceRequest)
                assert operator.request is None, "two requests at once"
                operator.request = command

    def looked(self) -> None:
        """Let the rules know what a pass has seen."""
        world = self.world
        COUNTED["looks"] += 1
        world.open_end = any(each.unfinished for each in self.status.registers)
        if world.chosen["mode"] == "Observe":
            self.in_episode -= {name for name in world.names if world.is_amiss(world.look, name)}
        for each in self.rules:
            each.looked(world)

    def publish(self, operator: Operator, command: Publish) -> None:
        """Store a status, unless it is for nothing, or the API server refuses it."""
        assert isinstance(command.status, IndustrialPLCStatus)
        if (command.before_write and not operator.may_write) or self.refuses:
            self.behind = True
            return
        self.looks_at_history(command.status)
        self.status, self.behind = command.status, False
        if command.before_write:
            operator.writing, self.world.recorded_at = True, self.world.clock.lived
        if self.status.last_handled_reconcile_at == str(self.token):
            self.world.asked, self.world.force = False, ""

    def count(self, notice: Notice) -> None:
        """Count what is announced: an episode of a register begins once and ends once."""
        name = notice.message.split(" ")[0]
        if notice.reason is PlcReason.DRIFT_DETECTED:
            assert name not in self.in_episode, f"one episode of {name} is counted twice"
            self.in_episode.add(name)
            self.drifts += 1
        elif notice.reason is PlcReason.DRIFT_CORRECTED:
            self.corrections += 1
            self.in_episode.discard(name)
            for each in self.rules:
                each.proven(self.world, name)
        elif notice.reason is PlcReason.DRIFT_RESOLVED:
            self.in_episode.discard(name)

    def looks_at_history(self, status: IndustrialPLCStatus) -> None:
        """See that the last corrections that a status tells of were made, and that each one that is counted is told."""
        if self.stored is not None:  # a process begins, with what was stored or forged
            return
        known = [_of_second(each) for each in self.status.history]
        fresh = [each for each in status.history if _of_second(each) not in known]
        for each in fresh:
            made = self.refused if each.result is CorrectionResult.REFUSED else self.sent
            assert each.register_name in made, f"a correction that was never made: {each}"
        if self.world.chosen["ramp"]:  # all steps of a ramp are one correction, and each of them is told
            return
        told = sum(each.result is CorrectionResult.PROVEN for each in fresh)
        assert told == status.corrections_applied - self.status.corrections_applied, f"history tells of others: {fresh}"

    # --- requests ---

    def serve(self, operator: Operator, fate: str) -> None:
        """Let the request under way meet its fate."""
        request, operator.request = operator.request, None
        assert request is not None
        world, at = self.world, self.world.clock.at
        if isinstance(request, Write):
            self.tell(operator, self.written(operator, request, fate))
            return
        event = world.plant.answers(request, at, fate)
        if isinstance(event, IdentifyDone):
            world.met = event.objects[0]
        elif isinstance(event, ReadDone):
            world.look.shows(event.plan.unit_id, event.plan.address, event.values)
            world.last_shown |= world.look.shown
        elif isinstance(event, ReadFailed):
            world.look.fails(event.plan.unit_id, event.plan.address, event.plan.count, event.failure)
        self.tell(operator, event)

    def written(self, operator: Operator, request: Write, fate: str) -> Event:
        """Return what comes of a write, which goes out if the operator still wants it."""
        change, at = request.change, self.world.clock.at
        if fate == "withdrawn":
            return WriteWithdrawn(at, change, recorded=operator.writing)
        if not operator.may_write:
            return WriteWithdrawn(at, change, Hold(HoldReason.LEASE, "the Lease is lost"), recorded=operator.writing)
        if request.first and self.refuses:
            self.refuses = False
            return WriteUnrecorded(at, change, FAILURES["busy"])
        assert operator.plc is not None
        outside = self.outside(request)
        if not still_wanted(operator.plc, change, at, outside):
            hold = why_held(operator.plc, change, at, outside)
            return WriteWithdrawn(at, change, hold, recorded=operator.writing)
        names = [each for each in names_of(change) if each in self.world.names]
        if change.around is not None and self.ill:
            fate, self.ill = self.ill, ""
        event = self.world.plant.answers(request, at, fate)
        if isinstance(event, WriteSpared):
            return event
        COUNTED["unsaved"] += change.around is not None and self.world.plant.unsaved
        self.world.repeat = change.repeat
        self.looks_at(change, names)
        if fate == "slow":
            self.world.clock.goes_on(15)
            (other,) = (each for each in self.operators if each is not operator)
            other.asks(self.lease)
            assert not other.may_write, "two operators write"
        if fate != "lost":
            self.reached(change, names, refused=isinstance(event, WriteFailed))
        self.world.repeat = False
        return event

    def reached(self, change: Change, names: list[str], *, refused: bool) -> None:
        """Let the rules know that a write has reached the device; a forced sync is for all steps of a ramp."""
        if not change.repeat:
            (self.refused if refused else self.sent).update(names)
        for name in names:
            words = words_of(change, name)
            if self.world.serving == self.world.force and not self.world.is_step(name, words):
                self.world.forced_of.add(name)
            for each in self.rules:
                each.sent(self.world, name, words, refused=refused)

    def outside(self, request: Write) -> Outside:
        """Return what is read right before a write in the same turn, and what is known of the press."""
        words = self.world.plant.words
        rows = ((each.unit_id, range(each.address, each.address + each.count)) for each in request.checks)
        checked = tuple(tuple(words[unit, address] for address in row) for unit, row in rows)
        return Outside(self.neighbours(), checked or None)

    def neighbours(self) -> Neighbours:
        """Return what is known of the press."""
        return neighbours_of(self.world.press, self.world.clock.run - self.world.press_read)

    def held(self) -> None:
        """Count what the pass that ended has left as it is, and who alone speaks against it."""
        world = self.world
        for name in (each for each in world.names if each != COMMAND and world.is_amiss(world.look, each)):
            if not world.is_wanted(name, world.last_shown[name]):
                against = [each.name for each in self.rules if each.forbids(world, name, wanted_words(world, name))]
                COUNTED[f"held by {against[0]} alone" if len(against) == 1 else f"held by {len(against)}"] += 1

    def looks_at(self, change: Change, names: list[str]) -> None:
        """See that a write that goes out is one that every guard lets through, and that its record is stored."""
        COUNTED["repeats" if change.repeat else "writes"] += 1
        COUNTED["groups"] += len(names) > 1
        assert set(names) in ({names[0]}, set(GROUP)), f"{names} go out together"
        assert len(names) > 1 or names[0] not in GROUP, f"{names} is half of a group"
        for name in names:
            words = words_of(change, name)
            for each in self.rules:
                why = each.forbids(self.world, name, words)
                assert not why, f"{each.name}: {name} is written, and {why}"
            assert change.around == around(name, self.world.key), "what goes before or after it is not what Git says"
            COUNTED[name] += not change.repeat
            assert change.mask == (1 << 3 if name == "running" else None), "bits of others are written"
            self.is_recorded(name, words)

    def is_recorded(self, name: str, words: tuple[int, ...]) -> None:
        """See that the status tells of a write, or that the pass has read that a register holds what is repeated."""
        if self.world.repeat:
            assert self.world.look.shown.get(name) == words, "what is not held is written without a record"
            return
        (known,) = (each for each in self.status.registers if each.name == name)
        assert known.unverified_write == hex_of(words), "a write without a record"
        assert name != LOCKED or known.unfinished, "a write to be saved without a record of that"
