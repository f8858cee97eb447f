"""Stories of what happens to objects, told step by step to whatever keeps them: a fake, or a real API server.

Each step is what the engine asks for, or what people do with kubectl; what comes of it is told without uids and times,
which differ, so that two tellings can be compared.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.objects import Child, Watched
from fabgitops_core.engine.object_errors import Conflict, ObjectError
from fabgitops_core.engine.ports import Objects

MAPS = {".spec", ".spec.size", ".metadata.labels", ".metadata.annotations"}
"""What is no field of its own here, though an API server knows who has made it."""

OTHERS = "22222222-2222-4222-8222-222222222222"
"""A uid that nothing has."""


class BoxSpec(ApiModel):
    """What is in a box."""

    place: int | None = None
    colour: str | None = None
    tags: tuple[str, ...] | None = None
    size: "Size | None" = None


class Size(ApiModel):
    """How large it is."""

    width: int | None = None
    depth: int | None = None


class Seen(ApiModel):
    """What was seen of it."""

    weight: int | None = None


BOX = Kind("Box", "boxes", "box", (), "A box.", BoxSpec, Seen, (), group="stories.fabgitops.io")
SHELF = Kind("Shelf", "shelves", "shelf", (), "A shelf.", BoxSpec, Seen, (), group="stories.fabgitops.io")


def seen(body: Mapping[str, Any]) -> Child:
    """Return a record of a box, with all that is in it."""
    metadata = body["metadata"]
    return Child(
        Key("Box", metadata["namespace"], metadata["name"]),
        metadata["uid"],
        int(metadata["resourceVersion"]),
        digest=json.dumps(body.get("spec"), sort_keys=True).encode(),
        leaving="deletionTimestamp" in metadata,
    )


WATCHED = Watched(BOX, "shelf", "Shelf", seen)


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


Step = tuple[str, dict[str, Any]]
Story = tuple[Step, ...]


def apply(name: str, spec: dict[str, Any], **how: Any) -> Step:
    """Return that the engine applies a box: `uid` is own, other or none; `owner` is a shelf."""
    return "apply", {"name": name, "spec": spec, **how}


def delete(name: str, **how: Any) -> Step:
    """Return that the engine deletes a box: `uid` is own or other, `version` is own, old or none."""
    return "delete", {"name": name, **how}


def edit(name: str, patch: dict[str, Any], manager: str = "hands") -> Step:
    """Return that somebody edits a box."""
    return "edit", {"name": name, "patch": patch, "manager": manager}


def create(name: str, spec: dict[str, Any], manager: str = "hands", **metadata: Any) -> Step:
    """Return that somebody creates a box."""
    return "create", {"name": name, "spec": spec, "manager": manager, "metadata": metadata}


def status(name: str, weight: int) -> Step:
    """Return that somebody stores a status."""
    return "status", {"name": name, "weight": weight}


def remove(name: str) -> Step:
    """Return that somebody deletes a box."""
    return "remove", {"name": name}


HELD = {"finalizers": ["stories.fabgitops.io/held"]}

STORIES: dict[str, Story] = {
    "made, made again, and changed": (
        apply("a", {"place": 1}),
        apply("a", {"place": 1}),
        apply("a", {"place": 1}, uid="own"),
        apply("a", {"place": 2, "tags": ["x"]}, uid="own"),
        apply("a", {"place": 2, "tags": ["y", "x"]}, uid="own"),
        apply("a", {"place": 2}, uid="own"),
        apply("a", {"place": 2}, uid="other"),
        apply("b", {"place": 2}, uid="other"),
    ),
    "somebody changes what is ours": (
        apply("a", {"place": 1, "colour": "red"}),
        edit("a", {"spec": {"place": 7}}),
        apply("a", {"place": 1, "colour": "red"}, uid="own"),
        apply("a", {"place": 1, "colour": "red"}, uid="own", force=True),
        edit("a", {"spec": {"place": 8}}, "feet"),
        edit("a", {"spec": {"colour": "blue"}}),
        apply("a", {"place": 1, "colour": "red"}, uid="own"),
        apply("a", {"place": 8}, uid="own"),
        apply("a", {"place": 8, "colour": "red"}, uid="own", force=True),
    ),
    "somebody takes away what is ours": (
        apply("a", {"place": 1, "colour": "red"}, labels={"stories/shelf": "s"}),
        edit("a", {"spec": {"place": None}, "metadata": {"labels": {"stories/shelf": None}}}),
        apply("a", {"place": 1, "colour": "red"}, uid="own", labels={"stories/shelf": "s"}),
    ),
    "what others add stays": (
        apply("a", {"place": 1}, labels={"stories/shelf": "s"}),
        edit("a", {"metadata": {"labels": {"mine": "1"}, "annotations": {"note": "x"}}, "spec": {"colour": "red"}}),
        apply("a", {"place": 2}, uid="own", labels={"stories/shelf": "s"}),
        apply("a", {"place": 2}, uid="own"),
        edit("a", {"metadata": {"labels": {"stories/shelf": "t"}}}),
        apply("a", {"place": 2}, uid="own", labels={"stories/shelf": "s"}),
    ),
    "what two say alike belongs to both": (
        create("a", {"place": 1, "size": {"width": 3}}),
        apply("a", {"place": 1, "size": {"width": 3, "depth": 2}}, uid="own"),
        apply("a", {"place": 1}, uid="own"),
        apply("a", {"place": 2}, uid="own"),
        edit("a", {"spec": {"place": 1}}),
        apply("a", {}, uid="own"),
    ),
    "owners": (
        apply("a", {"place": 1}, owner="s"),
        apply("a", {"place": 1}, owner="s", uid="own"),
        apply("a", {"place": 1}, owner="t", uid="own"),
        create("b", {"place": 1}),
        apply("b", {"place": 1}, owner="s", uid="own"),
        edit("b", {"metadata": {"ownerReferences": None}}),
        apply("b", {"place": 1}, owner="t", uid="own"),
        apply("b", {"place": 1}, owner="s", uid="own"),
    ),
    "the name is taken": (
        create("a", {"place": 5}),
        apply("a", {"place": 1}),
        apply("a", {"place": 1}, uid="own"),
        apply("a", {"place": 1}, uid="own", force=True),
    ),
    "deleted, and made again": (
        delete("a", uid="other"),
        apply("a", {"place": 1}),
        delete("a", uid="other"),
        delete("a", uid="own", version="own"),
        delete("a", uid="own"),
        apply("a", {"place": 2}),
        edit("a", {"spec": {"colour": "red"}}),
        delete("a", uid="own", version="old"),
        delete("a", uid="own", version="own"),
    ),
    "held by a finalizer": (
        apply("a", {"place": 1}),
        edit("a", {"metadata": HELD}),
        delete("a", uid="own"),
        delete("a", uid="own"),
        apply("a", {"place": 2}, uid="own"),
        apply("a", {"place": 2}),
        edit("a", {"metadata": {"finalizers": None}}),
        apply("a", {"place": 3}),
    ),
    "a status is nobody else's": (
        apply("a", {"place": 1}),
        status("a", 5),
        status("a", 5),
        apply("a", {"place": 1}, uid="own"),
        delete("a", uid="own", version="old"),
        remove("a"),
    ),
    "what is not valid": (
        apply("a", {"place": "one"}),
        apply("a", {"place": 1}),
        apply("a", {"place": "one"}, uid="own", force=True),
    ),
}


def random_story(seed: int, length: int = 14) -> Story:
    """Return a story of which nobody knows the end; the same for a seed."""
    dice = random.Random(seed)  # noqa: S311 - the same in each run

    def spec() -> dict[str, Any]:
        fields = {
            "place": dice.randrange(3),
            "colour": dice.choice(["red", "blue"]),
            "tags": dice.choice([["x"], ["x", "y"]]),
            "size": dice.choice([{"width": 1}, {"width": 2, "depth": 1}, {"depth": 2}]),
        }
        return {name: fields[name] for name in dice.sample(sorted(fields), dice.randrange(1, 4))}

    def labels() -> dict[str, str]:
        return {name: dice.choice("st") for name in dice.sample(["shelf", "line"], dice.randrange(3))}

    def patch() -> dict[str, Any]:
        changes: dict[str, Any] = {"spec": spec(), "metadata": {"labels": labels()}}
        if dice.random() < 0.4:
            changes["spec"][dice.choice(["place", "colour", "tags", "size"])] = None
        if dice.random() < 0.2:
            changes["metadata"]["finalizers"] = dice.choice([None, HELD["finalizers"]])
        if dice.random() < 0.2:
            changes["metadata"]["ownerReferences"] = None
        return changes

    def applied(name: str) -> Step:
        how = {"uid": dice.choice(["own", "own", "own", "", "other"]), "force": dice.random() < 0.4}
        return apply(name, spec(), labels=labels(), owner=dice.choice(["", "s", "s", "t"]), **how)

    kinds: list[Callable[[str], Step]] = [
        applied,
        applied,
        applied,
        lambda name: edit(name, patch(), dice.choice(["hands", "feet"])),
        lambda name: edit(name, patch(), dice.choice(["hands", "feet"])),
        lambda name: create(name, spec(), dice.choice(["hands", "feet"]), labels=labels()),
        lambda name: delete(name, uid=dice.choice(["own", "own", "other"]), version=dice.choice(["", "own", "old"])),
        lambda name: status(name, dice.randrange(3)),
        remove,
    ]
    return tuple(dice.choice(kinds)(dice.choice("ab")) for _ in range(length))


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
        versions = self._versions.get(name, [1])
        number = {"": 0, "own": versions[-1], "old": versions[-2] if len(versions) > 1 else 1}[version]
        try:
            await self.place.objects.delete(self._key(name), self._uid(name, uid), number)
        except ObjectError as error:
            return self._failed(error)
        return "deleted"

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

    def _key(self, name: str, kind: Kind = BOX) -> Key:
        return Key(kind.name, self.place.namespace, name)

    def _body(self, name: str, spec: dict[str, Any], kind: Kind = BOX) -> dict[str, Any]:
        metadata = {"name": name, "namespace": self.place.namespace}
        return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, "spec": spec}
