"""What a real API server makes of what is applied and deleted, told apart by what is known afterwards."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC as KIND
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.kinds import REPLICA_SET, SERVICE
from fabgitops_core.engine.object_errors import (
    Changed,
    Conflict,
    Gone,
    ObjectError,
    Refused,
    Taken,
    Withdrawn,
)
from fabgitops_operator.cluster.kubeconfig.access import by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.objects import EDITOR, MANAGER, KubeObjects
from fabgitops_operator.cluster.rest import Rest
from testbed.plane import ControlPlane

from ..planes import APPLY, GROUP, MERGE

pytestmark = pytest.mark.integration

SPEC = {"deviceAddress": "127.0.0.1", "targetRegister": 4001, "targetValue": 7}
NOBODY = "11111111-1111-4111-8111-111111111111"


class Plant:
    """A namespace, seen by the one who applies and by an administrator."""

    def __init__(self, rest: Rest, api: httpx.Client, namespace: str) -> None:
        self.rest, self.api, self.namespace = rest, api, namespace
        self.counts: dict[tuple[str, str], int] = {}
        self.objects = KubeObjects(rest, [KIND], self._counted)
        self.url = f"{GROUP}/namespaces/{namespace}/industrialplcs"

    def _counted(self, resource: str, result: str) -> None:
        self.counts[resource, result] = self.counts.get((resource, result), 0) + 1

    def body(self, name: str, **metadata: Any) -> dict[str, Any]:
        """Return an object to be applied."""
        named = {"name": name, "namespace": self.namespace, **metadata}
        return {"apiVersion": API_VERSION, "kind": KIND.name, "metadata": named, "spec": SPEC}

    def key(self, name: str) -> Key:
        """Return its key."""
        return Key(KIND.name, self.namespace, name)

    def owner(self, name: str) -> list[dict[str, Any]]:
        """Return the reference to an owner that is there."""
        made = self.api.post(f"/api/v1/namespaces/{self.namespace}/configmaps", json={"metadata": {"name": name}})
        uid = made.raise_for_status().json()["metadata"]["uid"]
        who = {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid}
        return [{**who, "controller": True, "blockOwnerDeletion": False}]


@pytest.fixture
async def plant(collecting: ControlPlane, api: httpx.Client, namespace: str) -> AsyncIterator[Plant]:
    """Return it."""
    rest = Rest(by_kubeconfig(chosen([collecting.kubeconfig])))
    yield Plant(rest, api, namespace)
    await rest.close()


async def test_what_is_new_is_told_from_what_is_there(plant: Plant) -> None:
    """The first application creates, the second changes nothing, not even the version; both belong to our manager."""
    body = plant.body("mixer")
    first, created = await plant.objects.apply(body, force=False)
    again, anew = await plant.objects.apply(body, force=False, uid=first["metadata"]["uid"])
    assert (created, anew) == (True, False)
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"] != "1"
    assert [each["manager"] for each in first["metadata"]["managedFields"]] == [MANAGER]
    assert plant.counts == {("industrialplcs", "ok"): 2}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("value", [7, 8])
async def test_nothing_is_taken_over_unseen(plant: Plant, force: bool, value: int) -> None:
    """What nobody told us of is left as it is, equal or not, by force or not, and shown; made again it is new."""
    theirs = plant.body("mixer") | {"spec": {**SPEC, "targetValue": value}}
    made = plant.api.post(plant.url, params={"fieldManager": "hands"}, json=theirs).raise_for_status().json()
    with pytest.raises(Taken, match="there already, and belongs to nobody") as told:
        await plant.objects.apply(plant.body("mixer"), force=force)
    assert told.value.stands == made == plant.api.get(f"{plant.url}/mixer").json()
    await plant.objects.delete(plant.key("mixer"), made["metadata"]["uid"])
    _, created = await plant.objects.apply(plant.body("mixer"), force=force)
    assert created


async def test_a_field_that_another_manager_set_is_a_conflict_that_names_both(plant: Plant) -> None:
    """Without force nothing is changed, and it is told who set what; with it the field is ours again."""
    made, _ = await plant.objects.apply(plant.body("mixer"), force=False)
    uid = made["metadata"]["uid"]
    theirs = plant.body("mixer") | {"spec": {**SPEC, "targetValue": 8}}
    asked = {"fieldManager": "hands", "force": "true"}
    plant.api.patch(f"{plant.url}/mixer", params=asked, json=theirs, headers=APPLY).raise_for_status()
    with pytest.raises(Conflict, match=r"hands gave another value to \.spec\.targetValue") as told:
        await plant.objects.apply(plant.body("mixer"), force=False, uid=uid)
    assert (told.value.manager, told.value.fields) == ("hands", (".spec.targetValue",))
    stored, _ = await plant.objects.apply(plant.body("mixer"), force=True, uid=uid)
    assert stored["spec"]["targetValue"] == 7


async def test_the_object_of_another_owner_is_taken(plant: Plant) -> None:
    """A second controller among the owners is refused by the API server; it is told to whom the object belongs."""
    theirs = {**plant.body("mixer", ownerReferences=plant.owner("theirs"))}
    asked = {"fieldManager": "hands"}
    made = plant.api.patch(f"{plant.url}/mixer", params=asked, json=theirs, headers=APPLY).raise_for_status().json()
    ours = plant.body("mixer", ownerReferences=plant.owner("ours"))
    for uid in ("", made["metadata"]["uid"]):
        with pytest.raises(Taken, match="belongs to ConfigMap theirs") as told:
            await plant.objects.apply(ours, force=True, uid=uid)
        assert told.value.stands == made


@pytest.mark.parametrize(("there", "error"), [(True, Taken), (False, Gone)])
async def test_what_is_meant_for_one_object_goes_onto_no_other(
    plant: Plant, there: bool, error: type[ObjectError]
) -> None:
    """Applied by uid, an object that is gone is not made again, and one that took its name is left as it is."""
    if there:
        await plant.objects.apply(plant.body("mixer"), force=False)
    changed = plant.body("mixer") | {"spec": {**SPEC, "targetValue": 8}}
    with pytest.raises(error):
        await plant.objects.apply(changed, force=True, uid=NOBODY)
    found = plant.api.get(f"{plant.url}/mixer")
    assert found.json()["spec"]["targetValue"] == 7 if there else found.status_code == 404


async def test_only_the_object_of_that_uid_is_deleted(plant: Plant) -> None:
    """Another of the name stays; the right one goes; once more is Gone."""
    stored, _ = await plant.objects.apply(plant.body("mixer"), force=False)
    key, uid = plant.key("mixer"), stored["metadata"]["uid"]
    with pytest.raises(Taken):
        await plant.objects.delete(key, NOBODY)
    await plant.objects.delete(key, uid)
    assert plant.api.get(f"{plant.url}/mixer").status_code == 404
    with pytest.raises(Gone):
        await plant.objects.delete(key, uid)


async def test_what_changed_meanwhile_is_not_deleted(plant: Plant) -> None:
    """A node may be claimed at the moment at which it was to go: it goes only as it was when that was decided."""
    stored, _ = await plant.objects.apply(plant.body("mixer"), force=False)
    uid, version = stored["metadata"]["uid"], int(stored["metadata"]["resourceVersion"])
    claimed = plant.api.patch(f"{plant.url}/mixer", json={"metadata": {"labels": {"claimed": "yes"}}}, headers=MERGE)
    with pytest.raises(Changed):
        await plant.objects.delete(plant.key("mixer"), uid, version)
    await plant.objects.delete(plant.key("mixer"), uid, int(claimed.json()["metadata"]["resourceVersion"]))
    assert plant.api.get(f"{plant.url}/mixer").status_code == 404


async def test_an_object_of_others_is_annotated_and_else_left_alone(plant: Plant) -> None:
    """Annotations are ours, spec and generation nobody's concern; GitOps that applies its manifest again keeps them."""
    theirs, asked = plant.body("mixer", annotations={"note": "theirs"}), {"fieldManager": "gitops", "force": "true"}

    def applied() -> dict[str, Any]:
        answer = plant.api.patch(f"{plant.url}/mixer", params=asked, json=theirs, headers=APPLY)
        return dict(answer.raise_for_status().json())

    made = applied()
    uid = made["metadata"]["uid"]
    await plant.objects.annotate(plant.key("mixer"), uid, {"rollout.fabgitops.io/permit": "u/1/abc"})
    after = applied()
    assert after["metadata"]["annotations"] == {"note": "theirs", "rollout.fabgitops.io/permit": "u/1/abc"}
    assert (after["metadata"]["generation"], after["spec"]) == (1, made["spec"])
    assert {each["manager"] for each in after["metadata"]["managedFields"]} == {"gitops", EDITOR}
    await plant.objects.annotate(plant.key("mixer"), uid, {"rollout.fabgitops.io/permit": None})
    assert plant.api.get(f"{plant.url}/mixer").json()["metadata"]["annotations"] == {"note": "theirs"}
    assert plant.counts == {("industrialplcs", "ok"): 2}


