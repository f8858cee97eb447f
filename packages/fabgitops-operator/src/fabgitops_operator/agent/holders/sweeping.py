"""What is done once in a network namespace: trying whether packets can be held at all, and sweeping what is left."""

import ctypes
import os

from fabgitops_operator.agent.holders import rules
from fabgitops_operator.agent.holders.cgroups import leave_freezer
from fabgitops_operator.agent.holders.namespaces import Namespace, enter
from fabgitops_operator.agent.holders.nfqueue import PacketQueue
from fabgitops_operator.agent.holders.pipes import tell

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET, of unshare(2)."""
_TRIAL = "trial"


def trial() -> None:
    """Hold a queue in a network namespace of its own, which ends with this process.

    Raises:
        OSError: The kernel has no packet queues, or this process may not do that, or not leave its freezer.
        RulesError: The packet filter knows no such rule.
    """
    leave_freezer(os.getpid())
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, f"a network namespace cannot be made: {os.strerror(number)}")
    with PacketQueue(rules.queue_number(_TRIAL), 1):
        for command in rules.adding(_TRIAL, ()):
            rules.run(command)
    tell("ready")


def sweep(pid: int) -> None:
    """Take the chains of ours out of the network of a process.

    Raises:
        OSError: The process is gone, or this one may not look at it.
        RulesError: The packet filter refuses.
    """
    enter(pid, Namespace.NETWORK)
    tell("swept", chains=rules.sweep())
