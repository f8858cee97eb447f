"""Rollouts on the terminal, on both planes; the tests play the operator."""

import json
import re
import signal
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from ..planes import APPLY, CRDS, FORCE, GROUP, KUBERNETES, MANIFESTS, MERGE, Reason, only_kubernetes, until

pytestmark = pytest.mark.integration

AT = "2026-01-01T00:00:00Z"
PAUSE, PROMOTE, ABORT, RETRY, PERMIT = (
    f"rollout.fabgitops.io/{word}" for word in ("pause", "promote", "abort", "retry", "permit")
)
APPROVE, APPROVED_BY = "fabgitops.io/approve", "fabgitops.io/approved-by"
WAVES = [
    {"wave": 1, "members": 1, "total": 1, "names": ["press-1"]},
    {"wave": 2, "members": 2, "total": 3, "names": ["press-2", "press-3"]},
]
UNDER_WAY: dict[str, Any] = {
    "phase": "Releasing",
    "message": "wave 2 of 2: 1 of 2 proven",
    "revision": "5f2c",
    "round": 3,
    "wave": 2,
    "waves": 2,
    "progress": "2/2",
    "releasedText": "2/3",
    "members": {"total": 3, "released": 2, "held": 1},
    "plan": {"hash": "77aa", "size": 3, "changes": 3, "waves": WAVES, "since": AT},
    "observedGeneration": 1,
}
DECISION = {
    "at": AT,
    "stage": "Releasing",
    "wave": 2,
    "input": "press-2 Failed",
    "rule": "member-failed",
    "outcome": "what was released is put back",
    "revision": "5f2c",
}
SPEED = {"name": "target", "place": "holding 4001 uint16 unit 1", "desired": "2500", "actual": "2500"}


@dataclass
class Rollouts:
    """A namespace with rollouts in it."""

    plant: Any

    def at(self, name: str = "") -> str:
        """Return where rollouts are."""
        return f"{GROUP}/namespaces/{self.plant.namespace}/setpointrollouts" + (f"/{name}" if name else "")

    def make(self, name: str = "recipe", **spec: Any) -> None:
        """Make a rollout that an operator has looked at, over the PLCs of line 3."""
        body = {
            "apiVersion": "fabgitops.io/v1",
            "kind": "SetpointRollout",
            "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"line": "3"}}, **spec},
        }
        self.plant.api.post(self.at(), json=body).raise_for_status()
        self.report(name)

    def report(self, name: str = "recipe", **status: Any) -> None:
        """Write a status as the operator does: of one that is under way, and what is changed of that."""
        body = {"status": {**UNDER_WAY, **status}}
        self.plant.api.patch(f"{self.at(name)}/status", json=body, headers=MERGE).raise_for_status()

    def say(self, annotation: str, value: str) -> None:
        """Say a word to a rollout."""
        body = {"metadata": {"annotations": {annotation: value}}}
        self.plant.api.patch(self.at("recipe"), json=body, headers=MERGE).raise_for_status()

    def annotations(self, name: str = "recipe") -> dict[str, str]:
        """Return the words that were said to a rollout."""
        found = self.plant.api.get(self.at(name)).raise_for_status().json()["metadata"]
        return dict(found.get("annotations") or {})

    def lead(self, name: str, wanted: str, **release: Any) -> None:
        """Make a PLC if there is none, and say that it is led; it is held where Git wants something else than "aa"."""
        if self.plant.api.get(f"{self.plant._plcs}/{name}").status_code == 404:
            self.plant.create(name, labels={"line": "3"})
        is_held = wanted != "aa"
        register = {**SPEED, "inSync": True, **({"pending": "2600"} if is_held else {"pending": None})}
        given = {"rollout": "recipe", "uid": "u", "wanted": wanted, "released": "aa", **release}
        given["message"] = "wants target 2600, holds 2500; wave 2 of 2" if is_held else "holds what Git wants"
        self.plant.report(name, "InSync", "True", inSync=True, registers=[register], release=given)

    def permit(self, name: str) -> str:
        """Return the permit that a PLC was given."""
        return str((self.plant.get(name)["metadata"].get("annotations") or {}).get(PERMIT, ""))


