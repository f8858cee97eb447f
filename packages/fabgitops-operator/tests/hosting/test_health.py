"""`healthy`: the operator's own health check, as a process beside one that serves."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.metrics import Metrics

COMMAND = Path(sys.executable).with_name("fabgitops-operator")
ALL = "0.0.0.0"  # noqa: S104 - what the operator listens on unless told otherwise


async def healthy(port: int, *flags: str, bind: str = ALL) -> tuple[int | None, str, str]:
    """Return exit code, output and complaint of a health check."""
    command = [str(COMMAND), "healthy", "--metrics-bind", bind, "--metrics-port", str(port), *flags]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("bind", [ALL, "127.0.0.1"])
async def test_alive(metrics: Metrics, bind: str) -> None:
    """It says ok and ends with 0 while the operator answers, whether that listens on one address or on all."""
    async with serving(metrics.registry, bind, 0, lambda: "no cluster yet") as port:
        assert await healthy(port, bind=bind) == (0, "ok\n", "")


async def test_not_ready(metrics: Metrics) -> None:
    """With --ready it ends with 1 and the operator's own reason until that is ready."""
    reasons = ["no cluster yet"]
    async with serving(metrics.registry, "127.0.0.1", 0, lambda: "".join(reasons)) as port:
        code, out, complaint = await healthy(port, "--ready")
        assert (code, out, complaint) == (1, "", "fabgitops-operator: /readyz answers 503: no cluster yet\n")
        reasons.clear()
        assert await healthy(port, "--ready") == (0, "ok\n", "")


async def test_nobody_there() -> None:
    """Where nobody listens it ends with 1 and one line that names address and port."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        code, out, complaint = await healthy(port)
    assert (code, out) == (1, "")
    assert complaint.startswith(f"fabgitops-operator: no answer from 127.0.0.1 port {port}: ")
    assert complaint.count("\n") == 1
