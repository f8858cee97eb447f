"""What the operator costs without a cluster: `python -m benchmarks.standalone [SECONDS] [COUNT]` prints a table.

One process polls COUNT PLCs every 5 s, keeps their objects, and serves API and metrics. Beside it, in the same run, the
operator on a real API server: what a poll costs there.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import yaml
from cyclopts import App
from cyclopts.types import PositiveFloat, PositiveInt
from rich.console import Console
from rich.table import Table

from benchmarks.cluster import total
from benchmarks.devices import REGISTER, TARGET, said
from benchmarks.pollers import INTERVAL, quantiles

SECONDS = 30.0
COUNT = 5000
PATIENCE = 300.0
PLCS = "/apis/fabgitops.io/v1/industrialplcs"
LATENESS = "fabgitops_poll_lateness_seconds_bucket"
GETS_A_SECOND = 20.0

app = App(name="bench-standalone", help_format="plaintext")


def until(true: Callable[[], Any], what: str) -> None:
    """Wait until something is true.

    Raises:
        SystemExit: It is not within PATIENCE seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"bench: not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.1)


class Box:
    """The operator as a process, and what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._url = ""
        self.process = psutil.Process()
        self.declared = (0.0, 0.0)
        """Seconds, and seconds of CPU, from the start until all that is kept was declared."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it, until it tells the service manager that it is ready; stop it at the end."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self._folder / "notify"
        path.unlink(missing_ok=True)
        manager.bind(str(path))
        manager.settimeout(PATIENCE)
        command = [str(Path(sys.executable).parent / "fabgitops-operator"), "standalone", "--listen", "127.0.0.1:0"]
        command += ["--source", str(self._folder / "plant"), "--state", str(self._folder / "state")]
        began = time.monotonic()
        with (
            (self._folder / "log").open("w") as log,
            subprocess.Popen(command, stderr=log, env={**os.environ, "NOTIFY_SOCKET": str(path)}) as started,
        ):
            self.process = psutil.Process(started.pid)
            while not manager.recv(4096).startswith(b"READY=1"):
                continue
            self.declared = time.monotonic() - began, self.cpu()
            manager.close()
            kubeconfig = yaml.safe_load((self._folder / "state" / "kubeconfig").read_text())
            self._url = kubeconfig["clusters"][0]["cluster"]["server"]
            yield
            started.terminate()

    def cpu(self) -> float:
        """Return the seconds of CPU that it has taken."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def get(self, path: str, accept: str = "application/json") -> bytes:
        """Return what stands at a path."""
        with urlopen(Request(self._url + path, headers={"Accept": accept}), timeout=PATIENCE) as answer:  # noqa: S310
            return bytes(answer.read())

    def metrics(self) -> str:
        """Return its metrics."""
        return self.get("/metrics", "text/plain").decode()

    def polls(self) -> float:
        """Return how many requests it has sent to devices."""
        return total(self.metrics(), "fabgitops_modbus_requests_total")

    def lateness(self) -> dict[str, float]:
        """Return how many polls were at most so late, by the seconds."""
        bounds = [
            line.split('le="')[1].split('"')[0] for line in self.metrics().splitlines() if line.startswith(LATENESS)
        ]
        text = self.metrics()
        return {bound: total(text, LATENESS, le=bound) for bound in bounds}


def latest(before: dict[str, float], after: dict[str, float]) -> str:
    """Return the bound below which every poll between two looks was late."""
    grown = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
    return next((bound for bound, count in grown.items() if count >= grown["+Inf"]), "+Inf")


def quiet(box: Box, seconds: float) -> dict[str, float]:
    """Measure a while in which nothing is asked, and nothing drifts."""
    polls, cpu, began = box.polls(), box.cpu(), time.monotonic()
    time.sleep(seconds)
    took, spent = time.monotonic() - began, box.cpu() - cpu
    done = box.polls() - polls
    return {"cpu_us": spent / max(done, 1) * 1e6, "share": spent / took, "polls": done, "due": took}


def asked(box: Box, seconds: float, count: int) -> tuple[list[float], str]:
    """Ask for one object after the other while all are listed each second; return how long each took, and lateness."""
    over = threading.Event()

    def list_all() -> None:
        while not over.is_set():
            box.get(PLCS)
            box.get(PLCS, "application/json;as=Table;v=v1;g=meta.k8s.io")
            over.wait(1.0)

    names = [each["metadata"]["name"] for each in json.loads(box.get(PLCS))["items"]]
    assert len(names) == count
    before, took = box.lateness(), []
    lister = threading.Thread(target=list_all)
    lister.start()
    deadline = time.monotonic() + seconds
    for number in range(sys.maxsize):
        began = time.monotonic()
        if began > deadline:
            break
        box.get(f"/apis/fabgitops.io/v1/namespaces/default/industrialplcs/{names[number % count]}")
        took.append(time.monotonic() - began)
        time.sleep(max(0.0, 1 / GETS_A_SECOND - took[-1]))
    over.set()
    lister.join()
    return took, latest(before, box.lateness())


def manifests(folder: Path, ports: list[int]) -> None:
    """Write a manifest for each device."""
    folder.mkdir()
    for begin in range(0, len(ports), 100):
        text = "---\n".join(
            f"apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\nmetadata: {{name: plc-{port}, namespace: default}}\n"
            f"spec: {{deviceAddress: 127.0.0.1, port: {port}, targetRegister: {REGISTER}, targetValue: {TARGET}}}\n"
            for port in ports[begin : begin + 100]
        )
        (folder / f"plcs-{begin}.yaml").write_text(text)


def measure(folder: Path, seconds: float, count: int) -> dict[str, Any]:
    """Measure the operator without a cluster on a farm of devices."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-m", "benchmarks.devices", str(count)], **pipes) as farm:
        assert farm.stdin
        assert farm.stdout
        manifests(folder / "plant", json.loads(said(farm.stdout, "the farm of devices")))
        box = Box(folder)

        def calm() -> bool:
            before = total(box.metrics(), "fabgitops_api_writes_total")
            time.sleep(2)
            return total(box.metrics(), "fabgitops_api_writes_total") == before

        with box.running():
            until(lambda: total(box.metrics(), "plc_connection_status") == count, f"all {count} PLCs answer")
            until(calm, "nothing more is to be told")
            time.sleep(2 * INTERVAL)
            found: dict[str, Any] = quiet(box, seconds)
            found["memory"] = box.process.memory_info().rss / 2**20
            took, found["latest"] = asked(box, seconds, count)
            found["get"] = quantiles(took)
            farm.stdin.write("drift\n")
            drifted = float(said(farm.stdout, "the farm of devices"))
            until(lambda: total(box.metrics(), "corrections_total") == count, "all is corrected")
            found["corrected"] = time.monotonic() - drifted
            until(calm, "nothing more is to be told")
            found["told"] = time.monotonic() - drifted
        with box.running():
            found["restart"] = box.declared
        farm.kill()
        return found