@pytest.fixture
def rollouts(plant: Any) -> Rollouts:
    """Return a namespace in which rollouts can be made."""
    for file in (MANIFESTS / "setpoints").glob("*.fabgitops.io.yaml") if plant.plane.name == KUBERNETES else ():
        body = file.read_text()
        plant.api.patch(f"{CRDS}/{file.stem}", params=FORCE, content=body, headers=APPLY).raise_for_status()
    until(lambda: plant.api.get(f"{GROUP}/setpointrollouts").status_code == 200, "rollouts are served")
    return Rollouts(plant)


def test_rollouts_are_listed(rollouts: Rollouts) -> None:
    """With phase, wave and how many hold what Git wants; for programs as the API server gave them."""
    assert "No SetpointRollout or Rollout found in namespace" in rollouts.plant.fabctl("rollout", "list")[2]
    rollouts.make()
    code, out, _ = rollouts.plant.fabctl("rollout", "list")
    assert (code, out.splitlines()[1].split()[:5]) == (0, ["recipe", "SetpointRollout", "Releasing", "2/2", "2/3"])
    assert rollouts.plant.fabctl("rollout", "list", "-o", "name")[1] == "setpointrollout.fabgitops.io/recipe\n"
    listed = json.loads(rollouts.plant.fabctl("rollout", "list", "-A", "-o", "json")[1])
    assert "recipe" in [each["metadata"]["name"] for each in listed["items"]]


def test_status_answers_why_it_stopped(rollouts: Rollouts) -> None:
    """What failed, what was decided by which rule, what can be done; 0 while all goes well, 1 when it was given up."""
    rollouts.make()
    assert rollouts.plant.fabctl("rollout", "status", "recipe")[0] == 0
    failed = [{"name": "press-2", "why": "the write is refused"}]
    rollouts.report(phase="Aborted", message="press-2 failed", failed=failed, decisions=[DECISION])
    code, out, err = rollouts.plant.fabctl("rollout", "status", "spr/recipe")
    assert (code, err) == (1, "")
    assert "Why:            press-2 failed\n" in out
    assert "Failed:         press-2: the write is refused\n" in out
    assert "Last decision:  member-failed, 2026-01-01T00:00:00Z" in out
    assert "fabctl rollout retry recipe" in out
    assert rollouts.plant.fabctl("rollout", "status", "recipe", "-o", "yaml")[0] == 1
    code, _, err = rollouts.plant.fabctl("rollout", "status", "recept")
    assert (code, 'Rollout "recept"' in err, "did you mean recipe?" in err) == (3, True, True)  # of either kind


def test_a_plan_is_shown_before_anything_happens(rollouts: Rollouts) -> None:
    """The waves with their PLCs, and of each that is held what it holds and what Git wants."""
    rollouts.make()
    rollouts.report(phase="Planning", wave=0)
    rollouts.lead("press-1", "bb")
    rollouts.lead("press-2", "aa")
    code, out, _ = rollouts.plant.fabctl("rollout", "plan", "recipe")
    assert code == 0
    assert re.search(r"2 +2 +3 +press-2, press-3\n", out)
    assert re.search(r"press-1 +target +holding 4001 uint16 unit 1 +2500 +2500 +2600\n", out)
    assert "Changes (1 PLC held):" in out
    assert yaml.safe_load(rollouts.plant.fabctl("rollout", "plan", "recipe", "-o", "yaml")[1])["status"]["plan"]
    rollouts.report(phase="Watching", plan=None, message="all hold what Git wants")
    code, _, err = rollouts.plant.fabctl("rollout", "plan", "recipe")
    assert (code, "nothing is planned: all hold what Git wants" in err) == (1, True)


