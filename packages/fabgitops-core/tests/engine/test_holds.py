"""Writes that are held: none goes out, the status says why, and they go as soon as nothing speaks against them."""

import asyncio
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine import held
from fabgitops_core.engine.holds import Holds

from .conftest import MIXER, PRESS, Bench

LISTING = "not everything is listed yet"
SPEED = {"name": "speed", "address": 10, "value": 5}
SITE = Endpoint("10.0.0.5", 502)


def body(*registers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a spec of these registers that is polled each second."""
    given = {"deviceAddress": "10.0.0.5", "pollIntervalSecs": 1, "registers": list(registers), **changes}
    return given if registers else {key: value for key, value in given.items() if key != "registers"}


async def passes(bench: Bench, key: Key, count: int) -> None:
    """Wait for so many further passes over a resource."""
    before = bench.observer.passes.count(key)
    await bench.until(lambda: bench.observer.passes.count(key) >= before + count)


def test_a_hold_stands_until_it_is_lifted() -> None:
    """Each hold has a name: lifting one leaves the others, and lifting what is not there changes nothing."""
    lifted: list[str] = []
    holds = Holds(lambda: lifted.append(holds.why_not(SITE)))
    assert holds.why_not(SITE) == ""
    holds.put("listing", LISTING)
    holds.put("leader", "another operator leads")
    holds.lift("listing")
    assert holds.why_not(SITE) == "another operator leads"
    holds.lift("brake")
    assert lifted == ["another operator leads"]
    holds.put("leader", "it is not known who leads")
    assert holds.why_not(SITE) == "it is not known who leads"
    holds.lift("leader")
    assert (holds.why_not(SITE), lifted[-1]) == ("", "")


def test_what_is_asked_is_asked_each_time() -> None:
    """A hold that is asked counts as it answers at that moment; of a site it is asked however that is spelled."""
    holds, answers = Holds(), ["", "the lease is about to end", ""]
    holds.ask("lease", lambda: answers.pop(0))
    assert [holds.why_not(SITE) for _ in range(3)] == ["", "the lease is about to end", ""]
    answers += [""] * 2
    holds.ask_of_site("templates", lambda site: "no" if site == Endpoint("plc.example", 502) else "")
    assert [holds.why_not(each) for each in (SITE, Endpoint("PLC.example.", 502))] == ["", "no"]


async def test_the_status_says_why_a_write_is_held(bench: Bench) -> None:
    """A held write is told with its reason, once for as long as that is the same, and is no attempt and no record."""
    bench.engine.holds.put("listing", LISTING)
    bench.declare_spec(MIXER, body(SPEED))
    await bench.until(lambda: bench.host.status(MIXER) is not None and "not written" in bench.status(MIXER).message)
    said = bench.status(MIXER)
    assert said.message.endswith(f"; not written: {LISTING}")
    assert (said.conditions[0].reason, said.registers[0].unverified_write, said.in_sync) == ("Held", None, False)
    published = len(bench.host.published)
    await passes(bench, MIXER, 3)
    assert len(bench.host.published) == published
    bench.plc[10] = 8  # a value that moves is told of now and then only, as while autoCorrect is off
    await passes(bench, MIXER, 2)
    assert len(bench.host.published) == published
    bench.engine.holds.put("listing", "something else")
    await bench.until(lambda: bench.status(MIXER).message.endswith("; not written: something else"))
    assert (bench.plc.writes, bench.host.reasons(MIXER)) == ([], ["DriftDetected"])


async def test_who_waits_is_looked_at_when_the_hold_is_lifted(bench: Bench) -> None:
    """A PLC that is polled each hour is corrected at once when its write need not wait any more."""
    bench.engine.holds.put("listing", LISTING)
    bench.declare_spec(MIXER, body(SPEED, pollIntervalSecs=3600))
    await bench.until(lambda: "DriftDetected" in bench.host.reasons(MIXER))
    bench.engine.holds.put("leader", "another operator leads")
    bench.engine.holds.lift("listing")
    bench.engine.holds.lift("leader")
    await bench.until(lambda: bench.plc[10] == 5)
    await bench.until(lambda: bench.status(MIXER).in_sync is True)


async def test_who_waits_for_what_is_asked_tries_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody hears of a hold's end, the write is tried again long before the next poll."""
    monkeypatch.setattr("fabgitops_core.control.holding.HELD_SECS", 0.01)
    why = ["the lease is about to end"]
    bench.engine.holds.ask("lease", lambda: "".join(why))
    bench.declare_spec(MIXER, body(SPEED, pollIntervalSecs=3600))
    await passes(bench, MIXER, 3)
    assert bench.plc.writes == []
    why.clear()
    await bench.until(lambda: bench.plc[10] == 5)


async def test_a_hold_is_asked_again_right_before_the_bytes(bench: Bench) -> None:
    """A write that is recorded and waits for its turn is not sent once it is held, and its record is taken back."""
    bench.plc.hold_writes = asyncio.Event()
    bench.declare_spec(MIXER, body(SPEED))
    await bench.until(lambda: bench.plc.waiting == 1)
    assert bench.status(MIXER).unverified_write == 5
    bench.engine.holds.put("leader", "another operator leads")
    bench.plc.hold_writes.set()
    await bench.until(lambda: bench.status(MIXER).message.endswith("; not written: another operator leads"))
    assert (bench.plc.writes, bench.status(MIXER).unverified_write) == ([], None)


async def test_a_forced_sync_waits_for_the_end_of_a_hold(bench: Bench) -> None:
    """A sync whose correction is held is answered when that was carried out, not before."""
    bench.engine.holds.put("listing", LISTING)
    request = SyncRequest("now", force=True)
    bench.declare(MIXER, target_value=9, auto_correct=False, request=request)
    await bench.until(lambda: "not written" in bench.status(MIXER).message)
    assert bench.status(MIXER).last_handled_reconcile_at is None
    bench.engine.holds.lift("listing")
    await bench.until(lambda: bench.status(MIXER).last_handled_reconcile_at == "now")
    assert bench.plc[4001] == 9


async def test_a_device_is_looked_at_while_its_write_waits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However long a write has to wait, its device is polled, and a warning says once why nothing is corrected."""
    monkeypatch.setattr(held, "PATIENCE_SECS", 0.01)
    bench.engine.holds.put("listing", LISTING)
    bench.declare_spec(MIXER, body(SPEED))
    await passes(bench, MIXER, 4)
    assert bench.plc.writes == []
    warnings = [record.getMessage() for record in caplog.records if "corrections wait" in record.getMessage()]
    assert warnings == [f"corrections wait, that of {MIXER} among them: {LISTING}"]


async def test_a_wait_that_is_over_is_not_counted_into_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When what was held is put right by somebody else nobody waits any more, and the next long wait is told again."""
    monkeypatch.setattr(held, "PATIENCE_SECS", 0.01)
    bench.engine.holds.put("listing", LISTING)
    bench.declare_spec(MIXER, body(SPEED))
    warnings: list[str] = []
    for seen in (1, 2):
        while len(warnings) < seen:
            await passes(bench, MIXER, 1)
            warnings = [each.getMessage() for each in caplog.records if "corrections wait" in each.getMessage()]
        bench.plc[10] = 5
        await bench.until(lambda: bench.status(MIXER).in_sync is True)
        await passes(bench, MIXER, 1)
        bench.plc[10] = 8


async def test_who_is_deleted_while_its_write_waits_is_waited_for_no_more(bench: Bench) -> None:
    """A resource that is deleted while its write waits for its turn does not keep others from the end of a hold."""
    bench.plc.hold_writes = asyncio.Event()
    bench.declare_spec(MIXER, body(SPEED))
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.engine.holds.put("leader", "another operator leads")
    bench.engine.remove(MIXER)
    bench.plc.hold_writes.set()
    bench.declare_spec(PRESS, body({"name": "pace", "address": 1, "value": 7}, pollIntervalSecs=3600))
    await bench.until(lambda: MIXER in bench.observer.passes)
    await bench.until(lambda: bench.host.status(PRESS) is not None and "not written" in bench.status(PRESS).message)
    bench.engine.holds.lift("leader")
    await bench.until(lambda: bench.plc[1] == 7)
    assert len(bench.plc.writes) == 1


async def test_who_is_deleted_while_its_write_is_held_is_waited_for_no_more(bench: Bench) -> None:
    """A resource that is deleted while it waits for the end of a hold does not keep others from that."""
    bench.engine.holds.put("leader", "another operator leads")
    for key, register in ((MIXER, SPEED), (PRESS, {"name": "pace", "address": 1, "value": 7})):
        bench.declare_spec(key, body(register, pollIntervalSecs=3600))
        await passes(bench, key, 1)
    bench.engine.remove(MIXER)
    bench.engine.holds.lift("leader")
    await bench.until(lambda: bench.plc[1] == 7)
    assert bench.plc[10] == 0


async def test_a_template_that_changes_all_the_time_holds_nobody_elsewhere(bench: Bench) -> None:
    """While users of a template wait to be told of it, a PLC at another site is corrected; one at theirs is not."""
    lab = [MIXER._replace(namespace="lab", name=f"lab-{number}") for number in range(20)]
    bench.declare_template("drive", namespace="lab", registers=[SPEED])
    for number, key in enumerate(lab):
        bench.declare_spec(key, body(templateRef={"name": "drive"}, unitId=100 + number, pollIntervalSecs=3600))
    bench.devices[Endpoint("10.0.0.6", 502)][1] = 7
    bench.declare_spec(PRESS, body({"name": "pace", "address": 1, "value": 7}, deviceAddress="10.0.0.6"))
    bench.declare_spec(MIXER, body({"name": "pace", "address": 1, "value": 7}))
    await bench.until(lambda: all(bench.host.status(key) and bench.status(key).in_sync for key in (*lab, PRESS, MIXER)))
    value = 5

    def churn() -> None:
        nonlocal value
        value += 1
        bench.declare_template("drive", namespace="lab", registers=[{**SPEED, "value": value % 60_000}])

    bench.devices[Endpoint("10.0.0.6", 502)][1] = bench.plc[1] = 999
    while not bench.devices[Endpoint("10.0.0.6", 502)].writes or "not written" not in bench.status(MIXER).message:
        churn()
        await asyncio.sleep(0)
    assert "a template has changed" in bench.status(MIXER).message
    await bench.until(lambda: bench.plc[1] == 7)


async def test_who_is_suspended_holds_nobody(bench: Bench) -> None:
    """Users of a template that are suspended want to write nothing, and nobody waits for them."""
    lab = [MIXER._replace(name=f"lab-{number}") for number in range(20)]
    bench.declare_template("drive", registers=[SPEED])
    for number, key in enumerate(lab):
        bench.declare_spec(key, body(templateRef={"name": "drive"}, unitId=100 + number, suspend=True))
    bench.declare_spec(PRESS, body({"name": "pace", "address": 1, "value": 7}))
    await bench.until(lambda: bench.host.status(PRESS) is not None and bench.status(PRESS).in_sync is True)
    value = 5
    bench.plc[1] = 999
    while bench.plc[1] != 7:
        value += 1
        bench.declare_template("drive", registers=[{**SPEED, "value": value % 60_000}])
        await asyncio.sleep(0)
    assert not any("a template has changed" in str(status) for key, status in bench.host.published)
