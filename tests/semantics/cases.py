"""What requests do to objects, as cases that are played to a real API server and to the store alike.

A case is a generator: it yields requests and is sent (code, body) for each. `answers.json` is what
kube-apiserver 1.34 answered (`test_recorded` writes it anew).
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """One request on IndustrialPLCs: the method is POST, GET, PUT, MERGE, JSON or DELETE."""

    method: str
    name: str = "a"
    body: Any = None
    subresource: str = ""
    query: dict[str, str] = field(default_factory=dict)
    namespace: str = "semantics"


Case = Callable[[], Generator[Ask, tuple[int, Body], None]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Have a case played."""
    CASES[function.__name__] = function
    return function


def plc(name: str = "a", **metadata: Any) -> Body:
    """Return a manifest."""
    return {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": name, **metadata},
        "spec": {"deviceAddress": "10.0.0.1", "targetRegister": 4001, "targetValue": 1},
    }


def changed(body: Body, **metadata: Any) -> Body:
    """Return an object with other metadata; None takes a field away."""
    merged = {**body["metadata"], **metadata}
    return {**body, "metadata": {key: value for key, value in merged.items() if value is not None}}


def post(body: Body, **query: str) -> Ask:
    """Create."""
    return Ask("POST", "", body, query=query)


def put(body: Body, name: str = "a", **query: str) -> Ask:
    """Replace."""
    return Ask("PUT", name, body, query=query)


def merge(patch: Any, name: str = "a", **query: str) -> Ask:
    """Merge into."""
    return Ask("MERGE", name, patch, query=query)


def steps(*patch: Body, **query: str) -> Ask:
    """Patch step by step."""
    return Ask("JSON", "a", list(patch), query=query)


def delete(name: str = "a", **options: Any) -> Ask:
    """Delete."""
    return Ask("DELETE", name, options or None)


def get(name: str = "a") -> Ask:
    """Look."""
    return Ask("GET", name)


Playing = Generator[Ask, tuple[int, Body], None]


@case
def create() -> Playing:
    """What is the server's own is dropped."""
    yield post(
        {**plc(uid="mine", generation=7, creationTimestamp="2001-01-01T00:00:00Z"), "status": {"phase": "Connected"}}
    )
    yield post(plc())
    yield get()
    yield get("missing")


@case
def create_refused() -> Playing:
    """A body that is not the URL's."""
    yield post(plc(resourceVersion="5"))
    yield post(plc(namespace="other"))
    yield post({**plc(), "kind": "IndustrialPLCTemplate"})
    yield post({**plc(), "kind": "Pod"})
    yield post({**plc(), "apiVersion": "fabgitops.io/v2"})
    yield post({**plc(), "apiVersion": "v1"})
    yield Ask("POST", "", plc(), namespace="nowhere")
    yield Ask("POST", "", plc(namespace="semantics"), namespace="nowhere")
    yield get()


@case
def create_untyped() -> Playing:
    """A body that does not say what it is."""
    for missing in ("kind", "apiVersion"):
        yield post({key: value for key, value in plc().items() if key != missing})
    yield post({key: value for key, value in plc().items() if key != "metadata"})


@case
def names() -> Playing:
    """What a name may be."""
    for name in ("UPPER", "under_score", "-x", "x.", "a" * 254, "a/b", "..", "a..b", "ä", "a%b"):
        yield post(plc(name))
    yield post({**plc(), "metadata": {}})
    yield post({**plc(), "metadata": {"name": ""}})
    for prefix in ("UPPER-", "x_"):
        yield post({**plc(), "metadata": {"generateName": prefix}})


@case
def metadata_values() -> Playing:
    """Labels, annotations, finalizers."""
    yield post(plc(labels={"a b": "x"}))
    yield post(plc(labels={"a": "x y"}))
    yield post(plc(labels={"a": "x" * 64}))
    yield post(plc(labels={"": "x"}))
    yield post(plc(labels={"A/b/c": "x"}))
    yield post(plc(labels={"UP/b": "x"}))
    yield post(plc(labels={"a" * 64: "x"}))
    yield post(plc(annotations={"a b": "x"}))
    yield post(plc(annotations={"A.io/b": "x"}))
    yield post(plc(annotations={"a": "x" * 262144}))
    yield post(plc(finalizers=["plain"]))
    yield post(plc(finalizers=["not good"]))
    yield post(plc(finalizers=["orphan", "foregroundDeletion"]))
    yield post(plc(labels={"a b": "x y"}, finalizers=["b d"]))


