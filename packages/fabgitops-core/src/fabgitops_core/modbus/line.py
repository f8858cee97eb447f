"""The line to an endpoint: the connection that there is, made when a request needs one, and dropped when in doubt.

A connection outlives a request that was answered properly, be it with an exception. After a bad reply, and after a
caller who left with the reply still to come, it is closed: the next request has a new one, on which no late reply can
arrive. Over RTU, whose frames have no transaction id, nothing else would tell a late reply from the right one; so it is
as well while one of its shares ignores the transaction id.

After a timeout it is closed as well, unless other units answer on it: then it is the unit that is silent, and closing
would disturb those that are well. What the silent one may still say is known by its transaction id, and left aside.
"""

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

from fabgitops_core.control.plc.requests import Change, ConnectionId, Endpoint, IdentityPlan, Link, Transport, Uncopied
from fabgitops_core.engine.device_errors import (
    BadReply,
    ConnectionLost,
    DeviceError,
    NoReply,
    OutOfBounds,
    Refused,
    UnitUnreachable,
    Unreachable,
    Withdrawn,
)
from fabgitops_core.modbus.connect import cause
from fabgitops_core.modbus.frames.framings import framing_of
from fabgitops_core.modbus.frames.hearing import Ear
from fabgitops_core.modbus.frames.manners import Share
from fabgitops_core.modbus.frames.request import Request
from fabgitops_core.modbus.pace import Pace
from fabgitops_core.modbus.reaching import Reaching
from fabgitops_core.modbus.wire import SerialLine, Wire

T = TypeVar("T")
Wanted = Callable[[], bool]
OnRequest = Callable[[str, str], None]
"""Told of each request its function and its result."""

NOWHERE = ConnectionId(0)
"""No connection has this number: what is bound to it is never sent."""

_RESULTS = {
    Withdrawn: "withdrawn",
    Unreachable: "unreachable",
    OutOfBounds: "out_of_bounds",
    Refused: "refused",
    UnitUnreachable: "refused",
    NoReply: "no_reply",
    ConnectionLost: "connection_lost",
    BadReply: "bad_reply",
}


