"""One resource at a time, behind a guard: what it holds is nobody else's trouble.

An exception that says nothing about a device is a bug, of ours or of a library's, and mostly lies in what one resource
holds. Each question to a controller is asked here. What raises is logged, counted, told on the resource, and keeps it
from being written: what it wants is not known for certain.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.commands import Command, Commands, Emit, Notice, Publish, Request, Tell, Wake
from fabgitops_core.control.events import Emitted, Event, Faulted, News
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.holds import Holds
from fabgitops_core.engine.ports import Bus, Host, Observer
from fabgitops_core.engine.scheduler import Scheduler

Answer = TypeVar("Answer")
Side = TypeVar("Side")

RETRY_SECS = 60.0
"""A pass that died is done again after so many seconds, after twice as many each further time."""
MAX_RETRY_SECS = 3600.0
LONGEST_CAUSE = 300
"""Characters of an exception that are told; the log has the whole."""

_ENDS_A_PASS = {"request", "readings", "status", "survey", "facts", "regards"}
"""Where a fault says nothing about what is declared; so does a step in a pass."""

log = logging.getLogger(__name__)


class Isolation:
    """Asks controllers, and carries out what they want done that needs no waiting.

    Args:
        host: Where resources live.
        listener: Who hears of everything, and does not raise.
        scheduler: Who wakes them.
        holds: Why no write may go out now.
        now: The time of day.
        fallen: Told of a resource of which nothing is in force any more.
        stepped: Told of one that is led and was told news, or said something, and of one that leads after each step.
        bus: Who is told what has happened, where a kind tells of it.
    """

    def __init__(
        self,
        host: Host,
        listener: Observer,
        scheduler: Scheduler[Key],
        holds: Holds,
        now: Callable[[], datetime],
        fallen: Callable[[Entry], None],
        stepped: Callable[[Entry], None],
        bus: Bus | None = None,
    ) -> None:
        self._host = host
        self._listener = listener
        self._scheduler = scheduler
        self._holds = holds
        self._now = now
        self._fallen = fallen
        self._stepped = stepped
        self._at_once: dict[type[Command], Callable[[Entry, Any], None]] = {
            Publish: self._publish,
            Tell: self._told,
            Notice: self._notice,
            Wake: self._wake,
        }
        if bus is not None:
            self._at_once[Emit] = partial(self._emit, bus, asyncio.get_running_loop())

    def step(self, entry: Entry, event: Event) -> Request | None:
        """Tell the controller, do what needs no waiting, and return what does: a request."""
        if entry.dead:
            return None
        try:
            entry.state, commands = entry.controller.step(entry.state, event)
            request = self._carry_out(entry, commands)
        except Exception as error:  # noqa: BLE001 - logged by `strike`
            self.strike(entry, "step", error, event)
            return None
        self._heard(entry, event, commands)
        return request

    def put_right(self, entry: Entry, stored: ApiModel | None) -> None:
        """Make a status known again that somebody overwrote or removed; while one is on its way nobody knows yet."""
        said = entry.said
        if said is None or said is stored or self._host.pending(entry.key):
            return
        if stored is None or _as_stored(stored) != _as_stored(said):
            self._host.publish(entry.key, said)

    def ask(self, entry: Entry, where: str, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Return the answer to a question, or `otherwise` where it raises, or nothing is in force."""
        if entry.dead:
            return otherwise
        try:
            return question()
        except Exception as error:  # noqa: BLE001 - logged by `strike`
            self.strike(entry, where, error)
            return otherwise

    def ask_of(
        self, entry: Entry, where: str, side: Side | None, question: Callable[[Side], Answer], otherwise: Answer
    ) -> Answer:
        """Return the answer to a question to one side of a kind, or `otherwise` also where the kind has none."""
        return otherwise if side is None else self.ask(entry, where, partial(question, side), otherwise)

    def strike(self, entry: Entry, where: str, error: Exception, failed: Event | None = None) -> None:
        """Let a resource that a fault of our own has struck say so, and be written no more until that is over.

        What ends a pass is over with the next that goes well, which is begun after a growing pause; anything else when
        the resource is declared anew: until then nothing of it is in force.

        Args:
            entry: The resource.
            where: What it struck, for metrics.
            error: What was raised.
            failed: What the resource was told.
        """
        self._note(entry, where, error)
        if entry.gone:
            return
        lasting = where not in _ENDS_A_PASS and (failed is None or isinstance(failed, News))
        entry.fault, entry.faults = _cause(error), entry.faults + 1
        lasting = self._tell(entry, Faulted(self._now(), entry.generation, entry.fault, lasting, failed, entry.said))
        entry.dead = entry.dead or lasting
        self._scheduler.wake(entry.key, None if entry.dead else _pause(entry.faults))
        if lasting:
            self._fallen(entry)

    def _tell(self, entry: Entry, event: Faulted) -> bool:
        """Tell the controller of a fault, and return whether it lasts.

        What the controller knows may be what is at fault, and what was said too: it is dropped then, and nothing is in
        force.
        """
        start, anew = entry.controller.start(entry.key), replace(event, lasting=True)
        for state, told in ((entry.state, event), (start, anew), (start, replace(anew, said=None))):
            try:
                entry.state, commands = entry.controller.step(state, told)
                self._carry_out(entry, commands)
            except Exception as error:  # noqa: BLE001 - logged there
                self._note(entry, "telling", error)
            else:
                self._heard(entry, told, commands)
                return told.lasting
        return True

    def _heard(self, entry: Entry, event: Event, commands: Commands) -> None:
        self._listener.happened(entry.key, event, commands)
        if entry.leader is not None or (entry.led_by and (isinstance(event, News) or Publish in map(type, commands))):
            self._stepped(entry)

    def _note(self, entry: Entry, where: str, error: Exception) -> None:
        """Count a fault, and log it: with its traceback, unless it is the same as before."""
        cause = f"{where}: {_cause(error)}"
        if cause not in entry.logged:
            entry.logged |= {cause}
            log.error("%s: a fault of our own (%s)", entry.key, where, exc_info=error)
        self._listener.fault(entry.key, where)

    def _carry_out(self, entry: Entry, commands: Commands) -> Request | None:
        request: Request | None = None
        for command in commands:
            carry_out = self._at_once.get(type(command))
            if carry_out is not None:
                carry_out(entry, command)
            elif isinstance(command, Request):
                request = command
            else:
                raise TypeError(f"nobody carries out {command!r}")
        return request

    def _publish(self, entry: Entry, command: Publish) -> None:
        if command.before_write and entry.endpoint and self._holds.why_not(entry.endpoint):
            return  # it is held in this very turn: a record would tell of a write that is not sent
        entry.said = command.status
        self._host.publish(entry.key, command.status)
        entry.writing = entry.writing or command.before_write

    def _told(self, _entry: Entry, command: Tell) -> None:
        self._host.tell(command.key, command.uid, command.status)

    def _notice(self, entry: Entry, command: Notice) -> None:
        self._host.notice(entry.key, command)

    def _wake(self, entry: Entry, command: Wake) -> None:
        if not entry.gone:
            self._scheduler.wake(entry.key, command.after, spread=command.spread, steady=command.steady)

    def _emit(self, bus: Bus, loop: asyncio.AbstractEventLoop, entry: Entry, command: Emit) -> None:
        """Pass on what has happened; a bus may have it at once, and a controller is told of one thing after another."""
        happening = command.happening

        def done(refused: str = "") -> None:
            loop.call_soon(self._done, entry, happening.id, refused)

        bus.publish(entry.key, happening, done, done)

    def _done(self, entry: Entry, happening_id: str, refused: str) -> None:
        if not entry.gone:
            self.step(entry, Emitted(self._now(), happening_id, refused))


def _as_stored(status: ApiModel) -> dict[str, Any]:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def _cause(error: Exception) -> str:
    """Return an exception in one line, for people."""
    text = printable(str(error))[:LONGEST_CAUSE]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _pause(faults: int) -> float:
    """Return the seconds until a pass that died for the so-manieth time is done again."""
    return min(RETRY_SECS * 2.0 ** min(faults - 1, 16), MAX_RETRY_SECS)
