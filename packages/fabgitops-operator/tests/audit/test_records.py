"""What stands in a record of what others wrote."""

import json
from datetime import UTC, datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.requests import Change, Endpoint
from fabgitops_operator.audit.records import Origin, attempt


def test_an_annotation_fills_no_disk() -> None:
    """Whoever may annotate one PLC cannot have each of its writes take a megabyte from the records of all."""
    long = "\x1b" + "x" * 250_000
    change = Change(Endpoint("10.0.0.5", 502), 1, 10, (5,), Table.HOLDING)
    facts = WriteFacts(1, (), SyncRequest(long, force=True), {}, ("0123456789abcdef", long))
    origin = Origin("u-1", {"revision": long, "application": long}, {"manager": "fabctl"})
    record = attempt(
        datetime(2026, 1, 1, tzinfo=UTC), "a-1", Key("IndustrialPLC", "plant", "mixer"), change, facts, origin
    )
    text = json.dumps(record)
    assert len(text) < 4096
    assert "\\u001b" not in text
    assert record["approval"]["digest"] == "0123456789abcdef"
    assert record["sync"]["forced"] is True
