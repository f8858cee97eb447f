"""Notices on their way to Kubernetes Events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_operator.hosting import announce
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.errors import Forbidden, Gone, Rejected, Unavailable
from fabgitops_operator.hosting.metrics import Metrics

from .conftest import KEY, FakeKube, until, writes

DRIFT = Notice(PlcReason.DRIFT_DETECTED, "register 4001 holds 2311, wanted 2500")
START = datetime(2026, 1, 1, tzinfo=UTC)
NO_RIGHT = Forbidden("you may not", "forbidden")


class Clock(datetime):
    """A time of day that stands still until it is moved."""

    moment = START

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        """Return the moment that a test has set."""
        del tz
        return cls.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    """Set the time of day that Events carry."""
    monkeypatch.setattr(announce, "datetime", Clock)
    monkeypatch.setattr(Clock, "moment", START)
    return Clock


@pytest.fixture
async def announcer(kube: FakeKube, metrics: Metrics, clock: type[Clock]) -> AsyncIterator[Announcer]:
    """Return an announcer that knows every object."""
    del clock
    announcer = Announcer(kube, metrics)
    announcer.uid = {KEY: "u1"}.get
    yield announcer
    kube.hold = None
    await announcer.close(0)


async def say(announcer: Announcer, *notices: Notice) -> None:
    """Announce, and wait until it is written or given up."""
    for notice in notices:
        announcer.announce(KEY, notice)
        Clock.moment += timedelta(seconds=1)
    async with asyncio.timeout(30):
        await announcer.written()


def drift(value: int) -> Notice:
    """Return a notice with a text of its own."""
    return Notice(PlcReason.DRIFT_DETECTED, f"register 4001 holds {value}, wanted 2500")


async def test_an_event_says_all(announcer: Announcer, kube: FakeKube, metrics: Metrics) -> None:
    """An Event names the object, the reason, the text and whether somebody should look."""
    await say(announcer, DRIFT, Notice(PlcReason.DRIFT_CORRECTED, "done"))
    warning, normal = kube.created
    assert (warning["reason"], warning["type"], warning["note"]) == ("DriftDetected", "Warning", DRIFT.message)
    assert (warning["regarding"]["name"], warning["regarding"]["uid"]) == ("mixer", "u1")
    assert (warning["metadata"]["namespace"], warning["eventTime"]) == ("plant", "2026-01-01T00:00:00.000000Z")
    assert (normal["reason"], normal["type"]) == ("DriftCorrected", "Normal")
    assert writes(metrics, "event", "ok") == 2


async def test_an_event_names_the_kind_as_its_objects_do(kube: FakeKube, metrics: Metrics) -> None:
    """An Event about a kind of another group, which is called otherwise here, is found by kubectl describe."""
    theirs = replace(INDUSTRIAL_PLC, name="Theirs", group="example.com", version="v2", kind="IndustrialPLC")
    announcer = Announcer(kube, metrics, [theirs])
    announcer.uid = lambda _key: "u1"
    announcer.announce(Key(theirs.name, "plant", "mixer"), DRIFT)
    await announcer.close(5)
    regarding = kube.created[0]["regarding"]
    assert (regarding["apiVersion"], regarding["kind"]) == ("example.com/v2", "IndustrialPLC")


async def test_the_same_again_joins_the_series(announcer: Announcer, kube: FakeKube) -> None:
    """The same text again is counted in the series of the first Event, with the time of the last."""
    await say(announcer, DRIFT, DRIFT, DRIFT)
    assert len(kube.created) == 1
    name = f"plant/{kube.created[0]['metadata']['name']}"
    assert [(each, body["series"]["count"]) for each, body in kube.patched] == [(name, 2), (name, 3)]
    assert kube.patched[-1][1]["series"]["lastObservedTime"] == "2026-01-01T00:00:02.000000Z"


async def test_another_text_is_another_event(announcer: Announcer, kube: FakeKube) -> None:
    """Drifts to different values are Events of their own, until ten of them stand and the next ones join the latest."""
    await say(announcer, *(drift(value) for value in range(12)))
    assert len(kube.created) == 10
    latest = f"plant/{kube.created[-1]['metadata']['name']}"
    assert [(name, body["series"]["count"]) for name, body in kube.patched] == [(latest, 2), (latest, 3)]


async def test_a_series_ends_after_six_minutes(announcer: Announcer, kube: FakeKube, clock: type[Clock]) -> None:
    """The same text after more than six minutes of silence is a new Event."""
    await say(announcer, DRIFT)
    clock.moment = START + timedelta(minutes=6)
    await say(announcer, DRIFT)
    assert (len(kube.created), len(kube.patched)) == (1, 1)
    clock.moment += timedelta(minutes=6)
    await say(announcer, DRIFT)
    assert (len(kube.created), len(kube.patched)) == (2, 1)


async def test_a_series_that_expired_begins_anew(announcer: Announcer, kube: FakeKube) -> None:
    """When the API server has dropped the Event of a series, the next one is created and begins a series again."""
    kube.errors = [None, Gone("expired", "gone")]
    await say(announcer, DRIFT, DRIFT, DRIFT)
    assert len(kube.created) == 2
    assert [body["series"]["count"] for _name, body in kube.patched] == [2]


async def test_an_object_forgotten_meanwhile_disturbs_nobody(announcer: Announcer, kube: FakeKube) -> None:
    """An object that goes while its series is patched does not end the announcer, which keeps nothing of it."""
    await say(announcer, DRIFT)
    kube.hold, kube.errors = asyncio.Event(), [Gone("gone with its namespace", "gone")]
    announcer.announce(KEY, DRIFT)
    await until(lambda: kube.waiting)
    announcer.uid = {KEY: "u2"}.get
    announcer.forget("u1")
    kube.hold.set()
    await say(announcer, DRIFT)
    assert kube.created[-1]["regarding"]["uid"] == "u2"
    assert list(announcer._series) == ["u2"]


async def test_missing_rights_are_waited_for_then_tried_once(
    announcer: Announcer,
    kube: FakeKube,
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Missing rights are waited for at first; while they stay missing each further Event is tried once and told."""
    kube.errors = [NO_RIGHT, NO_RIGHT]
    await say(announcer, DRIFT)
    assert (len(kube.created), kube.attempts) == (1, 3)
    monkeypatch.setattr(announce, "FORBIDDEN_SECS", 0.0)
    kube.always = NO_RIGHT
    await say(announcer, drift(1))
    monkeypatch.undo()
    before = kube.attempts
    await say(announcer, drift(2), drift(3))
    assert kube.attempts == before + 2
    assert "plant/mixer: Event DriftDetected not written: you may not; given up" in caplog.messages
    assert (writes(metrics, "event", "forbidden") or 0) >= 4


