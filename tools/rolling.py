"""The demo's other story: a change of a set-point goes over twelve presses in waves, is taken back, and comes again.

The presses are those of examples/setpoints; a twin plays them. Somebody at the panel of one of them, whom no operator
can know of, sets it back again and again: that is what fails the change.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import yaml
from stages import BIN, PATIENCE, ROOT, SetpointRollout, Stage, StoryError, found, until

PLANT = "plant.yaml"
EXAMPLES = ROOT / "examples" / "setpoints"
BEFORE, AFTER = 2500, 2600
NAME, MEDDLED = "presses", "press-04"
PRESSES = [f"press-{number:02}" for number in range(1, 13)]
FIRST, HALF = 1, 6
"""How many presses the first two waves have released."""
BAKE_SECS = {FIRST: 2, HALF: 6, len(PRESSES): 2}
"""A story has not the time that a plant has."""


class Twin:
    """The presses, as somebody in front of them sees and sets them."""

    def __init__(self, stage: Stage) -> None:
        self.map = stage.folder / "twin.yaml"
        command = [str(BIN / "mock-plc"), "twin", "-f", str(source(stage)), "--device-map", str(self.map)]
        log = stage.start("twin", [*command, "--control", "127.0.0.1:0"], {})
        self.url = until(partial(found, r"control API on (http://\S+)", log), "the twin listens")
        until(self.map.exists, "the twin says where the presses are")

    def speeds(self) -> dict[str, int]:
        """Return what each press holds."""
        return {name: self.speed(name) for name in PRESSES}

    def speed(self, name: str) -> int:
        """Return what a press holds."""
        return int(self._register("GET", name)["registers"][0]["value"])

    def turn(self, name: str, speed: int) -> None:
        """Set a press at its panel."""
        self._register("PUT", name, json={"value": speed})

    def _register(self, method: str, name: str, **sent: Any) -> Any:
        url, which = f"{self.url}/v1/registers/speed", {"plc": f"default/{name}"}
        return httpx2.request(method, url, params=which, timeout=PATIENCE, **sent).raise_for_status().json()


@contextmanager
def meddling(twin: Twin) -> Iterator[None]:
    """Set one press back, twice a second, whenever the change has come to it."""
    ended, failures = Event(), list[Exception]()

    def meddle() -> None:
        try:
            while not ended.wait(0.5):
                if twin.speed(MEDDLED) == AFTER:
                    twin.turn(MEDDLED, BEFORE)
        except httpx2.HTTPError as error:
            failures.append(error)

    thread = Thread(target=meddle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(PATIENCE)
    if failures:
        raise failures[0]


def tell(stage: Stage, say: Any) -> None:
    """Tell the story, each step of which must come true.

    Raises:
        StoryError: One does not.
    """
    began = time.monotonic()
    say(
        "Twelve presses and a template that all of them share, from examples/setpoints, in a folder. A twin plays them."
    )
    shutil.copy(EXAMPLES / "presses.yaml", source(stage) / PLANT)
    twin = Twin(stage)
    say("A SetpointRollout says how a change goes over them: one press, half of them, all. The operator starts.")
    stage.declare(NAME, rollout())
    print(f"$ fabgitops-operator standalone --source {source(stage)} --device-map {twin.map}", flush=True)
    stage.start_operator("--device-map", str(twin.map))
    until(lambda: members(stage).get("released") == len(PRESSES), "all presses hold what Git wants")
    stage.fabctl("rollout", "list")
    say(f"One line of the template is edited, {BEFORE} becomes {AFTER}, for all of them. This is what will happen:")
    edit(stage)
    until(lambda: (status(stage).get("plan") or {}).get("changes") == len(PRESSES), "all presses are in the plan")
    stage.fabctl("rollout", "plan", NAME)
    taken_back(stage, twin, say)
    tried_again(stage, twin, say)
    print(f"It took {time.monotonic() - began:.0f} s.")
    say("The story came true: what did not hold reached half of them and was taken back, what holds reached them all.")


def taken_back(stage: Stage, twin: Twin, say: Any) -> None:
    """Let the change fail in its second wave."""
    say(
        f"The first press gets it, is read back, bakes, and waits for a word. The others are held at {BEFORE}, healthy:"
    )
    first_alone(stage, twin)
    stage.fabctl("rollout", "get", NAME)
    say(f"Here is the word: the next wave goes. But somebody stands at {MEDDLED} and sets it back, again and again.")
    with meddling(twin):
        stage.fabctl("rollout", "promote", NAME, "--yes")
        until(lambda: stands(stage) in {"Restoring", "Aborted"}, "the change is given up")
        say("It was corrected, and once more: no drift, but a fight. What was released goes back, last first. Why?")
        until(lambda: stands(stage) == "Aborted", "what was released is put back")
    now = status(stage)
    failed = [each["name"] for each in now["failed"]]
    expect(now["givenUp"] == "Failed" and MEDDLED in now["cause"], f"{MEDDLED} has failed: {now['cause']}, {failed}")
    restored = now["members"]["restored"]
    expect(restored > FIRST, f"the second wave was put back, too: {restored} were")
    expect(set(twin.speeds().values()) == {BEFORE}, f"all hold {BEFORE} again: {twin.speeds()}")
    last_first(stage)
    stage.fabctl("rollout", "status", NAME, code=1)
    say("Every decision, with the rule it was made by:")
    stage.fabctl("rollout", "history", NAME)


def tried_again(stage: Stage, twin: Twin, say: Any) -> None:
    """Let it go to its end."""
    say(f"Somebody has a word at {MEDDLED}. The same change once more:")
    stage.fabctl("rollout", "retry", NAME, "--yes")
    first_alone(stage, twin)
    stage.fabctl("rollout", "promote", NAME, "--yes")
    until(lambda: stands(stage) == "Done", "the change is done")
    expect(set(twin.speeds().values()) == {AFTER}, f"all hold {AFTER}: {twin.speeds()}")
    counted = members(stage)
    expect(counted["proven"] == len(PRESSES), f"each was read back: {counted}")
    stage.fabctl("rollout", "get", NAME)


def first_alone(stage: Stage, twin: Twin) -> None:
    """Wait until the change waits behind its first wave, and check that it reached nobody else."""
    until(lambda: stands(stage) == "Paused", "the change waits behind its first wave")
    speeds = list(twin.speeds().values())
    expect(speeds == [AFTER, *[BEFORE] * (len(PRESSES) - FIRST)], f"the first holds {AFTER}, and no other: {speeds}")


def rollout() -> Any:
    """Return the rollout of the example, in a hurry, on weekends, too, and with a pause behind its first wave."""
    body = yaml.safe_load((EXAMPLES / "presses-by-percent.yaml").read_text())
    body["spec"].pop("freeze")
    body["spec"]["waves"][0]["pause"] = {}
    for wave, seconds in zip(body["spec"]["waves"], BAKE_SECS.values(), strict=True):
        wave["bakeSeconds"] = seconds
    return body


def source(stage: Stage) -> Path:
    """Return the folder that the operator follows."""
    return stage.folder / "plant"


def edit(stage: Stage) -> None:
    """Change one number in the template."""
    file = source(stage) / PLANT
    text = file.read_text()
    expect(text.count(f"default: {BEFORE}") == 1, "the template has one default")
    file.write_text(text.replace(f"default: {BEFORE}", f"default: {AFTER}"))


def last_first(stage: Stage) -> None:
    """Check that the first press, which had it first, was put back last."""
    proven = {name: (stage.status(name).get("release") or {}) for name in PRESSES[:HALF]}
    restored = {name: release["provenAt"] for name, release in proven.items() if release.get("restored")}
    expect(max(restored.values()) == restored.get(PRESSES[0]), f"{PRESSES[0]} was put back last: {restored}")


def status(stage: Stage) -> dict[str, Any]:
    """Return how the rollout stands."""
    return stage.status(NAME, SetpointRollout)


def stands(stage: Stage) -> str:
    """Return its phase."""
    return str(status(stage).get("phase"))


def members(stage: Stage) -> dict[str, int]:
    """Return how many presses stand how."""
    return dict(status(stage).get("members", {}))


def expect(true: bool, what: str) -> None:
    """Check what the story says.

    Raises:
        StoryError: It is not so.
    """
    if not true:
        raise StoryError(f"it is not so: {what}")