def test_a_rollout_is_drawn(rollouts: Rollouts) -> None:
    """Its waves, and in each the PLCs with how they stand."""
    rollouts.make()
    rollouts.report(decisions=[DECISION])
    rollouts.lead("press-1", "aa", provenAt=AT)
    rollouts.lead("press-2", "bb")
    code, out, _ = rollouts.plant.fabctl("rollout", "get", "recipe")
    assert code == 0
    assert out.splitlines() == [
        "rollout recipe  Releasing, wave 2 of 2, 2/3 released, wave 2 of 2: 1 of 2 proven",
        "├── wave 1  1 PLC, done",
        "│   └── PLC press-1  proven, SYNCED",
        "├── wave 2  2 PLCs, under way",
        "│   ├── PLC press-2  held, target 2500 → 2600, SYNCED",
        "│   └── PLC press-3  not there",
        "└── decision 2026-01-01T00:00:00Z  Releasing, member-failed, what was released is put back",
    ]
    shown = json.loads(rollouts.plant.fabctl("rollout", "get", "recipe", "-o", "json")[1])
    assert shown["kind"] == "SetpointRollout"


def test_a_pipe_gets_a_line_for_each_change(rollouts: Rollouts) -> None:
    """How it stands, and each decision that is made from then on; nothing is said twice."""
    rollouts.make()
    process = rollouts.plant.start(
        "rollout", "get", "recipe", "-w", "--interval", "0.1", "-n", rollouts.plant.namespace
    )
    assert "Releasing   wave 2 of 2" in process.stdout.readline()
    rollouts.report(phase="Restoring", message="going back", decisions=[DECISION])
    assert process.stdout.readline() == (f"{AT}   Releasing   member-failed   what was released is put back\n")
    assert "Restoring" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


def test_a_terminal_gets_a_living_tree(rollouts: Rollouts, terminal: Any) -> None:
    """It is drawn anew when something has changed, and Ctrl-C ends it."""
    rollouts.make()
    rollouts.lead("press-1", "bb")
    screen = terminal("rollout", "get", "recipe", "-w", "--interval", "0.1", colour=False)
    screen.until(r"press-1\s+held, target 2500 → 2600")
    rollouts.lead("press-1", "aa", provenAt=AT)
    screen.until(r"press-1\s+proven")
    rollouts.report(phase="Paused", message="waits behind wave 2")
    screen.until("Paused")
    screen.press(b"\x03")
    assert screen.end() == 130
    assert "\x1b[?25h" in screen.seen[-40:]  # the cursor is back


def test_an_outage_is_told_and_survived(rollouts: Rollouts) -> None:
    """While the API server is away it says so once, and goes on when it is back."""
    rollouts.make()
    process = rollouts.plant.start(
        "rollout", "get", "recipe", "-w", "--interval", "0.1", "-n", rollouts.plant.namespace
    )
    assert "Releasing" in process.stdout.readline()
    rollouts.plant.plane.stop()
    try:
        assert "cannot be reached" in process.stderr.readline()
    finally:
        rollouts.plant.plane.start()
    while "answers again" not in (line := process.stderr.readline()):
        assert line.startswith("fabctl: ")
    rollouts.report(phase="Paused")
    assert "Paused" in process.stdout.readline()


def test_of_very_many_plcs_only_those_that_matter_are_fetched(rollouts: Rollouts) -> None:
    """Those of the wave that is under way; one that is gone meanwhile disturbs nothing."""
    rollouts.make()
    rollouts.report(members={"total": 1000, "released": 2})
    rollouts.lead("press-1", "aa")
    rollouts.lead("press-2", "bb")
    code, out, err = rollouts.plant.fabctl("rollout", "get", "recipe")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [
        "├── wave 1  1 PLC, done",
        "└── wave 2  2 PLCs, under way",
        "    ├── PLC press-2  held, target 2500 → 2600, SYNCED",
        "    └── PLC press-3  not there",
    ]