class Line:
    """Carries one request at a time.

    Args:
        endpoint: Whom it leads to.
        reaching: The way there.
        on_request: Told of each request that failed.
    """

    __slots__ = (
        "_aborted",
        "_endpoint",
        "_fickle",
        "_heard",
        "_live",
        "_numbered",
        "_on_request",
        "_reaching",
        "_transaction",
        "_unsure",
        "_wire",
        "pace",
    )

    def __init__(self, endpoint: Endpoint, reaching: Reaching, on_request: OnRequest) -> None:
        self._endpoint = endpoint
        self._on_request = on_request
        self._reaching = reaching
        self._aborted = False
        self._fickle = False
        self.pace: Pace | None = None
        self._wire: Wire | None = None
        self._live: Wire | None = None
        self._heard: dict[int, Wire] = {}
        self._numbered = framing_of(endpoint.transport).numbered
        self._unsure = 0 if self._numbered else 1
        self._transaction = random.randrange(0x10000)  # noqa: S311 - tells connections apart, keeps no secret

    @property
    def connection(self) -> ConnectionId | None:
        """Return the connection that there is."""
        return self._wire.number if self._wire is not None else None

    def heard(self, unit_id: int) -> bool:
        """Return whether a unit answered when it was asked last."""
        return unit_id in self._heard

    def trust(self, link: Link, more: int) -> None:
        """Note that a share came (1) or went (-1): while one ignores transaction ids nothing goes by them."""
        if Uncopied.TRANSACTION_ID in link.ignore:
            self._unsure += more

    def abort(self) -> None:
        """Close now and for good."""
        self._aborted = True
        self.drop()
        if self.pace is not None:
            self.pace.stop()
            self.pace.hurry()
        self._reaching.give_up()

    def drop(self) -> None:
        """Close the connection that there is."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.drop()

    async def carry_out(
        self,
        request: Request[T],
        timeout: float,
        urgent: bool,
        held: Share,
        wanted: Wanted | None = None,
        over: ConnectionId | None = None,
    ) -> T:
        """Send a request and return what its reply says; with `over`, over no other connection.

        It is sent once. Only a reading whose connection had answered before, and turns out to be gone before a byte of
        the reply came, is sent once more over a new one: the device closed it while nothing was asked. From then on no
        write is trusted to a connection that was used before.
        """
        again = over is None and not isinstance(request.asked, Change)
        transaction = b""
        while True:
            sent = kept = False
            try:
                self._check_held(request, held)
                wire = self._wire
                usual = not self._unsure and self.pace is None and not self._fickle
                if not usual or over is not None or wire is None or not wire.usable:
                    wire = await self._ready(request, timeout, urgent, held, wanted, over)
                check_wanted(request, wanted)
                if self._numbered:
                    self._transaction = (self._transaction + 1) & 0xFFFF
                    transaction = self._transaction.to_bytes(2, "big")
                    wire.late.pop(transaction, None)
                sent = True
                answer = request.answer(await wire.ask(transaction + request.frame, timeout), transaction, held)
                kept = True
                self._live = self._heard[request.asked.unit_id] = wire
            except ConnectionError as error:
                if not again or not self._was_stale():
                    raise self._told(request, self._lost(request, error)) from None
                again, self._fickle = False, True
            except TimeoutError:
                kept = self._stays(request, transaction)
                raise self._told(request, self._unanswered(request, timeout)) from None
            except DeviceError as error:
                kept = self._refused(request, error)
                raise self._told(request, error) from None
            else:
                return answer
            finally:
                if sent and (not kept or self.pace is not None):
                    self._sent(kept)

    def _sent(self, kept: bool) -> None:
        """Note that a request is over, and drop the connection unless it is in no doubt.

        An address that has answered nothing on it is not the first to be tried for the next.
        """
        if not kept:
            if self._wire is not self._live:
                self._reaching.let_down()
            self.drop()
        if self.pace is not None:
            self.pace.ended()

    def _stays(self, request: Request[T], transaction: bytes) -> bool:
        """Note that nothing came in time, and return whether the connection stays, since it is the unit that is silent.

        So it is taken when another unit has answered on it, and nothing else was left unanswered since the last answer.
        """
        self._heard.pop(request.asked.unit_id, None)
        wire, live, self._live = self._wire, self._live, None
        others = wire is not None and live is wire and any(each is wire for each in self._heard.values())
        if wire is None or not others or self._unsure or isinstance(request.asked, Change):
            return False
        wire.forgo(transaction)
        return True

    def _was_stale(self) -> bool:
        """Return whether a connection on which the last request was answered is gone before a byte of a reply came."""
        wire = self._wire
        lost = wire is not None and wire is self._live and not wire.partial
        return lost and self._endpoint.transport is not Transport.UDP

    def _refused(self, request: Request[T], error: DeviceError) -> bool:
        """Note an error, and return whether the connection stays: it does after an exception.

        So the unit is well too, unless it is a gateway that says otherwise.
        """
        if not isinstance(error, Refused):
            return False
        wire = self._live = self._wire
        if wire is None or isinstance(error, UnitUnreachable):
            self._heard.pop(request.asked.unit_id, None)
        else:
            self._heard[request.asked.unit_id] = wire
        return True

    async def _ready(
        self,
        request: Request[T],
        timeout: float,
        urgent: bool,
        held: Share,
        wanted: Wanted | None,
        over: ConnectionId | None,
    ) -> Wire:
        """Return a connection on which a request may be sent now."""
        await self._calm()
        wire = self._wire
        late = self._unsure and wire is not None and wire.late  # forgone before a share came that ignores their numbers
        if late or (self._fickle and over is None and isinstance(request.asked, Change)):
            self.drop()
            wire = None
        if over is not None and (wire is None or wire.number != over or not wire.usable):
            raise self._gone(request) if isinstance(request.asked, IdentityPlan) else self._too_late(request)
        if wire is None or not wire.usable:
            check_wanted(request, wanted)
            wire = self._wire = await self._reaching.connect(timeout, urgent=urgent)
            if self.pace is not None:
                self.pace.connected()
                await self.pace.pause()
        self._check_held(request, held)
        if not wire.usable:
            raise self._gone(request)
        if isinstance(wire, SerialLine):
            wire.listen(Ear(request, held))
        return wire

    async def _calm(self) -> None:
        """Wait until the next request may be sent on the connection that there is."""
        if self.pace is not None:
            await self.pace.pause()
        if self._unsure and self._wire is not None:
            # A reply that is already here, to nothing that was asked, would be taken for the next: two turns of the
            # loop bring it to the wire, which then closes.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    def _check_held(self, request: Request[T], held: Share) -> None:
        if self._aborted:
            raise self._reaching.given_up()
        if not held():
            raise Withdrawn(f"the share of the connection to {self._endpoint} was given up before {request.what}")

    def _unanswered(self, request: Request[T], timeout: float) -> DeviceError:
        wire = self._wire
        ear = wire.ear if isinstance(wire, SerialLine) else None
        if wire is not None and wire.begun:
            return NoReply(f"{request.who} began an answer to {request.how} and did not end it within {timeout:g} s")
        if ear is not None and ear.came:
            return request.verdict(ear.came)
        if ear is not None and ear.partial:
            return request.bad("something that is not Modbus RTU")
        others = "; what came were frames of others" if ear is not None and ear.others else ""
        return NoReply(f"{request.who} did not answer {request.how} within {timeout:g} s{others}")

    def _gone(self, request: Request[T]) -> Unreachable:
        return Unreachable(f"{request.who} closed the connection before {request.what} was sent")

    def _too_late(self, request: Request[T]) -> Withdrawn:
        why = f"the connection over which {request.who} was asked before is gone, and another device may stand there"
        return Withdrawn(f"{request.what} was not sent: {why}", why)

    def _lost(self, request: Request[T], error: ConnectionError) -> ConnectionLost:
        if self._aborted:
            return ConnectionLost(f"the connection to {self._endpoint} was given up during {request.what}")
        why = f" ({cause(error)})" if error.args else ""
        if self._endpoint.transport is Transport.UDP:
            return ConnectionLost(f"{request.who} is not there to answer {request.how}{why}")
        begun = self._wire is not None and self._wire.begun
        when = "in the middle of its answer to" if begun else "before it answered"
        return ConnectionLost(f"{request.who} closed the connection {when} {request.how}{why}")

    def _told(self, request: Request[T], error: DeviceError) -> DeviceError:
        self._on_request(request.function, _RESULTS[type(error)])
        return error


def check_wanted(request: Request[T], wanted: Wanted | None) -> None:
    """Raise `Withdrawn` when a request is not wanted any more."""
    if wanted is not None and not wanted():
        raise Withdrawn(f"{request.what} on {request.who} is no longer wanted")
