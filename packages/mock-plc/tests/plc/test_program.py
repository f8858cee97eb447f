"""mock-plc as its user meets it: what it says, serves and returns."""

import re
import signal
import socket
import subprocess
import sys

import pytest

from .client import Client, Refused
from .program import finished, refused, running

DRIFT = r"drift: register (\d+) (\d+) -> (\d+)"
FAST = ("--chaos", "--chaos-interval", "0.05")


def test_serves_the_default_register_and_says_so() -> None:
    """Without more it serves 2500 in register 4001, and its first line says where and what."""
    with running() as program, Client(program.port) as client:
        assert len(program.said) == 1
        assert program.said[0].endswith(
            f"mock_plc: listening on 127.0.0.1:{program.port}, holding registers 4001=2500\n"
        )
        assert client.read(4001) == [2500]


def test_serves_the_registers_that_are_named() -> None:
    """--register may be given several times, and --value is what those without a value of their own hold."""
    with running("--value", "65535", "--register", "0", "--register", "9=7") as program, Client(program.port) as client:
        assert (client.read(0), client.read(9)) == ([65535], [7])
        with pytest.raises(Refused):
            client.read(4001)


def test_drift_is_what_is_read() -> None:
    """Each value read over the wire is the one that the last drift has set."""
    read: list[int] = []
    with running("-v", *FAST) as program, Client(program.port) as client:
        for _ in range(10):
            program.hear(DRIFT)
            read += client.read(4001)
        assert program.end() == 0
    held, expected = 2500, list[int]()
    for line in program.said:
        if drift := re.search(DRIFT, line):
            assert int(drift[2]) == held
            held = int(drift[3])
        elif "read: " in line:
            expected.append(held)
    assert read == expected


def test_registers_do_not_drift_by_themselves() -> None:
    """Without --chaos nothing drifts."""
    with running() as program, Client(program.port) as client:
        assert client.read(4001) == [2500]
        assert program.end() == 0
    assert program.said[-1].endswith("ended after 1 reads, 0 writes, 0 drifts\n")


def test_drift_goes_on_from_what_was_written() -> None:
    """A value that a client writes is where the next drift begins."""
    with running("-v", *FAST, "--max-drift", "5") as program, Client(program.port) as client:
        program.hear(DRIFT)
        client.write_single(4001, 40000)
        program.hear(r"write: unit 1 register 4001 \d+ -> 40000")
        drift = program.hear(DRIFT)
    assert drift[2] == "40000"
    assert 1 <= abs(int(drift[3]) - 40000) <= 5


