"""Kustomizations: what is found before the program runs, and how it is run; the real one is tried beside kubectl."""

import os
from pathlib import Path

import pytest
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.standalone.source import kustomize
from fabgitops_operator.standalone.source.bases import problems_of_bases
from fabgitops_operator.standalone.source.origins import with_origins
from fabgitops_operator.standalone.source.reading import read
from fabgitops_operator.standalone.source.troubles import RevisionError
from fabgitops_operator.standalone.store import Store

from .boxes import Box
from .repositories import Repo, manifest


def put(folder: Path, **files: str) -> None:
    """Write files; `a__b` stands for a path a/b.yaml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            "https://github.com/x/y",
            "there is no such file in the source, and nothing is fetched from elsewhere without",
        ),
        ("github.com/x/y?ref=main", "there is no such file in the source, and nothing is fetched"),
        ("git@github.com:x/y", "there is no such file in the source, and nothing is fetched"),
        ("nosuch.yaml", "there is no such file in the source, and nothing is fetched"),
        ("../../elsewhere", "this lies outside the source"),
        ("/etc/passwd", "there is no such file in the source, and nothing is fetched"),
    ],
)
@pytest.mark.parametrize("field", ["resources", "Resources", "bases", "components", "transformers"])
def test_what_is_not_in_the_source_is_refused_with_its_line(tmp_path: Path, field: str, entry: str, told: str) -> None:
    """A remote base, a file that is not there, or one outside: named before kustomize could fetch it."""
    put(tmp_path, base__kustomization=f"{field}:\n  - '{entry}'\n", a__kustomization="resources: [../base]")
    found = problems_of_bases(tmp_path, "a")
    assert len(found) == 1
    assert str(found[0]).startswith(f"base/kustomization.yaml:2: {field}[0] is '{entry}': {told}")


def test_patches_may_stand_in_files_or_in_the_kustomization(tmp_path: Path) -> None:
    """A patch names a file of the source, or is written out."""
    text = (
        "resources: [a.yaml, ../base]\n"
        "patches:\n- path: p.yaml\n- path: q.yaml\n- patch: |\n    - op: remove\n"
        "openapi: {path: r.yaml}\ntransformers:\n- |\n  apiVersion: builtin\n"
    )
    put(tmp_path, x__kustomization=text, x__a="", x__p="", base__kustomization="resources: [../x]\n")
    found = problems_of_bases(tmp_path, "x")
    assert [(each.line, each.text.split(":")[0]) for each in found] == [
        (4, "patches[1].path is 'q.yaml'"),
        (7, "openapi.path is 'r.yaml'"),
    ]


def test_a_kustomization_below_a_folder_that_is_none_is_refused() -> None:
    """Read as plain files its patches would be missing, and a bare base is a wrong set-point."""
    assert not kustomize.is_needed({"a.yaml": b""})
    assert kustomize.is_needed({"a.yaml": b"", "kustomization.yml": b"", "b/kustomization.yaml": b""})
    with pytest.raises(RevisionError, match=r"^b/Kustomization: .* name this folder with --path, or add a"):
        kustomize.is_needed({"a.yaml": b"", "b/Kustomization": b""})


def test_objects_know_their_files_and_the_lines_of_their_fields(tmp_path: Path) -> None:
    """What kustomize printed is told of by file and line of the source, and shows nothing of that itself."""
    put(tmp_path, tree__base__m=f"# two\n{manifest('pump')}---\n{manifest('mixer')}")
    printed = (
        "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\nmetadata:\n  name: line-a-mixer\n  annotations:\n"
        "    config.kubernetes.io/origin: |\n      path: ../tree/base/m.yaml\nspec:\n  targetValue: 5\n"
    )
    built = read({"built": printed.encode()}, KINDS)
    assert built.troubles == ()
    placed = with_origins(built, tmp_path, "../tree/").manifests[0]
    assert placed.origin == "base/m.yaml:7"
    assert placed.lines.of(("spec", "targetValue")) == 10
    assert placed.body["metadata"] == {"name": "line-a-mixer", "namespace": "default"}


async def test_without_the_program_a_kustomization_is_an_error(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without kustomize and kubectl is told what to install; the plain files are not taken."""
    repo = Repo(tmp_path / "plant")
    repo.write(kustomization="resources: [a.yaml]\n", a=manifest())
    repo.commit()
    box = Box(store, repo.url, tmp_path / "state")
    (tmp_path / "bin").mkdir()
    for name in ("git", "sh"):
        found = next(Path(each) / name for each in os.environ["PATH"].split(":") if (Path(each) / name).exists())
        (tmp_path / "bin" / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    await box.looks(1)
    assert box.names == set()
    assert (
        "kustomization.yaml: this needs kustomize to be built, and neither kustomize nor kubectl is there" in box.said
    )


@pytest.mark.parametrize(("remote", "reaches"), [(False, False), (True, True)])
async def test_it_runs_in_a_copy_of_its_own_and_reaches_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: bool, reaches: bool
) -> None:
    """The program finds no git on its PATH and no way out, unless remote bases are allowed; the copy is gone then."""
    repo = Repo(tmp_path / "plant")
    repo.write(kustomization="resources: [a.yaml]\n", a=manifest())
    repo.commit()
    played = tmp_path / "bin" / "kustomize"
    played.parent.mkdir()
    played.write_text(
        "#!/bin/sh\n"
        f'{{ pwd; echo "$PATH $HTTPS_PROXY"; echo "$FABGITOPS_SECRET"; }} > {tmp_path}/seen\n'
        'while read -r line; do echo "$line"; done < ../tree/a.yaml\n'
    )
    played.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("FABGITOPS_SECRET", "x")
    box = Box(store, repo.url, tmp_path / "state", remote_bases=remote)
    await box.looks(1)
    assert box.names == {"mixer"}
    folder, paths, secret = (tmp_path / "seen").read_text().splitlines()
    assert (os.environ["PATH"] in paths) is reaches
    assert ("http://127.0.0.1:9" in paths) is not reaches
    assert secret == ""
    assert not Path(folder).exists()
    assert list((tmp_path / "state" / "scratch").iterdir()) == []


async def test_what_kustomize_says_is_told_with_paths_of_the_source(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that fails is told by the file of the source, not by that of the copy."""
    repo = Repo(tmp_path / "plant")
    repo.write(lines__a__kustomization="resources: [a.yaml]\n", lines__a__a=manifest())
    repo.commit()
    played = tmp_path / "bin" / "kustomize"
    played.parent.mkdir()
    played.write_text('#!/bin/sh\ncd ../tree && echo "Error: $(pwd)/lines/a/a.yaml is odd" >&2\nexit 1\n')
    played.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    box = Box(store, repo.url, tmp_path / "state", path="lines/a")
    await box.looks(1)
    assert "lines/a/kustomization.yaml: kustomize cannot build this: Error: lines/a/a.yaml is odd" in box.said


async def test_a_state_that_is_named_from_where_one_stands_will_do(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--state state` names a folder from where the operator was started; the program runs elsewhere, and finds it."""
    repo = Repo(tmp_path / "plant")
    repo.write(kustomization="resources: [a.yaml]\n", a=manifest())
    repo.commit()
    played = tmp_path / "bin" / "kustomize"
    played.parent.mkdir()
    played.write_text('#!/bin/sh\ncat "$2/../tree/a.yaml"\n')
    played.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    box = Box(store, repo.url, Path("state"), remote_bases=True)
    await box.looks(1)
    assert box.names == {"mixer"}