def test_a_promotion_names_revision_and_wave(rollouts: Rollouts) -> None:
    """It is shown what comes then; the command ends when the operator has carried it out."""
    rollouts.make()
    assert rollouts.plant.fabctl("rollout", "promote", "recipe", "--yes")[1] == (
        "recipe: no wave waits for a promotion, it is Releasing\n"
    )
    rollouts.report(phase="Paused", wave=1, pausedFor="wave 1 has a pause")
    code, out, err = rollouts.plant.fabctl("rollout", "promote", "recipe")
    assert (code, "Then:          wave 2: 2 PLCs (press-2, press-3)\n" in out) == (2, True)
    assert "fabctl rollout promote recipe --yes does what is shown" in err
    assert rollouts.annotations() == {}
    code, out, _ = rollouts.plant.fabctl("rollout", "promote", "recipe", "--yes", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "recipe: nothing was promoted (--dry-run)")
    process = rollouts.plant.start("rollout", "promote", "recipe", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: rollouts.annotations().get(PROMOTE) == "5f2c/1", "it is promoted")
    assert process.poll() is None
    rollouts.report(promoted="5f2c/1")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "recipe: promoted, Releasing: wave 2 of 2: 1 of 2 proven"


def test_a_word_that_was_heard_is_said_anew(rollouts: Rollouts) -> None:
    """It is taken away first, and said again when the operator has forgotten it: else it would not be heard."""
    rollouts.make()
    rollouts.report(phase="Paused", wave=1, heard=["promote 5f2c/1"])
    rollouts.say(PROMOTE, "5f2c/1")
    process = rollouts.plant.start("rollout", "promote", "recipe", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: PROMOTE not in rollouts.annotations(), "it is taken away")
    assert process.poll() is None
    rollouts.report(phase="Paused", wave=1, heard=[])
    until(lambda: rollouts.annotations().get(PROMOTE) == "5f2c/1", "it is said again")
    rollouts.report(promoted="5f2c/1", heard=["promote 5f2c/1"])
    assert process.communicate(timeout=60)[0].splitlines()[-1].startswith("recipe: promoted, Releasing")


def test_a_word_that_comes_too_late_is_told(rollouts: Rollouts) -> None:
    """The operator has passed over it, so nothing was promoted."""
    rollouts.make()
    rollouts.report(phase="Paused", wave=1)
    process = rollouts.plant.start("rollout", "promote", "recipe", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: rollouts.annotations().get(PROMOTE) == "5f2c/1", "it is said")
    rollouts.report(heard=["promote 5f2c/1"])
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, "it came too late, it is Releasing" in out.splitlines()[-1]) == (1, True)


def test_all_that_is_left_is_released_in_an_emergency(rollouts: Rollouts) -> None:
    """--full names the revision and takes a yes, or a --yes."""
    rollouts.make()
    code, out, _ = rollouts.plant.fabctl("rollout", "promote", "recipe", "--full", "--yes", "--no-wait")
    assert (code, out.splitlines()[-1]) == (0, "recipe: asked to go on")
    assert "all 1 PLCs that are left are released" in out
    assert rollouts.annotations() == {PROMOTE: "5f2c/full"}


def test_what_changes_under_ones_eyes_is_not_promoted(rollouts: Rollouts, terminal: Any) -> None:
    """Between question and answer Git wants something else: that is told, and nothing is said to the rollout."""
    rollouts.make()
    rollouts.report(phase="Paused", wave=1)
    screen = terminal("rollout", "promote", "recipe")
    screen.until(rf"Go on behind wave 1 of 2 of {rollouts.plant.namespace}/recipe\? \[y/N\] ")
    rollouts.report(phase="Planning", wave=0, revision="6a6a")
    screen.press(b"y\n")
    assert screen.end() == 1
    assert "it changed while you looked at it, now it is Planning" in screen.seen
    assert rollouts.annotations() == {}


