"""An experiment followed until it is over: drawn whenever it changes, and as its time runs out."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.chaos.experiments import OVER, PASSED, Experiment, experiment
from fabctl.chaos.tree import experiment_tree, happened
from fabctl.commands.following import beside, while_read
from fabctl.errors import FAILED, INCONCLUSIVE, REFUSED, Late, UnknownPLC
from fabctl.fields import key_of
from fabctl.names import EXPERIMENT
from fabctl.render.telling import open_tree
from fabctl.render.tree import show_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.render.telling import Told

TOGETHER_SECS = 0.1
"""Changes that come within this time are drawn at once."""
UNSEEN_SECS = 30.0
"""How much longer than it has time to begin it is waited for that an operator looks at one at all."""
REFUSALS = frozenset({"Denied", "Invalid", "NotAMock"})
"""Why one does not begin that is not allowed as it is."""


def code_of(given: Experiment) -> int:
    """Return the exit code for what an experiment showed: 0 only for Passed."""
    if given.verdict == PASSED:
        return 0
    if given.verdict == "Failed":
        return FAILED
    return REFUSED if given.reason in REFUSALS and given.started is None else INCONCLUSIVE


async def followed(
    cluster: Cluster,
    body: Body,
    interval: float,
    *,
    wide: bool,
    quiet: bool = False,
    ends: str = "the looking",
    note: Callable[[Body], None] = lambda _: None,
) -> Body:
    """Return an experiment as it is when it is over; until then it is drawn whenever it has changed.

    Args:
        cluster: Where it is.
        body: It, as it stands.
        interval: Seconds after which it is drawn anew where nothing has changed, for its time runs out.
        wide: Whether to say more of each part.
        quiet: Whether nothing is drawn.
        ends: What Ctrl-C ends, for people.
        note: Told how it stands, whenever that has changed.

    Raises:
        Late: No operator has looked at it.
        UnknownPLC: It was deleted.
        BrokenPipeError: Nobody reads any more.
    """
    with _shown(f"Ctrl-C ends {ends}", quiet=quiet) as told:
        following = _Following(cluster, body, told, note, wide=wide)
        if not following.now.is_over:
            await while_read(beside(following.draw(interval), following.follow()))
        following.show()
    if not quiet and sys.stdout.isatty():  # what was drawn is gone with the screen
        show_tree(experiment_tree(following.now, datetime.now(UTC)), wide=wide)
    return following.body


@contextmanager
def _shown(ends: str, *, quiet: bool) -> Iterator[Told | None]:
    if quiet:
        yield None
        return
    with open_tree(ends) as told:
        yield told


class _Following:
    def __init__(
        self, cluster: Cluster, body: Body, told: Told | None, note: Callable[[Body], None], *, wide: bool
    ) -> None:
        self._cluster, self.body, self._told, self._note, self._wide = cluster, body, told, note, wide
        self._changed = asyncio.Event()
        self._unseen_until = asyncio.get_running_loop().time() + self.now.deadline_secs + UNSEEN_SECS
        self._trouble = ""

    @property
    def now(self) -> Experiment:
        """Return it as it was seen last."""
        return experiment(self.body)

    async def draw(self, interval: float) -> None:
        """Draw it, without end.

        Raises:
            Late: No operator has looked at it by when it should have begun: there is none.
        """
        while True:
            self._changed.clear()
            self._check_seen()
            if self._trouble and self._told:
                self._told.trouble(self._trouble)
            else:
                self.show()
            await asyncio.sleep(min(TOGETHER_SECS, interval))
            try:
                async with asyncio.timeout(interval):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _check_seen(self) -> None:
        given = self.now
        if not given.seen and asyncio.get_running_loop().time() > self._unseen_until:
            late = f"no operator has looked at it within its startDeadlineSecs, {given.deadline_secs} s"
            raise Late(f"{given.name}: {late}: is one of chaos experiments running?")

    def show(self) -> None:
        """Draw it once."""
        if self._told:
            given = self.now
            self._told.show(happened(given), experiment_tree(given, datetime.now(UTC)), wide=self._wide)

    async def follow(self) -> None:
        """Keep up with it until it is over.

        Raises:
            UnknownPLC: It was deleted, or is another one by now.
        """
        namespace, name = key = key_of(self.body)
        uid = self.now.uid
        changes = self._cluster.follow(namespace, {key}, name, EXPERIMENT, trouble=self._say)
        async with aclosing(changes):
            async for _, body in changes:
                if body is None or experiment(body).uid != uid:
                    raise UnknownPLC(f"{name}: it was deleted meanwhile; nothing of it is left")
                self.body = body
                self._note(body)
                self._say("")
                if self.now.phase in OVER:
                    return

    def _say(self, trouble: str) -> None:
        self._trouble = trouble
        self._changed.set()