@pytest.mark.parametrize(("there", "error"), [(True, Taken), (False, Gone)])
async def test_an_annotation_for_one_object_goes_onto_no_other(
    plant: Plant, there: bool, error: type[ObjectError]
) -> None:
    """What is meant for an object that is gone is lost: one that took its name is left as it is, and none is made."""
    if there:
        await plant.objects.apply(plant.body("mixer"), force=False)
    with pytest.raises(error):
        await plant.objects.annotate(plant.key("mixer"), NOBODY, {"rollout.fabgitops.io/permit": "u/1/abc"})
    found = plant.api.get(f"{plant.url}/mixer")
    assert "annotations" not in found.json()["metadata"] if there else found.status_code == 404


async def test_what_is_not_wanted_when_its_turn_comes_is_not_sent(plant: Plant) -> None:
    """Nothing is sent, and nothing counted."""
    with pytest.raises(Withdrawn):
        await plant.objects.apply(plant.body("mixer"), force=False, wanted=lambda: False)
    with pytest.raises(Withdrawn):
        await plant.objects.annotate(plant.key("mixer"), NOBODY, {"a": "b"}, wanted=lambda: False)
    assert plant.api.get(f"{plant.url}/mixer").status_code == 404
    assert not plant.counts


async def test_one_with_a_finalizer_is_deleted_and_stays_until_that_lets_it_go(plant: Plant) -> None:
    """To delete it is done when the API server has noted it, and may be said again."""
    stored, _ = await plant.objects.apply(plant.body("mixer"), force=False)
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    plant.api.patch(f"{plant.url}/mixer", json=held, headers=MERGE).raise_for_status()
    for _ in range(2):
        await plant.objects.delete(plant.key("mixer"), stored["metadata"]["uid"])
    assert plant.api.get(f"{plant.url}/mixer").json()["metadata"]["deletionTimestamp"]
    plant.api.patch(f"{plant.url}/mixer", json={"metadata": {"finalizers": None}}, headers=MERGE).raise_for_status()


