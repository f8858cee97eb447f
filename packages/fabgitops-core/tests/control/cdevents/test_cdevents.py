"""What is told of a rollout of set-points: in which words of CDEvents, with which ids, and what waits for the sink."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.status import MAX_OUTBOX, Members, Pending, SetpointRolloutStatus
from fabgitops_core.control.cdevents.ids import MOST_TEXT
from fabgitops_core.control.cdevents.making import happening
from fabgitops_core.control.cdevents.outbox import put, taken
from fabgitops_core.control.cdevents.telling import entry, told
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.happenings import Happening
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Judge

KEY = Key("SetpointRollout", "hall-1", "speeds")
UID = "6f9d2c1e-8f53-4f4e-9d0e-3b0d5a3a5d11"
AT = datetime(2026, 11, 29, 12, 0, 0, 250_000, UTC)
STATUS = SetpointRolloutStatus(revision="9f86d081", round=3, wave=2, waves=4, members=Members(total=250, released=25))
WHY = "press-4 does not hold speed: 2400 instead of 2600"


def event(word: Word, **said: Any) -> Happening:
    """Return what goes over the bus of something."""
    return happening(KEY, UID, entry(UID, STATUS, word, AT, **said))


def subject(word: Word, **said: Any) -> dict[str, Any]:
    """Return what an event is about."""
    found: dict[str, Any] = event(word, **said).data["subject"]
    return found


VERDICTS = ["", "Successful", "Failed", "Inconclusive", "Error", "NoData", "Running"]


WORDS = st.sampled_from([*Word, "another"])


@pytest.mark.parametrize("word", [*Word, "a-word-of-another-version"])
def test_the_published_schemas_take_each_event(judge: Judge, word: str) -> None:
    """Each event is as the schema of its type in CDEvents 0.5.1 says, or the schema of types of one's own."""
    for text, wave, verdict in itertools.product(["", WHY], [0, 2], VERDICTS):
        pending = entry(UID, STATUS, Word.WAITING, AT, wave=wave, text=text, verdict=verdict)
        assert judge.wrong(happening(KEY, UID, pending.model_copy(update={"type": word})).data) == []


def test_the_schemas_would_notice(judge: Judge) -> None:
    """A member too many, one too few and an outcome that is none are found, so that finding nothing means something."""
    data: Any = event(Word.FINISHED_FAILURE).data
    assert judge.wrong(data | {"more": 1})
    assert judge.wrong({"context": data["context"]})
    broken = {**data["subject"], "content": {"outcome": "aborted"}}
    assert judge.wrong(data | {"subject": broken})


TYPES = {
    Word.STARTED: "dev.cdevents.pipelinerun.started.0.3.0",
    Word.PROGRESSED: "dev.cdeventsx.fabgitops-rollout.progressed.0.1.0",
    Word.WAITING: "dev.cdeventsx.fabgitops-rollout.waiting.0.1.0",
    Word.ANALYSIS_STARTED: "dev.cdevents.testsuiterun.started.0.3.0",
    Word.ANALYSIS_FINISHED: "dev.cdevents.testsuiterun.finished.0.3.0",
    Word.INCIDENT: "dev.cdevents.incident.detected.0.3.0",
    Word.RESTORED: "dev.cdeventsx.fabgitops-rollout.restored.0.1.0",
    Word.MODIFIED: "dev.cdevents.environment.modified.0.3.0",
    Word.FINISHED_SUCCESS: "dev.cdevents.pipelinerun.finished.0.3.0",
    Word.FINISHED_FAILURE: "dev.cdevents.pipelinerun.finished.0.3.0",
    Word.FINISHED_CANCEL: "dev.cdevents.pipelinerun.finished.0.3.0",
}


def test_each_word_has_a_type() -> None:
    """Whoever listens for a type hears of what the page says, and of nothing that a set-point is not, as services."""
    assert {word: event(word).type for word in Word} == TYPES
    unknown = entry(UID, STATUS, Word.WAITING, AT).model_copy(update={"type": "thawed"})
    told = happening(KEY, UID, unknown)
    assert told.type == "dev.cdeventsx.fabgitops-rollout.changed.0.1.0"
    assert told.data["subject"]["content"]["what"] == "thawed"


