"""Telegraf's reader as somebody to be measured beside; built from its Go module, pinned in `go.mod`."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from testbed.errors import SourceError
from testbed.golang import find_go

from benchmarks.devices import REGISTER

HERE = Path(__file__).parent
INTERVAL = 5
WARM_UP = 3 * INTERVAL
AGENT = f"""
[agent]
interval = "{INTERVAL}s"
round_interval = false
collection_jitter = "{INTERVAL}s"
quiet = true
[[outputs.discard]]
"""


def build(folder: Path) -> Path | None:
    """Build it into a folder and return the program; None, with the reason said, where there is no Go to do it with."""
    try:
        go = find_go()
    except SourceError as error:
        sys.stderr.write(f"without Telegraf beside: {error}\n")
        return None
    program = folder / "telegraf"
    sys.stderr.write("building Telegraf's Modbus input with Go (about a minute the first time)\n")
    subprocess.run([go, "build", "-o", str(program), "."], cwd=HERE, check=True)
    return program


def configuration(ports: list[int]) -> str:
    """Return a configuration that reads one holding register of each device at each interval."""
    field = f'{{name = "value", byte_order = "AB", data_type = "UINT16", scale = 1.0, address = [{REGISTER}]}}'
    return AGENT + "".join(
        f'[[inputs.modbus]]\nname = "plc-{port}"\nslave_id = 1\ntimeout = "3s"\n'
        f'controller = "tcp://127.0.0.1:{port}"\nholding_registers = [{field}]\n'
        for port in ports
    )


def measure(program: Path, count: int, seconds: float) -> dict[str, Any]:
    """Let it poll a fresh farm of devices; return CPU a poll (µs), polls done and due, and memory (MiB)."""
    farm_command = [sys.executable, "-m", "benchmarks.devices", str(count)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(farm_command, **pipes) as farm:
        try:
            assert farm.stdin
            assert farm.stdout
            settings = Path(folder) / "telegraf.toml"
            settings.write_text(configuration(json.loads(farm.stdout.readline())))
            with psutil.Popen([program, settings], stderr=subprocess.DEVNULL) as telegraf:
                try:
                    time.sleep(WARM_UP)
                    before = _spent(telegraf), _served(farm), time.monotonic()
                    time.sleep(seconds)
                    after = _spent(telegraf), _served(farm), time.monotonic()
                    cpu, polls, took = (late - early for late, early in zip(after, before, strict=True))
                    memory = telegraf.memory_info().rss / 2**20
                finally:
                    telegraf.kill()
        finally:
            farm.kill()
    return {"cpu_us": cpu / max(polls, 1) * 1e6, "polls": polls, "due": count * took / INTERVAL, "memory": memory}


def _spent(process: psutil.Popen) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _served(farm: "subprocess.Popen[str]") -> int:
    assert farm.stdin
    assert farm.stdout
    farm.stdin.write("served\n")
    return int(farm.stdout.readline())
