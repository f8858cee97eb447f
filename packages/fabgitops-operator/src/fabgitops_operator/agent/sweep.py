"""At its start an agent takes out what an earlier one has left: rules that do nothing, since nobody listens."""

import logging
from pathlib import Path

from fabgitops_operator.agent.holders.namespaces import Namespace, identity
from fabgitops_operator.agent.once import done
from fabgitops_operator.agent.targets import PROC

log = logging.getLogger(__name__)


def networks(proc: Path = PROC) -> list[int]:
    """Return one process of each network namespace that may be looked at."""
    found: dict[tuple[int, int], int] = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                found.setdefault(identity(folder.name, Namespace.NETWORK), int(folder.name))
            except OSError:  # it has ended, or is none of a pod
                continue
    return list(found.values())


async def swept() -> int:
    """Sweep every network of this node, and return how many chains were there."""
    count = 0
    for pid in networks():
        for told in await done("sweep", {"pid": pid}):
            if told["event"] == "swept":
                count += len(told["chains"])
            else:
                log.warning("the network of process %d is not swept: %s", pid, told["reason"])
    if count:
        log.info("%d chains of an earlier agent were taken out; they held nothing", count)
    return count