@pytest.mark.parametrize("word", Word)
def test_the_envelope_is_that_of_the_event(word: Word) -> None:
    """Id, source, type, subject and time of the CloudEvent are those of the CDEvent, as its binding demands."""
    told = event(word, text=WHY)
    context, about = told.data["context"], told.data["subject"]
    assert (told.id, told.source, told.type, told.subject) == (
        context["id"],
        context["source"],
        context["type"],
        about["id"],
    )
    assert told.at.isoformat() == context["timestamp"].replace("Z", "+00:00") == "2026-11-29T12:00:00+00:00"
    assert told.foreign
    assert told.source_at == ("context", "source")
    assert told.partition == "hall-1/speeds"


def test_what_a_run_says() -> None:
    """A run begins with its name and its address, and ends with its outcome, and why unless it is a success."""
    started = subject(Word.STARTED)
    assert started == {
        "id": "hall-1/speeds/3/9f86d081",
        "content": {"pipelineName": "hall-1/speeds", "uri": f"urn:uuid:{UID}"},
    }
    assert urlsplit(started["content"]["uri"]).scheme
    ends = {word: subject(word, text=WHY)["content"] for word in Word if word.startswith("finished")}
    assert {word: (each["outcome"], each.get("errors")) for word, each in ends.items()} == {
        Word.FINISHED_SUCCESS: ("success", None),
        Word.FINISHED_FAILURE: ("failure", WHY),
        Word.FINISHED_CANCEL: ("cancel", WHY),
    }


def test_how_far_it_is() -> None:
    """What CDEvents has no members for is told as well: wave, how many of how many, and why."""
    facts = {
        "namespace": "hall-1",
        "name": "speeds",
        "revision": "9f86d081",
        "round": 3,
        "wave": 2,
        "waves": 4,
        "released": 25,
        "total": 250,
        "text": "wave 2 of 4 is done",
    }
    assert subject(Word.PROGRESSED, text="wave 2 of 4 is done")["content"] == facts
    assert event(Word.STARTED, text="wave 2 of 4 is done").data["customData"] == facts


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        ("Successful", "success"),
        ("Failed", "failure"),
        ("Running", "cancel"),
        ("Inconclusive", "error"),
        ("Error", "error"),
        ("NoData", "error"),
    ],
)
def test_what_an_analysis_came_to(verdict: str, outcome: str) -> None:
    """Nothing but a success is told as one; the verdict itself is told beside it."""
    told = event(Word.ANALYSIS_FINISHED, wave=0, verdict=verdict, text=WHY)
    assert told.data["subject"] == {
        "id": "hall-1/speeds/3/9f86d081/analysis-0",
        "content": {
            "environment": {"id": "hall-1/speeds"},
            "testSuite": {"id": "hall-1/speeds/whole"},
            "outcome": outcome,
            "reason": WHY,
        },
    }
    assert told.data["customData"]["verdict"] == verdict


def test_all_of_one_change_has_one_chain() -> None:
    """All that is told of one change has one chainId, and another change, or another try of it, has another."""
    chains = {event(word).data["context"]["chainId"] for word in Word}
    again = entry(UID, STATUS.model_copy(update={"round": 4}), Word.STARTED, AT)
    other = entry(UID, STATUS.model_copy(update={"revision": "aa"}), Word.STARTED, AT)
    more = {happening(KEY, UID, each).data["context"]["chainId"] for each in (again, other)}
    assert (len(chains), len(chains | more)) == (1, 3)


