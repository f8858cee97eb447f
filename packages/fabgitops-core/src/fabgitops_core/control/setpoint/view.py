"""What is seen of a fleet in one look: counts, who is next, who is waited for, who has failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fabgitops_core.api.setpoint.setpointrollout import OnUnreachable
from fabgitops_core.api.setpoint.status import MAX_NAMED, Failing, Members
from fabgitops_core.control.members import Facts
from fabgitops_core.control.members import Members as Fleetmates
from fabgitops_core.control.setpoint import member
from fabgitops_core.control.setpoint.fleet import Fleet
from fabgitops_core.control.setpoint.member import RESTORE, Part
from fabgitops_core.control.setpoint.state import Given


@dataclass(slots=True)
class Some:
    """Members of which a few are named, and all are counted."""

    count: int = 0
    named: list[Failing] = field(default_factory=list)

    def add(self, name: str, why: str) -> None:
        """Count one more, and name it while there is room."""
        self.count += 1
        if len(self.named) < MAX_NAMED:
            self.named.append(Failing(name=name, why=why[:200]))

    def __str__(self) -> str:
        """Return it for people: the first by name with what is wrong, and how many more there are."""
        if not self.named:
            return "none"
        first = "; ".join(f"{each.name}: {each.why}" for each in self.named[:3])
        return first + (f"; and {self.count - 3} more" if self.count > 3 else "")


@dataclass(slots=True)
class View:
    """What was seen of the fleet in one look.

    `open` counts those of the waves up to the one under way that are to be released, `ready` are those of them that can
    be now, `under_way` counts who was let go and is not proven. `waits` is what the wave waits for before it is proven,
    `unsettled` what it waits for at the end of its bake. `failed` is who has failed, of whom `lost` were not released;
    `gone` counts who was released, is away, and is passed over. `released` counts those that were released in this
    round, `here` those of them that are of the wave. `needs` counts all who do not hold what Git wants, in any wave,
    and `new` are those of them that were looked at; `unknown` are to be adopted. `back` is who is to be put back, last
    first; `going_back` counts who is on the way, `not_back` is who is not back yet and why; `asleep` are those of
    whom nobody looks at that, and whom nobody waits for.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Members.model_fields, 0))
    ready: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    waits: Some = field(default_factory=Some)
    unsettled: Some = field(default_factory=Some)
    failed: Some = field(default_factory=Some)
    not_back: Some = field(default_factory=Some)
    asleep: Some = field(default_factory=Some)
    skipped: list[str] = field(default_factory=list)
    open: int = 0
    under_way: int = 0
    gone: int = 0
    lost: int = 0
    released: int = 0
    here: int = 0
    needs: int = 0
    going_back: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """By what a look goes: whose permits are of this round, how far the wave goes, what becomes of who is away.

    Waves up to `overdue` go on without what is not proven in them. With `adopts` who was never released does not wait
    for a wave.
    """

    own: str
    wave: int
    policy: OnUnreachable
    given: Mapping[str, Given]
    overdue: int = 0
    adopts: bool = False


def view_of(fleet: Fleet, members: Fleetmates, frame: Frame) -> View:
    """Return what is seen of a fleet."""
    view = View()
    at_target = fine = 0
    own, wave, wave_of, back = frame.own, frame.wave, fleet.wave_of, view.back
    for name in fleet.order:
        facts = members[name]
        if member.is_fine(facts):  # nearly all, nearly always: nothing else is asked of them
            if not facts.permit.startswith(own):
                fine += 1
                continue
            if not facts.permit.endswith(RESTORE):
                fine += 1
                view.released += 1
                view.here += wave_of[name] == wave
                back.append(name)
                continue
        part = member.part_of(facts, own)
        at_target += bool(facts.wanted) and facts.released == facts.wanted
        _counted(view, facts)
        if part is not Part.RESTORED and (_was_let_go(facts, own) or _is_let_go(frame, name)):
            view.back.append(name)
        if part is Part.OPEN:
            _open(view, name, facts, wave_of[name], frame)
        elif part is Part.RELEASED:
            _released(view, name, facts, wave_of[name], frame)
        elif part is Part.RESTORED:
            _restored(view, name, facts)
    view.back.reverse()
    counts = view.counts
    counts["total"] = len(fleet.order)
    counts["released"] = at_target + fine
    counts["proven"] += fine
    counts["held"] = view.needs
    counts["failed"] = view.failed.count
    counts["skipped"] = len(view.skipped)
    return view


