"""Rollouts as releases have left them, with all that belongs to them: `standing.jsonl`, one a line, frozen.

`python -m tests.control.rollout.standing`, run in the folder of the package, adds those that are not there yet. It
changes no line that is there: an operator that is upgraded finds the like of them in each cluster, a hundred at a time.
Where a release is to say something else of them, which writes each status once, its lines are deleted first.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import RolloutStatus

from .junction import Junction, another, out, promote
from .test_complaints import WAYS

FROZEN = Path(__file__).with_name("standing.jsonl")
Row = dict[str, Any]


def frozen() -> dict[str, Row]:
    """Return each line by its name."""
    lines = FROZEN.read_text().splitlines() if FROZEN.exists() else []
    return {each["name"]: each for each in map(json.loads, lines)}


def left_by(plant: Junction, name: str) -> Row:
    """Return a world as its API server has stored it."""
    assert plant.status is not None
    stored = plant.status.model_dump(mode="json", by_alias=True, exclude_none=True)
    objects = [[*key, body] for key, body in plant.objects.items()]
    words = plant.annotations
    return {
        "name": name,
        "at": plant.at.isoformat(),
        "generation": plant.generation,
        "spec": plant.spec,
        "status": stored,
        "annotations": words,
        "objects": objects,
    }


def found_in(row: Row) -> Junction:
    """Return the world of a line, as an operator finds it that has just started."""
    plant = Junction(row["spec"], routes=False)
    plant.objects = {Key(*where): body for *where, body in row["objects"]}
    plant.at, plant.generation = datetime.fromisoformat(row["at"]), row["generation"]
    plant.status, plant.annotations = RolloutStatus.model_validate(row["status"]), row["annotations"]
    plant.notices.clear()
    return plant


def resting() -> Iterator[tuple[str, Callable[[], Junction]]]:
    """Give each situation in which nothing is to be done until somebody wants something, and how one comes there."""
    for way in WAYS:
        yield f"{way}, out", lambda way=way: out(WAYS[way])  # type: ignore[misc]
        yield f"{way}, waiting", lambda way=way: waiting(way)  # type: ignore[misc]
        yield f"{way}, given up", lambda way=way: given_up(way)  # type: ignore[misc]
        yield f"{way}, replaced", lambda way=way: replaced(way)  # type: ignore[misc]


def waiting(way: str) -> Junction:
    """Return a world in which the second version waits for somebody."""
    plant = out(WAYS[way])
    another(plant)
    return plant


def given_up(way: str) -> Junction:
    """Return a world in which somebody has given the second version up."""
    plant = waiting(way)
    plant.say(marks.ABORT, plant.hash_of("2"))
    plant.settle()
    return plant


def replaced(way: str) -> Junction:
    """Return a world in which the second version is the proven one."""
    plant = waiting(way)
    for _ in range(2):
        assert plant.status is not None
        if way == "blueGreen":
            plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/preview")
        else:
            promote(plant)
        plant.settle()
    return plant


def main() -> None:
    """Add the lines that are not there yet."""
    there = frozen()
    with FROZEN.open("a") as file:
        for name, make in resting():
            if name not in there:
                file.write(json.dumps(left_by(make(), name), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
