"""Writes that need a Secret: it is had right before each, nothing goes without it, and nothing tells its value."""

import asyncio
import logging
from typing import Any

import pytest
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.requests import SecretKey
from fabgitops_core.engine.device_errors import NoReply, Refused
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.opening import SECRET_SECS
from fabgitops_core.engine.ports import WriteResult
from fabgitops_core.testing.audit import FakeAudit
from fabgitops_core.testing.secrets import FakeSecrets

from .conftest import MIXER, Bench

KEY = SecretKey("default", "lock", "password")
PASSWORD = 41234
STEP: dict[str, Any] = {
    "before": [{"address": 24, "valueFrom": {"secretKeyRef": {"name": "lock", "key": "password"}}}],
    "after": [{"table": "coil", "address": 3, "value": True}],
}
SPEC: dict[str, Any] = {
    "device_address": "10.0.0.5",
    "poll_interval_secs": 1,
    "timeout_secs": 1,
    "registers": [{"name": "width", "address": 0, "value": 60, "write": STEP}],
}


@pytest.fixture
def secrets() -> FakeSecrets:
    """Return the Secrets of the bench."""
    return FakeSecrets({KEY: f"{PASSWORD}\n"})


@pytest.fixture
async def audit(bench: Bench, secrets: FakeSecrets) -> FakeAudit:
    """Return the audit of a bench whose engine has Secrets."""
    audit = FakeAudit()
    bench.engine = Engine(bench.devices, bench.host, bench.observer, bench.now, audit=audit, secrets=secrets)
    return audit


def sent(bench: Bench) -> list[tuple[Table, int, int]]:
    """Return what was written, in order."""
    return [(each.table, each.address, each.values[0]) for each in bench.plc.writes]


WHOLE = [(Table.HOLDING, 24, PASSWORD), (Table.HOLDING, 0, 60), (Table.COIL, 3, 1)]


async def test_each_write_has_its_secret_anew(bench: Bench, audit: FakeAudit, secrets: FakeSecrets) -> None:
    """It is asked for when something is to be written and not else, so what was rotated counts from the next write."""
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == WHOLE
    polls = bench.plc.reads
    await bench.until(lambda: bench.plc.reads > polls + 3)
    assert secrets.asked == [KEY]
    secrets.texts[KEY] = "0x0007"
    bench.plc[0] = 5
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 2)
    assert sent(bench)[3] == (Table.HOLDING, 24, 7)
    assert len(audit.records) == 2


@pytest.mark.usefixtures("audit")
async def test_one_key_is_read_once_for_all_that_goes_with_a_write(bench: Bench, secrets: FakeSecrets) -> None:
    """A password that unlocks and locks again is one: it cannot be another by the second time of one write."""
    lock = STEP["before"]
    bench.declare_spec(
        MIXER, {**SPEC, "registers": [{**SPEC["registers"][0], "write": {"before": lock, "after": lock}}]}
    )
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == [WHOLE[0], WHOLE[1], WHOLE[0]]
    assert secrets.asked == [KEY]


@pytest.mark.usefixtures("audit")
@pytest.mark.parametrize("text", [None, "open sesame"])
async def test_without_its_value_nothing_is_written_and_it_is_said_why(
    bench: Bench, audit: FakeAudit, secrets: FakeSecrets, text: str | None
) -> None:
    """A key that is missing, or holds no word, is named with its field; once it is right the write goes out."""
    del secrets.texts[KEY]
    if text is not None:
        secrets.texts[KEY] = text
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: "not written" in bench.status(MIXER).message)
    status = bench.status(MIXER)
    assert "write.before[0].valueFrom.secretKeyRef: the " in status.message
    assert ("no key password" if text is None else "is no word") in status.message
    assert [(each.guard, each.reason) for each in status.held] == [("secrets", "SecretUnavailable")]
    asked = len(secrets.asked)
    await asyncio.sleep(40)
    assert bench.host.reasons(MIXER).count("CorrectionHeld") == 1
    assert bench.status(MIXER).held[0].since == status.held[0].since
    assert asked < len(secrets.asked) < asked + 8, "it is asked for ever less often"
    assert (sent(bench), audit.records) == ([], [])
    secrets.texts[KEY] = str(PASSWORD)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == WHOLE