def _was_let_go(facts: Facts, own: str) -> bool:
    """Return whether a member has something of this round; one whose device is another by now has nothing of it."""
    return facts.permit.startswith(own) and (bool(facts.released) or not int(facts.standing) & member.VALID)


def _is_let_go(frame: Frame, name: str) -> bool:
    """Return whether a member was given a permit of this round that it has not heard of."""
    given = frame.given.get(name)
    return given is not None and not given.refused and given.permit.startswith(frame.own)


def _counted(view: View, facts: Facts) -> None:
    """Count how it stands, whatever it is to the change."""
    standing = int(facts.standing)
    if standing & (member.VALID | member.SUSPENDED) == member.VALID:
        away = not standing & member.REACHABLE
        view.counts["unreachable"] += away
        view.counts["drifting"] += not away and bool(standing & member.PROVEN) and not standing & member.IN_SYNC
    if standing & member.PROVEN and facts.wanted and facts.released == facts.wanted:
        view.counts["proven"] += 1


def _open(view: View, name: str, facts: Facts, wave: int, frame: Frame) -> None:
    """Take one that is to be released, in its wave; one that is adopted is no part of the change."""
    if frame.adopts and not facts.released and not facts.permit:
        if member.is_looked_at(facts) and name not in frame.given and not member.is_away(facts):
            view.unknown.append(name)
        return
    view.needs += 1
    if member.is_looked_at(facts):
        view.new.append(name)
    if wave > frame.wave:
        return
    view.open += 1
    given = frame.given.get(name)
    if given is not None and not given.refused:
        view.under_way += 1
        view.waits.add(name, "it was let go, and has not heard of it")
        return
    why = given.refused if given else member.why_not_ready(facts)
    if not why:
        view.ready.append(name)
        view.waits.add(name, "it is next")
    elif member.is_away(facts) and frame.policy is OnUnreachable.SKIP:
        view.skipped.append(name)
    elif wave <= frame.overdue or (member.is_away(facts) and frame.policy is OnUnreachable.FAIL):
        view.lost += 1
        view.failed.add(name, why)
    else:
        view.waits.add(name, why)


def _released(view: View, name: str, facts: Facts, wave: int, frame: Frame) -> None:
    """Take one that was released in this round: it is watched until the change is done."""
    view.released += 1
    view.here += wave == frame.wave
    if int(facts.standing) & member.SUSPENDED:
        return
    if why := member.why_failed(facts):
        view.failed.add(name, why)
        return
    if member.holds(facts):
        return
    why = member.why_not_proven(facts)
    if member.is_away(facts) and frame.policy is OnUnreachable.FAIL:
        view.failed.add(name, why)
    elif member.is_away(facts) and frame.policy is OnUnreachable.SKIP:
        view.gone += 1
        view.skipped.append(name)
    elif wave <= frame.overdue:
        view.failed.add(name, why)
    else:
        _awaited(view, name, facts, why)


def _awaited(view: View, name: str, facts: Facts, why: str) -> None:
    view.unsettled.add(name, why)
    if not int(facts.standing) & member.PROVEN:
        view.waits.add(name, why)
        view.under_way += 1


def _restored(view: View, name: str, facts: Facts) -> None:
    """Take one that was put back: it is back when it was read to hold that."""
    if facts.released != facts.wanted and facts.wanted:
        view.needs += 1
        view.new.append(name)
    if member.holds(facts):
        view.counts["restored"] += 1
        return
    if int(facts.standing) & member.SUSPENDED:
        view.asleep.add(name, "it is suspended, and goes back when it is not any more")
        return
    view.not_back.add(name, member.why_not_proven(facts))
    if not member.is_away(facts) and not int(facts.standing) & (member.HELD | member.FAILED):
        view.going_back += 1