def test_seed_makes_drift_repeatable() -> None:
    """Two runs with one seed drift alike, every register of them; and a run without says the seed to repeat it with."""

    def drifts(*arguments: str) -> tuple[str, list[tuple[str, ...]]]:
        with running(*FAST, "--register", "1=100", "--register", "2=65000", *arguments) as program:
            seed = program.hear(r"--seed (\d+)")[1]
            return seed, [program.hear(DRIFT).groups() for _ in range(6)]

    seed, first = drifts()
    assert drifts("--seed", seed) == (seed, first)
    assert drifts("--seed", str(int(seed) + 1))[1] != first
    assert {register for register, *_ in first} == {"1", "2"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM close the connections, say what was done in one line, and return 0."""
    with running(*FAST) as program, Client(program.port) as client:
        client.read(4001)
        client.write_single(4001, 7)
        program.hear(DRIFT)
        assert program.end(number) == 0
        assert client.is_closed()
    drifts = sum("drift: " in line for line in program.said)
    assert program.said[-1].endswith(f"mock_plc: ended after 1 reads, 1 writes, {drifts} drifts\n")
    assert all(re.match(r"\d{4}-\d\d-\d\d [\d:,]+ mock_plc: ", line) for line in program.said)


def test_verbose_tells_of_each_request() -> None:
    """With -v each read, write and refusal is told of, with unit id, register and values."""
    with running("-v", "--register", "5=1", "--register", "6=2") as program, Client(program.port, unit=3) as client:
        client.read(5, 2)
        client.write(5, 10, 20)
        with pytest.raises(Refused):
            client.read(7)
        with pytest.raises(Refused):
            client.ask(65, b"")
        assert program.end() == 0
    told = [line.partition("mock_plc: ")[2].rstrip() for line in program.said]
    assert told[1:-1] == [
        "read: unit 3 register 5 -> 1 2",
        "write: unit 3 register 5 1 2 -> 10 20",
        "refused: unit 3 function 3 register 7, exception 2 (illegal address)",
        "refused: unit 3 function 65, exception 1 (illegal function)",
    ]


def test_verbose_tells_of_faults() -> None:
    """With -v each fault that hits is told of, with the request that it hits."""
    faults = ("--fault", "delay:1ms,on=write", "--fault", "no-reply,on=write,first=1", "--fault", "exception:6,on=read")
    with running("-v", *faults) as program, Client(program.port) as client:
        with pytest.raises(Refused):
            client.read(4001)
        client.send(6, b"\x0f\xa1\0\7")
        client.write_single(4001, 8)
        assert program.end() == 0
    told = [line.partition("mock_plc: ")[2].rstrip() for line in program.said]
    assert told[2:-1] == [
        "fault: unit 1 function 3 register 4001, exception:6,on=read",
        "fault: unit 1 function 6 register 4001, delay of 0.001 s and no-reply,on=write,first=1",
        "write: unit 1 register 4001 2500 -> 7",
        "fault: unit 1 function 6 register 4001, delay of 0.001 s",
        "write: unit 1 register 4001 7 -> 8",
    ]


def test_requests_are_not_told_of_without_verbose() -> None:
    """Without -v neither a read nor a refused request is told of, by mock-plc or by the library below it."""
    with running() as program, Client(program.port) as client:
        client.read(4001)
        with pytest.raises(Refused):
            client.ask(65, b"")
        assert program.end() == 0
    assert len(program.said) == 2


def test_port_in_use_is_one_line() -> None:
    """A port that is taken is one line that says what to do, and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = finished("--bind", "127.0.0.1", "--port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"mock-plc: cannot listen on 127.0.0.1:{port}: the port is in use; end what uses it or choose another one "
        "(--port 0 takes a free one)\n"
    )


@pytest.mark.parametrize("address", ["192.0.2.1", "no..host"])
def test_foreign_address_is_one_line(address: str) -> None:
    """An address that this machine does not have is one line that says what to do, and exit code 1."""
    ended = finished("--bind", address, "--port", "0")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"mock-plc: cannot listen on {address}:0: this machine has no such address; --bind ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("flag", "value", "bounds"),
    [
        ("--port", "65536", "0 to 65535"),
        ("--value", "-1", "0 to 65535"),
        ("--value", "65536", "0 to 65535"),
        ("--register", "70000", "0 to 65535"),
        ("--register", "-1", "0 to 65535"),
        ("--register", "4001=65536", "0 to 65535"),
        ("--register", "4001=", "0 to 65535"),
        ("--register", "temperature", "0 to 65535"),
        ("--chaos-interval", "0.0", "0.01 to 86400"),
        ("--chaos-interval", "nan", "0.01 to 86400"),
        ("--max-drift", "0", "1 to 65535"),
        ("--seed", "-1", ">= 0"),
        ("--seed", "monday", "int"),
    ],
)
def test_bad_value_is_one_line(flag: str, value: str, bounds: str) -> None:
    """A value out of range is one line that names flag, value and range, and exit code 2."""
    ended = refused(flag, value)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert re.match(rf"mock-plc: .*{flag}.*{re.escape(bounds)}", ended.stderr)
    assert f'"{value}"' in ended.stderr


def test_register_given_twice_is_one_line() -> None:
    """A register with two values is refused rather than served with one of them."""
    ended = refused("--register", "4001", "--register", "4001=7")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "--register: 4001 is given twice" in ended.stderr


def test_arguments_too_many_are_named() -> None:
    """An argument that mock-plc has no use for is named, in one line with exit code 2."""
    ended = finished("a", "b")
    assert (ended.returncode, ended.stderr) == (2, "mock-plc: unexpected arguments: a b (see: mock-plc --help)\n")


def test_help_says_what_a_newcomer_must_know() -> None:
    """--help names every flag, that addresses are 0-based, and how to keep the open port to this machine."""
    ended = finished("--help")
    told = " ".join(ended.stdout.replace("│", " ").split())
    flags = "bind port value register chaos chaos-interval max-drift seed verbose version help"
    assert [flag for flag in flags.split() if f"--{flag}" not in told] == []
    assert "0-based" in told
    assert "no authentication" in told
    assert "--bind 127.0.0.1" in told


@pytest.mark.parametrize("module", ["mock_plc.app", "mock_plc.ctl.app"])
def test_help_version_and_ctl_load_nothing_that_serves(module: str) -> None:
    """The command line and ctl load neither what serves nor what it needs, so that they are quick."""
    heavy = {"asyncio", "aiohttp", "cryptography", "pydantic", "ruamel", "uvloop", "mock_plc.net", "mock_plc.faults"}
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
