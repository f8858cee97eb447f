"""What a register that is ramped is written next: a step from what was read, or what Git wants where that is near.

Beside that, what one is written whose power of ten the device says: the same value by the one that was just read.

A step knows nothing of the one before it. So a restart goes on from what is read, an edit of the target turns the ramp
there where it is, and whoever moves the register meanwhile has it begin anew from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fabgitops_core.api.plc.approval import Approval
from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.codec.numbers import decimal_text
from fabgitops_core.codec.stepping import engineering, step_towards
from fabgitops_core.codec.types import Words, hex_of, parse_hex
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState


def aims(state: PlcState, places: Iterable[int]) -> Mapping[int, Point]:
    """Return registers by place in the map, each wanting what the pass under way writes there.

    Only those, as each of many writes asks for its own.
    """
    points, found = state.map.points, state.going.found
    if not (state.map.ramped or state.map.scaled) or len(found) != len(points):
        return {at: points[at] for at in places}
    return {at: aim(points[at], found[at].words) for at in places}


def aim(point: Point, words: Words | None) -> Point:
    """Return a register that wants what is written next from what was read; which a guard holds where there is none."""
    step = _step(point, words)
    return point if step is None or step == point.wanted else replace(point, wanted=step)


def why_not(point: Point, words: Words | None) -> str:
    """Return why no step leads from what was read to what is wanted; nothing where one does."""
    slope = point.ramp
    if slope is None or words is None:
        return ""
    step = _step(point, words)
    here = f"{point.name} holds {point.shown(words)}"
    if step is None:
        return f"{here}, and there is no value within {decimal_text(slope.step)} of it on the way to {point.target}"
    value = engineering(point.place.codec, step)
    if value is not None and slope.least is not None and value < slope.least:
        return f"{here}, and a step to {point.text(step)} would be below min ({decimal_text(slope.least)})"
    if value is not None and slope.most is not None and value > slope.most:
        return f"{here}, and a step to {point.text(step)} would be above max ({decimal_text(slope.most)})"
    return ""


def _step(point: Point, words: Words | None) -> Words | None:
    if words is None or point.wanted is None:
        return point.wanted
    if point.ramp is None:
        return point.place.codec.scaled_as(point.wanted, words)
    return step_towards(point.place.codec, words, point.wanted, point.ramp.step)


def is_on_its_way(found: Judgement) -> bool:
    """Return whether a register goes to what Git wants in steps of which at least one was recorded."""
    point = found.point
    return point.ramp is not None and found.status.ramping_to == hex_of(point.wanted or ())


def lapsed(state: PlcState, found: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
    """Return what was found with each ramp ended that somebody has moved, or all without a yes, where each takes one.

    By what the status says, so it does not matter whether anybody looked meanwhile.
    """
    if not state.map.ramped or state.spec is None or state.spec.correction.approval is not Approval.MANUAL:
        return found
    known = {each.name: each for each in state.status.registers if each.ramping_to}
    return tuple(
        replace(each, status=each.status.model_copy(update={"ramping_to": None}))
        if each.status.ramping_to and (not state.approved or _is_elsewhere(each, known.get(each.point.name)))
        else each
        for each in found
    )


def _is_elsewhere(now: Judgement, before: RegisterStatus | None) -> bool:
    if now.words is None:
        return False
    ours = (before.raw, before.unverified_write) if before is not None else ()
    return not any(each and now.point.same(now.words, parse_hex(each)) for each in ours)


def disturbed(state: PlcState, found: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Return what somebody has moved since the last pass, while it was on its way, as if it had been corrected.

    A ramp that begins again and again never ends in a correction, and is a fight all the same.
    """
    if not state.map.ramped or len(state.memory.found) != len(found):
        return ()
    return tuple(
        replace(now, corrections=1)
        for before, now in zip(state.memory.found, found, strict=True)
        if before.status.ramping_to and now.finding is Finding.DRIFTED and _moved(now, before)
    )


def _moved(now: Judgement, before: Judgement) -> bool:
    return now.words is not None and before.words is not None and not now.point.same(now.words, before.words)
