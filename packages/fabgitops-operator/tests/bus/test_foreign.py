"""What is told in a vocabulary of others: CDEvents, as their binding to CloudEvents demands, over real HTTP."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.status import MAX_OUTBOX, Members, SetpointRolloutStatus
from fabgitops_core.control.cdevents.making import happening
from fabgitops_core.control.cdevents.outbox import taken
from fabgitops_core.control.cdevents.telling import told
from fabgitops_core.control.cdevents.words import Word
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.settings import BusSettings, Mode

from .test_outbox import until
from .test_web import Server, said

KEY = Key("SetpointRollout", "hall-1", "speeds")
UID = "6f9d2c1e-8f53-4f4e-9d0e-3b0d5a3a5d11"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
SOURCE = f"plant-7/resources/SetpointRollout/{UID}"


def grown(*words: Word) -> SetpointRolloutStatus:
    """Return a status with this to tell, each of another wave."""
    status = SetpointRolloutStatus(revision="9f86d081", round=3, waves=9, members=Members(total=250, released=25))
    for wave, word in enumerate(words):
        status = told(UID, status.model_copy(update={"wave": wave}), word, AT, text="Grüße")
    return status


async def tell(server: Server, status: SetpointRolloutStatus, mode: Mode = Mode.STRUCTURED) -> SetpointRolloutStatus:
    """Tell the oldest, drop it when it is taken, and so on, as the controller does; return what is left."""
    settings = BusSettings(bus=server.url, bus_mode=mode, bus_prefix="com.example", bus_source="plant-7")
    async with bus_of(settings) as bus:
        while status.outbox:
            done: list[str] = []
            told = happening(KEY, UID, status.outbox[0])
            bus.publish(KEY, told, partial(done.append, told.id))
            await until(lambda done=done: bool(done))  # type: ignore[misc]
            status = status.model_copy(update={"outbox": taken(status.outbox, done[0])})
    return status


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_envelope_says_what_the_event_says(mode: Mode) -> None:
    """In both forms id, source, type, subject and time are those of the CDEvent, and the data is the whole of it."""
    status = grown(*Word)
    async with Server().serving() as server:
        await tell(server, status, mode)
    assert len(server.events) == len(status.outbox) == len(Word) + 1
    for event, pending in zip(server.events, status.outbox, strict=True):
        data: Any = event.get_data()
        context = data["context"]
        assert event.get_type() == context["type"]
        assert event.get_type().startswith(("dev.cdevents.", "dev.cdeventsx."))
        assert event.get_source() == context["source"] == SOURCE
        assert event.get_id() == context["id"] == pending.id
        assert event.get_subject() == data["subject"]["id"]
        assert event.get_time() == datetime.fromisoformat(context["timestamp"]) == AT
        assert event.get_datacontenttype() == "application/json"
        made = happening(KEY, UID, pending).data
        assert data == {**made, "context": {**made["context"], "source": SOURCE}}


@pytest.mark.parametrize(
    ("mode", "content_type", "header"),
    [
        (Mode.BINARY, "application/json", "dev.cdevents.pipelinerun.started.0.3.0"),
        (Mode.STRUCTURED, "application/cloudevents+json; charset=UTF-8", None),
    ],
)
async def test_how_it_travels(mode: Mode, content_type: str, header: str | None) -> None:
    """Binary has the attributes in ce- headers and the CDEvent as its body; structured is one document."""
    async with Server().serving() as server:
        await tell(server, grown(Word.STARTED), mode)
    (headers,) = server.headers
    assert (headers["Content-Type"], headers.get("ce-type")) == (content_type, header)


async def test_a_restart_tells_each_once_more() -> None:
    """What a sink took as the process died is told again with the same ids, in order, and nothing is missing."""
    status = grown(*[Word.STARTED, Word.PROGRESSED] * (MAX_OUTBOX // 2))
    async with Server().serving() as server:
        await tell(server, status)
        await tell(server, status)
    ids = [each.get_id() for each in server.events]
    assert ids == [each.id for each in status.outbox] * 2
    assert len(set(ids)) == MAX_OUTBOX
    assert server.events[0].get_data() == server.events[MAX_OUTBOX].get_data()


async def test_one_that_a_sink_refuses_stops_nothing() -> None:
    """An answer about the event itself gives it up, and says so to who told of it; the next one goes out."""
    waiting, told = grown(Word.STARTED, Word.PROGRESSED), list[str]()
    async with Server().serving() as server, bus_of(BusSettings(bus=server.url)) as bus:
        server.answers = [said(422)]
        for pending in waiting.outbox:
            bus.publish(KEY, happening(KEY, UID, pending), partial(told.append, "taken"), told.append)
        await until(lambda: len(told) == len(waiting.outbox))
        assert bus.standing().results == {"refused": 1, "taken": 1}
    assert told == ["422 Unprocessable Entity what is that?", "taken"]


@pytest.mark.parametrize("status", [408, 429, 503])
async def test_a_sink_that_is_busy_gets_all_in_order(status: int) -> None:
    """A sink that cannot take anything for a while loses nothing, and what began is told before what ended."""
    waiting = grown(Word.STARTED, Word.PROGRESSED, Word.FINISHED_SUCCESS)
    async with Server().serving() as server:
        server.answers = [said(status), said(204), said(status), said(status)]
        await tell(server, waiting)
    assert [each.get_id() for each in server.events] == [each.id for each in waiting.outbox]
