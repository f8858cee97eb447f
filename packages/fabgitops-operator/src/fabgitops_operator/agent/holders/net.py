"""Holds back, or loses, what leaves a pod, until its lease runs out, its pod ends, or anything at all happens to it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Self

from fabgitops_operator.agent.holders import rules
from fabgitops_operator.agent.holders.cgroups import leave_freezer
from fabgitops_operator.agent.holders.lasting import last
from fabgitops_operator.agent.holders.line import Line
from fabgitops_operator.agent.holders.namespaces import Namespace, enter
from fabgitops_operator.agent.holders.nfqueue import ACCEPT, DROP, PacketQueue
from fabgitops_operator.agent.holders.pipes import tell
from fabgitops_operator.agent.holders.ties import now, tie

_QUEUE_LENGTH = 64
"""Short, because it is what a holder that stands still keeps from its pod, and what is lost when the queue ends."""
_PROCESSOR_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be held: of which process's network, for how long, and what happens to its packets."""

    injection: str
    pid: int
    lease_secs: float
    cap_secs: float
    delay_millis: int
    jitter_millis: int
    loss_percent: float
    ways: tuple[rules.Way, ...]

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return it out of JSON."""
        return cls(**{**given, "ways": tuple(rules.Way(**way) for way in given["ways"])})

    def line(self) -> Line:
        """Return the line that the packets go through."""
        secs = self.delay_millis / 1000, self.jitter_millis / 1000
        return Line(*secs, self.loss_percent / 100, Random(self.injection))  # noqa: S311 - packets to lose, no secret


def hold(asked: Asked) -> None:
    """Hold what is asked for, to its end.

    Raises:
        OSError: The target is gone, the kernel has no packet queues, or this process may not do that.
        RulesError: The packet filter refuses the rules.
    """
    ties = tie(os.getppid(), asked.lease_secs, asked.cap_secs, 10 + asked.cap_secs * _PROCESSOR_SHARE)
    leave_freezer(os.getpid())
    target = os.pidfd_open(asked.pid)
    enter(asked.pid, Namespace.NETWORK)
    chain = rules.chain(asked.injection)
    # What a holder that was killed has left, of whatever injection, since a pod has one at a time: a packet that nobody
    # waits for in a queue passes, but past all rules that come after (nf_queue with bypass goes on with the next hook).
    rules.sweep()
    with PacketQueue(rules.queue_number(asked.injection), _QUEUE_LENGTH) as queue:
        try:
            for command in rules.adding(asked.injection, asked.ways):
                rules.run(command)
            tell("ready")
            cause = last(ties, target, _Delay(asked.line(), queue))
        finally:
            rules.sweep([chain])
    tell("ended", cause=cause)


@dataclass(frozen=True, slots=True)
class _Delay:
    line: Line
    queue: PacketQueue

    def sources(self) -> list[int]:
        return [self.queue.fileno()]

    def wait(self) -> float:
        return self.line.wait(now())

    def turn(self) -> None:
        for packet in self.queue.packets():
            if not self.line.take(packet, now()):
                self.queue.judge(packet, DROP)
        for packet in self.line.due(now()):
            self.queue.judge(packet, ACCEPT)

    def told(self) -> Mapping[str, object]:
        return {"held": self.line.held, "lost": self.line.lost, "passed": self.line.passed}
