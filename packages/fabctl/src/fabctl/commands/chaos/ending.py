"""An experiment that we began is ended by us, because nobody follows it any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.chaos.experiments import Experiment, experiment
from fabctl.cluster.failures import Conflict
from fabctl.commands.acting import Act, Answer
from fabctl.errors import FabctlError, UnknownPLC, Unreachable
from fabctl.names import EXPERIMENT
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.model import View

ENDING_SECS = 60.0
"""How long its end is waited for: 30 s of silence end whatever was injected."""
AGAIN_SECS = 0.5
ABORT = {"abort": True}
GONE = "it was deleted; nothing of it is left"


async def ended_by_us(cluster: Cluster, body: Body) -> None:
    """Have an experiment end, wait for that, and say what came of it; what it injected ends by itself in any case."""
    given = experiment(body)
    complain(f"fabctl: {given.name}: it is ended, for nobody follows it any more; Ctrl-C does not wait for that")
    try:
        async with asyncio.timeout(ENDING_SECS):
            await _asked(cluster, given)
            complain(f"fabctl: {given.name}: {how_it_ended(await _over(cluster, given))}")
    except UnknownPLC:
        complain(f"fabctl: {given.name}: {GONE}")
    except TimeoutError:
        complain(f"fabctl: {given.name}: {_unknown(given)}")
    except FabctlError as error:
        complain(f"fabctl: {given.name}: it could not be ended: {error}; {_unknown(given)}")


async def _asked(cluster: Cluster, given: Experiment) -> None:
    """Ask for its end, again for as long as the API server is away."""
    while True:
        try:
            await cluster.patch(given.key, {"metadata": {"uid": given.uid}, "spec": ABORT}, EXPERIMENT)
        except Conflict:  # another has its name by now
            raise UnknownPLC(given.name) from None
        except Unreachable:
            await asyncio.sleep(AGAIN_SECS)
        else:
            return


async def _over(cluster: Cluster, given: Experiment) -> Experiment:
    async with aclosing(cluster.follow(given.namespace, {given.key}, given.name, EXPERIMENT)) as changes:
        async for _, body in changes:
            if body is None or experiment(body).uid != given.uid:
                break
            if (now := experiment(body)).is_over:
                return now
    raise UnknownPLC(given.name)


def how_it_ended(given: Experiment) -> str:
    """Return how one is over, and whether that is known of all of it."""
    said = ", ".join(filter(None, (given.phase, given.verdict)))
    if not given.unconfirmed:
        return f"over, {said}: {given.message or given.reason}; nothing of it is left"
    where = ", ".join(each.name for each in given.unconfirmed)
    return f"over, {said}; nobody has said so of {where}, but the time of its lease is over"


def act(going: Sequence[Experiment]) -> Act:
    """Return what ends experiments."""
    return Act(
        {each.key: {} for each in going},
        "asked to end",
        _answer,
        EXPERIMENT,
        {each.key: each.uid for each in going},
        spec=ABORT,
        gone=GONE,
        late=" What it injected ends 30 s after its last renewal, whoever is away",
    )


def _answer(_: View, body: Body) -> Answer | None:
    given = experiment(body)
    return Answer(how_it_ended(given)) if given.is_over else None


def _unknown(given: Experiment) -> str:
    return (
        f"nobody has said that it is over within {ENDING_SECS:g} s: is its operator running? What it injected ends "
        f"30 s after its last renewal, whoever is away (fabctl chaos get {given.name})"
    )
