"""What holds of a group whatever happens to it: drift, edits, refusals, lost answers, rivals, crashes, in any order."""

from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Contested, Failure, FailureKind
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteFailed, WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.writing import still_wanted
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Story
from .mapping import HOLDING, spec
from .test_map_groups import member

NAMES = ("a", "b", "c")
NONE = 0xFFFF
REFUSED = Failure(FailureKind.REFUSED_FOR_GOOD, "exception 04", 4)
LOST = Failure(FailureKind.UNREACHABLE, "no reply")
FATES = ("well", "refused", "lost", "lost, and done", "withdrawn", "crash", "edit", "rival")

ACTIONS = st.one_of(
    st.tuples(st.just("drift"), st.tuples(*[st.sampled_from([0, 1, 2, 3, NONE])] * 3)),
    st.tuples(st.just("edit"), st.tuples(*[st.sampled_from([1, 2, 3])] * 3)),
    st.tuples(st.just("rival"), st.sampled_from([None, *NAMES])),
    st.tuples(st.just("poll"), st.sampled_from(FATES)),
)


@dataclass
class Plant:
    """One PLC with a group of three beside a register alone, its device, and what became of it."""

    values: tuple[int, ...] = (1, 2, 3)
    told: Story = field(default_factory=Story)
    gone: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Declare it, before a device that holds something else."""
        self.told.device.block = {(1, HOLDING, 100 + at) for at in range(3)}
        self.told.declare(self.spec)

    @property
    def spec(self) -> Any:
        """Return what Git wants."""
        group = (member(name, 100 + at, self.values[at], noValue=[NONE]) for at, name in enumerate(NAMES))
        return spec(*group, {"name": "alone", "address": 103, "value": 7})

    def act(self, what: str, how: Any) -> None:
        """Let one thing happen."""
        if what == "drift":
            self.told.device.holding(100, *how)
        elif what == "edit":
            self.values = how
            self.told.declare(self.spec)
        elif what == "rival":
            self.told.tell(Contested(self.told.at, {how: "line/other"} if how else {}))
        else:
            self.poll(how)

    def poll(self, fate: str) -> None:
        """Go through a pass, in which the first write has a fate."""
        self.told.polled(after=60, until=Write)
        if isinstance(self.told.request, Write):
            self.send(self.told.request, fate)
        while self.told.request is not None:
            if isinstance(self.told.request, Write):
                self.check(self.told.request)
            self.told.answered()

    def send(self, write: Write, fate: str) -> None:
        """Let a write that is wanted go out, or come to something else."""
        told, change = self.told, write.change
        self.check(write)
        if fate in {"edit", "rival"}:
            self.act(fate, (3, 3, 3) if fate == "edit" else "b")
        if fate == "withdrawn" or not still_wanted(told.state, change, told.at):
            told.tell(WriteWithdrawn(told.at, change))
        elif fate == "refused":
            told.tell(WriteFailed(told.at, change, REFUSED))
        elif fate in {"lost", "lost, and done"}:
            if fate != "lost":
                told.device.carry_out(change)
            told.tell(WriteUnknown(told.at, change, LOST))
        elif fate == "crash":
            self.gone += told.all
            self.told = told.crashed(self.spec)

    def check(self, write: Write) -> None:
        """Check that what reaches the wire is all of the group, as Git wants it, recorded, and nobody else's."""
        change = write.change
        if change.address == 103:
            assert len(change.values) == 1
            return
        assert (change.table, change.address, change.values) == (Table.HOLDING, 100, self.values)
        assert not self.told.state.rivals
        assert NONE not in [self.told.device.memory[1, HOLDING, 100 + at] for at in range(3)]
        records = [self.told.register(name).unverified_write for name in NAMES]
        assert records == [f"0x{value:04X}" for value in self.values]


@settings(max_examples=3 * settings().max_examples)
@given(st.lists(ACTIONS, min_size=3, max_size=12))
def test_whatever_happens_nothing_half_goes_out(actions: list[tuple[str, Any]]) -> None:
    """Each write is the whole group as Git wants it; counts agree with what is told; in the end all holds."""
    plant = Plant()
    for what, how in actions:
        plant.act(what, how)
    told = plant.told
    corrected = [each for each in (*plant.gone, *told.all) if getattr(each, "reason", "") == "DriftCorrected"]
    assert told.status.corrections_applied == len(corrected) <= told.status.drift_events
    told.tell(Contested(told.at, {}))
    for at in range(3):
        if told.device.memory[1, HOLDING, 100 + at] == NONE:
            told.device.holding(100 + at, 0)
    for _ in range(3):
        plant.poll("well")
    assert told.condition("Ready") == ("True", "InSync")
    assert [told.device.memory[1, HOLDING, 100 + at] for at in range(3)] == list(plant.values)