def test_a_plan_is_agreed_to_by_its_hash(rollouts: Rollouts) -> None:
    """In the name by which the API server knows who asks; another plan than the one that is meant is not."""
    rollouts.make(approval="Manual")
    assert rollouts.plant.fabctl("rollout", "approve", "recipe", "--yes")[1] == "recipe: nothing waits for a yes\n"
    rollouts.report(phase="Planning", wave=0)
    code, _, err = rollouts.plant.fabctl("rollout", "approve", "recipe", "--digest", "1234", "--yes")
    assert (code, "the plan that waits is 77aa, not 1234" in err) == (1, True)
    process = rollouts.plant.start("rollout", "approve", "recipe", "--yes", "-n", rollouts.plant.namespace)
    said = until(rollouts.annotations, "it is agreed to")
    assert said[APPROVE] == "77aa"
    rollouts.report(phase="Planning", wave=0, plan={**UNDER_WAY["plan"], "approvedBy": said[APPROVED_BY]})
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.splitlines()[-1] == f"recipe: agreed to by {said[APPROVED_BY]}: 3 of 3 PLCs change, in 2 waves"


def test_one_word_stops_all(rollouts: Rollouts) -> None:
    """Without a question and without a reason if need be; it is said by whom, and waited for."""
    rollouts.make()
    rollouts.make("other")
    rollouts.report("other", phase="Done")
    code, out, _ = rollouts.plant.fabctl("rollout", "pause", "--all", "--dry-run")
    assert (code, rollouts.annotations(), out.splitlines()[-1]) == (0, {}, "nothing was paused (--dry-run)")
    process = rollouts.plant.start("rollout", "pause", "--all", "-n", rollouts.plant.namespace)
    until(lambda: PAUSE in rollouts.annotations() and PAUSE in rollouts.annotations("other"), "both are paused")
    assert rollouts.annotations()[PAUSE].startswith("by ")
    rollouts.report(phase="Paused", pausedBy="Asked", pausedFor="somebody pauses it")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert sorted(out.splitlines()) == [
        "other: nothing is under way, it is Done; what comes is held until fabctl rollout resume",
        "recipe: paused, wave 2/2: somebody pauses it",
    ]
    assert rollouts.plant.fabctl("rollout", "pause", "recipe", "--reason", "wrong recipe", "--no-wait")[0] == 0
    assert rollouts.annotations()[PAUSE] == "wrong recipe"


def test_what_was_paused_goes_on_after_a_yes(rollouts: Rollouts) -> None:
    """It takes a --yes here; one that waits for a promotion, or that Git pauses, is told what it takes instead."""
    rollouts.make()
    rollouts.report(phase="Paused")
    code, out, _ = rollouts.plant.fabctl("rollout", "resume", "recipe", "--yes")
    assert (code, out) == (1, "recipe: it waits for a promotion: fabctl rollout promote recipe\n")
    rollouts.plant.fabctl("rollout", "pause", "recipe", "--reason", "hot", "--no-wait")
    code, _, err = rollouts.plant.fabctl("rollout", "promote", "recipe", "--yes")
    assert (code, "it is paused: fabctl rollout resume recipe" in err) == (1, True)
    code, out, err = rollouts.plant.fabctl("rollout", "resume", "--all")
    assert (code, "goes on; was paused for: hot" in out) == (2, True)
    assert "fabctl rollout resume --all --yes" in err
    process = rollouts.plant.start("rollout", "resume", "--all", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: PAUSE not in rollouts.annotations(), "it is resumed")
    rollouts.report()
    assert process.communicate(timeout=60)[0].splitlines()[-1].startswith("recipe: goes on, Releasing")
    assert process.returncode == 0


