"""Tells a story to whatever keeps objects, step by step, and writes down what comes of it.

It is written down without uids and times, which differ, so that two tellings can be compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.engine.object_errors import Conflict, ObjectError
from fabgitops_core.engine.ports import Objects

from .stories import BOX, SHELF, Story

MAPS = {".spec", ".spec.size", ".metadata.labels", ".metadata.annotations"}
"""What is no field of its own here, though an API server knows who has made it."""

OTHERS = "22222222-2222-4222-8222-222222222222"
"""A uid that nothing has."""


class Place(Protocol):
    """Where objects are kept, and what people do there."""

    @property
    def objects(self) -> Objects:
        """Return what the engine asks."""

    @property
    def namespace(self) -> str:
        """Return where it is all done."""

    def create(self, body: Mapping[str, Any], manager: str) -> None:
        """Create an object."""

    def edit(self, key: Key, patch: Mapping[str, Any], manager: str) -> None:
        """Change an object by a merge patch."""

    def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Store a status."""

    def remove(self, key: Key) -> None:
        """Delete an object."""

    def look(self, key: Key) -> Mapping[str, Any] | None:
        """Return an object, or None."""

    def managers(self, key: Key) -> dict[str, list[str]]:
        """Return by manager the fields that are its own."""


class Teller:
    """Tells stories to a place, and writes down what comes of each step."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._names: dict[str, str] = {OTHERS: "nobody"}
        self._versions: dict[str, list[int]] = {}
        self._shelves: dict[str, str] = {}

    async def tell(self, story: Story) -> list[Any]:
        """Return what came of each step, and how the objects stood after it."""
        for name in "st":
            self._make_shelf(name)
        told = []
        for what, how in story:
            came = await getattr(self, f"_{what}")(**how)
            told.append((what, how, came, list(self._standing())))
        return told

    def _make_shelf(self, name: str) -> None:
        key = self._key(name, SHELF)
        self.place.create(self._body(name, {}, SHELF), "hands")
        shelf = self.place.look(key)
        assert shelf is not None
        self._shelves[name] = shelf["metadata"]["uid"]
        self._names[self._shelves[name]] = f"shelf {name}"

    async def _apply(
        self,
        name: str,
        spec: dict[str, Any],
        *,
        uid: str = "",
        force: bool = False,
        owner: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Any:
        body = self._body(name, spec)
        if labels:
            body["metadata"]["labels"] = labels
        if owner:
            who = {"apiVersion": SHELF.api_version, "kind": "Shelf", "name": owner, "uid": self._shelves[owner]}
            body["metadata"]["ownerReferences"] = [{**who, "controller": True, "blockOwnerDeletion": False}]
        try:
            applied = await self.place.objects.apply(body, force=force, uid=self._uid(name, uid))
        except ObjectError as error:
            return self._failed(error)
        return "applied", applied.created, applied.body["spec"]

    async def _delete(self, name: str, *, uid: str, version: str = "") -> Any:
        try:
            await self.place.objects.delete(self._key(name), self._uid(name, uid), self._version(name, version))
        except ObjectError as error:
            return self._failed(error)
        return "deleted"

    async def _annotate(self, name: str, uid: str, annotations: Mapping[str, str | None]) -> Any:
        try:
            await self.place.objects.annotate(self._key(name), self._uid(name, uid), annotations)
        except ObjectError as error:
            return self._failed(error)
        return "annotated"

    async def _patch(self, name: str, steps: Iterable[tuple[Any, ...]], uid: str, version: str) -> Any:
        said = [{"op": op, "path": path, **_with(op, more)} for op, path, *more in steps]
        try:
            body = await self.place.objects.patch(
                self._key(name), self._uid(name, uid), said, self._version(name, version)
            )
        except ObjectError as error:
            return self._failed(error)
        return "patched", body["spec"]

    async def _edit(self, name: str, patch: dict[str, Any], manager: str) -> str:
        if self.place.look(self._key(name)) is None:
            return "not there"
        self.place.edit(self._key(name), patch, manager)
        return "edited"

    async def _create(self, name: str, spec: dict[str, Any], manager: str, metadata: dict[str, Any]) -> str:
        if self.place.look(self._key(name)) is not None:
            return "there already"
        body = self._body(name, spec)
        self.place.create({**body, "metadata": {**body["metadata"], **metadata}}, manager)
        return "created"

    async def _status(self, name: str, weight: int) -> str:
        if self.place.look(self._key(name)) is None:
            return "not there"
        self.place.write_status(self._key(name), {"weight": weight})
        return "stored"

    async def _remove(self, name: str) -> str:
        if self.place.look(self._key(name)) is None:
            return "not there"
        self.place.remove(self._key(name))
        return "removed"

    def _failed(self, error: ObjectError) -> Any:
        told: tuple[Any, ...] = (error.kind.name,)
        return (*told, error.manager, error.fields) if isinstance(error, Conflict) else told

    def _standing(self) -> Iterator[Any]:
        """Yield how each box stands: all of it, but uids by name, and versions by how many there were."""
        for name in "ab":
            body = self.place.look(self._key(name))
            if body is None:
                yield name, None
                self._versions.pop(name, None)
                continue
            metadata = body["metadata"]
            self._names.setdefault(metadata["uid"], f"box {len(self._names)}")
            versions = self._versions.setdefault(name, [])
            if int(metadata["resourceVersion"]) not in versions:
                versions.append(int(metadata["resourceVersion"]))
            yield name, self._shown(body), len(versions), self._managers(name)

    def _managers(self, name: str) -> dict[str, list[str]]:
        """Return whose which field is, owners by name; a map is nobody's, but for what is in it."""
        told = {}
        for manager, paths in self.place.managers(self._key(name)).items():
            fields = [path.rpartition(".") for path in paths if path not in MAPS]
            if fields:
                told[manager] = sorted(f"{way}.{self._names.get(last, last)}" for way, _dot, last in fields)
        return told

    def _shown(self, body: Mapping[str, Any]) -> Any:
        metadata = body["metadata"]
        return {
            "uid": self._names[metadata["uid"]],
            "generation": metadata["generation"],
            "labels": metadata.get("labels", {}),
            "annotations": metadata.get("annotations", {}),
            "owners": [self._names[each["uid"]] for each in metadata.get("ownerReferences", ())],
            "finalizers": metadata.get("finalizers", []),
            "leaving": "deletionTimestamp" in metadata,
            "spec": body.get("spec", {}),
            "status": body.get("status", {}),
        }

    def _uid(self, name: str, which: str) -> str:
        if which != "own":
            return OTHERS if which else ""
        body = self.place.look(self._key(name))
        return body["metadata"]["uid"] if body else OTHERS

    def _version(self, name: str, which: str) -> int:
        versions = self._versions.get(name, [1])
        return {"": 0, "own": versions[-1], "old": versions[-2] if len(versions) > 1 else 1}[which]

    def _key(self, name: str, kind: Kind = BOX) -> Key:
        return Key(kind.name, self.place.namespace, name)

    def _body(self, name: str, spec: dict[str, Any], kind: Kind = BOX) -> dict[str, Any]:
        metadata = {"name": name, "namespace": self.place.namespace}
        return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, "spec": spec}


def _with(op: str, more: list[Any]) -> dict[str, Any]:
    """Return what a step says beside its path: a value, or from where."""
    name = "from" if op in {"move", "copy"} else "value"
    return {name: more[0]} if more else {}
