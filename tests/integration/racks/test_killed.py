"""An operator that is killed after any of its first commands: another makes whole what it finds, and nothing twice."""

import signal
from functools import partial
from pathlib import Path

import httpx
import pytest

from .conftest import NUMBERS
from .hall import Hall
from .listener import Listener
from .zygote import Order, Zygote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

COMMANDS = 40
AT_ONCE = 5
PARTS = 34
"""Chassis, blades, BMCs and nodes of a rack of 2, 4 and 2, shared."""


def test_killed_after_each_command_it_is_made_once(
    api: httpx.Client, zygote: Zygote, bus: Listener, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """SIGKILL after each of the first 40 commands, and a start anew: 34 parts, none twice, one `created` event each."""
    halls = [_hall(api) for _ in range(COMMANDS)]
    orders = [Order(hall.namespace, bus.url, str(tmp_path / hall.namespace), n) for n, hall in enumerate(halls, 1)]
    for begin in range(0, COMMANDS, AT_ONCE):
        pids = [zygote.start(order) for order in orders[begin : begin + AT_ONCE]]
        for pid, hall in zip(pids, halls[begin:], strict=False):
            hall.until(partial(_is_over, zygote, pid, hall), "it is killed, or all is done in fewer commands")
            assert zygote.stop(pid, signal.SIGKILL) == -signal.SIGKILL
    left = [{part["metadata"]["uid"] for part in hall.parts().values()} for hall in halls]
    assert len({len(parts) for parts in left}) > PARTS / 2, "killed at different points"
    request.getfixturevalue("operator")
    for hall, before in zip(halls, left, strict=True):
        rack = hall.until_phase("Ready")
        parts = {part["metadata"]["uid"] for part in hall.parts().values()}
        assert len(parts) == PARTS
        hall.until(partial(_counts_all, hall), "it says what there is")
        assert before <= parts, "what was there is what is there"
        partition = f"{hall.namespace}/rack-01"
        ids = {f"{uid}/created" for uid in parts | {rack["metadata"]["uid"]}}
        hall.until(partial(_told, bus, partition, ids), "all is told")
        assert bus.created(partition) == ids, "nothing that was never there is told"


def _is_over(zygote: Zygote, pid: int, hall: Hall) -> bool:
    """Return whether an operator has ended, or has nothing left to do."""
    return zygote.has_ended(pid) or hall.status().get("phase") == "Ready"


def _told(bus: Listener, partition: str, ids: set[str]) -> bool:
    """Return whether all these events were heard."""
    return bus.created(partition) >= ids


def _hall(api: httpx.Client) -> Hall:
    """Return a hall with a Rack that nobody looks after yet."""
    name = f"racks-{next(NUMBERS)}"
    api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    hall = Hall(api, name)
    hall.template(2, 4, 2)
    hall.rack()
    return hall


def _counts_all(hall: Hall) -> bool:
    """Return whether the status says how many parts there are."""
    return hall.totals() == (2, 8, 16, 8)