async def test_what_can_never_be_is_refused_and_says_why(plant: Plant) -> None:
    """A value against the schema, a field that the installed definition does not have, and a namespace that is none."""
    invalid = plant.body("mixer") | {"spec": {**SPEC, "targetValue": 70000}}
    older = plant.body("mixer") | {"spec": {**SPEC, "ofTheNextVersion": 1}}
    nowhere = plant.body("mixer")
    nowhere["metadata"]["namespace"] = "nowhere"
    for body, why in (
        (invalid, "less than or equal to 65535"),
        (older, "older than this operator"),
        (nowhere, "nowhere"),
    ):
        with pytest.raises(Refused, match=why) as told:
            await plant.objects.apply(body, force=True)
        assert told.value.failure.kind is ObjectFailureKind.REFUSED


BUILT_IN = {
    SERVICE.name: {"selector": {"app": "hmi"}, "ports": [{"port": 80}]},
    REPLICA_SET.name: {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "hmi"}},
        "template": {
            "metadata": {"labels": {"app": "hmi"}},
            "spec": {"containers": [{"name": "hmi", "image": "registry.example/hmi:1"}]},
        },
    },
}


@pytest.mark.parametrize(
    ("kind", "path", "value", "wrong"),
    [(SERVICE, "/spec/selector/hash", "7f", {"a": 1}), (REPLICA_SET, "/spec/replicas", 3, -1)],
)
async def test_kinds_of_kubernetes_are_made_patched_and_looked_at(
    plant: Plant, kind: Kind, path: str, value: object, wrong: object
) -> None:
    """Of the core group as of another: what does not fit any more is told from what would not be valid."""
    objects = KubeObjects(plant.rest, [kind], lambda *_: None)
    key = Key(kind.name, plant.namespace, "hmi")
    about = {"namespace": plant.namespace, "name": "hmi", "labels": {"app": "hmi"}}
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": about, "spec": BUILT_IN[kind.name]}
    made, created = await objects.apply(body, force=False)
    uid = made["metadata"]["uid"]
    steps: list[dict[str, Any]] = [{"op": "add", "path": path, "value": value}]
    after = await objects.patch(key, uid, steps)
    assert (created, await _spec(objects, key)) == (True, after["spec"])
    for error, its_uid, version, asked in (
        (Changed, uid, int(made["metadata"]["resourceVersion"]), steps),
        (Changed, uid, 0, [{"op": "test", "path": "/metadata/labels/app", "value": "other"}, *steps]),
        (Gone, NOBODY, 0, steps),
        (Refused, uid, 0, [{"op": "add", "path": path, "value": wrong}]),
    ):
        with pytest.raises(ObjectError) as told:
            await objects.patch(key, its_uid, asked, version)
        assert type(told.value) is error, told.value
    assert await _spec(objects, key) == after["spec"]
    await objects.delete(key, uid)
    assert await objects.look(key) is None
    with pytest.raises(Gone):
        await objects.patch(key, uid, steps)


async def _spec(objects: KubeObjects, key: Key) -> object:
    return (await objects.look(key) or {}).get("spec")
