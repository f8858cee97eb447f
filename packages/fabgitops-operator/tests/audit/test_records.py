"""What stands in a record of what others wrote."""

import json
from datetime import UTC, datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.requests import Around, Change, Endpoint, SecretKey, SideWrite
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


def test_a_step_is_one_record_with_places_and_no_secret() -> None:
    """What goes before and after a write stands in its record: words that a manifest says, of a Secret only its key."""
    password = SideWrite(Table.HOLDING, 24, None, SecretKey("plant", "drive", "password"))
    around = Around((password, SideWrite(Table.COIL, 3, 1)), (SideWrite(Table.HOLDING, 30, 1),))
    change = Change(Endpoint("10.0.0.5", 502), 1, 0, (80,), Table.HOLDING, around=around)
    key = Key("IndustrialPLC", "plant", "mixer")
    record = attempt(datetime(2026, 1, 1, tzinfo=UTC), "a-1", key, change, WriteFacts(1, ()), Origin())
    assert record["writtenBefore"] == [
        {"table": "holding", "address": 24, "secret": "plant/drive", "key": "password"},
        {"table": "coil", "address": 3, "words": "0x0001"},
    ]
    assert record["writtenAfter"] == [{"table": "holding", "address": 30, "words": "0x0001"}]
    assert json.loads(json.dumps(record)) == record
