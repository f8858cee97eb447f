"""The page on CDEvents names each type that there is, and shows an event as it really travels."""

import json
import re
from datetime import UTC, datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.api.setpoint.status import Members, SetpointRolloutStatus
from fabgitops_core.control.cdevents.making import happening
from fabgitops_core.control.cdevents.telling import told
from fabgitops_core.control.cdevents.words import ServiceWord, Word
from fabgitops_core.control.cdevents.workloads import happening as workload_happening
from fabgitops_core.control.rollout.saying.telling import entry
from fabgitops_operator.bus.envelope import Envelope
from fabgitops_operator.bus.settings import PREFIX, Mode

from .pages import ROOT, blocks

PAGE = ROOT / "docs/guides/cdevents.md"
KEY, UID = Key("SetpointRollout", "hall-1", "speeds"), "6f9d2c1e-8f53-4f4e-9d0e-3b0d5a3a5d11"
WORKLOAD, WORKLOADS = Key("Rollout", "hall-1", "hmi"), "## What is told of workloads"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
STATUS = SetpointRolloutStatus(
    revision="9f86d081", round=3, wave=2, waves=4, members=Members(total=250, released=25, proven=25)
)


def test_the_table_has_each_type() -> None:
    """The page names each type that is told of a rollout of set-points, and no other."""
    made = [happening(KEY, UID, each).type for word in Word for each in told(UID, STATUS, word, AT).outbox]
    fleets, _, _ = PAGE.read_text().partition(WORKLOADS)
    assert set(re.findall(r"^\| `([\w.-]+)` \|", fleets, re.MULTILINE)) == set(made)


def test_the_table_of_workloads_has_each_type() -> None:
    """The page names each type that is told of a workload: nothing is put back there, and no fleet is changed."""
    one = entry(UID, RolloutStatus(current_pod_hash="b2", revision=2), Word.STARTED, AT)
    words = {*Word, *ServiceWord} - {Word.RESTORED, Word.MODIFIED}
    pending = [one.model_copy(update={"type": word, "images": ("registry/hmi:2",)}) for word in words]
    _, _, page = PAGE.read_text().partition(WORKLOADS)
    named = re.findall(r"^\| `([\w.-]+)`(?:, `\.(\w+)[\w.]*`)? \|", page, re.MULTILINE)
    found = {name for name, _ in named} | {
        re.sub(r"\w+(?=\.\d+\.\d+\.\d+$)", other, name) for name, other in named if other
    }
    assert found == {workload_happening(WORKLOAD, UID, each).type for each in pending}


def test_the_example_is_what_travels() -> None:
    """The event that the page shows is, to the letter, what a sink is sent of that wave."""
    status = told(UID, STATUS, Word.PROGRESSED, AT, text="wave 2 of 4 is done")
    message = Envelope("plant-7", PREFIX, Mode.STRUCTURED).seal(happening(KEY, UID, status.outbox[0]))
    (shown,) = [each.text for each in blocks(PAGE) if each.language == "json"]
    assert json.loads(shown) == json.loads(message.body)
