"""What leads a PLC, and what follows for its map: it is made anew whenever one of both has changed."""

from collections.abc import Sequence
from dataclasses import replace

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.codec.types import Words
from fabgitops_core.control.commands import Commands, Wake
from fabgitops_core.control.events import Led
from fabgitops_core.control.plc.gate.permitting import begun, permitted, worn
from fabgitops_core.control.plc.gate.proving import owes_proof
from fabgitops_core.control.plc.gate.stamping import stamped
from fabgitops_core.control.plc.gate.superseding import superseded
from fabgitops_core.control.plc.gate.telling import told_of
from fabgitops_core.control.plc.gate.words import effective, named, pending, released_words, wanted_by_git
from fabgitops_core.control.plc.remembering import known_at
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import BLANK, Declaration, Leave, PlcState, Step, say, usual_of, with_memory


def heard(state: PlcState, event: Declaration) -> PlcState:
    """Note who leads the resource, and what is permitted."""
    permit = event.annotations.get(PERMIT, "")
    if (event.led_by, permit) == (state.led_by, state.permit):
        return state
    return state._replace(led_by=event.led_by, permit=permit)


def is_news(before: PlcState, now: PlcState) -> bool:
    """Return whether somebody else leads it, or something else is permitted."""
    return (before.led_by, before.permit) != (now.led_by, now.permit)


def led(state: PlcState, event: Led) -> Step:
    """Take the news of who leads the resource."""
    return (state, ()) if event.by == state.led_by else anew(state._replace(led_by=event.by), event)


def anew(state: PlcState, event: Led | Declaration) -> Step:
    """Apply what is news of a resource whose spec is as it was, and say it at once."""
    if state.spec is None or state.generation < 0:
        return state, ()
    said, after = state.status, applied(state)
    registers, after = after.status.registers, after._replace(status=said)
    commands: Commands = ()
    if registers != said.registers or after.release != said.release:
        kept = {"last_error": said.last_error, "held": said.held, "plan": said.plan}
        after, commands = say(after, situation_of(said), said.message, event, registers=registers, **kept)
    if after.map == state.map and _held_back(after) == _held_back(state):
        after = after._replace(map=state.map, usual=state.usual)
        if not owes_proof(after) or owes_proof(state) or state.spec.suspend:
            return after, commands
        return with_memory(after, settled=False), (*commands, Wake(0.0))
    known = state.memory
    memory = replace(BLANK, lost=known.lost, answered=known.answered, stranger=known.stranger, repeats=known.repeats)
    wake: Commands = () if state.spec.suspend else (Wake(0.0),)
    return after._replace(memory=memory), (*commands, *wake)


def applied(state: PlcState) -> PlcState:
    """Return the state with the map that holds what was released, and what is known of that.

    The registers of the status are those of the map, in its order, or none were looked at yet.
    """
    if not state.led_by and state.release is None:
        return _as_git_wants(state)
    points, known = state.git.points, tuple(known_at(state.git.points, state.status.registers))
    before = state.release or begun(state.permit)
    wanted = wanted_by_git(state.git)
    known = superseded(before, wanted, points, known)
    release = worn(state.permit, _renamed(before, state, known, wanted))
    release, known = permitted(state.permit, state.led_by, release, points, known)
    words = _words(state, known)
    release = release.model_copy(update={"released": named(state.git, words)})
    if not state.led_by and release.released == release.wanted:
        return _as_git_wants(state)
    if state.release is None or release.released != state.release.released:
        release = release.model_copy(update={"proven_at": None})
    return _holding(state, told_of(release, state.led_by, state.git, words), known, words)


def _holding(
    state: PlcState, release: ReleaseStatus, known: tuple[RegisterStatus, ...], words: Sequence[Words | None]
) -> PlcState:
    """Return the state of a resource that holds these words until it is released to others."""
    wants = effective(state.git, words)
    leave = tuple(
        Leave(each.released, each.previous, pending(point, held), each.replaced)
        for point, each, held in zip(state.git.points, known, words, strict=True)
    )
    after = state._replace(
        map=wants,
        usual=usual_of(wants, state.memory.holes),
        release=release,
        leave=leave,
    )
    return after._replace(status=state.status.model_copy(update={"registers": tuple(stamped(after, known))}))


def _as_git_wants(state: PlcState) -> PlcState:
    """Return the state of a resource that nobody leads, and of which nothing is held."""
    usual = usual_of(state.git, state.memory.holes)
    after = state._replace(map=state.git, usual=usual, release=None, leave=())
    registers = tuple(stamped(after, state.status.registers))
    return after._replace(status=state.status.model_copy(update={"registers": registers}))


def _held_back(state: PlcState) -> list[int]:
    """Return the places in the map of what may not hold yet what Git wants."""
    return [at for at, each in enumerate(state.leave) if each.pending is not None]


def _words(state: PlcState, known: Sequence[RegisterStatus]) -> list[Words | None]:
    """Return what each register was released to."""
    return [released_words(point, each) for point, each in zip(state.git.points, known, strict=True)]


def _renamed(release: ReleaseStatus, state: PlcState, known: tuple[RegisterStatus, ...], wanted: str) -> ReleaseStatus:
    """Return what is released, by the names that the words have in the map as it is now."""
    released = named(state.git, _words(state, known))
    fields = {"wanted": wanted, "released": released, "unread": _unread(release, known)}
    leader = {"rollout": state.led_by[0].name} if len(state.led_by) == 1 else {}
    return release.model_copy(update={**fields, **leader})


def _unread(release: ReleaseStatus, known: tuple[RegisterStatus, ...]) -> tuple[str, ...]:
    """Return of which registers is to be read what they held, by their names in the map as it is now.

    One that has another name by now is one of those of which nothing is known at all; one that is gone is waited for
    by nobody.
    """
    if not release.unread or set(release.unread) <= {each.name for each in known}:
        return release.unread
    return tuple(each.name for each in known if each.name in release.unread or each.previous == "")
