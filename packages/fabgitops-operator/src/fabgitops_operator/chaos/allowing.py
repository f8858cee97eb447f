"""What is allowed: the policy and the namespace, each asked by itself, and what holds while there is no answer.

What runs goes on by what was known last while nobody answers, for its renewals may not wait. An answer that cannot be
gone by allows nothing, and takes what was known before with it. Nothing begins by what was known before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.outcomes import Outcome

from fabgitops_operator.chaos.asking import Asking
from fabgitops_operator.chaos.away import AwayError, UnreadableError

LOOK_SECS = 2.0
"""How long what runs waits for an answer: its leases are renewed after that."""
log = logging.getLogger(__name__)
Stop = Callable[[], Awaitable[Mapping[str, Outcome]]]


class Permits(Protocol):
    """Who says what is allowed. Each may raise AwayError, or that the answer cannot be gone by: UnreadableError."""

    async def policy(self) -> ChaosPolicySpec | None:
        """Return the policy, None where there is none."""

    async def opted_in(self, namespace: str) -> bool:
        """Return whether a namespace lets experiments in."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The policy as it was told: None where there is none, or where it cannot be gone by, which `stopped` says."""

    policy: ChaosPolicySpec | None
    stopped: str = ""

    @property
    def enabled(self) -> bool:
        return self.policy is not None and self.policy.enabled


@dataclass(frozen=True, slots=True)
class _LetIn:
    """Whether a namespace lets experiments in, and why that cannot be read."""

    opted_in: bool
    stopped: str = ""


class Allowing:
    """What is allowed in namespaces.

    Args:
        world: Who says it.
        stop: Ends whatever is injected in pods: asked for once, when a policy is seen to allow nothing any more.
        wait: Seconds for which what runs waits for an answer.
    """

    def __init__(self, world: Permits, stop: Stop | None, wait: float = LOOK_SECS) -> None:
        """Prepare it; nothing is asked yet."""
        self._world, self._stop, self._wait = world, stop, wait
        self._said: _Said | None = None
        self._let_in: dict[str, _LetIn] = {}
        self._policy = Asking(self._ask_policy)
        self._namespaces: dict[str, Asking[None]] = {}
        self._stoppable = False
        self._stopping: asyncio.Task[None] | None = None

    async def now(self, namespace: str) -> Facts:
        """Return what is allowed to go on, by what was known last where no answer comes in time."""
        return await self._facts(namespace, self._wait)

    async def freshly(self, namespace: str) -> Facts:
        """Return what is allowed to begin: nothing, while that is not answered now."""
        return await self._facts(namespace, None)

    async def _facts(self, namespace: str, secs: float | None) -> Facts:
        asking = self._namespaces.setdefault(namespace, Asking(lambda: self._ask_namespace(namespace)))
        unknown = await asyncio.gather(_why(self._policy, secs), _why(asking, secs))
        said, let_in = self._said, self._let_in.get(namespace)
        if said is not None and not said.enabled:
            return Facts(said.policy, let_in is not None and let_in.opted_in, said.stopped)
        why = next(filter(None, unknown), "")
        if said is None or let_in is None or (secs is None and why):
            return Facts(None, opted_in=False, stopped=f"what is allowed is not known: {why}", answered=False)
        return Facts(said.policy, let_in.opted_in, let_in.stopped)

    async def _ask_policy(self) -> None:
        try:
            self._said = _Said(await self._world.policy())
        except UnreadableError as error:
            self._said = _Said(None, f"nothing is allowed: {error}")
        self._switched(self._said.enabled)

    async def _ask_namespace(self, namespace: str) -> None:
        try:
            self._let_in[namespace] = _LetIn(await self._world.opted_in(namespace))
        except UnreadableError as error:
            self._let_in[namespace] = _LetIn(opted_in=False, stopped=f"nothing is allowed: {error}")

    def _switched(self, enabled: bool) -> None:
        """End everything at once when the kill switch is thrown; each experiment ends its own besides."""
        was, self._stoppable = self._stoppable, enabled
        if was and not enabled and self._stop is not None:
            self._stopping = asyncio.ensure_future(_stopped(self._stop))


async def _stopped(stop: Stop) -> None:
    told = await stop()
    log.warning("chaos is not enabled any more: %s", _ended(told) or "there is no agent")


def _ended(told: Mapping[str, Outcome]) -> str:
    """Return what came of ending everything, by node."""
    return "; ".join(
        f"{node or 'agents'}: {each.result.name.lower()}{each.message and ', ' + each.message}"
        for node, each in told.items()
    )


async def _why(asking: Asking[None], secs: float | None) -> str:
    """Return why nothing is known now, or nothing."""
    try:
        await asking.soon(secs)
    except TimeoutError:
        return f"no answer within {secs} s"
    except AwayError as error:
        return str(error)
    return ""
