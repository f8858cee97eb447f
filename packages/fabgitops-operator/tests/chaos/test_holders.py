"""Whether the operator of PLCs is there, as its Lease has it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_operator.cluster.holders import silent
from fabgitops_operator.cluster.lease.record import EVERYWHERE, Reach, Record, body_of

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def lease(ago: float, holder: str = "plc-0_1", family: str = "plc", where: str = EVERYWHERE) -> dict[str, Any]:
    """Return a Lease of 60 s that was renewed so many seconds ago."""
    made = body_of("x", family, Record("1", holder, 60.0, reach=Reach(frozenset({where}), family=family)))
    made["spec"]["renewTime"] = (NOW - timedelta(seconds=ago)).isoformat()
    return made


@pytest.mark.parametrize(
    ("leases", "heard"),
    [
        ([lease(2)], True),
        ([lease(30)], True),
        ([lease(31)], False),
        ([lease(2, holder="")], False),
        ([lease(31), lease(2, where="line-1")], True),
        ([lease(31), lease(2, where="line-2")], False),
        ([lease(31), lease(2, family="racks")], False),
        ([lease(99, family="racks")], True),
        ([], True),
        ([lease(-2)], True),
    ],
)
def test_who_does_not_renew_is_not_heard(leases: list[dict[str, Any]], heard: bool) -> None:
    """An operator is heard while it renews; one that never took a Lease is believed, for nothing speaks against it."""
    assert (silent(leases, "line-1", NOW) == "") is heard


def test_a_lease_without_a_time_is_not_renewed() -> None:
    """What was never renewed, or at no time that can be read, is nobody's, and the Lease is named."""
    for time in (None, "yesterday", "2026-11-29T12:00:00"):
        made = lease(0)
        made["spec"]["renewTime"] = time
        assert "does not renew its Lease (plc)" in silent([made], "line-1", NOW)