def test_a_change_is_given_up_and_begun_again(rollouts: Rollouts) -> None:
    """By its revision, and by revision and round; each ends when the operator has heard of it."""
    rollouts.make()
    assert rollouts.plant.fabctl("rollout", "retry", "recipe")[1] == "recipe: nothing was given up, it is Releasing\n"
    process = rollouts.plant.start("rollout", "abort", "recipe", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: rollouts.annotations() == {ABORT: "5f2c"}, "it is given up")
    rollouts.report(phase="Restoring", message="3 are put back")
    assert process.communicate(timeout=60)[0].splitlines()[-1] == "recipe: given up, Restoring: 3 are put back"
    assert process.returncode == 0
    code, out, err = rollouts.plant.fabctl("rollout", "abort", "recipe", "--yes")
    assert (code, out) == (0, "recipe: it was given up already, and is Restoring\n")
    code, _, err = rollouts.plant.fabctl("rollout", "retry", "recipe", "--yes")
    assert (code, "it is still being put back" in err) == (1, True)
    rollouts.report(phase="Aborted", rejected="5f2c")
    process = rollouts.plant.start("rollout", "retry", "recipe", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: rollouts.annotations().get(RETRY) == "5f2c/3", "it is begun again")
    rollouts.report(phase="Planning", round=4, rejected="")
    assert "recipe: begun again, round 4, Planning" in process.communicate(timeout=60)[0]


def test_a_plc_is_released_by_hand_to_what_is_shown(rollouts: Rollouts) -> None:
    """The permit names what Git wants of it now; the command ends when the operator has acted on it."""
    rollouts.lead("press-1", "bb")
    rollouts.lead("press-2", "aa")
    rollouts.plant.create("alone")
    code, out, err = rollouts.plant.fabctl("rollout", "release", "press-1", "press-2", "alone")
    assert (code, "press-1 --yes" in err) == (2, False)
    assert "fabctl rollout release press-1 press-2 alone --yes does what is shown" in err
    assert "press-2: it is released already\n" in out
    assert "alone: no rollout leads it" in out
    assert re.search(r"press-1 +target +holding 4001 uint16 unit 1 +2500 +2500 +2600\n", out)
    assert rollouts.permit("press-1") == ""
    process = rollouts.plant.start("rollout", "release", "--all", "--yes", "-n", rollouts.plant.namespace)
    until(lambda: rollouts.permit("press-1") == "manual/0/bb", "it is released")
    assert (process.poll(), rollouts.permit("press-2")) == (None, "")
    rollouts.lead("press-1", "bb", released="bb", permit="manual/0/bb")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1].startswith("press-1: released")


def test_what_git_changed_meanwhile_is_not_released(rollouts: Rollouts, terminal: Any) -> None:
    """Between question and answer Git wants other words: that is told, and no permit is given."""
    rollouts.lead("press-1", "bb")
    screen = terminal("rollout", "release", "press-1")
    screen.until(r"Release press-1, so that this is written\? \[y/N\] ")
    rollouts.lead("press-1", "cc")
    screen.press(b"y\n")
    assert screen.end() == 1
    assert "Git wants something else of it by now: it was not released" in screen.seen
    assert rollouts.permit("press-1") == ""


def test_what_was_made_anew_meanwhile_is_another_one(rollouts: Rollouts, terminal: Any) -> None:
    """A rollout, and a PLC, of the same name: neither gets the word that was meant for the one that was shown."""
    rollouts.make()
    rollouts.report(phase="Paused", wave=1)
    rollouts.lead("press-1", "bb")
    promote = terminal("rollout", "promote", "recipe")
    release = terminal("rollout", "release", "press-1")
    for each in (promote, release):
        each.until(r"\[y/N\] ")
    rollouts.plant.api.delete(rollouts.at("recipe")).raise_for_status()
    rollouts.plant.delete("press-1")
    rollouts.make()
    rollouts.report(phase="Paused", wave=1)
    rollouts.lead("press-1", "bb")
    for each in (promote, release):
        each.press(b"y\n")
    assert (promote.end(), release.end()) == (1, 1)
    assert "it changed while you looked at it" in promote.seen
    assert (rollouts.annotations(), rollouts.permit("press-1")) == ({}, "")


