"""Whether we hear of what is declared: what became of the watch and of the listings of each kind in each namespace.

Whoever is not told of a change goes on with what was declared before. So this decides three things: whether we are
ready, how soon everything is listed again, and whether writes have to wait. They have to where the API server answers,
and refuses both watch and listing, for longer than a set time: somebody may have suspended what we would write to. One
that is away tells nobody anything, and corrections go on as what was declared last says, for a longer time.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf

from fabgitops_core.api.kinds import Kind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """A kind in one namespace, or (None) in all."""

    kind: Kind
    namespace: str | None = None

    def __str__(self) -> str:
        return self.kind.plural + (f" in namespace {self.namespace}" if self.namespace else "")


@dataclass(slots=True)
class _Way:
    """One of the two ways of hearing: why it is closed ("" when it is open), and since when it is refused."""

    why: str
    refused_since: float | None = None

    def opened(self) -> None:
        self.why, self.refused_since = "", None

    def closed(self, why: str, *, refused: bool) -> None:
        self.why = why
        if not refused:
            self.refused_since = None
        elif self.refused_since is None:
            self.refused_since = time.monotonic()

    def refused_for(self) -> float:
        return time.monotonic() - self.refused_since if self.refused_since is not None else float("-inf")


@dataclass(slots=True)
class _State:
    """What is known of one scope."""

    watch: _Way = field(default_factory=lambda: _Way("not begun yet"))
    listing: _Way = field(default_factory=lambda: _Way(""))
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    asked: bool = False
    absent: bool = False
    known: float = field(default_factory=time.monotonic)

    @property
    def is_known(self) -> bool:
        """Return whether nothing is in the way of hearing what is declared."""
        return not self.watch.why and not self.listing.why

    def unknown_for(self) -> float:
        """Return for how many seconds it has not been known what is declared."""
        return 0.0 if self.is_known else time.monotonic() - self.known

    def is_known_now(self) -> None:
        """Note that up to this moment it is known, where nothing is in the way."""
        if self.is_known:
            self.known = time.monotonic()


class Hearing:
    """Told by watch and sweep what they hear.

    `deaf` is set when a watch that was up goes down, `whole` while each is up.
    """

    def __init__(self, scopes: Iterable[Scope], patience_secs: float, grace_secs: float = inf) -> None:
        """Begin with no watch.

        Args:
            scopes: What must be heard of.
            patience_secs: How long the API server may refuse both watch and listing before writes are held.
            grace_secs: How long it may be away before they are.
        """
        self._states = {scope: _State() for scope in scopes}
        self._patience = patience_secs
        self._grace = grace_secs
        self._held = False
        self.deaf = asyncio.Event()
        self.whole = asyncio.Event()

    @property
    def scopes(self) -> Collection[Scope]:
        """Return what must be heard of."""
        return self._states

    @property
    def up(self) -> bool:
        """Return whether each watch is up."""
        return not any(state.watch.why for state in self._states.values())

    def kinds_up(self) -> dict[str, bool]:
        """Return of each kind that is there whether its watch is up everywhere."""
        kinds: dict[str, bool] = {}
        for scope, state in self._states.items():
            if not state.absent:
                kinds[scope.kind.name] = kinds.get(scope.kind.name, True) and not state.watch.why
        return kinds

    def not_ready(self) -> str:
        """Return what is not heard, since when, and why; "" when everything is."""
        down = [
            f"the watch of {scope} is down since {state.since:%Y-%m-%dT%H:%M:%SZ}: {state.watch.why}"
            for scope, state in self._states.items()
            if state.watch.why
        ]
        return "; ".join([*down, *(["nothing can be listed either, so writes wait"] if self._held else [])])

    def asks(self, scope: Scope) -> None:
        """Note that a watch is asked for."""
        self._states[scope].asked = True

    def overlooked(self) -> list[Scope]:
        """Return what can be listed and was never asked to be watched: its definition came later."""
        return [
            scope
            for scope, state in self._states.items()
            if not state.asked and not state.listing.why and not state.absent
        ]

    def begins(self) -> None:
        """Note that who watches begins, anew: nothing was asked yet."""
        for state in self._states.values():
            state.asked = False

    def heard(self, scope: Scope) -> None:
        """Note that a watch is up."""
        state = self._states[scope]
        if state.watch.why:
            log.info("the watch of %s is up", scope)
            state.since = datetime.now(UTC)
        state.watch.opened()
        if self.up:
            self.whole.set()

    def unheard(self, scope: Scope, why: str, *, refused: bool) -> None:
        """Note that a watch is down; refused is one that the API server answers with no, not one that it cannot."""
        state = self._states[scope]
        state.is_known_now()
        self.whole.clear()
        if not state.watch.why:
            state.since = datetime.now(UTC)
            self.deaf.set()
        if state.watch.why != why:
            log.warning("the watch of %s is down: %s; it is tried again, and listed meanwhile", scope, why)
        state.watch.closed(why, refused=refused)

    def all_unheard(self, why: str) -> None:
        """Note that no watch is up any more."""
        for scope in self._states:
            self.unheard(scope, why, refused=False)

    def listed(self, scope: Scope) -> None:
        """Note that a scope was listed whole."""
        state = self._states[scope]
        if state.listing.why or state.absent:
            log.info("%s can be listed again", scope)
        state.absent = False
        state.listing.opened()
        state.known = time.monotonic()

    def unlisted(self, scope: Scope, why: str, *, refused: bool) -> None:
        """Note that a scope could not be listed."""
        state = self._states[scope]
        state.is_known_now()
        if state.listing.why != why:
            log.warning("%s; trying again", why)
        state.listing.closed(why, refused=refused)

    def absent(self, scope: Scope, why: str) -> None:
        """Note that there is no such kind: of what cannot be there nothing can be missed."""
        state = self._states[scope]
        if not state.absent:
            log.info("%s; it is looked for again", why)
        state.absent, state.known = True, time.monotonic()
        state.watch.opened()
        state.listing.opened()
        if self.up:
            self.whole.set()

    def hold(self, matters: Callable[[Scope], bool]) -> str:
        """Return why writes must wait, or "".

        Args:
            matters: Whether anything of a scope is looked after: of what is not there no change can be missed.
        """
        for scope, state in self._states.items():
            secs = min(state.watch.refused_for(), state.listing.refused_for())
            self._held = secs >= self._patience and matters(scope)
            if self._held:
                return f"the API server refuses to tell of {scope}, so what is declared now is not known"
        return ""

    def lost(self, matters: Callable[[Scope], bool]) -> str:
        """Return why writes must wait, for nothing was heard for longer than the grace, or ""; `matters` as above."""
        for scope, state in self._states.items():
            if state.unknown_for() >= self._grace and matters(scope):
                return f"for {self._grace:g} s nothing has told of {scope}, so what is declared now is not known"
        return ""
