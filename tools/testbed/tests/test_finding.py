"""Where the binaries come from: the order of the four ways, and what is said when none works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from testbed import binaries, gobuild, golang
from testbed.cache import say, this_platform
from testbed.errors import BinariesNotFoundError, SourceError

NAMES = ("etcd", "kube-apiserver")
SAYS_ITS_VERSION = "#!/bin/sh\n[ $1 = version ] && echo go version go1.27.0 linux/amd64 && exit\n"
"""How a program begins that is to be taken for a go."""


def put(folder: Path, *names: str) -> Path:
    """A folder with executables of those names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with no binaries, an empty cache, no network and no go; gives the cache folder."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    for module in (binaries, golang):
        monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # nobody listens there
    return tmp_path / "cache"


def test_the_variable_comes_first(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What KUBEBUILDER_ASSETS names is taken although the cache has the same."""
    put(bare / f"{gobuild.VERSION}-{this_platform()}", *NAMES)
    assets = put(tmp_path / "assets", *NAMES)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    found = binaries.needed_binaries(controller_manager=False)
    assert found == {name: assets / name for name in NAMES}


def test_what_the_variable_lacks_comes_from_the_cache(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A binary that KUBEBUILDER_ASSETS lacks is looked for further on, and that is said."""
    cache = put(bare / f"{gobuild.VERSION}-{this_platform()}", *NAMES, "kube-controller-manager")
    assets = put(tmp_path / "assets", *NAMES)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    found = binaries.needed_binaries(controller_manager=True)
    assert found["etcd"] == assets / "etcd"
    assert found["kube-controller-manager"] == cache / "kube-controller-manager"
    assert "has no kube-controller-manager; looking further" in capsys.readouterr().err


def test_a_file_that_cannot_be_run_is_no_binary(bare: Path) -> None:
    """A cached file without the executable bit is passed over."""
    folder = put(bare / f"{gobuild.VERSION}-{this_platform()}", *NAMES)
    (folder / "etcd").chmod(0o644)
    with pytest.raises(BinariesNotFoundError, match="found no etcd in any"):
        binaries.needed_binaries(controller_manager=False)


def test_when_no_way_works_the_error_names_all_four(bare: Path) -> None:
    """The error says of each of the four ways why it did not work."""
    with pytest.raises(BinariesNotFoundError) as caught:
        binaries.needed_binaries(controller_manager=False)
    first, *ways = str(caught.value).splitlines()
    assert first == "found no etcd, kube-apiserver in any of four ways:"
    assert [way.split(":")[0].strip() for way in ways] == [
        "1. KUBEBUILDER_ASSETS",
        "2. the cache",
        "3. the official envtest archive",
        "4. a build from Go modules",
    ]
    assert "the variable is not set" in ways[0]
    assert str(bare) in ways[1]
    assert "cannot fetch https://github.com/kubernetes-sigs/controller-tools/" in ways[2]
    assert "no `go` on the PATH" in ways[3]


def test_a_way_is_asked_only_for_what_is_missing() -> None:
    """The ways are tried in order, each for what those before it did not have, and no further."""
    asked: list[tuple[str, list[str]]] = []

    def way(name: str, *has: str) -> binaries.Source:
        def source(names: Sequence[str]) -> Mapping[str, Path]:
            asked.append((name, list(names)))
            if not has:
                raise SourceError("out of order")
            return {each: Path(name, each) for each in names if each in has}

        return source

    ways = {"a": way("a", "etcd"), "b": way("b"), "c": way("c", *NAMES), "d": way("d", *NAMES)}
    assert binaries.find(NAMES, ways) == {"etcd": Path("a/etcd"), "kube-apiserver": Path("c/kube-apiserver")}
    assert asked == [("a", [*NAMES]), ("b", ["kube-apiserver"]), ("c", ["kube-apiserver"])]


def test_go_modules_pin_what_the_cache_is_named_after() -> None:
    """The versions in the two go.mod files are those that the cache folder and the server's version carry."""
    kubernetes = (gobuild.MODULES / "kubernetes" / "go.mod").read_text()
    etcd = (gobuild.MODULES / "etcd" / "go.mod").read_text()
    assert f"k8s.io/kubernetes {gobuild.KUBERNETES} " in kubernetes
    assert f"k8s.io/api => k8s.io/api {gobuild.KUBERNETES.replace('v1.', 'v0.', 1)}\n" in kubernetes
    assert f"go.etcd.io/etcd/server/v3 {gobuild.ETCD_VERSION} " in etcd


def test_a_failed_build_says_what_go_said(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When go fails, its last words are in the error and no half-made binary stays."""
    go = tmp_path / "go"
    go.write_text(SAYS_ITS_VERSION + "echo 'no space left on device' >&2\nexit 3\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(SourceError, match=r"ended with 3:\n    no space left on device"):
        gobuild.install(["etcd"], bare, say)
    assert [path.name for path in bare.iterdir()] == ["install.lock"]


def test_half_a_binary_of_a_killed_build_is_replaced(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a killed build left under the temporary name is gone before go is asked to write there."""
    go = tmp_path / "go"
    go.write_text(
        SAYS_ITS_VERSION + 'for last do output=$package; package=$last; done\nset -C; echo whole > "$output"\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    put(bare)
    (bare / ".etcd.new").write_text("half")
    found = gobuild.install(["etcd"], bare, say)
    assert found["etcd"].read_text() == "whole\n"
    assert sorted(path.name for path in bare.iterdir()) == ["etcd", "install.lock"]
