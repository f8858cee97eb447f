"""The record of each write: stored before the bytes go out, completed with what came of them."""

import asyncio
from datetime import timedelta

import pytest
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.requests import Change, Endpoint, WriteFunction
from fabgitops_core.engine.device_errors import NoReply, Refused, Unreachable
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import WriteResult
from fabgitops_core.modbus.frames.writes import write_request
from fabgitops_core.testing.audit import FakeAudit

from .conftest import MIXER, START, Bench

SPEC = {"device_address": "10.0.0.5", "poll_interval_secs": 1, "timeout_secs": 1}


@pytest.fixture
async def audit(bench: Bench) -> FakeAudit:
    """Return the audit of the bench's engine."""
    audit = FakeAudit()
    bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now, audit=audit)
    bench.plc[4001] = 2311
    return audit


async def test_a_correction_is_recorded_from_its_decision_to_its_proof(bench: Bench, audit: FakeAudit) -> None:
    """One correction is one record: what was read before, what is wanted, that it was done, what was read after it."""
    bench.declare(MIXER, request=SyncRequest("now", force=True))
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    (record,) = audit.records
    (touched,) = record.facts.touched
    assert (record.key, record.change.values, record.change.code) == (MIXER, (2500,), 6)
    assert (touched.point.name, touched.before, touched.point.wanted) == ("target", (2311,), (2500,))
    assert (record.facts.generation, record.facts.sync) == (1, SyncRequest("now", force=True))
    assert record.results == [(WriteResult.DONE, "")]
    assert record.shown == [((2500,), True)]
    assert START <= record.at < START + timedelta(seconds=5)


async def test_nothing_is_sent_before_its_record_is_stored(bench: Bench, audit: FakeAudit) -> None:
    """While a record is being stored nothing goes to the device; a write that is not wanted after it is withdrawn."""
    storing, attempt = asyncio.Event(), audit.attempt

    async def slowly(*about: object) -> object:
        await storing.wait()
        return await attempt(*about)  # type: ignore[arg-type]

    audit.attempt = slowly  # type: ignore[method-assign,assignment]
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.reads >= 1)
    await asyncio.sleep(3)
    assert bench.plc.writes == []
    bench.declare(MIXER, target_value=2311)
    storing.set()
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    assert bench.plc.writes == []
    assert [each.results for each in audit.records] == [[(WriteResult.WITHDRAWN, "it was no longer wanted")]]


async def test_what_cannot_be_recorded_is_not_written(bench: Bench, audit: FakeAudit) -> None:
    """While records are refused nothing is written, the status says why, and it goes out when they are taken again."""
    audit.refuses = "the audit record cannot be stored: No space left on device"
    bench.declare(MIXER)
    await bench.until(lambda: audit.refuses in bench.status(MIXER).message)
    assert bench.plc.writes == []
    audit.refuses = ""
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert len(audit.records) == 1


@pytest.mark.parametrize(
    ("error", "result", "why"),
    [
        (NoReply("no reply"), WriteResult.UNKNOWN, "no reply"),
        (Refused("device failure", 4), WriteResult.FAILED, "device failure"),
        (Unreachable("away"), WriteResult.FAILED, "away"),
    ],
    ids=["unknown", "refused", "unreachable"],
)
async def test_what_went_wrong_is_in_the_record(
    bench: Bench, audit: FakeAudit, error: Exception, result: WriteResult, why: str
) -> None:
    """A write that was not confirmed, or not carried out, has that in its record, and only the first is read back."""
    bench.plc.write_errors = [error]  # type: ignore[list-item]
    bench.declare(MIXER)
    await bench.until(lambda: bool(audit.records and audit.records[0].results))
    assert [(found, why in text) for found, text in audit.records[0].results] == [(result, True)]
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert audit.records[0].shown == ([((2500,), True)] if result is WriteResult.UNKNOWN else [])


async def test_a_write_that_does_not_hold_says_so(bench: Bench, audit: FakeAudit) -> None:
    """A device that confirms a write and does not keep it leaves a record that shows what it holds instead."""
    bench.plc.keeps = False
    bench.declare(MIXER)
    await bench.until(lambda: bool(audit.records and audit.records[0].shown))
    assert audit.records[0].results == [(WriteResult.DONE, "")]
    assert audit.records[0].shown == [((2311,), False)]


async def test_bits_of_a_word_are_one_record(bench: Bench, audit: FakeAudit) -> None:
    """Bits that go out together are one record, with each of them as a register of its own."""
    registers = [
        {"name": name, "address": 10, "type": "bit", "bit": bit, "value": True, "write": {"function": "mask"}}
        for name, bit in (("run", 0), ("light", 3))
    ]
    bench.plc[10] = 0x10
    bench.declare_spec(MIXER, {**SPEC, "registers": registers})
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 2)
    (record,) = audit.records
    assert [(each.point.name, each.before) for each in record.facts.touched] == [("run", (0x10,)), ("light", (0x10,))]
    assert (record.change.code, record.change.mask, record.change.values) == (22, 9, (9,))
    assert record.shown == [((0x19,), True)]


async def test_a_command_is_recorded_and_never_read_back(bench: Bench, audit: FakeAudit) -> None:
    """A command has an attempt and an outcome, and no proof: nobody compares what its register shows."""
    register = {"name": "reset", "address": 20, "value": 1, "write": {"verify": False}}
    bench.declare_spec(MIXER, {**SPEC, "registers": [register, {"name": "speed", "address": 4001}]})
    await bench.until(lambda: bench.plc[20] == 1)
    await asyncio.sleep(3)
    assert [(each.results, each.shown) for each in audit.records] == [([(WriteResult.DONE, "")], [])]


async def test_a_write_that_is_cut_off_may_have_happened(bench: Bench, audit: FakeAudit) -> None:
    """A write that is under way when the operator's patience ends is recorded as one of which nothing is known."""
    bench.plc.hold_writes = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bool(audit.records))
    await bench.engine.stop(0.1)
    assert audit.records[0].results == [(WriteResult.UNKNOWN, "it was cut off before it had ended")]


@pytest.mark.parametrize("function", [WriteFunction.AUTO, WriteFunction.SINGLE, WriteFunction.MULTIPLE])
@pytest.mark.parametrize("table", [Table.HOLDING, Table.COIL])
@pytest.mark.parametrize("count", [1, 2])
def test_the_function_that_is_recorded_is_the_one_that_is_sent(
    function: WriteFunction, table: Table, count: int
) -> None:
    """The code in a record is that of the request on the wire, whatever the register asks for."""
    change = Change(Endpoint("10.0.0.5", 502), 1, 7, (1,) * count, table, function)
    if function is WriteFunction.SINGLE and count > 1:
        return
    assert write_request(change).function == NAMES[change.code]


NAMES = {
    5: "write_single_coil",
    6: "write_single_register",
    15: "write_multiple_coils",
    16: "write_multiple_registers",
    22: "mask_write_register",
}