def test_a_word_names_which_object_it_is_for(rollouts: Rollouts) -> None:
    """The API server refuses it for another one of that name, should one be made at the last moment."""
    rollouts.make()
    body = {"metadata": {"uid": "00000000-0000-4000-8000-000000000000", "annotations": {ABORT: "5f2c"}}}
    assert rollouts.plant.api.patch(rollouts.at("recipe"), json=body, headers=MERGE).status_code in {409, 422}
    assert rollouts.annotations() == {}


def test_decisions_are_listed(rollouts: Rollouts) -> None:
    """The newest first, with input, rule and outcome."""
    rollouts.make()
    assert rollouts.plant.fabctl("rollout", "history", "recipe")[2] == "No decision is known.\n"
    rollouts.report(decisions=[{**DECISION, "rule": "begin", "wave": 1}, DECISION])
    code, out, _ = rollouts.plant.fabctl("rollout", "history", "recipe")
    assert code == 0
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["member-failed", "begin"]


def test_other_commands_tell_who_holds_a_plc(rollouts: Rollouts) -> None:
    """The listing marks it, its description says what it holds, wants and waits for, and it can be waited for."""
    rollouts.lead("press-1", "bb")
    _, out, _ = rollouts.plant.fabctl("get-status", "press-1")
    assert out.splitlines()[1].split()[-1] == "recipe"
    assert out.splitlines()[3] == "Held:  wants target 2600, holds 2500; wave 2 of 2"
    code, out, _ = rollouts.plant.fabctl("describe", "press-1")
    assert (code, "wants target 2600, holds 2500; wave 2 of 2" in out) == (0, True)
    assert "To release:    fabctl rollout release press-1\n" in out
    condition = {"type": "Released", "status": "True", "reason": "Released", "message": "", "lastTransitionTime": AT}
    wait = rollouts.plant.start("wait", "press-1", "--for", "condition=Released", "-n", rollouts.plant.namespace)
    rollouts.plant.api.patch(
        f"{rollouts.plant._plcs}/press-1/status", json={"status": {"conditions": [condition]}}, headers=MERGE
    ).raise_for_status()
    assert wait.communicate(timeout=60)[0] == "press-1: Released\n"
    assert rollouts.plant.fabctl("__candidates", "--", "rollout", "release", "pre")[0] == 0


def test_names_of_rollouts_are_completed(rollouts: Rollouts) -> None:
    """Where a rollout is to be named, and nothing else."""
    rollouts.make()
    process = rollouts.plant.start("__candidates", "--", "-n", rollouts.plant.namespace, "rollout", "promote", "re")
    assert process.communicate(timeout=60) == ("recipe\n", "")


@only_kubernetes(Reason.RIGHTS)
def test_doctor_looks_at_the_rights_that_words_need(rollouts: Rollouts) -> None:
    """Where the cluster has rollouts; who may only read is warned of what they cannot say."""
    reader = rollouts.plant.grant(
        "rollout-reader",
        ("fabgitops.io", "industrialplcs", ["get", "list"]),
        ("fabgitops.io", "setpointrollouts", ["get", "list"]),
    )
    _, out, _ = rollouts.plant.fabctl("doctor", "-o", "json", kubeconfig=reader)
    found = {each["check"]: each for each in json.loads(out)["items"]}
    words = found["rights: rollout approve, promote, pause, resume, abort, retry"]
    assert words["state"] == "warning"
    assert "you may not: watch setpointrollouts.fabgitops.io, patch setpointrollouts.fabgitops.io" in words["found"]
    assert found["rights: rollout list, get, status, plan, history"]["state"] == "ok"
