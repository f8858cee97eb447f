"""Who is it? A device whose spec pins an identity is asked before it is written, and a stranger is not."""

from dataclasses import replace

from fabgitops_core.codec.texts import alike
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import FailureKind
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.events import IdentifyDone, IdentifyFailed
from fabgitops_core.control.plc.reading import is_wanted, judge
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.resting import lost
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import PlcState, Step, overtaken, with_memory

_OBJECTS = {0: "vendor", 1: "product code", 2: "revision"}


def identified(state: PlcState, event: IdentifyDone) -> Step:
    """Compare what a device says of itself with what the spec pins."""
    if state.going_map is not state.map or event.plan != state.map.identity_plan or not is_wanted(state):
        return overtaken(state)
    differences = [
        f"its {_OBJECTS.get(number, f'object {number}')} is {_unlike(event.objects.get(number), wanted)}"
        for number, wanted in state.map.identity.items()
        if event.objects.get(number) != wanted
    ]
    stranger = (
        f"{state.map.who} is not the device that spec.identity names: {'; '.join(differences)}" if differences else ""
    )
    return _met(state, stranger, event)


def _unlike(said: str | None, wanted: str) -> str:
    """Return what a device says in place of what it should, so that nobody takes one for the other."""
    if said is None:
        return f"not told; it should be {wanted!r}"
    return f"{said!a}, not {wanted!a}" if alike(said, wanted) else f"{said!r}, not {wanted!r}"


def not_identified(state: PlcState, event: IdentifyFailed) -> Step:
    """Take a device that does not say who it is for a stranger, until it does; one that never answered is away."""
    if state.going_map is not state.map or not is_wanted(state):
        return overtaken(state)
    failure = event.failure
    if failure.kind is FailureKind.UNREACHABLE and not state.going.read:
        return lost(state, event, failure.message, event.retry_after)
    return _met(state, f"spec.identity cannot be checked: {failure.message}", event)


def _met(state: PlcState, stranger: str, event: IdentifyDone | IdentifyFailed) -> Step:
    told = f"{stranger}; nothing is written" if stranger else ""
    notices: Commands = ()
    if told and situation_of(state.status) is not at_hand.IDENTITY_MISMATCH:
        notices = (Notice(PlcReason.IDENTITY_MISMATCH, told),)
    over = event.over if isinstance(event, IdentifyDone) else None
    met = with_memory(state._replace(going=replace(state.going, met=True, over=over)), stranger=told)
    after, commands = judge(met, event)
    return after, (*notices, *commands)
