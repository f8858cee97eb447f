"""Keeps the Lease: asks the API server as `election` decides, and answers whoever wants to write."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.lease import election
from fabgitops_operator.cluster.lease.election import Command, Event, Lost, Rest, State, Store, Terms
from fabgitops_operator.cluster.lease.record import Reach, body_of, record_of
from fabgitops_operator.hosting.errors import ApiError, Conflict, Gone, Unavailable

START_SECS = 60.0
"""How long a start waits for an API server that says nothing at all."""

RELEASE_SECS = 5.0
"""How long an end waits for the Lease to be released."""

_WAYS_OUT = (
    "run `fabgitops-operator manifests | kubectl apply -f -` for namespace and rights, name another place with "
    "--lease-namespace, or take no Lease with --no-lease where no second operator can run"
)

log = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """Another operator has taken the Lease: its text names it."""


class LeaseRefusedError(Exception):
    """The API server does not let us have a Lease: its text says why, and the ways out."""


class Leases(Protocol):
    """What is needed of the API, as `Kube` has it."""

    async def lease(self, namespace: str, name: str) -> Mapping[str, Any]:
        """Return a Lease; raises Gone when it is not there, or another ApiError."""
        ...

    async def create_lease(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a Lease and return it; raises Conflict when it is there, or another ApiError."""
        ...

    async def replace_lease(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace the version that the body names, and return what is stored; raises Conflict, or another ApiError."""
        ...


def running_clock() -> float:
    """Return seconds that go on while the machine sleeps, where it can tell (Linux)."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Lease:
    """One operator's claim to a Lease.

    Args:
        kube: Where it is.
        namespace: Its namespace.
        name: Its name.
        terms: Who asks, and on which terms.
        clock: Seconds that never go back; those in which the process or the machine stood still count.
        reach: What this operator looks after.
    """

    def __init__(
        self,
        kube: Leases,
        namespace: str,
        name: str,
        terms: Terms,
        clock: Callable[[], float] = running_clock,
        reach: Reach = Reach(),  # noqa: B008 - frozen
    ) -> None:
        self._kube = kube
        self._namespace, self._name = namespace, name
        self._terms = terms
        self._clock = clock
        self._ours = self._reach = reach
        self._state = State()
        self._began = clock()
        self._answered = False
        self._trouble = ""
        self._said: bool | str = ""
        self._acquired = asyncio.Event()
        self._leaving = False
        self._storing = False
        self._task: asyncio.Task[None] | None = None

    def __str__(self) -> str:
        """Return how people find it."""
        return f"{self._namespace}/{self._name}"

    @property
    def held(self) -> bool:
        """Return whether writes may be sent now, as far as this goes."""
        return election.may_write(self._terms, self._state, self._clock())

    @property
    def given_up(self) -> frozenset[str]:
        """Return the namespaces that those before looked after, and this operator does not; `EVERYWHERE` is all."""
        return self._reach.given_up

    def why_not(self) -> str:
        """Return why no write may be sent now, or ""."""
        if self.held:
            return ""
        if waits := self.waits():
            return waits
        why = f"the Lease {self} was not renewed for {self._terms.deadline:g} s, and another operator may take it"
        return f"{why}: {self._trouble}" if self._trouble else why

    def waits(self) -> str:
        """Return whom or what a start waits for, or "" once the Lease was acquired."""
        if self._acquired.is_set():
            return ""
        seen = self._state.seen
        if seen is not None and seen.holder:
            return f"waiting: {seen.holder} holds the Lease {self}"
        return f"waiting for the Lease {self}{f': {self._trouble}' if self._trouble else ''}"

    def may_have_passed(self) -> bool:
        """Return whether another may hold it by now: what is known here may be older than what that one knows."""
        return election.may_have_passed(self._terms, self._state, self._clock())

    async def acquire(self) -> None:
        """Wait until it is held; it is renewed from then on.

        Raises:
            ApiError: The API server has said nothing for a minute.
            LeaseRefusedError: It does not let us have one.
        """
        keeping = self._task = asyncio.create_task(self._keep(), name="lease")
        acquired = asyncio.create_task(self._acquired.wait())
        try:
            await asyncio.wait((keeping, acquired), return_when=asyncio.FIRST_COMPLETED)
        finally:
            acquired.cancel()
        if keeping.done():
            keeping.result()

    async def lost(self) -> None:
        """Wait until another has it.

        Raises:
            LeaseLostError: Another has it.
        """
        if self._task is not None:
            await asyncio.shield(self._task)

    async def release(self) -> None:
        """Give it up, so that the next one need not wait; nothing may be written any more."""
        until = asyncio.get_running_loop().time() + RELEASE_SECS
        if self._task is not None:
            self._leaving = True
            # What is being stored may be stored already, and only its answer says which version is to be released.
            await asyncio.wait((self._task,), timeout=RELEASE_SECS if self._storing else 0)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        command = self._step(election.Leaving())
        if not isinstance(command, Store):
            return
        try:
            async with asyncio.timeout_at(until):
                await self._store(command)
            log.info("released the Lease %s", self)
        except (ApiError, TimeoutError) as error:
            why = str(error) or "no answer"
            log.warning("%s not released (%s): the next one waits %g s for it", self, why, self._terms.duration)

    def _step(self, event: Event) -> Command | None:
        self._state, command = election.step(self._terms, self._state, event)
        return command

    async def _keep(self) -> None:
        event: Event = election.Due()
        while True:
            command = self._step(event)
            if self._leaving:
                return
            self._tell()
            if isinstance(command, Lost):
                holder = command.holder or "another operator"
                why = f"the Lease {self} was not renewed in time, and {holder} has taken it"
                raise LeaseLostError(f"{why}: started again, this operator waits for it")
            event = await self._done(command)

    async def _done(self, command: Command | None) -> Event:
        self._storing = isinstance(command, Store)
        if isinstance(command, Rest):
            await asyncio.sleep(command.seconds)
            return election.Due()
        sent = self._clock()
        try:
            async with asyncio.timeout(self._terms.deadline / 4):
                event = await self._asked(command, sent)
        except TimeoutError:
            return self._failed(command, sent, Unavailable("no answer", "unreachable"))
        except ApiError as error:
            if isinstance(error, Conflict) or (isinstance(error, Gone) and self._state.ours):
                return election.Overtaken()
            return self._failed(command, sent, error)
        self._trouble = ""
        self._answered = True
        return event

    async def _asked(self, command: Command | None, sent: float) -> Event:
        if isinstance(command, Store):
            stored = record_of(await self._store(command))
            return election.Confirmed(sent, self._clock(), stored)
        try:
            found = record_of(await self._kube.lease(self._namespace, self._name))
        except Gone:
            found = None
        if found is not None and found.holder != self._terms.holder:
            self._reach = self._ours.after(found.reach)
        return election.Found(self._clock(), found)

    async def _store(self, command: Store) -> Mapping[str, Any]:
        body = body_of(self._namespace, self._name, replace(command.record, reach=self._reach))
        return await (self._kube.replace_lease(body) if command.record.version else self._kube.create_lease(body))

    def _failed(self, command: Command | None, sent: float, error: ApiError) -> Event:
        """Note a failure; one at the start that waiting does not mend is the end.

        Raises:
            ApiError: The API server has said nothing for a minute.
            LeaseRefusedError: It says no.
        """
        away = isinstance(error, Unavailable)
        if not self._acquired.is_set():
            if away and not self._answered and sent > self._began + START_SECS:
                raise error
            if not away and (not self._answered or isinstance(command, Store)):
                raise LeaseRefusedError(f"{error}; {_WAYS_OUT}") from error
        if str(error) != self._trouble:
            log.warning("the Lease %s: %s; trying again", self, error)
        self._trouble = str(error)
        return election.Failed(sent, _nobody_answered(error))

    def _tell(self) -> None:
        """Say once what has changed."""
        if self.held and not self._acquired.is_set():
            self._acquired.set()
            log.info("holding the Lease %s as %s", self, self._terms.holder)
        seen = self._state.seen
        said = self.held if self._acquired.is_set() else seen.holder if seen else ""
        if said == self._said:
            return
        if said is False:
            log.warning("nothing is written from now on: %s", self.why_not())
        elif said is True and self._said is False:
            log.info("the Lease %s is renewed again, and writes go on", self)
        elif said is not True and seen is not None and seen.holder:
            log.info("%s; it is taken when released, or not renewed for %g s", self.waits(), seen.duration)
        self._said = said


def _nobody_answered(error: ApiError) -> bool:
    """Return whether others are likely to hear nothing either: not of an API server that answers, or was not asked."""
    return error.reason == "unreachable" and not isinstance(error.__cause__, NoCredentialsError)
