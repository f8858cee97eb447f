"""What the start of fabctl costs, beside kubectl on the same API server: `python -m benchmarks.start [RUNS] [PLCS]`.

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


@app.default
def main(runs: PositiveInt = 20, plcs: PositiveInt = 20, /) -> None:
    """Measure the start of fabctl beside kubectl, and print one table.

    Args:
        runs: How often each command is run, after a first time that does not count.
        plcs: How many PLCs there are.
    """
    kubectl = built(KUBECTL)["kubectl"]
    with control_plane() as plane:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "KUBECONFIG": str(plane.kubeconfig)}
        install(plane, kubectl, environment, plcs)
        lines = commands(kubectl)
        taken = [{name: run(line, environment) for name, line in lines.items()} for _ in range(runs + 1)][1:]
    title = f"A new process each, {runs} times in turn, {plcs} PLCs; medians, ratios pair by pair"
    table = Table("command", "wall", "CPU", "wall / kubectl get --raw", "wall / kubectl get plc", title=title)
    for name in lines:
        wall, cpu = (median(turn[name][which] for turn in taken) for which in (0, 1))
        ratios = [median(turn[name][0] / turn[other][0] for turn in taken) for other in list(lines)[:2]]
        table.add_row(name, f"{wall * 1e3:.0f} ms", f"{cpu * 1e3:.0f} ms", *(f"{ratio:.1f}" for ratio in ratios))
    Console(width=120).print(table)


if __name__ == "__main__":
    app()
