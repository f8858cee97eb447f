"""How many writes go out in a time, in all and to each host: who may send one now, and who is next.

A rate of N in a second lets at most N writes go out in any second that one might look at; one of less than one lets one
go in 1/N seconds. Who may send has a place from the moment at which that is decided until the write has ended, so the
limit holds on the wire, however long a write waits for its record or its turn. Who may not waits in a line; whoever is
first there, of those whose host has a place, gets the next. Times are a monotonic clock's.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from math import floor, inf
from typing import Generic, TypeVar

GRANT_SECS = 10.0
"""So long a place is kept for one who waited: who does not come for it has to wait anew."""

Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rates:
    """Writes in a second, in all and to each host; 0 is no limit."""

    in_all: float = 0.0
    per_host: float = 0.0

    def __bool__(self) -> bool:
        """Return whether there is a limit."""
        return self.in_all > 0 or self.per_host > 0


UNLIMITED = Rates()


class _Window:
    """What went out lately, and what may still; without a rate everything may."""

    __slots__ = ("_most", "_sent", "_span", "taken")

    def __init__(self, rate: float) -> None:
        self._most = max(1, floor(rate)) if rate > 0 else inf
        self._span = self._most / rate if rate > 0 else 0.0
        self._sent: deque[float] = deque()
        self.taken = 0

    def has_room(self, now: float) -> bool:
        self._forget(now)
        return len(self._sent) + self.taken < self._most

    def sent(self, at: float) -> None:
        if self._most < inf:
            self._sent.append(at)

    def idle(self, now: float) -> bool:
        self._forget(now)
        return not self._sent and not self.taken

    @property
    def until(self) -> float:
        """Return when the oldest is forgotten; infinite where there is none."""
        return min(self._sent) + self._span if self._sent else inf

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - self._span:
            self._sent.popleft()


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that somebody has, and until when it is kept for him: infinite once he has come for it."""

    host: str
    until: float = inf


class Ration(Generic[Who]):
    """Places for writes."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._all = _Window(rates.in_all)
        self._hosts: dict[str, _Window] = {}
        self._places: dict[Who, _Place] = {}
        self._line: dict[Who, str] = {}

    def why_not(self, who: Who, host: str, now: float) -> str:
        """Return why somebody may not send a write to a host now, or "": then he has a place.

        One who may not stands in the line from now on.
        """
        place = self._places.get(who)
        if place is not None and place.host == host:
            self._places[who] = _Place(host)
            return ""
        if place is not None:
            self._give_back(who)
        if self._line.get(who, host) != host:
            del self._line[who]
        if (
            who not in self._line
            and self._may(host, now)
            and not any(self._may(each, now) for each in self._line.values())
        ):
            self._take(who, host, inf)
            return ""
        self._line.setdefault(who, host)
        return self._reason(host, now)

    def sent(self, who: Who, at: float) -> None:
        """Note that the write for which somebody had a place went out."""
        place = self._places.get(who)
        if place is not None:
            self._all.sent(at)
            if place.host in self._hosts:
                self._hosts[place.host].sent(at)
            self._give_back(who)

    def over(self, who: Who) -> None:
        """Take back the place of somebody who did not use it."""
        if who in self._places:
            self._give_back(who)

    def leave(self, who: Who) -> None:
        """Forget somebody who wants nothing any more."""
        self.over(who)
        self._line.pop(who, None)

    def served(self, now: float) -> list[Who]:
        """Return who gets a place now, of those who wait, in their order; each has to come for it."""
        for who in [who for who, place in self._places.items() if place.until <= now]:
            self._give_back(who)
        served = []
        for who, host in list(self._line.items()):
            if not self._all.has_room(now):
                break
            if self._may(host, now):
                del self._line[who]
                self._take(who, host, now + GRANT_SECS)
                served.append(who)
        self._hosts = {host: window for host, window in self._hosts.items() if not window.idle(now)}
        return served

    def next(self) -> float:
        """Return when somebody who waits may get a place at the earliest by the mere passing of time."""
        if not self._line:
            return inf
        windows = [self._all, *(window for host in set(self._line.values()) if (window := self._hosts.get(host)))]
        return min([*(window.until for window in windows), *(place.until for place in self._places.values())])

    def _may(self, host: str, now: float) -> bool:
        window = self._hosts.get(host)
        return self._all.has_room(now) and (window is None or window.has_room(now))

    def _reason(self, host: str, now: float) -> str:
        window = self._hosts.get(host)
        if window is not None and not window.has_room(now):
            return (
                f"no more than {self._rates.per_host:g} write(s) per second go to {host} (--writes-per-second-per-host)"
            )
        return f"no more than {self._rates.in_all:g} write(s) per second go out (--writes-per-second)"

    def _take(self, who: Who, host: str, until: float) -> None:
        self._places[who] = _Place(host, until)
        self._all.taken += 1
        if self._rates.per_host > 0:
            self._hosts.setdefault(host, _Window(self._rates.per_host)).taken += 1

    def _give_back(self, who: Who) -> None:
        place = self._places.pop(who)
        self._all.taken -= 1
        if place.host in self._hosts:
            self._hosts[place.host].taken -= 1
