"""Stories of what happens to objects, for whatever keeps them: a fake, or a real API server.

Each step is what the engine asks for, or what people do with kubectl.
"""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.objects import Child, Watched


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


Step = tuple[str, dict[str, Any]]
Story = tuple[Step, ...]


def apply(name: str, spec: dict[str, Any], **how: Any) -> Step:
    """Return that the engine applies a box: `uid` is own, other or none; `owner` is a shelf."""
    return "apply", {"name": name, "spec": spec, **how}


def delete(name: str, **how: Any) -> Step:
    """Return that the engine deletes a box: `uid` is own or other, `version` is own, old or none."""
    return "delete", {"name": name, **how}


def annotate(name: str, uid: str = "own", **annotations: str | None) -> Step:
    """Return that the engine annotates a box: `uid` is own or other."""
    return "annotate", {"name": name, "uid": uid, "annotations": annotations}


def patch(name: str, *steps: tuple[Any, ...], uid: str = "own", version: str = "") -> Step:
    """Return that the engine patches a box by steps of op, path and value: `version` is own, old or none."""
    return "patch", {"name": name, "steps": steps, "uid": uid, "version": version}


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
    "annotated": (
        annotate("a", one="1"),
        create("a", {"place": 1}, annotations={"note": "theirs"}),
        annotate("a", one="1", two="2"),
        annotate("a", one="1", two="2"),
        annotate("a", "other", one="3"),
        edit("a", {"metadata": {"annotations": {"one": "theirs"}}}),
        annotate("a", one="4", two=None, three=None),
        apply("a", {"place": 2}, uid="own", force=True),
        annotate("a", one=None),
        edit("a", {"metadata": HELD}),
        delete("a", uid="own"),
        annotate("a", one="5"),
    ),
    "patched": (
        patch("a", ("add", "/spec/place", 1)),
        create("a", {"place": 1, "colour": "red", "tags": ["x", "y"], "size": {"width": 3}}, labels={"line": "1"}),
        patch("a", ("add", "/spec/place", 2), uid="other"),
        patch("a", ("test", "/spec/place", 1), ("replace", "/spec/place", 2)),
        patch("a", ("test", "/spec/place", 1), ("replace", "/spec/place", 3)),
        patch("a", ("add", "/spec/place", 4), ("test", "/spec/colour", "blue")),
        patch("a", ("add", "/spec/place", 4), version="old"),
        patch("a", ("add", "/spec/place", 4), version="own"),
        patch("a", ("add", "/spec/place", 4), version="own"),
        patch("a", ("add", "/spec/tags/-", "z"), ("add", "/spec/tags/0", "w"), ("remove", "/spec/tags/2")),
        patch("a", ("replace", "/spec/tags/9", "z")),
        patch("a", ("test", "/spec/tags", ["w", "x"])),
        patch("a", ("test", "/spec/tags", ["w", "x", "z"]), ("move", "/spec/size/depth", "/spec/size/width")),
        patch("a", ("copy", "/spec/place", "/spec/size/depth")),
        patch("a", ("remove", "/spec/size/width")),
        patch("a", ("test", "/spec/size/width", None), ("replace", "/spec/size/width", 5)),
        patch("a", ("test", "/spec/size/width", True), ("remove", "/spec/size")),
        patch("a", ("remove", "/spec/colour"), ("add", "/metadata/labels/stories~1line", "2")),
        patch("a", ("add", "/status", {"weight": 7})),
        patch("a", ("add", "/spec/nothing/at/all", 1)),
        apply("a", {"place": 5}, uid="own"),
        apply("a", {"place": 5}, uid="own", force=True),
        patch("a", ("replace", "/spec/place", 6)),
        apply("a", {"place": 5}, uid="own"),
        patch("a", ("add", "/spec/place", "one")),
        edit("a", {"metadata": HELD}),
        delete("a", uid="own"),
        patch("a", ("add", "/spec/place", 7)),
        patch("a", ("remove", "/metadata/finalizers")),
        patch("a", ("add", "/spec/place", 8)),
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

    def merge() -> dict[str, Any]:
        changes: dict[str, Any] = {"spec": spec(), "metadata": {"labels": labels()}}
        if dice.random() < 0.4:
            changes["spec"][dice.choice(["place", "colour", "tags", "size"])] = None
        if dice.random() < 0.2:
            changes["metadata"]["finalizers"] = dice.choice([None, HELD["finalizers"]])
        if dice.random() < 0.2:
            changes["metadata"]["ownerReferences"] = None
        return changes

    def patched(name: str) -> Step:
        steps = [
            ("test", "/spec/place", dice.randrange(3)),
            ("add", "/spec/colour", dice.choice(["red", "blue"])),
            ("replace", "/spec/place", dice.randrange(3)),
            ("remove", "/spec/size"),
            ("add", "/spec/tags/-", "z"),
        ]
        how = {"uid": dice.choice(["own", "own", "other"]), "version": dice.choice(["", "own", "old"])}
        return patch(name, *dice.sample(steps, dice.randrange(1, 3)), **how)

    def applied(name: str) -> Step:
        how = {"uid": dice.choice(["own", "own", "own", "", "other"]), "force": dice.random() < 0.4}
        return apply(name, spec(), labels=labels(), owner=dice.choice(["", "s", "s", "t"]), **how)

    kinds: list[Callable[[str], Step]] = [
        applied,
        applied,
        applied,
        lambda name: edit(name, merge(), dice.choice(["hands", "feet"])),
        lambda name: edit(name, merge(), dice.choice(["hands", "feet"])),
        lambda name: create(name, spec(), dice.choice(["hands", "feet"]), labels=labels()),
        lambda name: delete(name, uid=dice.choice(["own", "own", "other"]), version=dice.choice(["", "own", "old"])),
        lambda name: status(name, dice.randrange(3)),
        lambda name: annotate(name, dice.choice(["own", "own", "other"]), line=dice.choice(["1", "2", None])),
        patched,
        remove,
    ]
    return tuple(dice.choice(kinds)(dice.choice("ab")) for _ in range(length))
