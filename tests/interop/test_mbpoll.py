"""mock-plc answers mbpoll, which is libmodbus: every table and every type that it can read and write."""

import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

DEVICE = """
registers:
- {name: word, table: holding, address: 0, type: uint16, value: 40001}
- {name: signed, table: holding, address: 1, type: int16, value: -2}
- {name: long, table: holding, address: 10, type: int32, value: -123456789}
- {name: swapped, table: holding, address: 12, type: int32, byteOrder: CDAB, value: 123456789}
- {name: float, table: holding, address: 20, type: float32, value: 21.5}
- {name: swapped-float, table: holding, address: 22, type: float32, byteOrder: CDAB, value: -0.25}
- {name: measured, table: input, address: 0, type: uint16, value: 7}
- {name: measured-long, table: input, address: 10, type: int32, value: 70000}
- {name: measured-swapped, table: input, address: 12, type: int32, byteOrder: CDAB, value: -70000}
- {name: measured-float, table: input, address: 20, type: float32, value: 0.5}
- {name: measured-swapped-float, table: input, address: 22, type: float32, byteOrder: CDAB, value: 1.5}
- {name: pump, table: coil, address: 0, value: true}
- {name: valve, table: coil, address: 1, value: false}
- {name: fan, table: coil, address: 2, value: true}
- {name: written-word, table: holding, address: 30, type: uint16}
- {name: written-signed, table: holding, address: 31, type: int16}
- {name: written-long, table: holding, address: 40, type: int32}
- {name: written-swapped, table: holding, address: 42, type: int32, byteOrder: CDAB}
- {name: written-float, table: holding, address: 44, type: float32}
- {name: written-swapped-float, table: holding, address: 46, type: float32, byteOrder: CDAB}
- {name: written-pump, table: coil, address: 10}
- {name: written-valve, table: coil, address: 11, value: true}
- {name: written-fan, table: coil, address: 12}
- {name: door, table: discrete, address: 0, value: false}
- {name: lid, table: discrete, address: 1, value: true}
"""
LINE = re.compile(r"^\[(\d+)\]:\s+(\S+)(?: \((-?\d+)\))?$", re.MULTILINE)


@contextmanager
def serving(device: Path, transport: str) -> Iterator[int]:
    """Run mock-plc and yield its port."""
    command = [str(Path(sys.executable).with_name("mock-plc")), "--device", str(device)]
    command += ["--bind", "127.0.0.1", "--port", "0", "--transport", transport]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()
            port = re.search(r"listening on 127\.0\.0\.1:(\d+)", said)
            assert port, said
            yield int(port[1])
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def serial_line(port: int) -> Iterator[str]:
    """Yield a serial line, at whose other end is what a serial server at a TCP port leads to."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    stop, stopped = os.pipe()
    with socket.create_connection(("127.0.0.1", port)) as server:

        def carry() -> None:
            while True:
                ready, _, _ = select.select([ours, server.fileno(), stop], [], [])
                if stop in ready:
                    return
                if ours in ready:
                    server.sendall(os.read(ours, 4096))
                if server.fileno() in ready:
                    os.write(ours, server.recv(4096))

        carrier = threading.Thread(target=carry)
        carrier.start()
        try:
            yield os.ttyname(theirs)
        finally:
            os.write(stopped, b".")
            carrier.join()
            for each in (ours, theirs, stop, stopped):
                os.close(each)


class Mbpoll:
    """mbpoll, at one end of a line."""

    def __init__(self, *line: str) -> None:
        self._line = line

    def __call__(self, *arguments: str, values: Sequence[str] = ()) -> str:
        """Run it once, with addresses as on the wire, and return what it printed; it has to succeed."""
        ended = self.run(*arguments, values=values)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def run(self, *arguments: str, values: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run it once, and return how it ended."""
        *options, target = self._line
        command = ["mbpoll", "-1", "-0", "-o", "5", *options, *arguments, target, *(["--", *values] if values else [])]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def read(self, kind: str, address: int, count: int = 1, *more: str) -> list[str]:
        """Read values of a type from an address, and return them as they are printed, words as signed if they are."""
        printed = self("-t", kind, "-r", str(address), "-c", str(count), *more)
        return [signed or value for _, value, signed in LINE.findall(printed)]

    def write(self, kind: str, address: int, *values: str, swapped: bool = False) -> None:
        """Write values of a type to an address: with function 5 or 6 if it is one bit or word, else with 15 or 16."""
        printed = self("-t", kind, "-r", str(address), *(["-B"] if swapped else []), values=values)
        assert f"Written {len(values)} reference" in printed


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """Fail, and not skip, where mbpoll is missing."""
    assert shutil.which("mbpoll"), "mbpoll is missing: run nox -s interop, or sudo apt-get install mbpoll"


