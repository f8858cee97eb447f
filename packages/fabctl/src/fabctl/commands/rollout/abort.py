"""`fabctl rollout abort`."""

from __future__ import annotations

from typing import Any

from fabctl.asking import ASKING, Asking
from fabctl.commands.acting import Answer
from fabctl.commands.rollout import words
from fabctl.commands.rollout.saying import NothingToSay, Speech, Timeout, Wait, Word, say
from fabctl.marks import ABORT
from fabctl.names import ROLLOUT, WORKLOAD, Kind
from fabctl.options import HERE, Connection, Names
from fabctl.render import Section
from fabctl.rollouts import AT_REST, GIVEN_UP, RolloutView, rollout_view
from fabctl.workloads import workload_view


async def abort(
    name: Names,
    /,
    *,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Give up the change that is under way: what was released in this round is put back, the last first.

    Each PLC gets back what was read from it before, as far as its guards allow; this revision is not released any more.
    Of a workload all requests and pods go back to the stable revision.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        wait: Whether to wait until the operator has heard of it; not until all is put back.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    speeches: dict[Kind, Speech[Any]] = {
        ROLLOUT: Speech(rollout_view, lambda rollout, _: _word(rollout)),
        WORKLOAD: Speech(workload_view, lambda rollout, _: words.abort(rollout)),
    }
    return await say(name, speeches, asking, connection, timeout if wait else None)


def _word(rollout: RolloutView) -> Word[RolloutView]:
    if rollout.phase in AT_REST or not rollout.revision:
        raise NothingToSay("nothing is under way")
    if rollout.phase in GIVEN_UP:
        raise NothingToSay(f"it was given up already, and is {rollout.phase}")
    shown = (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Revision", f"{rollout.revision}, round {rollout.round}"),
        ("Stands in", f"{rollout.phase}, wave {rollout.wave} of {rollout.waves}, {rollout.released} released"),
        ("Then", "what was released in this round is put back, the last first; the rest stays as it is"),
    )

    def answer(now: RolloutView) -> Answer | None:
        if now.phase in GIVEN_UP:
            return Answer(f"given up, {now.phase}: {now.message}")
        if now.revision != rollout.revision:
            return Answer(f"Git wants something else by now, revision {now.revision}; look again", fine=False)
        late = now.phase in AT_REST or now.has_heard(ABORT, rollout.revision)
        return Answer(f"it came too late, it is {now.phase}", fine=False) if late else None

    return Word(
        {ABORT: rollout.revision},
        (Section("", shown),),
        f"Give up revision {rollout.revision} of {rollout.namespace}/{rollout.name}, and put back what was released",
        f"{rollout.name}: nothing was given up",
        f"fabctl rollout abort {rollout.name}",
        "asked to be given up",
        answer,
    )
