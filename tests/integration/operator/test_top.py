"""`fabctl top` on a box, whose operator is the API server itself; through a cluster's proxy tests/docs types it."""

import csv
import io

import pytest

from ..planes import Reason, only_standalone
from .conftest import Site
from .test_brake import fabctl
from .wire_plc import WirePlc, serving

pytestmark = pytest.mark.integration


@only_standalone(Reason.LEASE)
async def test_who_gives_most_to_do_is_told_by_the_operator(site: Site) -> None:
    """A device that drifted, and one that does not answer, stand with what the operator has counted of them."""
    plc = WirePlc({4001: 7})
    async with serving(plc) as port, site.operator():
        await site.apply("mixer", port)
        await site.apply("away", 9)
        await site.until_status("mixer", inSync=True, driftEvents=1)
        await site.until_ready("away", "False", "ConnectionFailed")
        code, out, err = await fabctl(site, "top", "-n", site.namespace, "-o", "csv")
    assert (code, err) == (0, "")
    away, mixer = csv.DictReader(io.StringIO(out))
    assert (away["Name"], int(away["Failures"]) > 0, away["Answers"]) == ("away", True, "no")
    assert [mixer[name] for name in ("Name", "Drifts", "Corrections", "Failures", "Answers")] == [
        *("mixer", "1", "1", "0", "yes")
    ]
    assert float(mixer["Last pass s"]) > 0