def test_an_id_is_the_same_after_a_restart() -> None:
    """What is decided again after a crash has the id that it had; a second pause in one wave has another."""
    later = AT + timedelta(hours=1)
    for word in Word:
        same = entry(UID, STATUS, word, AT).id == entry(UID, STATUS, word, later).id
        assert same is (word not in {Word.WAITING, Word.INCIDENT})
        assert entry(UID, STATUS, word, AT) == entry(UID, STATUS, word, AT.replace(microsecond=9))
    ids = {entry(UID, STATUS, word, AT, wave=wave).id for word in Word for wave in range(4)}
    assert len(ids) == 4 * len(Word)


def test_what_is_told_again_says_the_same() -> None:
    """What was stored with the status and is told later says what it said at once, whatever has happened since."""
    status = told(UID, STATUS, Word.STARTED, AT, text=WHY)
    at_once = happening(KEY, UID, status.outbox[0])
    stored = SetpointRolloutStatus.model_validate(status.model_dump(mode="json", by_alias=True))
    assert happening(KEY, UID, stored.outbox[0]) == at_once


def test_a_success_changes_the_fleet() -> None:
    """That the fleet is another one is told right before the end of a change that went out, and of no other."""
    words = {word: [each.type for each in told(UID, STATUS, word, AT).outbox] for word in Word}
    assert words.pop(Word.FINISHED_SUCCESS) == ["modified", "finished-success"]
    assert words == {word: [word] for word in words}


def test_a_long_text_is_cut() -> None:
    """A text of any length leaves room in the status."""
    text = entry(UID, STATUS, Word.WAITING, AT, text="x" * 10_000).text
    assert (len(text), text[-1]) == (MOST_TEXT, "…")


def pending(number: int, word: str) -> Pending:
    """Return an entry."""
    return Pending(id=str(number), type=word, at=AT)


def filled(words: list[str]) -> tuple[tuple[Pending, ...], int]:
    """Put so many."""
    outbox: tuple[Pending, ...] = ()
    untold = 0
    for number, word in enumerate(words):
        outbox, untold = put(outbox, untold, pending(number, word))
    return outbox, untold


def test_a_full_outbox_drops_progress_first() -> None:
    """While the sink is away, what happened to waves is dropped before what began and ended, oldest first."""
    words = ["started", *["progressed"] * 8, "waiting", "analysis-started", "incident", *["started"] * 4]
    outbox, untold = filled([*words, "finished-failure", "started"])
    assert untold == 2
    assert [each.id for each in outbox] == ["0", *map(str, range(3, 18))]
    outbox, untold = filled(["started", *["finished-failure"] * (MAX_OUTBOX - 1), "progressed"])
    assert (untold, outbox[-1].type) == (1, "finished-failure")


def test_what_is_on_its_way_stays() -> None:
    """The oldest, which the sink may be taking at this moment, is not dropped, whatever it is."""
    outbox, untold = filled(["progressed"] * (MAX_OUTBOX + 4))
    assert (untold, [each.id for each in outbox]) == (4, ["0", *map(str, range(5, 20))])
    outbox, untold = filled(["started"] * (MAX_OUTBOX + 1))
    assert (untold, [each.id for each in outbox[:2]]) == (1, ["0", "2"])


def test_nothing_comes_twice() -> None:
    """What is in the outbox is not put there again, and what the sink has goes out of it."""
    outbox, untold = filled(["started", "progressed"])
    assert put(outbox, untold, pending(1, "progressed")) == (outbox, 0)
    assert taken(outbox, "0") == outbox[1:]
    assert taken(outbox, "7") == outbox


@given(st.lists(WORDS, max_size=60) | st.lists(WORDS, min_size=MAX_OUTBOX + 1, max_size=60))
def test_an_outbox_is_bounded_and_in_order(words: list[str]) -> None:
    """Whatever happens while the sink is away: at most 16 wait, in order, the first stays, and each is counted."""
    outbox, untold = filled(words)
    numbers = [int(each.id) for each in outbox]
    assert numbers == sorted(numbers)
    assert len(outbox) == min(len(words), MAX_OUTBOX)
    assert len(outbox) + untold == len(words)
    assert numbers[:1] == [0][: len(words)]