@case
def metadata_types() -> Playing:
    """Metadata of the wrong type."""
    yield post(plc(labels={"a": 1}))
    yield post(plc(labels=["a"]))
    yield post(plc(annotations={"a": None}))
    yield post(plc("b", annotations={"a": True}))
    yield post(plc(finalizers="x"))
    yield post(plc(ownerReferences={"a": 1}))
    yield post({**plc(), "metadata": {"name": 1}})
    yield post({**plc(), "metadata": "x"})
    yield post(plc(generation="x"))
    yield post(plc(creationTimestamp="never"))
    yield post(plc(unknown="x"))


def owner(**fields: Any) -> Body:
    """Return a reference to an owner."""
    return {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "name": "o", "uid": "u-1", **fields}


@case
def owner_references() -> Playing:
    """What a reference to an owner needs."""
    yield post(plc("r1", ownerReferences=[owner()]))
    yield post(plc("r2", ownerReferences=[owner(uid="")]))
    yield post(plc("r3", ownerReferences=[owner(name="")]))
    yield post(plc("r4", ownerReferences=[owner(kind="")]))
    yield post(plc("r5", ownerReferences=[owner(apiVersion="")]))
    yield post(plc("r6", ownerReferences=[owner(apiVersion="a/b/c")]))
    yield post(plc("r7", ownerReferences=[owner(controller=True), owner(controller=True, uid="u-2", name="p")]))
    yield post(plc("r8", ownerReferences=[owner(controller=True), owner(controller=False, uid="u-2", name="p")]))
    yield post(plc("r9", ownerReferences=[{"apiVersion": "v1", "kind": "Event", "name": "e", "uid": "u"}]))
    yield post(plc("r10", ownerReferences=[{key: value for key, value in owner().items() if key != "uid"}]))
    yield post(plc("r11", ownerReferences=[owner(), owner()]))


@case
def replace() -> Playing:
    """PUT, and what it needs."""
    _, made = yield post(plc())
    yield put(made)
    _, now = yield put({**made, "spec": {**made["spec"], "targetValue": 2}})
    yield put({**made, "spec": {**made["spec"], "targetValue": 3}})
    yield put(changed(now, resourceVersion=None))
    yield put(changed(now, resourceVersion=""))
    yield put(changed(now, resourceVersion="abc"))
    yield put(changed(now, uid="wrong"))
    yield put(changed(now, uid=None))
    yield put(changed(now, name="b"))
    yield put(changed(now, name=None))
    yield put(changed(now, namespace="other"))
    yield put(changed(now, namespace=None))
    yield put(changed(now, name="missing"), "missing")
    yield put(plc("missing"), "missing")
    yield put({**now, "kind": "Pod"})
    yield put({**now, "apiVersion": "fabgitops.io/v2"})
    yield put(changed(now, generation=50, creationTimestamp="2001-01-01T00:00:00Z"))
    yield put(changed(now, deletionTimestamp="2001-01-01T00:00:00Z"))
    yield put({**now, "status": {"phase": "Connected"}})
    yield get()


@case
def generation() -> Playing:
    """It grows by what is neither metadata nor status."""
    yield post(plc())
    yield merge({"spec": {"targetValue": 2}})
    yield merge({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}})
    yield merge({"spec": {"targetValue": 2}})
    yield Ask("MERGE", "a", {"status": {"phase": "Connected"}}, "status")
    yield merge({"metadata": {"labels": None}})
    yield merge({"metadata": {"labels": {"gone": None}}})
    yield get()


