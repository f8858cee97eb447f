"""What fabctl costs, beside kubectl on the same API server: `python -m benchmarks.start [RUNS] [PLCS] [MANY]`.

Each command is a new process each time, and they take turns, so that all of them meet the same machine. What Python
compiles is kept, as it is where fabctl is installed: an environment that forbids that (PYTHONDONTWRITEBYTECODE) more
than doubles a start, and is not passed on.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import httpx
from cyclopts import App
from cyclopts.types import PositiveInt
from fabgitops_operator.cluster.install import manifests
from rich.console import Console
from rich.table import Table
from testbed import ControlPlane, control_plane
from testbed.gotools import KUBECTL, built

PLCS = "/apis/fabgitops.io/v1/namespaces/default/industrialplcs"
READY_SECS = 30.0
MERGE = {"Content-Type": "application/merge-patch+json"}
SINCE = "2026-01-01T00:00:00Z"
STATUS = {
    "phase": "Connected",
    "observedGeneration": 1,
    "inSync": True,
    "currentValue": 2500,
    "driftEvents": 3,
    "correctionsApplied": 3,
    "message": "register 4001 holds 2500, as Git wants",
    "conditions": [
        {"type": name, "status": status, "reason": "InSync", "message": "", "lastTransitionTime": SINCE}
        for name, status in (("Ready", "True"), ("InSync", "True"), ("Reconciling", "False"), ("Stalled", "False"))
    ],
}
"""What an operator says of a PLC that holds what Git wants."""

app = App(name="bench", help_format="plaintext")


def commands(kubectl: Path) -> dict[str, list[str]]:
    """Return the command lines by what the table calls them; the first is what the others are compared with."""
    fabctl, theirs = str(Path(sys.executable).with_name("fabctl")), str(kubectl)
    return {
        "kubectl get --raw": [theirs, "get", "--raw", PLCS],
        "kubectl get plc": [theirs, "get", "plc"],
        "fabctl get-status": [fabctl, "get-status"],
        "fabctl get-status NAME": [fabctl, "get-status", "plc-0"],
        "fabctl version --client": [fabctl, "version", "--client"],
        "fabctl --help": [fabctl, "--help"],
        "fabctl --version": [fabctl, "--version"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }


def lists(kubectl: Path) -> dict[str, list[str]]:
    """Return the command lines that list all there are."""
    known = commands(kubectl)
    fabctl = known["fabctl get-status"][0]
    return {
        **{name: known[name] for name in ("kubectl get --raw", "kubectl get plc")},
        "kubectl get plc -o json": [str(kubectl), "get", "plc", "-o", "json"],
        "fabctl get-status": known["fabctl get-status"],
        "fabctl list": [fabctl, "list"],
        "fabctl get-status -o json": [fabctl, "get-status", "-o", "json"],
    }


def apply(kubectl: Path, environment: Mapping[str, str], text: str) -> None:
    """Apply manifests."""
    command = [str(kubectl), "apply", "--server-side", "-f", "-"]
    done = subprocess.run(command, input=text, text=True, env=environment, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"bench: {done.stderr}")


def install(plane: ControlPlane, kubectl: Path, environment: Mapping[str, str], count: int) -> None:
    """Install the kinds, and some PLCs that nobody looks at."""
    definitions = [part for part in manifests().split("\n---\n") if "kind: CustomResourceDefinition" in part]
    apply(kubectl, environment, "\n---\n".join(definitions))
    with plane.client() as http:
        wait(lambda: serves(http), "the kinds are served")
    spec = "spec: {deviceAddress: 10.0.0.7, targetRegister: 4001, targetValue: 2500}"
    head = "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC"
    plcs = [f"{head}\nmetadata: {{name: plc-{at}, namespace: default}}\n{spec}" for at in range(count)]
    apply(kubectl, environment, "\n---\n".join(plcs))


def serves(http: httpx.Client) -> bool:
    """Return whether the API server knows the kinds."""
    return http.get(PLCS).status_code == 200


def crowd(plane: ControlPlane, count: int) -> None:
    """Make PLCs that an operator has looked at, as far as their number is missing."""

    def make(at: int) -> None:
        metadata = {"name": f"plc-{at}", "namespace": "default", "labels": {"line": str(at % 9)}}
        spec = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500, "unitId": 1 + at % 200}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
        if http.post(PLCS, json=body).status_code not in {201, 409}:
            sys.exit(f"bench: plc-{at} cannot be made")
        answer = http.patch(f"{PLCS}/plc-{at}/status", json={"status": STATUS}, headers=MERGE)
        answer.raise_for_status()

    with plane.client() as http, ThreadPoolExecutor(8) as at_once:
        for _ in at_once.map(make, range(count)):
            pass


def wait(true: Callable[[], bool], what: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + READY_SECS
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"bench: not within {READY_SECS:g} s: {what}")
        time.sleep(0.1)


def run(command: list[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Run a command; return the seconds that it took, and those of CPU."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"bench: {' '.join(command)}: {done.stderr.decode(errors='replace')}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(title: str, lines: Mapping[str, list[str]], environment: Mapping[str, str], runs: int) -> None:
    """Run commands in turn, and print what they took beside the first two."""
    taken = [{name: run(line, environment) for name, line in lines.items()} for _ in range(runs + 1)][1:]
    others = list(lines)[:2]
    table = Table("command", "wall", "CPU", *(f"wall / {other}" for other in others), title=title)
    for name in lines:
        wall, cpu = (median(turn[name][which] for turn in taken) for which in (0, 1))
        ratios = [median(turn[name][0] / turn[other][0] for turn in taken) for other in others]
        table.add_row(name, f"{wall * 1e3:.0f} ms", f"{cpu * 1e3:.0f} ms", *(f"{ratio:.1f}" for ratio in ratios))
    Console(width=120).print(table)


@app.default
def main(runs: PositiveInt = 20, plcs: PositiveInt = 20, many: PositiveInt = 5000, /) -> None:
    """Measure the start of fabctl, and its lists of many PLCs, beside kubectl, and print a table of each.

    Args:
        runs: How often each command is run, after a first time that does not count; of many a quarter of that.
        plcs: How many PLCs there are at the start.
        many: How many there are then.
    """
    kubectl = built(KUBECTL)["kubectl"]
    with control_plane() as plane:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "KUBECONFIG": str(plane.kubeconfig)}
        install(plane, kubectl, environment, plcs)
        said = f"A new process each, {runs} times in turn, {plcs} PLCs; medians, ratios pair by pair"
        measure(said, commands(kubectl), environment, runs)
        crowd(plane, many)
        measure(f"The same with {many:,} PLCs", lists(kubectl), environment, max(3, runs // 4))


if __name__ == "__main__":
    app()
