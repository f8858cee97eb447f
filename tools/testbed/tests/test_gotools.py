"""Programs built from their Go modules: when they are built, and what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from testbed import gobuild, golang, gotools
from testbed.cache import this_platform
from testbed.errors import SourceError

TOOLS = [
    gotools.PROMETHEUS,
    gotools.ALERTMANAGER,
    gotools.COMPOSE,
    gotools.KUBECTL,
    gotools.FLUX_HEALTH,
    gotools.KFAKE,
    gotools.CONTOUR,
    gotools.ARGO_ROLLOUTS,
]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and no go."""
    for module in (gotools, golang):
        monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_what_is_in_the_cache_is_not_built(cache: Path) -> None:
    """A program that was built before is taken from the cache, and go is not needed."""
    folder = cache / f"alertmanager-{gotools.ALERTMANAGER.version}-{this_platform()}"
    folder.mkdir()
    (folder / "amtool").touch(mode=0o755)
    assert gotools.built(gotools.ALERTMANAGER) == {"amtool": folder / "amtool"}


@pytest.mark.usefixtures("cache")
def test_without_go_it_is_said_where_go_comes_from() -> None:
    """Where there is neither the program nor go, the message leads to go."""
    with pytest.raises(SourceError, match=r"https://go\.dev/dl"):
        gotools.built(gotools.COMPOSE)


def test_a_failed_build_tells_what_go_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails leaves no program behind, and the message has go's own words."""
    go = cache / "go"
    go.write_text(
        "#!/bin/sh\n"
        "[ $1 = version ] && echo go version go1.27.0 linux/amd64 && exit\n"
        "echo no such package >&2\nexit 3\n"
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{cache}:/bin:/usr/bin")
    with pytest.raises(SourceError, match="no such package"):
        gotools.built(gotools.COMPOSE)
    assert list(cache.rglob("compose-config")) == []


@pytest.mark.parametrize("program", TOOLS, ids=lambda program: program.module)
def test_the_version_is_what_go_mod_requires(program: gotools.Tools) -> None:
    """The version by which programs are cached is the one that their go.mod asks for, whose sums are committed."""
    folder = gobuild.MODULES / program.module
    owners = {
        "prometheus": "github.com/prometheus/prometheus",
        "alertmanager": "github.com/prometheus/alertmanager",
        "compose": "github.com/compose-spec/compose-go/v2",
        "kubectl": "k8s.io/kubernetes",
        "flux-health": "github.com/fluxcd/pkg/runtime",
        "kfake": "github.com/twmb/franz-go/pkg/kfake",
        "contour": "github.com/projectcontour/contour",
        "argo-rollouts": "github.com/argoproj/argo-rollouts",
    }
    module = f"{owners[program.module]} {program.version}"
    assert module in (folder / "go.mod").read_text()
    assert f"{module} h1:" in (folder / "go.sum").read_text()
