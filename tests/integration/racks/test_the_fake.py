"""The fake of the objects port says what a real API server says: the same stories, step by step."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Viewed
from fabgitops_core.control.rollout.kinds import REPLICA_SET, SERVICE
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.families import Families
from fabgitops_core.engine.object_errors import Conflict
from fabgitops_core.engine.ports import Objects
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects
from fabgitops_core.testing.watches import FakeWatch
from fabgitops_core.testing.workloads import FakeWorkloads
from fabgitops_operator.cluster.children import Children
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.objects import KubeObjects
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.owned import Owned
from testbed.plane import ControlPlane

from ..planes import APPLY, CRDS, FORCE, MERGE, PATIENCE, until
from .stories import BOX, SHELF, STORIES, WATCHED, Story, apply, edit, random_story, seen
from .telling import Place, Teller

pytestmark = pytest.mark.integration

KINDS = {"Box": BOX, "Shelf": SHELF}
RANDOM = 12


class Fake:
    """The fake as a place."""

    def __init__(self) -> None:
        self.namespace = "stories"
        self.api = FakeApiServer(KINDS.values())
        self.objects = FakeObjects(self.api)

    def create(self, body: Mapping[str, Any], manager: str) -> None:
        """Create an object."""
        self.api.create(body, manager)

    def edit(self, key: Key, patch: Mapping[str, Any], manager: str) -> None:
        """Change an object by a merge patch."""
        self.api.edit(key, patch, manager)

    def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Store a status."""
        self.api.write_status(key, status)

    def remove(self, key: Key) -> None:
        """Delete an object."""
        self.api.remove(key)

    def managers(self, key: Key) -> dict[str, list[str]]:
        """Return by manager the fields that are its own."""
        return self.api.managers(key)

    def look(self, key: Key) -> Mapping[str, Any] | None:
        """Return an object, or None."""
        return self.api[key] if self.api.stored(key) else None


