"""An experiment that we began is ended by us, because nobody follows it any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
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
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
GONE = "it was deleted; nothing of it is left"


async def ended_by_us(cluster: Cluster, body: Body) -> bool:
    """Have an experiment end, wait for that, and say what came of it; return whether it was told to.

    Args:
        cluster: Where it is.
        body: It, as it was seen last.
    """
    ending = _Ending(cluster, experiment(body))
    await ending.run()
    return ending.told


class _Ending:
    def __init__(self, cluster: Cluster, last: Experiment) -> None:
        self._cluster, self._last = cluster, last
        self._trouble = ""
        self.told = False
        """Whether the API server has answered that it is told to end, or is gone."""

    async def run(self) -> None:
        """Do it, and say how far that came, also when Ctrl-C ends the waiting."""
        self._say("to be ended, for nobody follows it any more")
        try:
            async with asyncio.timeout(ENDING_SECS) as limit:
                await self._ask()
                self._say("told to end; Ctrl-C does not wait until it is over")
                await self._over(limit)
            self._say(how_it_ended(self._last))
        except UnknownPLC:
            self.told = True
            self._say(GONE)
        except TimeoutError:
            self._say(self._unknown())
        except FabctlError as error:
            self._trouble = str(error)
            self._say(self._unknown())
        except asyncio.CancelledError:
            if not self.told:
                self._say(self._unknown())
            raise

    def _say(self, what: str) -> None:
        complain(f"fabctl: {self._last.name}: {what}")

    def _unknown(self) -> str:
        """Return what is known where nobody has said that it is over."""
        last = self._last
        if not self.told:
            why = self._trouble or "the API server has not answered"
            how = f"fabctl chaos abort {last.name} -n {last.namespace} ends it"
            return f"not told to end, as far as is known: {why}. {_goes_on(last)}. {how}"
        if self._trouble:
            return f"whether it is over is not known: {self._trouble}; {_ANYWAY}"
        if not last.seen:
            return "no operator has looked at it, so nothing of it was begun; the next one to look ends it"
        return f"nobody has said that it is over within {ENDING_SECS:g} s: is its operator running? {_ANYWAY}"

    async def _ask(self) -> None:
        """Ask for its end, again for as long as the API server is away."""
        given = self._last
        while not self.told:
            try:
                patch = {"metadata": {"uid": given.uid}, "spec": ABORT}
                self._last = experiment(await self._cluster.patch(given.key, patch, EXPERIMENT))
                self.told, self._trouble = True, ""
            except Unreachable as error:
                self._trouble = str(error)
                if isinstance(error, Conflict):
                    await _check_there(self._cluster, given)
                await asyncio.sleep(AGAIN_SECS)
            except Refused:  # a uid that is another's is a field that cannot be changed (422, Kubernetes 1.34)
                await _check_there(self._cluster, given)
                raise

    async def _over(self, limit: asyncio.Timeout) -> None:
        """Wait until it is over; where no operator looks at it, not for long."""
        given = self._last
        clock = asyncio.get_running_loop().time
        limit.reschedule(clock() + (ENDING_SECS if given.seen else UNSEEN_SECS))
        changes = self._cluster.follow(given.namespace, {given.key}, given.name, EXPERIMENT, trouble=self._troubled)
        async with aclosing(changes):
            async for _, body in changes:
                if body is None or (now := experiment(body)).uid != given.uid:
                    raise UnknownPLC(given.name)
                if now.seen and not self._last.seen:
                    limit.reschedule(clock() + ENDING_SECS)
                self._last, self._trouble = now, ""
                if now.is_over:
                    return

    def _troubled(self, why: str) -> None:
        self._trouble = why


def _goes_on(last: Experiment) -> str:
    """Return how one that was not told to end goes on, by what was seen of it last."""
    if last.ends is not None:
        return f"Last seen {last.phase}, it is over by itself after {last.ends:{_STAMP}}"
    seen = f"Last seen {last.phase}" if last.seen else "Last seen before any operator had looked at it"
    until = f"until {last.created + timedelta(seconds=last.deadline_secs):{_STAMP}}" if last.created else "yet"
    return f"{seen}, it may begin {until}, and lasts {last.duration_secs} s then"


async def _check_there(cluster: Cluster, given: Experiment) -> None:
    """See that an experiment is there, and no other of its name.

    Raises:
        UnknownPLC: It is not.
    """
    there = await cluster.one(EXPERIMENT, given.namespace, given.name)
    if there is None or experiment(there).uid != given.uid:
        raise UnknownPLC(given.name)


def how_it_ended(given: Experiment) -> str:
    """Return how one is over, and whether that is known of all of it."""
    said = ", ".join(filter(None, (given.phase, given.verdict)))
    if not given.unconfirmed:
        return f"over, {said}: {given.message or given.reason}; nothing of it is left"
    where = ", ".join(each.name for each in given.unconfirmed)
    sure = "what has a lease is over by now, a register that was set may be so yet"
    return f"over, {said}; nobody has said so of {where}: {sure}"


def act(going: Sequence[Experiment], anyway: str = "") -> Act:
    """Return what ends experiments; what may not be told to, ends all the same where something else ends it."""
    return Act(
        {each.key: {} for each in going},
        "asked to end",
        _answer,
        EXPERIMENT,
        {each.key: each.uid for each in going},
        spec=ABORT,
        gone=GONE,
        late=f" {_ANYWAY}",
        anyway=anyway,
    )


def _answer(_: View, body: Body) -> Answer | None:
    given = experiment(body)
    return Answer(how_it_ended(given)) if given.is_over else None
