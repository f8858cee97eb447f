"""The tools of others that people lead Rollouts of Argo Rollouts by: its kubectl plugin, Argo CD and Flux."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml
from lupa.lua51 import LuaRuntime
from testbed.gomodules import downloaded

from ..planes import MERGE

GUIDE = Path(__file__).parents[3] / "docs/guides/argo-rollouts.md"

Body = dict[str, Any]


class Plugin:
    """The kubectl plugin of Argo Rollouts, in one namespace."""

    def __init__(self, path: Path, kubeconfig: Path, namespace: str) -> None:
        self._command = [str(path), "--kubeconfig", str(kubeconfig), "--namespace", namespace]

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run it; return its exit code, and what it prints, without colours."""
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)

    def __call__(self, *arguments: str) -> str:
        """Run it where it must succeed."""
        code, text = self.run(*arguments)
        assert code == 0, text
        return text

    def listed(self, name: str) -> list[str]:
        """Return the columns of a Rollout in `list rollouts`."""
        rows = (line.split() for line in self("list", "rollouts").splitlines())
        return next(row[1:] for row in rows if row[0] == name)

    def shown(self, name: str) -> list[str]:
        """Return the lines of `get rollout`, with single spaces."""
        return [" ".join(line.split()) for line in self("get", "rollout", name).splitlines()]


class ArgoCD:
    """Argo CD's own scripts about a kind of Argo Rollouts, run as it runs them."""

    def __init__(self, kind: str = "Rollout") -> None:
        self._folder = downloaded("github.com/argoproj/argo-cd/v3") / "resource_customizations/argoproj.io" / kind

    def health(self, body: Body) -> tuple[str, str]:
        """Return what it calls the health of an object, and the message that it shows."""
        found = self._run("health.lua", body)
        return found["status"], found.get("message", "")

    def offered(self, body: Body) -> set[str]:
        """Return the actions that can be clicked."""
        return {name for name, each in self._run("actions/discovery.lua", body).items() if not each.get("disabled")}

    def act(self, api: httpx.Client, path: str, action: str) -> None:
        """Click on an action: what its script changes is patched, of the status first, and then the rest."""
        body = api.get(path).raise_for_status().json()
        patch = _difference(body, self._run(f"actions/{action}/action.lua", body))
        if "status" in patch:
            api.patch(f"{path}/status", json=patch, headers=MERGE).raise_for_status()
        if rest := {name: each for name, each in patch.items() if name != "status"}:
            api.patch(path, json=rest, headers=MERGE).raise_for_status()

    def _run(self, script: str, body: Body) -> Any:
        lua: Any = LuaRuntime(unpack_returned_tuples=True)
        lua.globals()["obj"] = lua.table_from(body, recursive=True)
        return _plain(lua.execute((self._folder / script).read_text()))


def _plain(value: Any) -> Any:
    """Return what a script returns, where every table is a mapping."""
    return {key: _plain(each) for key, each in value.items()} if hasattr(value, "items") else value


def _difference(before: Any, after: Mapping[Any, Any]) -> Body:
    """Return a merge patch (RFC 7386) that makes of an object what a script has made of it."""
    patch: Body = {}
    for name, old in before.items():
        new = after.get(name)
        if isinstance(old, dict):
            if changed := _difference(old, new or {}):
                patch[name] = changed
        elif isinstance(old, list):
            if new is None:
                patch[name] = None
            else:
                assert len(new) == len(old), f"a script has changed a list: {name}"
        elif new != old:
            patch[name] = new
    return patch | {name: after[name] for name in after.keys() - before.keys()}


class Flux:
    """How Flux judges an object by the healthCheckExprs of the guide."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._expressions = folder / "expressions.json"
        (block,) = (each for each in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL) if "Exprs" in each)
        (expressions,) = yaml.safe_load(block)["healthCheckExprs"]
        self._expressions.write_text(json.dumps(expressions))

    def health(self, body: Body) -> str:
        """Return what it calls the health of a Rollout: Current, InProgress or Failed."""
        return self._run(body, self._expressions).stdout.strip()

    def by_kstatus(self, body: Body) -> str:
        """Return what it says of it without expressions."""
        done = self._run(body)
        return (done.stdout or done.stderr).strip()

    def _run(self, body: Body, *arguments: Path) -> subprocess.CompletedProcess[str]:
        text = json.dumps([body])
        return subprocess.run([self._path, *arguments], input=text, capture_output=True, text=True, check=False)