@pytest.mark.usefixtures("audit")
async def test_a_secret_that_does_not_come_holds_up_nobody(bench: Bench, secrets: FakeSecrets) -> None:
    """While it is waited for, which has an end, no turn at the device is taken and nothing is written."""
    secrets.hold = asyncio.Event()
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: bool(secrets.asked))
    before = bench.time()
    await bench.until(lambda: "was not read within" in bench.status(MIXER).message)
    assert bench.time() - before < SECRET_SECS + 1
    assert (bench.plc.waiting, sent(bench)) == (0, [])


async def test_without_secrets_at_all_it_says_so(bench: Bench) -> None:
    """Where nothing provides Secrets, as in a library's use, that is the reason."""
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: "nothing here provides Secrets" in bench.status(MIXER).message)
    assert sent(bench) == []


async def test_the_whole_step_is_one_record_and_nothing_tells_the_value(
    bench: Bench, audit: FakeAudit, caplog: pytest.LogCaptureFixture
) -> None:
    """Audit, status, Events and logs have the places of a step, also of one that fails, never what a Secret holds."""
    caplog.set_level(logging.DEBUG)
    bench.plc.write_errors = [None, None, Refused("the write of coil 3: exception 04", 4)]
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert [[result for result, _ in each.results] for each in audit.records] == [
        [WriteResult.UNKNOWN],
        [WriteResult.DONE],
    ]
    assert all(each.change.around is not None for each in audit.records)
    told = f"{audit.records} {bench.host.__dict__} {bench.observer.__dict__} {caplog.text}"
    assert str(PASSWORD) not in told
    assert f"{PASSWORD:04x}" not in told.lower()


async def test_a_refused_unlock_is_a_refused_write(bench: Bench, audit: FakeAudit) -> None:
    """The register is in trouble with what the device said, its write was certainly not sent, and is tried again."""
    bench.plc.write_errors = [Refused("write.before[0]: exception 04", 4)]
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: "write.before[0]" in bench.status(MIXER).message)
    assert (sent(bench), [each for each, _ in audit.records[0].results]) == ([], [WriteResult.FAILED])
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == WHOLE


async def test_an_answer_that_is_lost_in_the_middle_is_proven_by_reading(bench: Bench, audit: FakeAudit) -> None:
    """Nobody knows whether it was written and saved: it is read, and as the save is not known of it is done again."""
    bench.plc.write_errors = [None, NoReply("no reply")]
    bench.declare_spec(MIXER, SPEC)
    await bench.until(
        lambda: bool(bench.status(MIXER).registers) and bench.status(MIXER).registers[0].error is not None
    )
    assert sent(bench) == WHOLE[:2]
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == WHOLE[:2] + WHOLE
    assert [each for each, _ in audit.records[0].results] == [WriteResult.UNKNOWN]


async def test_what_follows_a_write_waits_while_the_operator_holds_writes(bench: Bench, audit: FakeAudit) -> None:
    """A brake that is pulled between a write and its end keeps that back; once it is off all of it is done again."""
    pulled = True
    bench.engine.holds.ask("brake", lambda: "the brake is on" if pulled and WHOLE[1] in sent(bench) else "")
    bench.declare_spec(MIXER, SPEC)
    await bench.until(lambda: bool(audit.records) and bool(audit.records[0].results))
    assert [each for each, _ in audit.records[0].results] == [WriteResult.UNKNOWN]
    polls = bench.plc.reads
    await bench.until(lambda: bench.plc.reads > polls + 3)
    assert sent(bench) == WHOLE[:2]
    pulled = False
    await bench.until(lambda: bench.status(MIXER).corrections_applied == 1)
    assert sent(bench) == WHOLE[:2] + WHOLE