async def test_an_api_server_that_is_away_is_waited_for(announcer: Announcer, kube: FakeKube) -> None:
    """An Event waits for an API server that is away."""
    kube.errors = [Unavailable("away", "unreachable")] * 2
    await say(announcer, DRIFT)
    assert len(kube.created) == 1


async def test_a_rejected_event_is_given_up(announcer: Announcer, kube: FakeKube, metrics: Metrics) -> None:
    """An Event that the API server rejects is not tried again, is counted, and the next one is written."""
    kube.errors = [Rejected("bad", "rejected")]
    await say(announcer, DRIFT, DRIFT)
    assert (kube.attempts, len(kube.created), writes(metrics, "event", "rejected")) == (2, 1, 1)


async def test_a_full_queue_is_told(
    announcer: Announcer, metrics: Metrics, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An Event for which there is no room is counted and told in the log."""
    monkeypatch.setattr(announce, "MAX_WAITING", 1)
    announcer.announce(KEY, DRIFT)
    announcer.announce(KEY, DRIFT)
    assert writes(metrics, "event", "dropped") == 1
    assert "plant/mixer: Event DriftDetected dropped: 1 wait already" in caplog.messages


@pytest.mark.parametrize("error", [NO_RIGHT, Unavailable("webhook", "unavailable"), None])
async def test_a_namespace_that_refuses_events_holds_up_no_other(
    announcer: Announcer, kube: FakeKube, error: Exception | None
) -> None:
    """While one namespace refuses its Events, or does not answer (None), those of all others are written."""
    kube.deaf, kube.deaf_says = "lab", error
    for number in range(5):
        for namespace in ("lab", "plant"):
            announcer.uid = "u-{}".format
            announcer.announce(Key("IndustrialPLC", namespace, f"plc-{number}"), DRIFT)
    await until(lambda: len(kube.created) == 5)
    assert {body["metadata"]["namespace"] for body in kube.created} == {"plant"}


async def test_events_that_waited_too_long_are_given_up_together(
    announcer: Announcer, kube: FakeKube, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience counts from the announcement, so a queue behind an outage ends with it, not one after the other."""
    monkeypatch.setattr(announce, "GIVE_UP_SECS", 1.0)
    kube.always = Unavailable("away", "unreachable")
    await say(announcer, *(drift(value) for value in range(10)))
    assert kube.created == []
    assert writes(metrics, "event", "unreachable") in range(10, 21)


async def test_an_api_server_that_asks_for_a_pause_gets_it(announcer: Announcer, kube: FakeKube) -> None:
    """The pause before the next attempt is as long as the API server asks for (Retry-After)."""
    kube.errors = [Unavailable("too many requests", "unavailable", pause=1.5)]
    began = asyncio.get_running_loop().time()
    await say(announcer, DRIFT)
    assert len(kube.created) == 1
    assert asyncio.get_running_loop().time() - began >= 1.5


@pytest.mark.parametrize("text", ["x" * 2000, "Kühlung " + "x" * 2000, "ü" * 2000, "\U0001f4c8" * 500])
async def test_a_note_is_as_long_as_the_api_server_takes(announcer: Announcer, kube: FakeKube, text: str) -> None:
    """A long text is cut to 1024 bytes, whatever its letters take, and says that it goes on."""
    await say(announcer, Notice(PlcReason.INVALID_SPEC, text))
    note = kube.created[0]["note"]
    assert 1020 < len(note.encode()) <= 1024
    assert note[-1] == "…"
    assert text.startswith(note[:-1])


@pytest.mark.parametrize("end", ["-", ".", "-.-", "a"])
async def test_the_name_of_an_event_is_one(announcer: Announcer, kube: FakeKube, end: str) -> None:
    """The name of an Event of an object with a long name ends each of its parts as DNS has it."""
    key = Key("IndustrialPLC", "plant", "a" * (200 - len(end)) + end + "b" * 53)
    announcer.uid = {key: "u1"}.get
    announcer.announce(key, DRIFT)
    await announcer.written()
    name = kube.created[0]["metadata"]["name"]
    assert all(part[0].isalnum() and part[-1].isalnum() for part in name.split("."))
    assert len(name) <= 253


async def test_what_a_manifest_holds_forges_no_line(
    announcer: Announcer, kube: FakeKube, caplog: pytest.LogCaptureFixture
) -> None:
    """Line breaks and escape sequences of a manifest are shown in Event and log, not obeyed."""
    caplog.set_level("INFO")
    await say(announcer, Notice(PlcReason.INVALID_SPEC, "unit bar\nplant/press: forged \x1b[2J\ud800"))
    assert kube.created[0]["note"] == r"unit bar\nplant/press: forged \x1b[2J\ud800"
    assert all(message.isprintable() for message in caplog.messages)


async def test_an_unknown_object_is_only_logged(
    announcer: Announcer, kube: FakeKube, caplog: pytest.LogCaptureFixture
) -> None:
    """Of an object that is gone no Event is made, but the log has its line."""
    other = Key("IndustrialPLC", "plant", "gone")
    announcer.announce(other, DRIFT)
    await say(announcer, DRIFT)
    assert len(kube.created) == 1
    assert f"plant/gone: DriftDetected: {DRIFT.message}" in caplog.messages


async def test_close_tells_what_was_not_written(
    announcer: Announcer, kube: FakeKube, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be written before the end is told in the log."""
    kube.hold = asyncio.Event()
    announcer.announce(KEY, DRIFT)
    announcer.announce(KEY, drift(1))
    await until(lambda: kube.waiting)
    await announcer.close(0.01)
    assert any("could not be written before the end" in line for line in caplog.messages)
