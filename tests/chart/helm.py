"""Helm as its users run it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/fabgitops"
EARLIER = Path(__file__).parent / "earlier"
# Helm 3 and 4 render for different versions of Kubernetes when there is no cluster to ask.
KUBERNETES = "1.34.2"
RELEASE, NAMESPACE, OTHER = "fab", "plant", "other-plant"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of libyaml, where PyYAML has it: what a release is made of is read in a fifth of the time."""

Object = dict[str, Any]
Values = dict[str, Any]


class HelmError(Exception):
    """Helm failed: its text is what Helm said."""


@dataclass(frozen=True)
class Helm:
    """A version of Helm with a home of its own, and the cluster that it speaks to."""

    program: Path
    home: Path
    kubeconfig: Path | None = None

    def run(self, *arguments: str | Path, values: Values | None = None) -> str:
        """Return what it prints on stdout; values go in as JSON.

        Raises:
            HelmError: it failed.
        """
        places = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        environment |= {name: str(self.home / name.lower()) for name in places}
        if self.kubeconfig:
            environment["KUBECONFIG"] = str(self.kubeconfig)
        given = ["--values", "-"] if values is not None else []
        text = json.dumps(values) if values is not None else ""
        command = [self.program, *arguments, *given]
        done = subprocess.run(
            command, input=text, env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        if done.returncode != 0:
            raise HelmError(done.stderr)
        return done.stdout

    def template(self, values: Values | None = None) -> str:
        """Return what a release in its namespace would be made of, the objects of `helm test` included.

        Raises:
            HelmError: it refused.
        """
        flags = ("--namespace", NAMESPACE, "--kube-version", KUBERNETES)
        return self.run("template", RELEASE, CHART, *flags, values=values or {})

    def objects(self, values: Values | None = None) -> list[Object]:
        """Return the same as objects."""
        return objects(self.template(values))

    def install(
        self, values: Values | None = None, *flags: str, chart: Path = CHART, namespace: str = NAMESPACE
    ) -> str:
        """Install or upgrade the release without waiting, for nothing runs pods here; return what it tells the user.

        Raises:
            HelmError: it refused, or the API server did.
        """
        return self.run("upgrade", "--install", RELEASE, chart, "--namespace", namespace, *flags, values=values or {})

    def uninstall(self, namespace: str = NAMESPACE) -> None:
        """Take the release away, and wait until it is gone."""
        self.run("uninstall", RELEASE, "--namespace", namespace, "--wait", "--timeout=60s")


def objects(text: str) -> list[Object]:
    """Return the objects of a stream of YAML documents."""
    return [each for each in yaml.load_all(text, _Loader) if each]


def find(among: list[Object], kind: str, suffix: str = "") -> Object:
    """Return the one object of a kind whose name ends so."""
    found = [each for each in among if each["kind"] == kind and each["metadata"]["name"].endswith(suffix)]
    assert len(found) == 1, f"{kind} {suffix}: {[each['metadata']['name'] for each in found]}"
    return found[0]


def pod_specs(among: list[Object]) -> dict[str, Object]:
    """Return what each pod is made of, by the name of what makes it."""
    specs = {each["metadata"]["name"]: each["spec"] for each in among if each["kind"] in {"Deployment", "Pod"}}
    return {name: spec["template"]["spec"] if "template" in spec else spec for name, spec in specs.items()}
