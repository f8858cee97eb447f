"""The source kept in force: whole or not at all, with what is wrong told, over restarts and outages."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fabgitops_operator.standalone.source import syncing
from fabgitops_operator.standalone.source.accepting import accept
from fabgitops_operator.standalone.store import Actor, How, Store, UnavailableError

from .boxes import OURS, Box, spec_of
from .repositories import SPEC, Repo, manifest


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with two PLCs."""
    made = Repo(tmp_path / "plant")
    made.write(mixer=manifest("mixer"), pumps=manifest("pump"))
    made.commit()
    return made


@pytest.fixture
def box(store: Store, repo: Repo, tmp_path: Path) -> Box:
    """Return a machine that follows it."""
    return Box(store, repo.url, tmp_path / "state" / "source")


async def test_a_revision_is_taken_and_the_next_one(repo: Repo, box: Box) -> None:
    """What the branch names is in force, and a change, a new object and one that vanished with the next commit."""
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    repo.write(mixer=manifest("mixer", "{deviceAddress: 127.0.0.2, targetRegister: 40001, targetValue: 6}"))
    (repo.folder / "pumps.yaml").unlink()
    repo.write(fans=manifest("fan"))
    commit = repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "fan"}
    assert box.judged[-2:] == ["CREATE fan", "UPDATE mixer"]
    assert box.told.reasons == ["RevisionTaken", "RevisionTaken", "LetGo"]
    gone = box.told.events[-1]
    assert gone["regarding"]["name"] == "pump"
    assert gone["note"] == f"revision {commit[:12]} does not name it: it is no longer looked at, and holds what it held"
    assert box.said.startswith(f"source {repo.url} main: revision {commit[:12]} of 20")


async def test_one_error_keeps_all_of_a_revision_out(repo: Repo, box: Box) -> None:
    """A revision with errors changes nothing, and all of them are told at once with file, line and field."""
    await box.looks(1)
    repo.write(
        mixer=manifest("mixer", "\n  deviceAddress: 127.0.0.2\n  port: 99\n  speed: 5"),
        pumps=manifest("pump", "\n  deviceAddress: 127.0.0.2\n  unitId: 300"),
        fans=manifest("fan"),
        odd="a: 1\na: 2\n",
    )
    await _rejected(repo, box, "odd.yaml:2: a stands twice, here and on line 1: take one away")
    (repo.folder / "odd.yaml").unlink()
    await _rejected(
        repo,
        box,
        "mixer.yaml:6: IndustrialPLC plant/mixer: spec.port: Invalid value: 99: spec.port in body should be less than"
        ' or equal to 98; mixer.yaml:7: IndustrialPLC plant/mixer: unknown field "spec.speed"; '
        "pumps.yaml:6: IndustrialPLC plant/pump: spec.unitId is 300: ",
    )
    assert box.names == {"mixer", "pump"}
    assert box.told.reasons == ["RevisionTaken", "RevisionRefused", "RevisionRefused"]


async def _rejected(repo: Repo, box: Box, told: str) -> None:
    commit = repo.commit()
    await box.looks(2)
    assert f"revision {commit[:12]} refused since 20" in box.said
    assert told in box.said


