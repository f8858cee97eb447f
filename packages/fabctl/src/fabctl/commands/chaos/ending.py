"""An experiment that we began is ended by us, because nobody follows it any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.chaos.experiments import Experiment, experiment
from fabctl.cluster.failures import Conflict
from fabctl.commands.acting import Act, Answer
from fabctl.errors import FabctlError, Refused, UnknownPLC, Unreachable
from fabctl.names import EXPERIMENT
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.model import View

ENDING_SECS = 60.0
"""How long its end is waited for: 30 s of silence end whatever has a lease, and with it the experiment."""
UNSEEN_SECS = 10.0
"""How long an operator is waited for that has not looked at it yet."""
AGAIN_SECS = 0.5
ABORT = {"abort": True}
_ANYWAY = "What it injected ends 30 s after its last renewal, whoever is away, but for a register that was set"
GONE = "it was deleted; nothing of it is left"


async def ended_by_us(cluster: Cluster, body: Body) -> None:
    """Have an experiment end, wait for that, and say what came of it; what has a lease ends by itself in any case."""
    last = [experiment(body)]
    _say(last[0], "it is ended, for nobody follows it any more")
    try:
        async with asyncio.timeout(ENDING_SECS) as limit:
            last[0] = await _asked(cluster, last[0])
            _say(last[0], "told to end; Ctrl-C does not wait until it is over")
            await _over(cluster, last, limit)
        _say(last[0], how_it_ended(last[0]))
    except UnknownPLC:
        _say(last[0], GONE)
    except TimeoutError:
        _say(last[0], _silent(last[0]))
    except FabctlError as error:
        _say(last[0], f"whether it is over is not known: {error}; {_ANYWAY}")


def _say(given: Experiment, what: str) -> None:
    complain(f"fabctl: {given.name}: {what}")


def _silent(given: Experiment) -> str:
    if not given.seen:
        return "no operator has looked at it, so nothing of it was begun; the next one to look ends it"
    return f"nobody has said that it is over within {ENDING_SECS:g} s: is its operator running? {_ANYWAY}"


async def _asked(cluster: Cluster, given: Experiment) -> Experiment:
    """Ask for its end, again for as long as the API server is away, and return it as it stands then."""
    while True:
        try:
            patch = {"metadata": {"uid": given.uid}, "spec": ABORT}
            return experiment(await cluster.patch(given.key, patch, EXPERIMENT))
        except Unreachable as error:
            if isinstance(error, Conflict):
                await _check_there(cluster, given)
            await asyncio.sleep(AGAIN_SECS)
        except Refused:  # a uid that is another's is a field that cannot be changed (422, Kubernetes 1.34)
            await _check_there(cluster, given)
            raise


async def _check_there(cluster: Cluster, given: Experiment) -> None:
    """See that an experiment is there, and no other of its name.

    Raises:
        UnknownPLC: It is not.
    """
    there = await cluster.one(EXPERIMENT, given.namespace, given.name)
    if there is None or experiment(there).uid != given.uid:
        raise UnknownPLC(given.name)


async def _over(cluster: Cluster, last: list[Experiment], limit: asyncio.Timeout) -> None:
    """Wait until it is over; where no operator looks at it, not for long."""
    (given,) = last
    clock = asyncio.get_running_loop().time
    limit.reschedule(clock() + (ENDING_SECS if given.seen else UNSEEN_SECS))
    async with aclosing(cluster.follow(given.namespace, {given.key}, given.name, EXPERIMENT)) as changes:
        async for _, body in changes:
            if body is None or (now := experiment(body)).uid != given.uid:
                raise UnknownPLC(given.name)
            if now.seen and not last[0].seen:
                limit.reschedule(clock() + ENDING_SECS)
            last[0] = now
            if now.is_over:
                return


def how_it_ended(given: Experiment) -> str:
    """Return how one is over, and whether that is known of all of it."""
    said = ", ".join(filter(None, (given.phase, given.verdict)))
    if not given.unconfirmed:
        return f"over, {said}: {given.message or given.reason}; nothing of it is left"
    where = ", ".join(each.name for each in given.unconfirmed)
    sure = "what has a lease is over by now, a register that was set may be so yet"
    return f"over, {said}; nobody has said so of {where}: {sure}"


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
        late=f" {_ANYWAY}",
    )


def _answer(_: View, body: Body) -> Answer | None:
    given = experiment(body)
    return Answer(how_it_ended(given)) if given.is_over else None
