"""Who comes when: the order of a fleet, and how far each wave goes."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from fabgitops_core.api.setpoint.setpointrollout import SetpointRolloutSpec
from fabgitops_core.api.setpoint.waves import Wave
from fabgitops_core.control.members import Members

REST = Wave(percent=100)
"""The wave that takes what the others have not reached."""

Labels = Mapping[str, str]


class Fleet(NamedTuple):
    """The members of a rollout in the order in which they are released.

    `bounds` says of each wave how many are released when it is done, `wave_of` in which wave each is. `digest` names
    all that. `made_of` is what it was made of: while that is the same it need not be made again.
    """

    order: tuple[str, ...] = ()
    bounds: tuple[int, ...] = ()
    wave_of: Mapping[str, int] = {}
    digest: str = ""
    made_of: tuple[object, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[Labels, ...] = ()

    def members_of(self, wave: int) -> tuple[str, ...]:
        """Return those of one wave, without those of the waves before."""
        before = self.bounds[wave - 2] if wave > 1 else 0
        return self.order[before : self.bounds[wave - 1]]


EMPTY = Fleet()


def fleet_of(before: Fleet, members: Members, spec: SetpointRolloutSpec, size: int, late: tuple[str, ...]) -> Fleet:
    """Return the fleet as it is now: the one from before, where neither its names nor its labels have changed.

    Args:
        before: The fleet as it was.
        members: All who are in it.
        spec: Their order, and the waves.
        size: How many PLCs percentages are of.
        late: Those who came after the change was begun.
    """
    made_of = (spec.order, spec.order_by, spec.waves, size, late)
    if before.made_of == made_of and _are_same(before, members):
        return before
    labels = {name: each.labels for name, each in members.items()}
    order = _ordered(labels, spec, frozenset(late))
    order, bounds = _bounded(order, labels, spec.waves, size)
    wave_of: dict[str, int] = {}
    start = 0
    for number, end in enumerate(bounds, 1):
        wave_of.update(dict.fromkeys(order[start:end], number))
        start = end
    text = "\n".join((*order, *map(str, bounds)))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Fleet(order, bounds, wave_of, digest, made_of, tuple(labels), tuple(labels.values()))


def waves_of(spec: SetpointRolloutSpec, fleet: Fleet) -> tuple[Wave, ...]:
    """Return the waves of a fleet: those of the spec, and one for what they do not reach."""
    return (*spec.waves, REST) if len(fleet.bounds) > len(spec.waves) else spec.waves


def share(percent: int, size: int) -> int:
    """Return how many a percentage is: rounded up, and 1 at least."""
    return max(-(-size * percent // 100), 1)


def _are_same(before: Fleet, members: Members) -> bool:
    if len(before.names) != len(members):
        return False
    known = zip(before.names, before.labels, members.items(), strict=True)
    return all(name == now and each.labels is labels for name, labels, (now, each) in known)


def _ordered(labels: Mapping[str, Labels], spec: SetpointRolloutSpec, late: frozenset[str]) -> tuple[str, ...]:
    """Return all: those named first, then by the values of a label, then by a hash of the name; who came late last."""
    first = {name: place for place, name in enumerate(spec.order)}
    by, none = spec.order_by or "", len(first)

    def place(name: str) -> tuple[bool, int, bool, str, bytes]:
        value = labels[name].get(by) if by else None
        mixed = hashlib.sha256(name.encode()).digest()
        return name in late, first.get(name, none), value is None, value or "", mixed

    return tuple(sorted(labels, key=place))


def _bounded(
    order: tuple[str, ...], labels: Mapping[str, Labels], waves: tuple[Wave, ...], size: int
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the order in which waves by labels let members come before others, and how far each wave goes."""
    taken: dict[str, None] = {}
    bounds: list[int] = []
    for wave in waves:
        if wave.match_labels is not None:
            wanted = wave.match_labels.items()
            taken.update((name, None) for name in order if wanted <= labels[name].items())
        else:
            upto = min(wave.count or share(wave.percent or 100, size), len(order))
            if wave.percent == 100:
                upto = len(order)
            _fill(taken, order, upto)
        bounds.append(len(taken))
    if len(taken) < len(order):
        _fill(taken, order, len(order))
        bounds.append(len(taken))
    return tuple(taken), tuple(bounds)


def _fill(taken: dict[str, None], order: tuple[str, ...], upto: int) -> None:
    if len(taken) >= upto:
        return
    for name in order:
        taken.setdefault(name)
        if len(taken) >= upto:
            return
