"""PLCs in namespaces that this operator's Lease was for, and is not any more: their statuses say that nobody looks.

Who looks after them after all, under another Lease, puts its own status back. Where this operator may not look there
any more, as with a Role that is gone, a line in the log says so.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.control.intake import status_of
from fabgitops_core.control.plc.leaving import is_left, left

from fabgitops_operator.cluster.lease.record import EVERYWHERE
from fabgitops_operator.hosting.beside import beside
from fabgitops_operator.hosting.errors import ApiError, Gone, Rejected
from fabgitops_operator.hosting.inventory import key_of, uid_of
from fabgitops_operator.hosting.ports import Api, Body

log = logging.getLogger(__name__)


class Leaving:
    """Looks after what is not looked after.

    Args:
        api: Where PLCs are.
        by: How people find this operator.
        ours: The namespaces that it looks after.
        given_up: Returns those that it has given up, once it holds its Lease; `EVERYWHERE` is all others.
        interval: Seconds between two looks.
    """

    def __init__(
        self, api: Api, by: str, ours: Collection[str], given_up: Callable[[], Collection[str]], interval: float
    ) -> None:
        self._api, self._by = api, by
        self._ours, self._given_up = ours, given_up
        self._interval = interval
        self._told: set[str] = set()
        self._said: dict[str, str] = {}
        self.counts: Mapping[str, int] = {}
        """How many PLCs of each namespace say that nobody looks after them."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look from time to time until the block ends, where there is anything to look for."""
        given_up = sorted(self._given_up())
        if not given_up:
            yield
            return
        log.warning("looked after before, and not any more: namespace(s) %s", ", ".join(given_up))
        async with beside(self._forever(given_up)):
            yield

    async def _forever(self, given_up: Collection[str]) -> None:
        while True:
            try:
                await self._look(given_up)
            except Exception:
                log.exception(
                    "a fault of our own over what is not looked after any more; again in %g s", self._interval
                )
            await asyncio.sleep(self._interval)

    async def _look(self, given_up: Collection[str]) -> None:
        """Tell of each PLC that nobody looks after, once, and count those that nobody has taken over."""
        counts: Counter[str] = Counter()
        for name in given_up:
            try:
                async for body in self._api.list_all(INDUSTRIAL_PLC, None if name == EVERYWHERE else name):
                    key = key_of(INDUSTRIAL_PLC, body)
                    if key.namespace not in self._ours:
                        counts[key.namespace] += await self._tell(body)
                self._said.pop(name, None)
            except ApiError as error:
                self._complain(name, error)
        self.counts = counts

    async def _tell(self, body: Body) -> bool:
        """Return whether a PLC says that nobody looks after it, after it was told to, once."""
        key, uid, status = key_of(INDUSTRIAL_PLC, body), uid_of(body), status_of(INDUSTRIAL_PLC, body)
        if not isinstance(status, IndustrialPLCStatus):
            return False  # nobody has ever said anything of it
        if is_left(status):
            return True
        if uid in self._told:
            return False  # somebody has put that right
        told = left(status, self._by, datetime.now(UTC)).model_dump(mode="json", by_alias=True, exclude_none=True)
        try:
            await self._api.patch_status(key, uid, told)
        except (Gone, Rejected) as error:  # it is this one's own, and the same again would come to the same
            log.warning("%s: that nobody looks after it is not in its status: %s", key, error)
            self._told.add(uid)
            return False
        self._told.add(uid)
        return True

    def _complain(self, name: str, error: ApiError) -> None:
        if self._said.get(name) != str(error):
            self._said[name] = str(error)
            log.warning("%s; whether somebody else looks after PLCs there is not known", error)
