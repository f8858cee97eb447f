"""`mock-plc healthy`, the health check of its image."""

import socket

import pytest

from .client import Client
from .program import finished, running


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_plc_that_listens_is_healthy(transport: str) -> None:
    """It says ok of a PLC on TCP as of one on UDP."""
    with running("--transport", transport) as program:
        done = finished("healthy", "--port", str(program.port))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


def test_nobody_listens() -> None:
    """Where nobody listens it ends with 1 and one line that says where."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        done = finished("healthy", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"mock-plc: nobody listens on 127.0.0.1 port {port}\n"


def test_it_uses_up_no_fault() -> None:
    """A fault that is meant for the first request is still there for the first request after a health check."""
    with running("--fault", "exception:4,first=1") as program:
        assert finished("healthy", "--port", str(program.port)).returncode == 0
        with Client(program.port) as client:
            with pytest.raises(Exception, match="4"):
                client.read(4001)
            assert client.read(4001) == [2500]
