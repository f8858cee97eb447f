"""Ramps, whatever happens: no write jumps, none leaves the limits, and left alone the target is reached."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from fabgitops_core.codec.numbers import exactly
from fabgitops_core.codec.stepping import engineering
from fabgitops_core.codec.types import Words
from fabgitops_core.control.events import Event, SyncRequest
from fabgitops_core.control.plc.commands import DeviceRequest, Read, Write
from fabgitops_core.control.plc.events import ReadDone
from fabgitops_core.control.plc.points import Point
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Story
from .device import Device
from .mapping import HOLDING, TORQUE, spec

INTERVAL = 7
PLACE = 20
FARTHEST = 40
"""How far values lie apart, in steps of the largest count below."""
KINDS = [("uint16", 0.1), ("int16", 1), ("uint32", 0.5), ("bcd16", 1), ("float32", 1), ("float64", 0.1)]


class Watched(Device):
    """A device that holds each write against what was read before it, and against the one before."""

    point: Point
    shown: Words | None = None
    written_at: datetime | None = None
    jumps: tuple[str, ...] = ()

    def answer(self, at: datetime, request: DeviceRequest) -> Event:
        """Carry a request out, and note what is wrong with it."""
        if isinstance(request, Write) and request.change.address == self.point.place.address:
            self.check(at, request.change.values)
        event = super().answer(at, request)
        if isinstance(event, ReadDone) and isinstance(request, Read):
            start = self.point.place.address - request.plan.address
            if 0 <= start < request.plan.count:
                self.shown = event.values[start : start + self.point.place.codec.size]
        return event

    def check(self, at: datetime, values: Words) -> None:
        """Note a step that is too far, outside of the limits, or too early."""
        slope, codec = self.point.ramp, self.point.place.codec
        assert slope is not None
        assert slope.least is not None
        assert slope.most is not None
        before = None if self.shown is None else engineering(codec, self.shown)
        after = engineering(codec, values)
        assert after is not None
        if before is None or abs(after - before) > slope.step:
            self.jumps += (f"from {before} to {after}",)
        if not slope.least <= after <= slope.most:
            self.jumps += (f"{after} is outside",)
        if self.written_at is not None and (at - self.written_at).total_seconds() < INTERVAL:
            self.jumps += ("too early",)
        self.written_at = at


class Ramped:
    """An oven, its operator, and somebody at the panel."""

    def __init__(self, kind: tuple[str, float], begin: int, target: int, step: int) -> None:
        """Declare it."""
        self.kind, self.step = kind, step
        self.device = Watched()
        self.story = Story(device=self.device)
        self.tokens = 0
        self.aim(target)
        self.drift(begin)

    def aim(self, target: int) -> None:
        """Let Git want something else."""
        name, scale = self.kind
        within = {"min": 0, "max": FARTHEST * scale * 2}
        ramp = {"maxStep": float(exactly(scale) * self.step), "stepIntervalSecs": INTERVAL}
        given: dict[str, Any] = {"name": "oven", "address": PLACE, "type": name, "scale": scale, **within}
        value = float(exactly(scale) * target)
        self.story.declare(spec({**given, "value": value, "write": {"ramp": ramp}}, TORQUE))
        self.device.point = self.story.state.map.points[0]

    def drift(self, value: int) -> None:
        """Let somebody set the register."""
        words = self.device.point.place.codec.encode(float(exactly(self.kind[1]) * value))
        self.device.holding(PLACE, *words)

    def happens(self, what: str, value: int) -> None:
        """Let something happen."""
        spots = {(1, HOLDING, PLACE + at) for at in range(4)}
        if what == "drift":
            self.drift(value)
        elif what == "edit":
            self.aim(value)
        elif what == "sync":
            self.tokens += 1
            self.story.declare(self.story.spec, request=SyncRequest(str(self.tokens), force=True), same=True)
        elif what == "crash" and self.story.published:
            self.story = self.story.crashed()
        elif what in {"deaf", "stubborn", "read_only"}:
            chosen: set[Any] = getattr(self.device, what)
            chosen ^= spots
        elif what == "cut":
            self.story.polled(after=value, until=Write)
            self.happens("crash", value)
        else:
            self.story.polled(after=value)


@given(
    st.sampled_from(KINDS),
    st.integers(0, FARTHEST),
    st.integers(0, FARTHEST),
    st.integers(1, 9),
    st.lists(
        st.tuples(
            st.sampled_from([*["poll"] * 4, "drift", "edit", "crash", "cut", "sync", "deaf", "stubborn", "read_only"]),
            st.integers(0, FARTHEST),
        ),
        max_size=30,
    ),
)
def test_no_write_jumps_and_the_target_is_reached(
    kind: tuple[str, float], begin: int, target: int, step: int, events: list[tuple[str, int]]
) -> None:
    """With drifts, edits, restarts, crashes and a device that misbehaves; then it is left alone, and gets there."""
    oven = Ramped(kind, begin, target, step)
    for what, value in events:
        oven.happens(what, value)
    oven.device.deaf, oven.device.stubborn, oven.device.read_only = set(), set(), set()
    oven.happens("sync", 0)  # which ends a fight
    for _ in range(2 * FARTHEST):
        oven.happens("poll", 2 * INTERVAL)
    assert oven.device.jumps == ()
    assert oven.story.status.in_sync
    point = oven.device.point
    words = tuple(oven.device.memory[1, HOLDING, PLACE + at] for at in range(point.place.codec.size))
    assert point.wanted is not None
    assert engineering(point.place.codec, words) == engineering(point.place.codec, point.wanted)
    assert isinstance(point.ramp and point.ramp.step, Fraction)