@pytest.fixture(scope="module", params=["tcp", "rtuOverTcp"])
def mbpoll(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mbpoll]:
    """Serve the device, to mbpoll over Modbus TCP, and over a serial line."""
    device = tmp_path_factory.mktemp("device") / "device.yaml"
    device.write_text(DEVICE)
    with serving(device, request.param) as port:
        if request.param == "tcp":
            yield Mbpoll("-m", "tcp", "-p", str(port), "127.0.0.1")
        else:
            with serial_line(port) as line:
                yield Mbpoll("-m", "rtu", "-b", "115200", "-P", "none", line)


READS = [
    ("0", 0, 3, (), ["1", "0", "1"]),
    ("1", 0, 2, (), ["0", "1"]),
    ("3", 0, 1, (), ["7"]),
    ("3:hex", 0, 1, (), ["0x0007"]),
    ("3:int", 10, 1, ("-B",), ["70000"]),
    ("3:int", 12, 1, (), ["-70000"]),
    ("3:float", 20, 1, ("-B",), ["0.5"]),
    ("3:float", 22, 1, (), ["1.5"]),
    ("4", 0, 2, (), ["-25535", "-2"]),
    ("4:hex", 0, 2, (), ["0x9C41", "0xFFFE"]),
    ("4:int", 10, 1, ("-B",), ["-123456789"]),
    ("4:int", 12, 1, (), ["123456789"]),
    ("4:float", 20, 1, ("-B",), ["21.5"]),
    ("4:float", 22, 1, (), ["-0.25"]),
]


@pytest.mark.parametrize(("kind", "address", "count", "more", "expected"), READS)
def test_mbpoll_reads(
    mbpoll: Mbpoll, kind: str, address: int, count: int, more: tuple[str, ...], expected: list[str]
) -> None:
    """Libmodbus reads from each table, in each type and word order that it knows, what the device file says."""
    assert mbpoll.read(kind, address, count, *more) == expected


WRITES = [
    ("0", 11, ("0",), False, ["0"]),
    ("0", 10, ("1", "0", "1"), False, ["1", "0", "1"]),
    ("4", 30, ("1200",), False, ["1200"]),
    ("4", 30, ("7", "65535"), False, ["7", "-1"]),
    ("4:int", 40, ("-70000",), True, ["-70000"]),
    ("4:int", 42, ("70000",), False, ["70000"]),
    ("4:float", 44, ("-1.5",), True, ["-1.5"]),
    ("4:float", 46, ("1200",), False, ["1200"]),
]


@pytest.mark.parametrize(("kind", "address", "values", "swapped", "expected"), WRITES)
def test_mbpoll_writes(
    mbpoll: Mbpoll, kind: str, address: int, values: tuple[str, ...], swapped: bool, expected: list[str]
) -> None:
    """Libmodbus writes to each table that can be written, one value and several, and reads them back."""
    mbpoll.write(kind, address, *values, swapped=swapped)
    assert mbpoll.read(kind, address, len(expected), *(["-B"] if swapped else [])) == expected


@pytest.mark.parametrize(
    ("arguments", "values"),
    [(("-t", "4", "-r", "100"), ()), (("-t", "4", "-r", "100"), ("1",)), (("-t", "0", "-r", "9"), ())],
)
def test_mbpoll_understands_a_refusal(mbpoll: Mbpoll, arguments: tuple[str, ...], values: tuple[str, ...]) -> None:
    """Libmodbus takes an exception for what it is: an illegal data address."""
    ended = mbpoll.run(*arguments, values=values)
    assert ended.returncode != 0
    assert "Illegal data address" in ended.stdout + ended.stderr