def beside(seconds: float, count: int) -> float:
    """Return the microseconds of CPU that a poll costs the operator on a real API server."""
    command = [sys.executable, "-m", "benchmarks.cluster", str(seconds), str(count)]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        sys.exit("bench: the operator on a real API server could not be measured, see above")
    return float(json.loads(ended.stdout)["cpu_us"])


@app.default
def main(seconds: PositiveFloat = SECONDS, count: PositiveInt = COUNT, /) -> None:
    """Measure the operator without a cluster, and a poll on Kubernetes beside it.

    Args:
        seconds: How long each window is.
        count: How many PLCs.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), seconds, count)
    cluster = beside(seconds, count)
    table = Table("what", "measured", title=f"{count} PLCs every {INTERVAL} s, one process with store, API and metrics")
    table.add_row("CPU a poll, quiet", f"{found['cpu_us']:.0f} µs; on Kubernetes {cluster:.0f} µs")
    table.add_row("ratio to Kubernetes", f"{found['cpu_us'] / cluster:.2f}")
    table.add_row("share of a core, quiet", f"{100 * found['share']:.1f} %")
    table.add_row("polls done", f"{found['polls']:.0f} of {found['due'] * count / INTERVAL:.0f}")
    table.add_row("memory", f"{found['memory']:.0f} MiB")
    table.add_row(
        "GET p50 / p99, all listed each second", "{:.1f} / {:.1f} ms".format(*(1e3 * x for x in found["get"]))
    )
    table.add_row("latest poll meanwhile", f"at most {found['latest']} s")
    table.add_row("all drift at once: proven / told", f"{found['corrected']:.1f} / {found['told']:.1f} s")
    table.add_row("restart until all is declared", "{:.1f} s, {:.1f} s of CPU".format(*found["restart"]))
    Console(width=120).print(table)


if __name__ == "__main__":
    app()
