"""Guards that count: how often a drift was seen, when a register was last written, and how often."""

import pytest

from .conftest import Site, until
from .wire_plc import WirePlc, serving

pytestmark = pytest.mark.integration


async def test_a_drift_is_written_once_it_was_seen_often_enough(site: Site) -> None:
    """While a drift is confirmed nothing is written, and status, condition and metric say why; then it is corrected."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, pollIntervalSecs=2, correction={"confirmReads": 3})
        status = await site.until_status("mixer", phase="DriftDetected")
        assert await site.condition("mixer", "Correcting") == ("False", "ConfirmingDrift")
        assert "not written: seen " in status["message"]
        await until(
            lambda: operator.metric("fabgitops_held_corrections", reason="ConfirmingDrift"), "the metric says so"
        )
        assert plc.writes == []
        reads = plc.reads
        await site.until_status("mixer", inSync=True, correctionsApplied=1, driftEvents=1)
        assert plc.reads >= reads + 2
        assert await site.events("mixer") == {"DriftDetected": 1, "DriftCorrected": 1}
