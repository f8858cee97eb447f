"""What the parts of every runtime ask of a store, and hear of it: on a real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.kinds import KINDS, families
from fabgitops_operator.hosting.errors import Gone, Rejected
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.standalone.following import Following
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.local import BY_KIND, Local
from fabgitops_operator.standalone.resources import EVENT
from fabgitops_operator.standalone.secret_files import SecretFiles
from fabgitops_operator.standalone.store import Actor, How, Objects, Store, Wanted

PLC = BY_KIND["IndustrialPLC"]
KIND = next(kind for kind in KINDS if kind.name == "IndustrialPLC")
KEY = Key("IndustrialPLC", "default", "mixer")
STATUS = {"phase": "Connected", "message": "in sync"}


def plc(**annotations: str) -> dict[str, Any]:
    """Return a PLC as a manifest declares it."""
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": "default", "annotations": annotations},
        "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 1, "targetValue": 5},
    }


class Noted:
    """An inventory that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def read(self, _controller: object, _body: object) -> None:
        """Read nothing."""

    def present(self, _controller: object, body: dict[str, Any], _reading: object) -> None:
        """Note an object that is there."""
        self.told.append(("present", body))

    def deleted(self, _controller: object, body: dict[str, Any]) -> None:
        """Note an object that is gone."""
        self.told.append(("deleted", body))


class Kept:
    """A store with one PLC in it, and who asks it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.objects = Objects(store, ShippedRules())
        self.local = Local(store, self.objects, SecretFiles(None))
        self.inventory = Noted()
        self.hearing = Hearing([Scope(kind) for kind in KINDS], 60)
        self.looked = asyncio.Event()

    @property
    def uid(self) -> str:
        """Return the uid of the PLC."""
        record = self.store.get(PLC, "default", "mixer")
        assert record is not None
        return record.uid

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow the store while the block runs."""
        following = Following(self.store, self.local, self.hearing, self.inventory, families(0)["plc"])  # type: ignore[arg-type]
        async with following.running(self.looked.wait):
            yield

    async def label(self, text: str) -> None:
        """Label the PLC, as somebody does while a status is on its way."""
        with self.local._writing(self.uid):
            patch = {"metadata": {"labels": {"line": text}}}
            await self.objects.patch(PLC, "default", "mixer", patch, "merge", How(Actor.SOURCE))

    async def annotate(self, text: str) -> None:
        """Annotate the PLC, as fabctl does: the news of it come after all that happened before."""
        patch = {"metadata": {"annotations": {"note": text}}}
        await self.objects.patch(PLC, "default", "mixer", patch, "merge", How(Actor.USER))
        await until(lambda: any(_note(body) == text for _, body in self.inventory.told))


def _note(body: dict[str, Any]) -> object:
    return body["metadata"].get("annotations", {}).get("note")


