"""A folder as the source: read whole, when it has stood still, and never beyond its bounds."""

import os
from pathlib import Path

import pytest
from fabgitops_operator.standalone.source import tree
from fabgitops_operator.standalone.source.directory import Directory
from fabgitops_operator.standalone.source.tree import Revision
from fabgitops_operator.standalone.source.troubles import AwayError, RevisionError


async def settled(source: Directory, known: str = "") -> Revision | None:
    """Look twice, as two looks must agree."""
    first = await source.look(known)
    return first or await source.look(known)


def put(folder: Path, **files: str) -> None:
    """Write files; `a__b` stands for a path a/b.yaml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


async def test_a_folder_is_read_when_two_looks_agree(tmp_path: Path) -> None:
    """What changes between two looks is not read yet; then all of it is, with the folders below."""
    put(tmp_path, a="1", lines__b="2")
    source = Directory(tmp_path)
    assert await source.look("") is None
    put(tmp_path, a="half")
    assert await source.look("") is None
    put(tmp_path, a="whole")
    assert await source.look("") is None
    revision = await source.look("")
    assert revision is not None
    assert revision.files == {"a.yaml": b"whole", "lines/b.yaml": b"2"}
    assert await settled(source) is None, "nothing changed since"


async def test_a_file_that_is_written_while_it_is_read_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that comes between the look and the reading lets the reading count for nothing."""
    put(tmp_path, a="1", b="1")
    source = Directory(tmp_path)
    real_scan, scans = source._scan, []

    def scan() -> object:
        scans.append(1)
        if len(scans) == 3:  # the one behind the reading
            put(tmp_path, a="longer than it was")
        return real_scan()

    monkeypatch.setattr(source, "_scan", scan)
    assert await settled(source) is None
    revision = await settled(source)
    assert revision is not None
    assert revision.files["a.yaml"] == b"longer than it was"


async def test_the_revision_is_named_by_what_stands_in_the_files(tmp_path: Path) -> None:
    """The same content is the same revision, also after a restart and with other times; other content is another."""
    put(tmp_path, a="1")
    first = await settled(Directory(tmp_path))
    assert first is not None
    put(tmp_path, a="1")
    assert await settled(Directory(tmp_path), first.id) is None
    put(tmp_path, a="2")
    second = await settled(Directory(tmp_path), first.id)
    assert second is not None
    assert second.id != first.id


async def test_hidden_files_and_other_files_are_not_read(tmp_path: Path) -> None:
    """Only manifests and kustomizations count, none that is hidden, but the word on what may vanish."""
    put(tmp_path, a="1", _git__b="2")
    for name in (
        ".hidden.yaml",
        ".github/x.yaml",
        "notes.txt",
        "a.yaml.swp",
        ".fabgitops/allow-vanishing",
        "sub/.x.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("5")
    (tmp_path / "Kustomization").write_text("")
    revision = await settled(Directory(tmp_path))
    assert revision is not None
    assert set(revision.files) == {"a.yaml", "_git/b.yaml", ".fabgitops/allow-vanishing", "Kustomization"}


async def test_links_are_followed_within_the_folder_as_mounted_config_maps_need_it(tmp_path: Path) -> None:
    """A ConfigMap that is mounted is links to links to files, of which the hidden folder is not read twice."""
    (tmp_path / "..2026_11").mkdir()
    (tmp_path / "..2026_11" / "a.yaml").write_text("1")
    (tmp_path / "..data").symlink_to("..2026_11")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    revision = await settled(Directory(tmp_path))
    assert revision is not None
    assert revision.files == {"a.yaml": b"1"}


@pytest.mark.parametrize(("target", "told"), [("/etc/passwd", "leads out of the source"), ("gone", "leads nowhere")])
async def test_links_that_lead_elsewhere_are_refused(tmp_path: Path, target: str, told: str) -> None:
    """A link out of the folder, or to nothing, is an error and not a file less."""
    put(tmp_path, a="1")
    (tmp_path / "b.yaml").symlink_to(target)
    source = Directory(tmp_path)
    with pytest.raises(RevisionError, match=rf"^b\.yaml: this is a link that {told}"):
        await settled(source)
    assert await settled(source) is None, "it is told once"


async def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    """A pipe that is called like a manifest would hold the reader for ever; it is passed over, and told."""
    put(tmp_path, a="1")
    os.mkfifo(tmp_path / "pipe.yaml")
    revision = await settled(Directory(tmp_path))
    assert revision is not None
    assert (set(revision.files), revision.passed_over) == ({"a.yaml"}, ("pipe.yaml: no file",))


async def test_a_folder_that_is_gone_is_away(tmp_path: Path) -> None:
    """A folder that is not there says so by its name, and is read when it is back."""
    source = Directory(tmp_path / "plant")
    with pytest.raises(AwayError, match="plant: No such file or directory"):
        await source.look("")
    put(tmp_path / "plant", a="1")
    assert await settled(source) is not None


async def test_bounds_of_size_and_number_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files beyond all reason are refused before they are read."""
    put(tmp_path, a="12345", b="1")
    monkeypatch.setattr(tree, "LARGEST_FILE", 4)
    with pytest.raises(RevisionError, match=r"^a\.yaml: the file has 5 bytes, and 4 at most are read: split it$"):
        await settled(Directory(tmp_path))
    monkeypatch.setattr(tree, "MOST_FILES", 1)
    with pytest.raises(RevisionError, match="more than 1 files: name the folder that matters with --path"):
        await settled(Directory(tmp_path))


async def test_names_that_cannot_be_shown_are_refused(tmp_path: Path) -> None:
    """A name with a control character is refused, and shown without obeying it."""
    (tmp_path / "a\x1b[2J.yaml").write_text("1")
    with pytest.raises(RevisionError, match=r"^a\\x1b\[2J\.yaml: the name of the file has characters that cannot be"):
        await settled(Directory(tmp_path))


async def test_a_copy_for_kustomize_holds_the_whole_source(tmp_path: Path) -> None:
    """A base beside the folder of the manifests comes along; links do not."""
    put(tmp_path / "plant", base__a="1", lines__a__b="2")
    (tmp_path / "plant" / "base" / "x").symlink_to("/etc/passwd")
    revision = await settled(Directory(tmp_path / "plant", "lines/a"))
    assert revision is not None
    assert set(revision.files) == {"b.yaml"}
    copy = tmp_path / "copy"
    copy.mkdir()
    await revision.export(copy)
    assert sorted(str(each.relative_to(copy)) for each in copy.rglob("*") if not each.is_dir()) == [
        "base/a.yaml",
        "lines/a/b.yaml",
    ]
