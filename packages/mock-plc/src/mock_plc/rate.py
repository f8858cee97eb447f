"""Says how many requests many PLCs serve, on standard error: in place on a terminal, else a line every 10 seconds."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from mock_plc.net.station import Station

log = logging.getLogger("mock_plc")

_IN_PLACE, _BY_LINE = 1.0, 10.0
_CLEAR = "\r\x1b[K"


class _Above(logging.Filter):
    """Clears the line that stands in place before another one is logged, so that neither ends up in the other."""

    def filter(self, record: logging.LogRecord) -> bool:
        sys.stderr.write(_CLEAR)
        return True


@asynccontextmanager
async def telling(stations: Sequence[Station]) -> AsyncIterator[None]:
    """Tell the rate until the block ends."""
    in_place, above = sys.stderr.isatty(), _Above()
    handlers = logging.getLogger().handlers if in_place else []  # a logger's filters do not see what its children log
    for handler in handlers:
        handler.addFilter(above)
    task = asyncio.create_task(_tell(stations, in_place))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        for handler in handlers:
            handler.removeFilter(above)
            sys.stderr.write(_CLEAR)


async def _tell(stations: Sequence[Station], in_place: bool) -> None:
    loop = asyncio.get_running_loop()
    before, since = _requests(stations), loop.time()
    while True:
        await asyncio.sleep(_IN_PLACE if in_place else _BY_LINE)
        served, now = _requests(stations), loop.time()
        text = rate(served - before, now - since, stations)
        if in_place:
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
        else:
            log.info("%s", text)
        before, since = served, now


def rate(requests: int, seconds: float, stations: Sequence[Station]) -> str:
    """Return how many requests a second were served, and to how many connections."""
    connections = sum(len(station.connections) for station in stations)
    return f"{requests / seconds:.0f} requests/s served by {len(stations)} PLCs over {connections} connections"


def _requests(stations: Sequence[Station]) -> int:
    return sum(station.requests for station in stations)