@case
def merging() -> Playing:
    """Merge patches, good and bad."""
    _, made = yield post(plc())
    yield merge({})
    yield merge({"metadata": {"resourceVersion": "1"}})
    yield merge({"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}})
    yield merge({"metadata": {"resourceVersion": ""}})
    yield merge({"metadata": {"resourceVersion": None}})
    yield merge({"metadata": {"uid": "wrong"}})
    yield merge({"metadata": {"uid": made["metadata"]["uid"]}})
    yield merge({"metadata": {"uid": None}})
    yield merge({"metadata": {"name": "b"}})
    yield merge({"metadata": {"namespace": "other"}})
    yield merge({"kind": "Pod"})
    yield merge({"apiVersion": "fabgitops.io/v2"})
    yield merge({"kind": None})
    yield merge({"metadata": {"generation": 9, "creationTimestamp": None}})
    yield merge({"metadata": None})
    yield merge([])
    yield merge("x")
    yield merge(None)
    yield merge({"spec": None})
    yield merge({"spec": {"targetValue": "x"}})
    yield merge({"status": {"phase": "Connected"}})
    yield merge({"spec": {"targetValue": 9}}, "missing")
    yield get()


@case
def stepping() -> Playing:
    """JSON patches, good and bad."""
    _, made = yield post(plc())
    yield steps(
        {"op": "test", "path": "/metadata/uid", "value": made["metadata"]["uid"]},
        {"op": "replace", "path": "/spec/targetValue", "value": 2},
    )
    yield steps(
        {"op": "test", "path": "/spec/targetValue", "value": 7},
        {"op": "replace", "path": "/spec/targetValue", "value": 3},
    )
    yield steps({"op": "replace", "path": "/spec/nothing", "value": 1})
    yield steps({"op": "remove", "path": "/metadata/labels/x"})
    yield steps({"op": "add", "path": "/metadata/labels/x", "value": "y"})
    yield steps({"op": "add", "path": "/metadata/labels", "value": {"x": "y"}})
    yield steps({"op": "add", "path": "/metadata/annotations", "value": {"a/b": "y"}})
    yield steps({"op": "replace", "path": "/metadata/annotations/a~1b", "value": "z"})
    yield steps({"op": "copy", "from": "/metadata/labels/x", "path": "/metadata/annotations/copied"})
    yield steps({"op": "move", "from": "/metadata/labels/x", "path": "/metadata/labels/moved"})
    yield steps({"op": "jump", "path": "/spec"})
    yield steps({"path": "/spec"})
    yield steps({"op": "add"})
    yield steps()
    yield Ask("JSON", "a", {"op": "add"})
    yield steps({"op": "replace", "path": "/metadata/resourceVersion", "value": "1"})
    yield steps({"op": "replace", "path": "/metadata/name", "value": "b"})
    yield steps({"op": "remove", "path": "/spec/targetValue"})
    yield get()


@case
def status() -> Playing:
    """The status subresource passes over everything else."""
    _, made = yield post(plc())
    ask = {
        "spec": {"targetValue": 9},
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["x/y"]},
        "status": {"phase": "Connected"},
    }
    yield Ask("MERGE", "a", ask, "status")
    yield Ask("MERGE", "a", {"metadata": {"uid": "wrong"}, "status": {"phase": "DriftDetected"}}, "status")
    yield Ask("MERGE", "a", {"metadata": {"resourceVersion": "1"}, "status": {"phase": "Connected"}}, "status")
    yield Ask("MERGE", "a", {"status": {"phase": "Nonsense"}}, "status")
    yield Ask("MERGE", "a", {"status": {"observedGeneration": "x"}}, "status")
    yield Ask("PUT", "a", {**made, "status": {"phase": "DriftDetected"}}, "status")
    _, now = yield get()
    yield Ask("PUT", "a", {**now, "spec": {}, "status": {"phase": "DriftDetected"}}, "status")
    yield Ask("PUT", "a", changed({**now, "status": {"phase": "DriftDetected"}}, resourceVersion=None), "status")
    yield Ask("JSON", "a", [{"op": "add", "path": "/status", "value": {"phase": "Connected"}}], "status")
    yield Ask("JSON", "a", [{"op": "remove", "path": "/status"}], "status")
    yield Ask("MERGE", "missing", {"status": {"phase": "Connected"}}, "status")
    yield get()


@case
def deletion() -> Playing:
    """DELETE, and its preconditions."""
    _, made = yield post(plc())
    yield delete(preconditions={"uid": "wrong"})
    yield delete(preconditions={"resourceVersion": "1"})
    yield delete(preconditions={"uid": "wrong", "resourceVersion": "1"})
    yield Ask("DELETE", "a", {"propagationPolicy": "Sometimes"})
    yield Ask("DELETE", "a", {"propagationPolicy": "Orphan", "orphanDependents": True})
    yield Ask("DELETE", "a", {"dryRun": ["All"]})
    yield Ask("DELETE", "a", {"dryRun": ["Some"]})
    yield get()
    yield delete(preconditions={"uid": made["metadata"]["uid"], "resourceVersion": made["metadata"]["resourceVersion"]})
    yield delete()
    yield get()


@case
def finalizers() -> Playing:
    """What finalizers hold stays until the last is taken off."""
    yield post(plc(finalizers=["x/y", "x/z"]))
    yield delete()
    yield delete()
    yield delete(preconditions={"uid": "wrong"})
    yield merge({"spec": {"targetValue": 2}})
    yield merge({"metadata": {"finalizers": ["x/y", "x/new"]}})
    yield merge({"metadata": {"deletionTimestamp": None}})
    yield Ask("MERGE", "a", {"status": {"phase": "Connected"}}, "status")
    yield post(plc())
    yield merge({"metadata": {"finalizers": ["x/y"]}})
    yield merge({"metadata": {"finalizers": None}})
    yield get()


@case
def propagation() -> Playing:
    """Orphan and Foreground are finalizers, until the garbage collector has done its part."""
    for name, policy in (("b", "Background"), ("f", "Foreground"), ("o", "Orphan")):
        yield post(plc(name, finalizers=["x/y"]))
        yield delete(name, propagationPolicy=policy)
    yield delete("f", propagationPolicy="Orphan")
    yield delete("o", propagationPolicy="Background")
    yield delete("b")
    yield post(plc("plain"))
    yield delete("plain", propagationPolicy="Foreground")
    yield post(plc("legacy"))
    yield delete("legacy", orphanDependents=True)


@case
def dry_run() -> Playing:
    """All of it as if, and nothing stored."""
    yield post(plc(), dryRun="All")
    yield get()
    yield post(plc())
    yield post(plc(), dryRun="All")
    yield merge({"spec": {"targetValue": 2}}, dryRun="All")
    yield merge({"spec": {"targetValue": "x"}}, dryRun="All")
    yield get()
    _, now = yield get()
    yield put({**now, "spec": {**now["spec"], "targetValue": 5}}, dryRun="All")
    yield get()


@case
def many_causes() -> Playing:
    """Several causes are told in one message."""
    yield post(
        {
            **plc("UP", labels={"a b": "x"}),
            "spec": {"deviceAddress": "10.0.0.1", "targetRegister": 70000, "targetValue": 1},
        }
    )
    yield post({**plc(), "spec": {"deviceAddress": "10.0.0.1", "targetRegister": 70000, "targetValue": 1, "port": 0}})


@case
def unknown_fields() -> Playing:
    """Fields that nobody knows: Strict refuses them, Ignore drops them."""
    odd = {**plc(), "spec": {**plc()["spec"], "odd": 1}, "more": 2}
    yield post(odd, fieldValidation="Strict")
    yield post(plc(odd="x"), fieldValidation="Strict")
    _, made = yield post(odd, fieldValidation="Ignore")
    yield put({**made, "spec": {**made["spec"], "odd": 1}}, fieldValidation="Strict")
    yield merge({"spec": {"odd": 1}}, fieldValidation="Strict")
    yield merge({"spec": {"odd": 1}, "metadata": {"odd": 2}}, fieldValidation="Ignore")
    yield steps({"op": "add", "path": "/spec/odd", "value": 1}, fieldValidation="Strict")
    yield get()


@case
def odd_types_later() -> Playing:
    """Metadata of the wrong type in a change."""
    _, made = yield post(plc())
    yield merge({"metadata": {"labels": {"a": 1}}})
    yield merge({"metadata": {"annotations": {"a": None, "b": "c"}}})
    yield put(changed(made, labels={"a": True}))
    yield steps({"op": "add", "path": "/metadata/annotations", "value": {"a": None}})
    yield merge({"metadata": {"ownerReferences": [owner(uid="")]}})
    yield merge({"metadata": {"labels": {"a b": "c"}}})
    yield merge({"metadata": {"finalizers": ["x/y", "x/y"]}})
    yield merge({"metadata": {"generateName": "x-"}})
    yield get()


@case
def status_refused() -> Playing:
    """The status subresource and what is not there, or not an object."""
    _, made = yield post(plc())
    yield Ask("PUT", "a", changed(made, uid="wrong"), "status")
    yield Ask("PUT", "a", changed(made, name="b"), "status")
    yield Ask("MERGE", "a", {"status": None}, "status")
    yield Ask("MERGE", "a", {"status": "x"}, "status")
    yield Ask("MERGE", "a", {"metadata": {"name": "b"}}, "status")
    yield Ask("MERGE", "a", {"metadata": {"labels": {"a b": "c"}}, "status": {"phase": "Connected"}}, "status")
    yield get()


def played(name: str, answer: Callable[[Ask], tuple[int, Body]]) -> Iterable[tuple[int, Body]]:
    """Play a case; return its answers in order."""
    playing = CASES[name]()
    ask = next(playing)
    while True:
        got = answer(ask)
        yield got
        try:
            ask = playing.send(got)
        except StopIteration:
            return
