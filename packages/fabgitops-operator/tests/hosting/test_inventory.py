"""Which objects there are, told by a watch and a listing that each go at their own pace."""

import asyncio
import gc
import weakref
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.argo.kinds import CLUSTER_TEMPLATE
from fabgitops_core.api.chaos.marks import CHAOS
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.events import Declared
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.rollout.argo import ArgoTemplateController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.hosting import inventory
from fabgitops_operator.hosting.errors import ApiError, Gone, Unavailable
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.sweep import Sweep

from .conftest import KEY

PLC = PlcController()
OTHER = Key("IndustrialPLC", "plant", "oven")


def body(version: int, *, uid: str = "u1", name: str = "mixer", target: int = 2500) -> dict[str, Any]:
    """Return an object as the API server tells of it."""
    return {
        "metadata": {"namespace": "plant", "name": name, "uid": uid, "resourceVersion": str(version), "generation": 1},
        "spec": {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": target},
    }


class Listing:
    """An API server that lists these objects, lets `meanwhile` happen after the first, and may then fail."""

    def __init__(self, *bodies: dict[str, Any], error: ApiError | None = None) -> None:
        self.bodies, self.error = bodies, error
        self.meanwhile: Any = lambda: None

    async def list_all(self, _kind: object, _namespace: str | None) -> Any:
        """Yield the objects."""
        for each in self.bodies:
            yield each
        self.meanwhile()
        if self.error is not None:
            raise self.error


class Site:
    """An inventory over a real engine."""

    def __init__(self, led: Collection[str] = ()) -> None:
        self.observer = FakeObserver()
        self.engine = Engine(FakeDevices(), FakeHost(), self.observer)
        self.forgotten: list[str] = []
        self.inventory = Inventory(self.engine, self.forgotten.append, led=led)

    def hear(self, each: dict[str, Any]) -> None:
        """Tell of an object."""
        self.inventory.present(PLC, each)

    @property
    def targets(self) -> list[int]:
        """Return the targets that the engine was told, in their order."""
        return [
            event.spec.target_value
            for _key, event in self.observer.events
            if isinstance(event, Declared) and event.spec
        ]

    async def sweep(self, listing: Listing) -> None:
        """List everything once."""
        hearing = Hearing([Scope(INDUSTRIAL_PLC)], 60.0)
        if errors := await Sweep(listing, self.inventory, hearing, (PLC,)).once():
            raise next(iter(errors.values()))


class Labelled(PlcController):
    """The decisions of a PLC, of which only those with a label are looked after."""

    kind = replace(INDUSTRIAL_PLC, label=("example.com/id", "us"))


@pytest.fixture
async def site() -> Any:
    """Return an inventory over a real engine, which is stopped at the end."""
    site = Site()
    yield site
    await site.engine.stop(0)


async def test_what_is_the_clusters_has_no_namespace(site: Site) -> None:
    """An object of a kind that is in no namespace is taken; one of another kind that says none is passed over."""
    wide = {"metadata": {"name": "errors", "uid": "u9", "resourceVersion": "4"}, "spec": {}}
    site.inventory.present(ArgoTemplateController(CLUSTER_TEMPLATE), wide)
    site.inventory.present(ArgoTemplateController(), wide)
    assert list(site.engine.keys()) == [Key(CLUSTER_TEMPLATE.name, "", "errors")]


async def test_a_stale_version_is_not_believed(site: Site) -> None:
    """An older version that comes after a newer one does not bring an old target back."""
    for version, target in ((5, 2500), (9, 3000), (7, 2500), (10, 3100)):
        site.hear(body(version, target=target))
    assert site.targets == [2500, 3000, 3100]


async def test_a_deletion_is_not_undone_by_a_listing(site: Site) -> None:
    """An object whose deletion is heard during a listing that still shows it stays gone."""
    site.hear(body(5))
    site.inventory.listing_begins(INDUSTRIAL_PLC.name, None)
    site.inventory.deleted(PLC, body(6))
    site.inventory.listed(PLC, body(5))
    site.inventory.listing_ends(INDUSTRIAL_PLC.name, {}, complete=True)
    assert (len(site.engine), site.forgotten) == (0, ["u1"])


async def test_a_missed_deletion_is_found_by_a_listing(site: Site) -> None:
    """An object that a complete listing does not show is forgotten, the others stay."""
    site.hear(body(5))
    site.hear(body(6, uid="u2", name="oven"))
    await site.sweep(Listing(body(6, uid="u2", name="oven")))
    assert (list(site.engine.keys()), site.forgotten) == ([OTHER], ["u1"])


async def test_what_is_gone_with_its_definition_is_forgotten(site: Site) -> None:
    """Of a kind that the API server says is not defined there is no object left."""
    site.hear(body(5))
    with pytest.raises(Gone):
        await site.sweep(Listing(error=Gone("listing industrialplcs: not served", "gone")))
    assert (len(site.engine), site.forgotten) == (0, ["u1"])


async def test_a_listing_that_failed_removes_nothing(site: Site) -> None:
    """A listing that breaks off is told to the caller and takes nothing for gone."""
    site.hear(body(5))
    with pytest.raises(Unavailable):
        await site.sweep(Listing(error=Unavailable("away", "unreachable")))
    assert (list(site.engine.keys()), site.forgotten) == ([KEY], [])
    await site.sweep(Listing())
    assert site.forgotten == ["u1"]


async def test_an_object_made_anew_during_a_listing_stays(site: Site) -> None:
    """An object deleted and made anew while a listing runs, which shows neither, is not taken for gone."""
    site.hear(body(5))
    listing = Listing()

    def meanwhile() -> None:
        site.inventory.deleted(PLC, body(6))
        site.hear(body(7, uid="u2"))

    listing.meanwhile = meanwhile
    await site.sweep(listing)
    assert (site.inventory.uid(KEY), site.forgotten) == ("u2", ["u1"])


async def test_an_object_made_during_a_listing_stays(site: Site) -> None:
    """An object that the watch tells of while a listing runs that does not show it is not taken for gone."""
    listing = Listing()
    listing.meanwhile = lambda: site.hear(body(5))
    await site.sweep(listing)
    assert site.inventory.uid(KEY) == "u1"


async def test_another_uid_is_another_object(site: Site) -> None:
    """An object of the same name with another uid replaces the one whose deletion was missed."""
    site.hear(body(5))
    site.hear(body(9, uid="u2"))
    assert (site.forgotten, site.observer.gone, site.inventory.uid(KEY)) == (["u1"], [KEY], "u2")


async def test_the_late_deletion_of_another_object_is_passed_over(site: Site) -> None:
    """News that the former object of this name is gone does not remove the present one."""
    site.hear(body(9, uid="u2"))
    site.inventory.deleted(PLC, body(6, uid="u1"))
    assert (list(site.engine.keys()), site.inventory.uid(KEY)) == ([KEY], "u2")


async def test_an_object_that_is_being_deleted_counts_as_gone(site: Site) -> None:
    """An object that only waits for a finalizer of somebody else's is polled and written no more."""
    site.hear(body(5))
    leaving = body(6)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    site.hear(leaving)
    assert len(site.engine) == 0
    assert site.forgotten == ["u1"]


async def test_what_we_hold_by_a_finalizer_stays_until_that_is_off(site: Site) -> None:
    """A deleted experiment is looked after for as long as its finalizer is on, and told that it is to leave."""
    held = ExperimentController()
    leaving = body(6)
    leaving["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["somebody/else", CHAOS]}
    site.inventory.present(held, leaving)
    assert [event.leaving for _key, event in site.observer.events if isinstance(event, Declared)] == [True]
    assert len(site.engine) == 1
    leaving["metadata"] |= {"finalizers": ["somebody/else"], "resourceVersion": "7"}
    site.inventory.present(held, leaving)
    assert (len(site.engine), site.forgotten) == (0, ["u1"])


async def test_a_store_that_was_set_back_is_believed_after_a_complete_listing(site: Site) -> None:
    """After a restore of the store the next listing shows an older version, which is begun anew and followed on."""
    site.hear(body(1000, target=3000))
    site.hear(body(500))  # the watch alone cannot tell a restore from news that come late
    assert site.targets == [3000]
    await site.sweep(Listing(body(500)))
    site.hear(body(510, target=2600))
    assert site.targets == [3000, 2500, 2600]
    assert (site.forgotten, site.observer.gone, site.inventory.uid(KEY)) == (["u1"], [KEY], "u1")


async def test_an_object_from_before_a_restore_is_replaced_by_the_one_in_store(site: Site) -> None:
    """After a restore a listing that shows another object under the name, at an older version, is believed."""
    site.hear(body(1000, uid="u2", target=3000))
    await site.sweep(Listing(body(500, uid="u1")))
    assert (site.targets, site.inventory.uid(KEY), site.forgotten) == ([3000, 2500], "u1", ["u2"])


async def test_a_listing_does_not_outdo_what_the_watch_told_meanwhile(site: Site) -> None:
    """A change that the watch tells of during a listing stands, though the listing shows the version before it."""
    site.hear(body(5))
    site.inventory.listing_begins(INDUSTRIAL_PLC.name, None)
    site.hear(body(9, target=3000))
    site.inventory.listed(PLC, body(5))
    site.hear(body(7, target=2700))
    site.inventory.listing_ends(INDUSTRIAL_PLC.name, {}, complete=True)
    assert (site.targets, site.forgotten) == ([2500, 3000], [])


async def test_news_after_a_restore_outdo_the_listing_they_came_during(site: Site) -> None:
    """Of what a listing shows and the watch tells during it after a restore, the newer is believed."""
    site.hear(body(1000, target=3000))
    listing = Listing(body(500))
    listing.meanwhile = lambda: site.hear(body(510, target=2600))
    await site.sweep(listing)
    assert site.targets == [3000, 2600]


async def test_what_is_told_during_a_listing_is_not_kept_for_it(site: Site) -> None:
    """Of objects that the watch tells of while a listing runs nothing stays behind but what may be asked for."""

    class Watched(dict[str, Any]):
        """An object of which is known whether it is there."""

    site.inventory.listing_begins(INDUSTRIAL_PLC.name, None)
    told = Watched(body(9))
    there = weakref.ref(told)
    site.hear(told)
    del told
    gc.collect()
    assert there() is None
    assert site.targets == [2500]


async def test_a_listing_that_shows_two_versions_sets_nothing_back_behind_the_watch(site: Site) -> None:
    """A listing that begins anew on another server, and is older there than what the watch told meanwhile, waits."""
    site.inventory.listing_begins(INDUSTRIAL_PLC.name, None)
    site.hear(body(5))
    site.inventory.listed(PLC, body(6, target=2600))
    site.inventory.listed(PLC, body(4, target=2400))
    site.inventory.listing_ends(INDUSTRIAL_PLC.name, {}, complete=True)
    assert (site.targets, site.forgotten) == ([2500, 2600], [])
    await site.sweep(Listing(body(4, target=2400)))
    assert site.targets == [2500, 2600, 2400]


async def test_a_restore_is_not_concluded_from_a_listing_that_failed(site: Site) -> None:
    """A listing that breaks off sets nothing back."""
    site.hear(body(1000, target=3000))
    with pytest.raises(Unavailable):
        await site.sweep(Listing(body(500), error=Unavailable("away", "unreachable")))
    assert (site.targets, site.forgotten) == ([3000], [])


async def test_the_loss_of_a_former_object_leaves_the_present_one(site: Site) -> None:
    """An answer that says that the former object of this name is gone does not remove the present one."""
    site.hear(body(9, uid="u2"))
    site.inventory.lost(KEY, "u1")
    assert site.inventory.uid(KEY) == "u2"
    site.inventory.lost(KEY, "u2")
    assert len(site.engine) == 0


async def test_polls_go_between_reading_an_object_and_taking_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large map is read in one turn of the event loop and taken in another, so that no poll waits for both."""
    turns, read, taken = 0, -1, -1

    async def poll() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def noted(*arguments: Any, **how: Any) -> Any:
        nonlocal read
        read = turns
        return declared(*arguments, **how)

    def happened(*_: Any) -> None:
        nonlocal taken
        taken = turns

    monkeypatch.setattr(inventory, "declared", noted)
    monkeypatch.setattr(site.observer, "happened", happened)
    polls = asyncio.create_task(poll())
    await site.sweep(Listing(body(5)))
    polls.cancel()
    assert 0 <= read < taken


async def test_what_was_read_of_an_older_version_is_not_taken(site: Site) -> None:
    """What was read of an object before a newer version of it was heard is dropped, as that version is."""
    read = site.inventory.read(PLC, body(5, target=2500))
    site.hear(body(6, target=3000))
    site.inventory.present(PLC, body(5, target=2500), read)
    assert site.targets == [3000]


async def test_one_that_stands_by_keeps_the_newest_of_everything(site: Site) -> None:
    """The engine hears nothing until it is its turn, and then of each object what stood there last, with its status."""
    site.inventory.stand_by()
    for version, target in ((5, 2500), (9, 3000), (7, 2600)):
        site.hear(body(version, target=target))
    site.hear(body(6, uid="u2", name="oven"))
    site.hear(body(7, uid="u3", name="kiln"))
    site.hear({**body(10, target=3000), "status": {"driftEvents": 7}})
    site.inventory.deleted(PLC, body(8, uid="u2", name="oven"))
    await site.sweep(Listing({**body(11, target=3000), "status": {"driftEvents": 8}}, body(7, uid="u3", name="kiln")))
    assert (site.targets, site.inventory.waiting, len(site.engine)) == ([], 2, 0)
    await site.inventory.begin()
    assert (site.targets, site.inventory.waiting, len(site.engine)) == ([3000, 2500], 0, 2)
    [told] = [event for key, event in site.observer.events if key == KEY and isinstance(event, Declared)]
    assert told.status is not None
    assert told.status.drift_events == 8
    site.hear(body(12, target=3100))
    assert site.targets == [3000, 2500, 3100]


async def test_what_is_told_while_one_begins_is_not_undone(site: Site) -> None:
    """What the watch tells of an object whose turn has not come yet is what it begins with, and one gone is gone."""
    site.inventory.stand_by()
    for number, name in enumerate(("mixer", "oven", "kiln")):
        site.hear(body(5, uid=f"u{number}", name=name))
    beginning = asyncio.create_task(site.inventory.begin())
    await asyncio.sleep(0)
    site.hear(body(6, uid="u1", name="oven", target=3000))
    site.inventory.deleted(PLC, body(6, uid="u2", name="kiln"))
    site.hear(body(6, uid="u0", target=2600))
    await beginning
    assert sorted(site.targets) == [2500, 2600, 3000]
    assert len(site.engine) == 2


async def test_one_that_stood_by_knows_since_when_a_plc_wants_what_it_wants(site: Site) -> None:
    """What has to settle counts from the last change in the namespace that was heard of, not from the take-over."""
    site.inventory.stand_by()
    site.hear(body(5))
    changed = datetime.now(UTC)
    await asyncio.sleep(0.01)
    site.hear({**body(6), "status": {"driftEvents": 7}})
    await site.inventory.begin()
    [told] = [event for _key, event in site.observer.events if isinstance(event, Declared)]
    assert told.at <= changed


def labelled(version: int, line: str) -> dict[str, Any]:
    """Return an object with a label."""
    told = body(version)
    return {**told, "metadata": {**told["metadata"], "labels": {"line": line}}}


@pytest.mark.parametrize("led", [True, False])
async def test_a_label_is_news_of_what_others_lead(led: bool) -> None:
    """Another label is told where others lead by it, and is no news elsewhere."""
    site = Site(led=["IndustrialPLC"] if led else [])
    site.hear(labelled(1, "a"))
    site.hear(labelled(2, "b"))
    told = [event.labels.get("line") for _key, event in site.observer.events if isinstance(event, Declared)]
    assert told == (["a", "b"] if led else [None])
    await site.engine.stop(0)


async def test_what_was_listed_is_told_when_all_is_declared(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever leads may look when a listing has shown all; while one stands by, not before it has begun with all."""
    told: list[tuple[str, str | None, int]] = []
    monkeypatch.setattr(site.engine, "listed", lambda kind, place: told.append((kind, place, len(site.engine))))
    site.inventory.stand_by()
    await site.sweep(Listing(body(1), body(1, name="oven", uid="u2")))
    assert site.inventory.was_whole("IndustrialPLC", None)
    assert not told
    await site.inventory.begin()
    assert told == [("IndustrialPLC", None, 2)]
    await site.sweep(Listing(body(1)))
    assert told[1:] == [("IndustrialPLC", None, 1)]


async def test_what_could_not_be_listed_whole_is_not_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listing that breaks off shows not all: nobody leads by it."""
    told: list[str] = []
    monkeypatch.setattr(site.engine, "listed", lambda kind, _place: told.append(kind))
    with pytest.raises(Unavailable):
        await site.sweep(Listing(body(1), error=Unavailable("away", "unavailable")))
    assert not told
    assert not site.inventory.was_whole("IndustrialPLC", None)


async def test_what_is_labelled_for_somebody_else_is_left_alone(site: Site) -> None:
    """An object is looked after while it carries the label of its kind, and is as good as gone without it."""
    labels: list[dict[str, str]] = [{}, {"example.com/id": "us"}, {"example.com/id": "them"}]
    found = []
    for version, each in enumerate(labels, 10):
        one = body(version)
        site.inventory.present(Labelled(), {**one, "metadata": {**one["metadata"], "labels": each}})
        found.append((site.inventory.uid(KEY), len(site.engine)))
    assert found == [(None, 0), ("u1", 1), (None, 0)]