async def test_what_belongs_to_others_is_named_and_counted(
    repo: Repo, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    """Objects of other programs are named in the log, twenty at most, and the rest are counted."""
    caplog.set_level("INFO")
    repo.write(others="---\n".join("apiVersion: v1\nkind: ConfigMap\n" for _ in range(30)))
    repo.commit()
    await box.looks(1)
    assert caplog.text.count("passed over: others.yaml:") == 20
    assert "passed over: 10 more" in caplog.text


async def test_what_a_cluster_would_warn_of_is_in_the_log(
    repo: Repo, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning keeps nothing out, and has file and line."""
    repo.write(
        mixer=manifest("mixer", "\n  deviceAddress: 127.0.0.2\n  port: 98\n  targetRegister: 1\n  targetValue: 5")
    )
    repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    assert "mixer.yaml:6: IndustrialPLC plant/mixer: spec.port: 98 is the last one" in caplog.text


async def test_a_refused_revision_that_is_taken_back_is_the_matter_no_longer(repo: Repo, box: Box) -> None:
    """A branch that is put back to what is in force says that all is well, and nothing is judged again."""
    good = repo.git("rev-parse", "HEAD")
    await box.looks(1)
    repo.write(mixer="- 5\n")
    repo.commit()
    await box.looks(1)
    repo.git("reset", "-q", "--hard", good)
    judged = len(box.judged)
    await box.looks(1)
    assert "refused since" not in box.said
    assert box.told.reasons[-1] == "SourceBack"
    assert len(box.judged) == judged


async def test_a_restart_on_the_same_revision_judges_nothing(repo: Repo, box: Box) -> None:
    """What was judged before under the same rules is not judged again; under others all of it is."""
    await box.looks(1)
    box.judged.clear()
    version = box.store.version
    again = box.restarted()
    await again.looks(1)
    assert again.syncer.status().taken == box.syncer.status().taken
    assert (again.judged, again.judge.judged, box.store.version) == ([], [], version)
    other = box.restarted(rules="2")
    await other.looks(1)
    assert sorted(other.judged) == ["UPDATE mixer", "UPDATE pump"]


async def test_only_what_changed_is_judged(repo: Repo, box: Box) -> None:
    """A commit that changes one object has one object judged, also after a restart."""
    await box.looks(1)
    box.judged.clear()
    repo.write(fans=manifest("fan"))
    repo.commit()
    again = box.restarted()
    await again.looks(1)
    assert again.judged == ["CREATE fan"]


async def test_a_start_without_the_source_keeps_what_is_in_force(repo: Repo, box: Box) -> None:
    """A restart while the repository is away runs on, says since when, and goes on when it is back."""
    await box.looks(1)
    away = repo.folder.rename(repo.folder.with_name("away"))
    again = box.restarted()
    await again.looks(2)
    assert box.names == {"mixer", "pump"}
    assert again.said.startswith("source away since 20")
    assert "is in force" in again.said
    await asyncio.wait_for(again.syncer.looked(), 1)
    assert again.told.reasons == ["SourceAway"], "it is told once"
    away.rename(repo.folder)
    await again.looks(1)
    assert "away since" not in again.said
    assert again.told.reasons[-1] == "SourceBack"


async def test_what_was_refused_is_still_told_after_an_outage(repo: Repo, box: Box) -> None:
    """An outage does not hide that the revision is refused."""
    repo.write(odd="- 5\n")
    repo.commit()
    await box.looks(1)
    away = repo.folder.rename(repo.folder.with_name("away"))
    await box.looks(1)
    assert "source away since" in box.said
    assert "refused since" in box.said
    away.rename(repo.folder)
    await box.looks(1)
    assert "refused since" in box.said
    assert "away since" not in box.said


def fill(repo: Repo, count: int) -> None:
    """Let the repository hold so many PLCs, and nothing else."""
    for each in repo.folder.glob("*.yaml"):
        each.unlink()
    repo.write(plcs="---\n".join(manifest(f"plc-{number:02}") for number in range(count)))


async def test_much_that_vanishes_holds_a_revision_back(repo: Repo, box: Box) -> None:
    """A revision that would let go of too much changes nothing, also what else it brings, and names the way out."""
    fill(repo, 20)
    repo.commit()
    await box.looks(1)
    fill(repo, 14)
    repo.write(fans=manifest("fan"))
    commit = repo.commit()
    await box.looks(2)
    assert len(box.names) == 20
    assert f"revision {commit[:12]} held back since 20" in box.said
    assert "6 of 20 would vanish (IndustrialPLC plant/plc-14, " in box.said
    assert "write 6 into the file .fabgitops/allow-vanishing" in box.said
    assert box.told.reasons == ["RevisionTaken", "RevisionHeld"]


@pytest.mark.parametrize("way", ["number", "commit", "machine"])
async def test_the_ways_out_of_being_held(repo: Repo, box: Box, way: str) -> None:
    """A number or the commit before in Git, or a word on the machine, lets it through once."""
    fill(repo, 20)
    before = repo.commit()
    await box.looks(1)
    fill(repo, 5)
    held = repo.commit()
    await box.looks(1)
    if way == "machine":
        accept(box.folder, held[:10])
    else:
        (repo.folder / ".fabgitops").mkdir()
        (repo.folder / ".fabgitops" / "allow-vanishing").write_text("15\n" if way == "number" else before[:10])
        repo.commit()
    await box.looks(1)
    assert len(box.names) == 5
    assert "held back" not in box.said
    fill(repo, 20)
    repo.commit()
    await box.looks(1)
    fill(repo, 5)
    repo.commit()
    await box.looks(1)
    assert len(box.names) == 20, "it counts once"


async def test_a_source_that_was_emptied_lets_go_of_nothing(repo: Repo, box: Box) -> None:
    """A repository without any object of ours is held back, and can be meant."""
    await box.looks(1)
    fill(repo, 0)
    repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    assert "all would vanish" in box.said
    (repo.folder / ".fabgitops").mkdir()
    (repo.folder / ".fabgitops" / "allow-vanishing").write_text("2\n")
    repo.commit()
    await box.looks(1)
    assert box.names == set()


async def test_a_file_that_is_renamed_changes_where_an_object_is_changed_and_nothing_else(repo: Repo, box: Box) -> None:
    """All objects in another file: none is judged, none vanishes, and each knows its new place."""
    await box.looks(1)
    box.judged.clear()
    (repo.folder / "lines").mkdir()
    repo.git("mv", "mixer.yaml", "lines/a.yaml")
    repo.git("mv", "pumps.yaml", "lines/b.yaml")
    repo.commit()
    await box.looks(1)
    assert box.judged == []
    assert sorted(each.origin for each in box.records) == ["lines/a.yaml:1", "lines/b.yaml:1"]


async def test_what_users_made_is_left_alone(repo: Repo, box: Box) -> None:
    """An object that did not come from the source does not vanish with it."""
    await box.put("IndustrialPLC", "plant", "own", {})
    await box.looks(1)
    (repo.folder / "pumps.yaml").unlink()
    repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "own"}


TEMPLATE = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLCTemplate
metadata: {{name: pump, namespace: plant}}
spec:
  parameters: [{{name: speed}}]
  registers: [{{name: speed, address: {address}, value: "${{speed}}"}}]
"""
USER = "{{deviceAddress: 127.0.0.1, templateRef: {{name: {template}, parameters: {parameters}}}}}"


async def test_a_plc_and_its_template_are_judged_together(repo: Repo, box: Box) -> None:
    """A parameter that is missing, or a template that is not there, keeps a revision out."""
    repo.write(
        template=TEMPLATE.format(address=5), pumps=manifest("pump", USER.format(template="pump", parameters="{}"))
    )
    repo.commit()
    await box.looks(1)
    assert (
        "pumps.yaml:4: IndustrialPLC plant/pump: spec.templateRef.parameters.speed is missing: template pump"
        in box.said
    )
    repo.write(pumps=manifest("pump", USER.format(template="pumps", parameters="{speed: 5}")))
    repo.commit()
    await box.looks(1)
    assert (
        "pumps.yaml:4: IndustrialPLC plant/pump: spec.templateRef.name is 'pumps': there is no IndustrialPLCTemplate of"
        " this name in the namespace plant" in box.said
    )
    repo.write(pumps=manifest("pump", USER.format(template="pump", parameters="{speed: 5}")))
    repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    box.judged.clear()
    repo.write(template=TEMPLATE.format(address=70_000))
    repo.commit()
    await box.looks(1)
    assert "refused since" in box.said, "who uses a template is judged again when that changes"
    assert "UPDATE pump" in box.judged


async def test_a_template_of_the_machine_may_be_used(repo: Repo, box: Box) -> None:
    """A template that somebody made there by hand counts."""
    spec = {"registers": [{"name": "speed", "address": 5, "value": 6}]}
    await box.put("IndustrialPLCTemplate", "plant", "pump", spec)
    repo.write(pumps=manifest("pump", USER.format(template="pump", parameters="{}")))
    repo.commit()
    await box.looks(1)
    assert "refused since" not in box.said


async def test_a_fault_of_our_own_costs_one_look(
    repo: Repo, box: Box, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw is told with its traceback in the log; the same revision is tried again."""
    monkeypatch.setattr(box.objects, "take", _failing(ZeroDivisionError("nobody foresaw")))
    await box.looks(1)
    assert "a fault of the operator's own: ZeroDivisionError: nobody foresaw" in box.said
    assert "Traceback" in caplog.text
    await box.looks(1)
    assert box.told.reasons == ["SourceAway"], "it is told once"
    monkeypatch.undo()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    assert "fault of" not in box.said


def _failing(error: Exception) -> Callable[..., Awaitable[None]]:
    async def fail(*_: object) -> None:
        raise error

    return fail


async def test_a_full_disk_costs_the_revision_and_nothing_else(
    repo: Repo, box: Box, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision that cannot be stored is told in a sentence, without a traceback, and tried again."""
    full = UnavailableError(Path("/state/state.db"), "database or disk is full")
    monkeypatch.setattr(box.objects, "take", _failing(full))
    await box.looks(1)
    assert "nothing can be stored in /state/state.db now: database or disk is full" in box.said
    assert "Traceback" not in caplog.text
    monkeypatch.undo()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}


async def test_what_the_store_refuses_is_told(repo: Repo, box: Box) -> None:
    """Metadata that Kubernetes refuses keeps the revision out, by the store's own sentence."""
    repo.write(mixer=manifest("mixer").replace("{name: mixer,", "{name: mixer, labels: {line: a b},"))
    repo.commit()
    await box.looks(1)
    assert "refused since" in box.said
    assert 'IndustrialPLC.fabgitops.io "mixer" is invalid: metadata.labels' in box.said
    assert box.names == set()


async def test_an_object_that_a_finalizer_holds_is_let_go_of_once(repo: Repo, box: Box) -> None:
    """What is being deleted does not count as the source's any more."""
    repo.write(mixer=manifest("mixer").replace("{name: mixer,", "{name: mixer, finalizers: [example.com/wait],"))
    repo.commit()
    await box.looks(1)
    (repo.folder / "mixer.yaml").unlink()
    repo.commit()
    await box.looks(1)
    assert box.names == {"mixer", "pump"}
    repo.write(fans=manifest("fan"))
    repo.commit()
    await box.looks(1)
    assert box.told.reasons == ["RevisionTaken", "RevisionTaken", "LetGo", "RevisionTaken"]


async def test_what_people_noted_on_an_object_stays(repo: Repo, box: Box) -> None:
    """An annotation that somebody set, as fabctl sync does, outlives the next revision."""
    await box.looks(1)
    patch = {"metadata": {"annotations": {"reconcile.fabgitops.io/requestedAt": "1"}}}
    await box.objects.patch(OURS["IndustrialPLC"], "plant", "mixer", patch, "merge", How(Actor.USER))
    repo.write(mixer=manifest("mixer", "{deviceAddress: 127.0.0.1, targetRegister: 40001, targetValue: 6}"))
    repo.commit()
    await box.looks(1)
    mixer = next(each for each in box.records if each.name == "mixer")
    assert spec_of(mixer)["targetValue"] == 6
    assert mixer.decoded()["metadata"]["annotations"] == patch["metadata"]["annotations"]


async def test_a_folder_is_followed_too(store: Store, repo: Repo, tmp_path: Path) -> None:
    """The same files in a folder come to the same."""
    box = Box(store, str(repo.folder), tmp_path / "state" / "source")
    await box.looks()
    assert box.names == {"mixer", "pump"}
    shutil.rmtree(repo.folder)
    await box.looks()
    assert box.names == {"mixer", "pump"}
    assert "plant: No such file or directory" in box.said
    repo.folder.mkdir()
    await box.looks()
    assert box.names == {"mixer", "pump"}
    assert "all would vanish" in box.said, "a share that is not mounted is an empty folder"


@pytest.mark.parametrize("git", [True, False])
async def test_places_are_told_from_the_top_of_the_source(store: Store, repo: Repo, tmp_path: Path, git: bool) -> None:
    """With --path the files are called as they are in the repository, in errors and where objects come from."""
    repo.write(lines__a__fan=manifest("fan"))
    repo.commit()
    box = Box(store, repo.url if git else str(repo.folder), tmp_path / "state" / "source", path="/lines//a/".strip("/"))
    await box.looks()
    assert [each.origin for each in box.records] == ["lines/a/fan.yaml:1"]
    (repo.folder / "lines" / "a" / "odd.yaml").symlink_to("/etc/passwd")
    repo.commit()
    await box.looks()
    assert "lines/a/odd.yaml: this is a link" in box.said


async def test_it_looks_again_and_at_once_when_woken(repo: Repo, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks lies the interval, unless somebody says that there is something new: then five seconds do."""
    monkeypatch.setattr(syncing, "WOKEN_SECS", 0.2)
    running = asyncio.create_task(box.syncer.run())
    await box.syncer.looked()
    repo.write(fans=manifest("fan", SPEC))
    repo.commit()
    box.syncer.wake()
    async with asyncio.timeout(30):
        while "fan" not in box.names:
            await asyncio.sleep(0.01)
    before = box.syncer.status().counts["taken"]
    for _ in range(100):
        box.syncer.wake()
        await asyncio.sleep(0)
    assert sum(box.syncer.status().counts.values()) <= before + 1, "a storm of wakes is one look"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_a_source_that_stays_away_is_asked_less_and_less_often(store: Store, tmp_path: Path) -> None:
    """The pause doubles up to ten minutes, and is the usual one again when the source is there."""
    box = Box(store, f"file://{tmp_path}/gone", tmp_path / "state" / "source", poll_secs=100)
    pauses = []
    for _ in range(5):
        await box.looks(1)
        pauses.append(box.syncer._waits)
    assert pauses == [200, 400, 600, 600, 600]
    repo = Repo(tmp_path / "gone")
    repo.write(a=manifest())
    repo.commit()
    await box.looks(1)
    assert box.syncer._waits == 100
