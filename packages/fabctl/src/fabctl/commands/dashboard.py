"""What `fabctl watch` is on a terminal: it looks again and again, and draws at once what a key changes."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fabctl.board import Board, pressed, seen
from fabctl.commands.selecting import namespace_of, selected
from fabctl.errors import FabctlError
from fabctl.model import view
from fabctl.render.dashboard import Place, rows_of, screen
from fabctl.render.events import sorted_events
from fabctl.render.keys import keys
from fabctl.render.live import LiveBoard, live_board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.model import View
    from fabctl.options import Scope

AT_A_TIME = 200
"""PLCs that are read before a key may come between."""
EVENTS_SECS = 10.0
"""How often Events are asked for, which nobody sees move."""
REST = 4
"""How many times as long as a look took there is none: a large fleet is no burden to its API server."""


class Dashboard:
    """The board, and what makes it move."""

    def __init__(self, cluster: Cluster, names: Sequence[str], scope: Scope, *, wide: bool) -> None:
        """Prepare to show the PLCs that are meant."""
        self._cluster, self._names, self._scope = cluster, names, scope
        where = "all namespaces" if scope.all_namespaces else f"namespace {cluster.namespace}"
        self._place = Place(
            f"{cluster.context}, {where}", datetime.now(UTC), wide=wide, namespaces=scope.all_namespaces
        )
        self._board = Board()
        self._over = asyncio.Event()
        self._took = 0.0
        """Seconds that the last look took."""

    async def run(self, bodies: Sequence[Body], interval: float) -> None:
        """Show PLCs, and go on until somebody has seen enough."""
        with live_board() as live, keys(lambda key: self._press(live, key)), _resized(lambda: self._draw(live)):
            looking = asyncio.ensure_future(self._look(live, bodies, interval))
            over = asyncio.ensure_future(self._over.wait())
            try:
                await asyncio.wait([looking, over], return_when=asyncio.FIRST_COMPLETED)
                if looking.done():
                    looking.result()
            finally:
                for task in (looking, over):
                    task.cancel()
                await asyncio.gather(looking, over, return_exceptions=True)

    async def _look(self, live: LiveBoard, bodies: Sequence[Body], interval: float) -> None:
        events_at = -EVENTS_SECS
        while True:
            self._board = seen(self._board, await _views(bodies))
            if time.monotonic() - events_at >= EVENTS_SECS:
                events_at = time.monotonic()
                self._board = replace(self._board, events=await self._events())
            self._place = replace(self._place, at=datetime.now(UTC).astimezone(), trouble="")
            self._draw(live)
            bodies = await self._again(live, interval)

    async def _again(self, live: LiveBoard, interval: float) -> Sequence[Body]:
        """Look again after the interval, and then until there is something to see."""
        while True:
            await asyncio.sleep(max(interval, REST * self._took))
            began = time.monotonic()
            try:
                bodies = await selected(self._cluster, self._names, self._scope)
            except FabctlError as error:
                self._place = replace(self._place, trouble=str(error))
                self._draw(live)
                continue
            self._took = time.monotonic() - began
            return bodies

    async def _events(self) -> tuple[Body, ...]:
        """Return the Events of these PLCs; who may not list them sees none, and fabctl events says why."""
        with suppress(FabctlError):
            found = await self._cluster.events_of(namespace_of(self._cluster, self._scope))
            known = {plc.uid for plc in self._board.plcs.values()}
            return tuple(each for each in sorted_events(found) if (each.get("regarding") or {}).get("uid") in known)
        return ()

    def _press(self, live: LiveBoard, key: str) -> None:
        self._board = pressed(self._board, key, rows_of(self._board, live.size[1]))
        if self._board.over:
            self._over.set()
        else:
            self._draw(live)

    def _draw(self, live: LiveBoard) -> None:
        live.show(screen(self._board, self._place, *live.size))


async def _views(bodies: Sequence[Body]) -> list[View]:
    found: list[View] = []
    for at in range(0, len(bodies), AT_A_TIME):
        found += map(view, bodies[at : at + AT_A_TIME])
        await asyncio.sleep(0)
    return found


@contextmanager
def _resized(draw: Callable[[], None]) -> Iterator[None]:
    """Draw anew whenever the terminal has another size, where the system tells (not Windows)."""
    number = getattr(signal, "SIGWINCH", None)
    if number is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, draw)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)