async def until(true: Callable[[], object]) -> None:
    """Wait for something to be true."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """Return a store that has a PLC from the source."""
    async with await Store.open(tmp_path / "state") as store:
        made = Kept(store)
        await made.objects.take("1", [Wanted(PLC, "default", "mixer", plc(), "mixer.yaml:1")], [])
        yield made


async def test_everything_is_listed(kept: Kept) -> None:
    """A listing shows each object with its uid and its version."""
    (body,) = [body async for body in kept.local.list_all(KIND, None)]
    assert body["metadata"]["uid"] == kept.uid
    assert body["metadata"]["resourceVersion"]


async def test_a_status_is_stored_when_it_is_answered(kept: Kept) -> None:
    """What is answered is what is on the disk then: a write to a device may count on it."""
    answered = await kept.local.patch_status(KEY, kept.uid, STATUS)
    record = kept.store.get(PLC, "default", "mixer")
    assert record is not None
    assert record.decoded() == answered
    assert answered["status"]["message"] == "in sync"


async def test_another_of_that_name_is_not_given_the_status(kept: Kept) -> None:
    """A status is of the object of its uid: one that was made anew under the name begins without."""
    with pytest.raises(Gone):
        await kept.local.patch_status(KEY, "of-another", STATUS)
    with pytest.raises(Gone):
        await kept.local.patch_status(Key("IndustrialPLC", "default", "oven"), kept.uid, STATUS)


async def test_a_status_that_cannot_be_is_rejected(kept: Kept) -> None:
    """A status that the definition does not allow is refused, as in a cluster: the same again would be, too."""
    with pytest.raises(Rejected, match="phase"):
        await kept.local.patch_status(KEY, kept.uid, {"phase": "Nonsense"})


async def test_our_own_status_is_not_declared_anew(kept: Kept) -> None:
    """A status that we stored is no news, however often; an annotation is."""
    async with kept.followed():
        for number in range(3):
            await kept.local.patch_status(KEY, kept.uid, {**STATUS, "message": f"pass {number}"})
        await kept.annotate("ask")
    assert [(what, _note(body)) for what, body in kept.inventory.told] == [("present", "ask")]


async def test_a_label_is_told(kept: Kept) -> None:
    """A label that changes while a status of ours is on its way is news all the same: somebody may lead by it."""
    async with kept.followed():
        await kept.label("a")
        await until(lambda: kept.inventory.told)
    assert kept.inventory.told[0][1]["metadata"]["labels"] == {"line": "a"}


async def test_a_status_of_somebody_else_is_told(kept: Kept) -> None:
    """A status that another wrote comes to the inventory, which has it put right."""
    async with kept.followed():
        await kept.local.patch_status(KEY, kept.uid, STATUS)
        other = {"status": {**STATUS, "message": "not ours"}}
        await kept.objects.patch(PLC, "default", "mixer", other, "merge", How(Actor.CONTROLLER, "status"))
        await until(lambda: kept.inventory.told)
    assert kept.inventory.told[0][1]["status"]["message"] == "not ours"


async def test_an_annotation_beside_a_status_is_not_lost(kept: Kept) -> None:
    """A sync that is asked for while a status is on its way is heard, whichever is stored first."""
    async with kept.followed():
        stored = [asyncio.create_task(kept.local.patch_status(KEY, kept.uid, STATUS)) for _ in range(2)]
        await kept.annotate("ask")
        await asyncio.gather(*stored)


async def test_what_is_deleted_is_told(kept: Kept) -> None:
    """What the source names no more is told to be gone."""
    async with kept.followed():
        record = kept.store.get(PLC, "default", "mixer")
        assert record is not None
        await kept.objects.take("2", [], [record])
        await until(lambda: kept.inventory.told)
    assert [what for what, _ in kept.inventory.told] == ["deleted"]


async def test_nothing_counts_as_heard_before_the_source_was_looked_at(kept: Kept) -> None:
    """What is kept may be older than what the source says: writes wait for one look at it."""
    async with kept.followed():
        await kept.annotate("running")
        assert not kept.hearing.up
        kept.looked.set()
        await kept.hearing.whole.wait()
        assert kept.hearing.up


def event(name: str) -> dict[str, Any]:
    """Return an Event of the PLC."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "default"},
        "eventTime": "2026-11-28T12:00:00.000000Z",
        "reportingController": "fabgitops.io/operator",
        "reportingInstance": "box",
        "action": "Compare",
        "reason": "DriftDetected",
        "regarding": {
            "apiVersion": "fabgitops.io/v1",
            "kind": "IndustrialPLC",
            "namespace": "default",
            "name": "mixer",
        },
        "note": "register 1 holds 7",
        "type": "Warning",
    }


async def test_an_event_is_on_its_way_at_once(kept: Kept) -> None:
    """Nobody waits for the disk with an Event; what is counted in it comes after it all the same."""
    await kept.local.create_event(event("one"))
    assert kept.store.get(EVENT, "default", "one") is None
    series = {"series": {"count": 2, "lastObservedTime": "2026-11-28T12:00:01.000000Z"}}
    await kept.local.patch_event("default", "one", series)
    stored = kept.store.get(EVENT, "default", "one")
    assert stored is not None
    assert stored.decoded()["series"]["count"] == 2


async def test_at_the_end_no_event_is_left_behind(kept: Kept) -> None:
    """Whoever closes the store waits for what is on its way."""
    for number in range(100):
        await kept.local.create_event(event(f"e{number}"))
    await kept.local.settled()
    assert len(kept.store.list(EVENT, "default")) == 100


async def test_an_event_that_is_refused_is_told(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """An Event that cannot be stored is a line in the log, and raises nothing."""
    await kept.local.create_event({**event("one"), "metadata": {"name": "one", "namespace": "nowhere"}})
    await kept.local.settled()
    assert "storing the Event nowhere/one" in caplog.text


async def test_an_event_that_has_expired_is_gone(kept: Kept) -> None:
    """Counting in an Event that is not kept any more says so, and a new one is begun."""
    with pytest.raises(Gone):
        await kept.local.patch_event("default", "old", {"series": {"count": 2}})
