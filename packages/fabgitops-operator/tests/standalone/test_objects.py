"""Annotations that those who lead give to what they lead, on a real store."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.engine.object_errors import Away, Gone, Refused, Taken, Withdrawn
from fabgitops_operator.standalone.experiments import MANAGER
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.local import BY_KIND
from fabgitops_operator.standalone.objects import StoreObjects
from fabgitops_operator.standalone.store import Actor, How, Objects, Store, UnavailableError, Wanted

PLC = BY_KIND["IndustrialPLC"]
KEY = Key("IndustrialPLC", "default", "mixer")
USER = How(Actor.USER)


def plc(target: int = 5, **annotations: str) -> dict[str, Any]:
    """Return a PLC as a manifest declares it."""
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "mixer", "namespace": "default", "annotations": annotations},
        "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 1, "targetValue": target},
    }


class Kept:
    """A store with one PLC from the source, and who annotates it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.objects = Objects(store, ShippedRules())
        self.counts: Counter[tuple[str, str]] = Counter()
        self.annotating = StoreObjects(store, self.objects, lambda *what: self.counts.update([what]), manager=MANAGER)

    async def take(self, revision: str, body: dict[str, Any]) -> None:
        """Take a revision of the source."""
        await self.objects.take(revision, [Wanted(PLC, "default", "mixer", body, "mixer.yaml:1")], [])

    @property
    def body(self) -> dict[str, Any]:
        """Return the PLC."""
        record = self.store.get(PLC, "default", "mixer")
        assert record is not None
        return record.decoded()

    @property
    def uid(self) -> str:
        """Return its uid."""
        return str(self.body["metadata"]["uid"])

    @property
    def annotations(self) -> dict[str, str]:
        """Return its annotations."""
        return dict(self.body["metadata"].get("annotations", {}))


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """Return a store that has a PLC from the source."""
    async with await Store.open(tmp_path / "state") as store:
        made = Kept(store)
        await made.take("1", plc(note="theirs"))
        yield made


async def test_an_annotation_is_on_the_disk_when_it_is_answered(kept: Kept, tmp_path: Path) -> None:
    """A permit is there after the end of the process, and nothing else of the PLC is another: it is no declaration."""
    before = kept.body
    await kept.annotating.annotate(KEY, kept.uid, {PERMIT: "u/1/abc"})
    assert kept.annotations == {"note": "theirs", PERMIT: "u/1/abc"}
    assert (kept.body["spec"], kept.body["metadata"]["generation"]) == (
        before["spec"],
        before["metadata"]["generation"],
    )
    await kept.store.close()
    async with await Store.open(tmp_path / "state") as again:
        assert Kept(again).annotations == {"note": "theirs", PERMIT: "u/1/abc"}
    assert kept.counts == {("industrialplcs", "ok"): 1}


async def test_a_revision_of_the_source_leaves_it(kept: Kept) -> None:
    """What the source says next keeps the permit: it never gave it, so it does not take it away either."""
    await kept.annotating.annotate(KEY, kept.uid, {PERMIT: "u/1/abc"})
    await kept.take("2", plc(6))
    assert kept.annotations == {PERMIT: "u/1/abc"}
    assert kept.body["spec"]["targetValue"] == 6
    await kept.annotating.annotate(KEY, kept.uid, {PERMIT: None})
    assert kept.annotations == {}


async def test_what_is_meant_for_one_goes_onto_no_other(kept: Kept) -> None:
    """One that is gone is gone, and another that has its name is left as it is."""
    with pytest.raises(Taken):
        await kept.annotating.annotate(KEY, "of-another", {PERMIT: "u/1/abc"})
    assert PERMIT not in kept.annotations
    with pytest.raises(Gone):
        await kept.annotating.annotate(Key("IndustrialPLC", "default", "oven"), kept.uid, {PERMIT: "u/1/abc"})
    assert kept.counts == {("industrialplcs", "taken"): 1, ("industrialplcs", "gone"): 1}


async def test_one_that_went_a_moment_ago_is_gone(kept: Kept) -> None:
    """A PLC whose deletion is on its way to the disk is not annotated any more."""
    await kept.objects.create(PLC, "default", {**plc(), "metadata": {"name": "oven", "namespace": "default"}}, USER)
    record = kept.store.get(PLC, "default", "oven")
    assert record is not None
    draft = kept.store.draft()
    draft.remove(record)
    going = kept.store.submit(draft)
    with pytest.raises(Gone):
        await kept.annotating.annotate(Key("IndustrialPLC", "default", "oven"), record.uid, {PERMIT: "u/1/abc"})
    await going


async def test_what_is_not_wanted_any_more_is_not_stored(kept: Kept) -> None:
    """Nothing is stored, and nothing counted."""
    with pytest.raises(Withdrawn):
        await kept.annotating.annotate(KEY, kept.uid, {PERMIT: "u/1/abc"}, wanted=lambda: False)
    assert PERMIT not in kept.annotations
    assert not kept.counts


async def test_what_cannot_be_stored_now_may_be_later(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is no refusal: it may have room again."""

    async def full(*_: object) -> None:
        raise UnavailableError(Path("state"), "the disk is full")

    monkeypatch.setattr(kept.objects, "patch", full)
    with pytest.raises(Away, match="the disk is full"):
        await kept.annotating.annotate(KEY, kept.uid, {PERMIT: "u/1/abc"})


async def test_what_would_be_refused_again_is_refused(kept: Kept) -> None:
    """More annotations than an object may carry are refused with the reason."""
    with pytest.raises(Refused, match="annotating IndustrialPLC default/mixer"):
        await kept.annotating.annotate(KEY, kept.uid, {PERMIT: "x" * 300_000})
