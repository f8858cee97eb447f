"""Where manifests are found: files, folders, kustomizations and standard input."""

import stat
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from mock_plc.twin.documents import ManifestError
from mock_plc.twin.sources import SourceError, texts

MANIFEST = "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\n"


def _put(folder: Path, **files: str) -> None:
    """Write files; `__` in a name is a folder's end, `_` before the suffix its dot."""
    for name, content in files.items():
        path = folder.joinpath(*name.replace("_yaml", ".yaml").replace("_yml", ".yml").split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder on the PATH, which is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    """Each .yaml, .yml and .json is taken, in order, and nothing of hidden folders or of other names."""
    _put(tmp_path, a__one_yaml="1", a__b__two_yml="2", c_yaml="3", README="4", a__b__notes="5")
    (tmp_path / "d.json").write_text("6")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/x.yaml").write_text("7")
    found = texts([str(tmp_path)])
    assert [text.content for text in found] == ["3", "6", "1", "2"]
    assert found[0].source == str(tmp_path / "c.yaml")


def test_what_is_given_twice_is_read_once(tmp_path: Path) -> None:
    """The same path given twice is one; a file is read whatever it is called."""
    file = tmp_path / "manifest"
    file.write_text("1")
    assert [text.content for text in texts([str(file), str(file)])] == ["1"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` stands for what is piped in."""
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO("\ufeffkind: °".encode())))
    (text,) = texts(["-"])
    assert (text.source, text.content) == ("standard input", "kind: °")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), (b"\xff", "byte 0 is not UTF-8")]
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is not there or no text is named, with the reason."""
    file = tmp_path / "a.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SourceError, match=f"a.yaml: {said}"):
        texts([str(file)])


PLANT = {
    "line__kustomization_yaml": "resources: [mixer.yaml]\n",
    "line__mixer_yaml": MANIFEST,
    "extra__kustomization_yaml": "kind: Component\n",
    "lines__1__kustomization_yaml": "resources: [../../line]\ncomponents: [../../extra]\npatches: [{path: p.yaml}]\n",
    "lines__1__p_yaml": MANIFEST,
    "lines__1__more__q_yaml": MANIFEST,
    "lines__2__Kustomization": "bases: ['../../line/']\n",
    "plain_yaml": MANIFEST,
}


@pytest.mark.parametrize(
    ("name", "word"), [("kustomize", "build"), ("kubectl", "kustomize")], ids=["kustomize", "kubectl"]
)
def test_a_kustomization_is_what_kustomize_makes_of_it(tmp_path: Path, programs: Path, name: str, word: str) -> None:
    """It is built by the real program; what others build on, and what lies below it, does not stand for itself."""
    plant = tmp_path / "plant"
    _put(plant, **PLANT)
    _program(programs, name, 'echo "built by $1 of $2"')
    found = texts([str(plant)])
    assert [text.content.strip() for text in found] == [
        MANIFEST.strip(),
        *(f"built by {word} of {plant}/lines/{line}" for line in "12"),
    ]
    assert found[1].source == f"{plant}/lines/1 (by {name} {word})"
    assert [text.lined for text in found] == [True, False, False]


def test_a_base_that_is_given_alone_is_built(tmp_path: Path, programs: Path) -> None:
    """Whoever names a folder means it, also if others build on it."""
    _put(tmp_path / "plant", **PLANT)
    _program(programs, "kubectl", 'echo "$2"')
    (text,) = texts([str(tmp_path / "plant/line")])
    assert text.content.strip() == str(tmp_path / "plant/line")


def test_without_kustomize_a_kustomization_is_an_error(tmp_path: Path, programs: Path) -> None:
    """Its files alone are not what is deployed, so they are not read in its place; the way out is named."""
    _put(tmp_path / "plant", **PLANT)
    with pytest.raises(SourceError) as raised:
        texts([str(tmp_path / "plant/lines/1")])
    assert str(raised.value) == (
        f"{tmp_path}/plant/lines/1 is a kustomization, and there is neither kustomize nor kubectl on the PATH: install "
        "one of them, or build it elsewhere and give what comes out: -f -"
    )


def test_what_kustomize_refuses_is_told(tmp_path: Path, programs: Path) -> None:
    """The program's own words say why a kustomization cannot be built."""
    _put(tmp_path / "plant", **PLANT)
    _program(programs, "kustomize", "echo 'Error: no such base' >&2; exit 1")
    with pytest.raises(
        SourceError, match=r"1 is a kustomization that cannot be built: kustomize build: Error: no such"
    ):
        texts([str(tmp_path / "plant/lines/1")])


def test_a_kustomization_that_is_no_yaml_is_named(tmp_path: Path, programs: Path) -> None:
    """Which others it builds on cannot be told, so nothing is served."""
    _put(tmp_path, kustomization_yaml="resources: [\n")
    with pytest.raises(ManifestError, match=r"kustomization\.yaml: no YAML"):
        texts([str(tmp_path)])
