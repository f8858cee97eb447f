"""What Git wants of a whole fleet, by names: whether it has changed, and what a plan is called."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from fabgitops_core.api.setpoint.setpointrollout import SetpointRolloutSpec
from fabgitops_core.api.setpoint.status import Phase, SetpointRolloutStatus
from fabgitops_core.control.members import Facts, Members, Standing
from fabgitops_core.control.setpoint.member import RESTORE

DIGITS = 12
"""Hexadecimal digits of a revision: people type it."""

PLAN_DIGITS = 16
"""Hexadecimal digits of a plan: somebody agrees to it."""

CHANGED = "changed"
"""The fingerprint of what Git has changed while it was put back: nothing is equal to it."""

_GATED, _PROVEN = int(Standing.GATED), int(Standing.PROVEN)


class Git(NamedTuple):
    """What Git wants of the members, and whether that is something else than before.

    `wants` is the last that is known of each member that was looked at since it is led. `changed` says that of one of
    those Git wants something else than when it was looked at last, `joined` are those that were not known.
    """

    wants: Mapping[str, str]
    fingerprint: str
    changed: bool = False
    joined: tuple[str, ...] = ()


def compared(
    before: Mapping[str, str] | None, fingerprint: str, members: Members, status: SetpointRolloutStatus
) -> Git:
    """Return what Git wants now, and what is new in that.

    Args:
        before: What it wanted of each when it was looked at last; None in a process that has not looked yet, which goes
            by the fingerprint in the status.
        fingerprint: The fingerprint of that.
        members: The members as they stand.
        status: The status as it was stored.
    """
    if before is None:
        wants = {name: each.wanted for name, each in members.items() if _is_known(each)}
        now = fingerprint_of(wants)
        return Git(wants, now, changed=now != status.fingerprint and not _still_rejected(members, status))
    if _same(before, members):
        return Git(before, fingerprint)
    known = {name: each.wanted for name, each in members.items() if _is_known(each)}
    joined = tuple(name for name in known if name not in before)
    last = {name: members[name].wanted or wanted for name, wanted in before.items() if name in members}
    changed = any(before[name] != wanted for name, wanted in last.items())
    return Git({**last, **known}, fingerprint_of(known), changed, joined)


def _same(before: Mapping[str, str], members: Members) -> bool:
    """Return whether nothing is new; one that is not valid for now still has its last words there."""
    if len(before) != len(members):
        return False
    return all(before.get(name) == each.wanted and _is_known(each) for name, each in members.items())


def _is_known(facts: Facts) -> bool:
    """Return whether a member has heard that it is led, and was looked at since: before that it is no part of Git."""
    return bool(facts.wanted and (facts.permit or int(facts.standing) & _PROVEN) and int(facts.standing) & _GATED)


def _still_rejected(members: Members, status: SetpointRolloutStatus) -> bool:
    """Return whether Git still wants of somebody what was put back there.

    Who was put back has a permit that names what it was put back from. So a PLC that went while nobody looked does not
    make a revision another one, and one that was given up stays so.
    """
    if status.phase is not Phase.ABORTED:
        return False
    return any(each.permit.endswith(f"/{each.wanted}{RESTORE}") for each in members.values() if each.wanted)


def fingerprint_of(wants: Mapping[str, str]) -> str:
    """Return the name of what Git wants of each member."""
    text = "\n".join(f"{name} {wanted}" for name, wanted in sorted(wants.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:PLAN_DIGITS]


def revision_of(fingerprint: str, supersedes: str) -> str:
    """Return the name of a revision; one that came while another was under way is none that there was before."""
    return hashlib.sha256(f"{fingerprint} {supersedes}".encode()).hexdigest()[:DIGITS]


def plan_hash(revision: str, round_: int, fleet: str, spec: SetpointRolloutSpec) -> str:
    """Return the name of a plan: of the revision, in this round, in these waves, in this order."""
    waves = "\n".join(each.model_dump_json(exclude_none=True) for each in spec.waves)
    text = f"{revision} {round_} {fleet}\n{waves}"
    return hashlib.sha256(text.encode()).hexdigest()[:PLAN_DIGITS]
