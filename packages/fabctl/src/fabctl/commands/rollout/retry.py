"""`fabctl rollout retry`."""

from __future__ import annotations

from typing import Any

from fabctl.asking import ASKING, Asking
from fabctl.commands.acting import Answer
from fabctl.commands.rollout import words
from fabctl.commands.rollout.saying import NothingToSay, Speech, Timeout, Wait, Word, say
from fabctl.errors import Unhandled
from fabctl.explaining import has_failed
from fabctl.marks import RETRY
from fabctl.names import ROLLOUT, WORKLOAD, Kind
from fabctl.options import HERE, Connection, Names
from fabctl.render import Section
from fabctl.render.rollouts import named
from fabctl.rollouts import RolloutView, rollout_view
from fabctl.workloads import workload_view


async def retry(
    name: Names,
    /,
    *,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Begin a change once more that was given up, or that a failure has stopped; Git wants it still.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    speeches: dict[Kind, Speech[Any]] = {
        ROLLOUT: Speech(rollout_view, lambda rollout, _: _word(rollout)),
        WORKLOAD: Speech(workload_view, lambda rollout, _: words.retry(rollout)),
    }
    return await say(name, speeches, asking, connection, timeout if wait else None)


def _word(rollout: RolloutView) -> Word[RolloutView]:
    if rollout.phase == "Restoring":
        raise Unhandled(f"{rollout.name}: it is still being put back; try again when it is Aborted")
    if rollout.phase != "Aborted" and not has_failed(rollout):
        raise NothingToSay(f"nothing was given up, it is {rollout.phase}")
    revision = rollout.revision
    failed = named(rollout.failed, rollout.members["failed"])
    shown = (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Revision", f"{revision}, round {rollout.round}"),
        ("Ended", rollout.message or rollout.phase),
        *((("Failed", failed),) if failed else ()),
        (
            "Then",
            "it is planned and begun again" if rollout.phase == "Aborted" else f"wave {rollout.wave} is begun again",
        ),
    )

    def answer(now: RolloutView) -> Answer | None:
        if now.round == rollout.round and now.phase == rollout.phase:
            return None
        return Answer(f"begun again, round {now.round}, {now.phase}: {now.message}")

    return Word(
        {RETRY: f"{revision}/{rollout.round}"},
        (Section("", shown),),
        f"Begin revision {revision} of {rollout.namespace}/{rollout.name} once more",
        f"{rollout.name}: nothing was begun again",
        f"fabctl rollout retry {rollout.name}",
        "asked to be begun again",
        answer,
    )