class Real:
    """A real API server as a place."""

    def __init__(self, api: httpx.Client, rest: Rest, namespace: str) -> None:
        self.api, self.rest, self.namespace = api, rest, namespace
        self.objects = KubeObjects(rest, KINDS.values(), lambda *_: None)

    def create(self, body: Mapping[str, Any], manager: str) -> None:
        """Create an object."""
        url = self._url(Key(body["kind"], self.namespace, ""))
        self.api.post(url, params={"fieldManager": manager}, json=body).raise_for_status()

    def edit(self, key: Key, patch: Mapping[str, Any], manager: str) -> None:
        """Change an object by a merge patch."""
        asked = {"fieldManager": manager}
        self.api.patch(self._url(key), params=asked, content=json.dumps(patch), headers=MERGE).raise_for_status()

    def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Store a status."""
        patch = json.dumps({"status": status})
        self.api.patch(f"{self._url(key)}/status", content=patch, headers=MERGE).raise_for_status()

    def remove(self, key: Key) -> None:
        """Delete an object."""
        self.api.delete(self._url(key)).raise_for_status()

    def look(self, key: Key) -> Mapping[str, Any] | None:
        """Return an object, or None."""
        answer = self.api.get(self._url(key))
        return None if answer.status_code == 404 else dict(answer.raise_for_status().json())

    def managers(self, key: Key) -> dict[str, list[str]]:
        """Return by manager the fields that are its own, but for the status."""
        body = self.look(key)
        assert body is not None
        entries = body["metadata"].get("managedFields", ())
        told = {each["manager"]: sorted(_paths(each["fieldsV1"], "")) for each in entries if "subresource" not in each}
        return {manager: paths for manager, paths in told.items() if paths}

    def _url(self, key: Key) -> str:
        kind = KINDS[key.kind]
        return f"/apis/{kind.api_version}/namespaces/{self.namespace}/{kind.plural}/{key.name}".rstrip("/")


def _paths(fields: Mapping[str, Any], path: str) -> list[str]:
    """Return the fields that fieldsV1 names; a map itself, which goes with what is in it, is none of them."""
    found = []
    for name, part in fields.items():
        if name == ".":
            continue
        kind, _, text = name.partition(":")
        at = f"{path}.{json.loads(text)['uid'] if kind == 'k' else json.loads(text) if kind == 'v' else text}"
        found += _paths(part, at) if part else [at]
    return found


def define(api: httpx.Client, kind: Kind) -> None:
    """Define a kind; it is served soon."""
    content = json.dumps(definition(kind))
    api.patch(f"{CRDS}/{kind.crd_name}", params=FORCE, content=content, headers=APPLY).raise_for_status()


def install(api: httpx.Client) -> None:
    """Define the kinds of the stories."""
    for kind in KINDS.values():
        define(api, kind)
    served = [f"/apis/{kind.api_version}/{kind.plural}" for kind in KINDS.values()]
    until(lambda: all(api.get(each).status_code == 200 for each in served), "the kinds are served")


@pytest.fixture
async def real(collecting: ControlPlane, api: httpx.Client, namespace: str) -> AsyncIterator[Real]:
    """Return a namespace of a real API server that has the kinds of the stories."""
    install(api)
    rest = Rest(by_kubeconfig(chosen([collecting.kubeconfig])))
    yield Real(api, rest, namespace)
    await rest.close()


async def compare(real: Real, story: Story) -> None:
    """Tell a story to both, and hold what came of each step against each other."""
    fake = await Teller(Fake()).tell(story)
    for ours, theirs in zip(fake, await Teller(real).tell(story), strict=True):
        assert ours == theirs


async def test_they_collect_the_same(real: Real) -> None:
    """What belonged to an owner that is gone is collected, and what belongs to another stays."""
    story = (
        apply("a", {"place": 1}, owner="s"),
        apply("b", {"place": 2}, owner="t"),
        edit("a", {"metadata": {"labels": {"line": "1"}}}),
    )
    fake = Fake()
    places: tuple[Place, ...] = (fake, real)
    for place in places:
        await Teller(place).tell(story)
        place.remove(Key(SHELF.name, place.namespace, "s"))
    assert fake.api.collect() == 1
    until(
        lambda: real.look(Key(BOX.name, real.namespace, "a")) is None, "the box of the shelf that is gone is collected"
    )
    assert [place.look(Key(BOX.name, place.namespace, "a")) for place in places] == [None, None]
    assert all(place.look(Key(BOX.name, place.namespace, "b")) for place in places)


def idle() -> Engine:
    """Return an engine that has nothing to do but to know."""
    return Engine(FakeDevices(), FakeHost(), FakeObserver())


def known(kept: Families, namespace: str) -> dict[str, dict[str, tuple[bytes, bool]]]:
    """Return what is known of the boxes of each shelf: what is in them, and whether they are leaving."""
    family, shelves = kept.of("Shelf"), [Key("Shelf", namespace, name) for name in "st"]
    return {
        shelf.name: {key.name: (child.digest, child.leaving) for key, child in family.of(shelf).items()}
        for shelf in shelves
    }


@pytest.mark.parametrize("seed", range(100, 100 + RANDOM // 2))
async def test_their_watches_tell_the_same(real: Real, seed: int) -> None:
    """What a watch of a label makes known in the end is the same, though objects get and lose it on the way."""
    fake, by_fake, engine = Fake(), Families(lambda _key: None, lambda _kind, _namespace: None), idle()
    FakeWatch(fake.api, by_fake, WATCHED).list()
    scope = Scope(BOX, real.namespace)
    owned = Owned(engine.families, WATCHED, Inventory(engine, lambda _uid: None), None)
    hearing, story = Hearing([scope], 10.0), random_story(seed)
    async with Children(real.rest, hearing, {scope: owned}).running(), asyncio.timeout(PATIENCE):
        await hearing.whole.wait()
        await Teller(real).tell(story)
        await Teller(fake).tell(story)
        ours = known(by_fake, fake.namespace)
        while known(engine.families, real.namespace) != ours:
            await asyncio.sleep(0.05)
    await engine.stop(0)


async def test_a_kind_that_is_installed_later_is_found(real: Real) -> None:
    """Who looks at a kind that there is not goes on without it, and knows of its objects soon after it comes."""
    later = replace(BOX, name="Crate", plural="crates", singular="crate", kind="", optional=True)
    engine, scope, box = idle(), Scope(later, real.namespace), Key("Crate", real.namespace, "a")
    regarding = Key("Shelf", real.namespace, "s")
    views = engine.families.views
    views.point(regarding, frozenset({box}))
    viewed = Viewed(later, lambda body: replace(seen(body), key=box))
    told = Owned(engine.families, viewed, Inventory(engine, lambda _uid: None), None)
    hearing = Hearing([scope], 10.0)
    async with Children(real.rest, hearing, {scope: told}).running(), asyncio.timeout(PATIENCE):
        while not (why := views.unseen(regarding)):
            await asyncio.sleep(0.05)
        assert "does not serve this kind" in why["Crate"]
        assert hearing.not_ready() == ""
        define(real.api, later)
        metadata = {"namespace": real.namespace, "name": "a"}
        url = f"/apis/{later.api_version}/namespaces/{real.namespace}/crates"
        made = {"apiVersion": later.api_version, "kind": "Crate", "metadata": metadata, "spec": {"place": 1}}
        until(lambda: real.api.post(url, json=made).status_code == 201, "a crate is made")
        while not views.child(regarding, box):
            await asyncio.sleep(0.05)
    assert views.unseen(regarding) == {}
    await engine.stop(0)


async def selected(objects: Objects, namespace: str) -> list[object]:
    """Let two managers say what a Service selects, and return what came of it."""
    about = {"namespace": namespace, "name": "hmi"}
    spec = {"selector": {"app": "hmi"}, "ports": [{"port": 80}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": spec}
    came: list[object] = []
    uid = (await objects.apply(body, force=False)).body["metadata"]["uid"]
    steps = [{"op": "add", "path": "/spec/selector/hash", "value": "7f"}]
    came.append((await objects.patch(Key(SERVICE.name, namespace, "hmi"), uid, steps))["spec"]["selector"])
    with pytest.raises(Conflict) as told:
        await objects.apply(body, force=False, uid=uid)
    came.append((told.value.manager, told.value.fields))
    came.append((await objects.apply(body, force=True, uid=uid)).body["spec"]["selector"])
    return came


async def test_a_selector_is_one_value(real: Real) -> None:
    """Who applies a selector by force takes away what somebody else has put into it: then it selects all versions."""
    ours = await selected(FakeObjects(FakeApiServer([SERVICE])), "plant")
    assert ours == await selected(KubeObjects(real.rest, [SERVICE], lambda *_: None), real.namespace)
    assert ours[-1] == {"app": "hmi"}


async def test_the_stand_in_counts_as_the_controller_of_replica_sets_does(real: Real) -> None:
    """Status and generation are the same, whichever pods are ready; of those that are to go the ready one stays."""
    api, url = FakeApiServer([REPLICA_SET]), f"/apis/apps/v1/namespaces/{real.namespace}/replicasets"
    pods = f"/api/v1/namespaces/{real.namespace}/pods"
    ours = FakeWorkloads(api, REPLICA_SET, lambda: datetime.now(UTC), lambda _template: None)
    template = {"metadata": {"labels": {"app": "hmi"}}, "spec": {"containers": [{"name": "hmi", "image": "hmi:1"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "hmi"}}, "template": template}
    made = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "hmi"}, "spec": spec}
    real.api.post(url, json=made).raise_for_status()
    key = Key(REPLICA_SET.name, real.namespace, "hmi")
    api.create({**made, "metadata": {"namespace": real.namespace, "name": "hmi"}})

    def same() -> bool:
        return bool(real.api.get(f"{url}/hmi").json()["status"] == api[key]["status"])

    ours.tick()
    until(same, "two pods are counted")
    name = real.api.get(pods).json()["items"][0]["metadata"]["name"]
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {"status": {"phase": "Running", "conditions": [ready]}}
    real.api.patch(f"{pods}/{name}/status", content=json.dumps(status), headers=MERGE).raise_for_status()
    ours.pods(key)[0].template = {"ready": True}
    ours.ready = lambda template: 0.0 if "ready" in template else None
    ours.tick()
    until(same, "one is ready and available")
    for replicas in (1, 0):
        scaled = {"spec": {"replicas": replicas}}
        real.api.patch(f"{url}/hmi", content=json.dumps(scaled), headers=MERGE).raise_for_status()
        api.edit(key, scaled)
        ours.tick()
        until(same, f"{replicas} stay")


@pytest.mark.parametrize("name", STORIES)
async def test_the_fake_and_the_real_one_agree(real: Real, name: str) -> None:
    """Outcome, object, generation, number of versions and managers of fields are the same after each step."""
    await compare(real, STORIES[name])


@pytest.mark.parametrize("seed", range(RANDOM))
async def test_they_agree_on_stories_that_nobody_thought_of(real: Real, seed: int) -> None:
    """The same holds for whatever follows on whatever."""
    await compare(real, random_story(seed))
