"""mock-plc as its user meets it: transports, faults and many PLCs by flag."""

import asyncio
import os
import pty
import re
import signal
import socket
import ssl
import struct
import subprocess
from pathlib import Path

import pytest
from mock_plc.net.station import Station
from mock_plc.rate import rate
from mock_plc.wire.framing import Frame, Rtu

from .bank import BankPlc
from .client import Client, Refused
from .program import COMMAND, finished, refused, running
from .raw import connected, mbap

READ = struct.pack(">BHH", 3, 4001, 1)
READ_ANSWER = struct.pack(">BBH", 3, 2, 2500)


def is_busy(client: Client) -> bool:
    """Return whether a read is answered by busy; if not, it has to be right."""
    try:
        return client.read(4001) != [2500]
    except Refused as refused:
        return refused.code == 6


def test_faults_by_flag() -> None:
    """--fault makes it misbehave, and --seed makes it do so again; without one it says which to give."""
    faults = ("--fault", "exception:busy,p=0.5", "--fault", "exception:4,address=9")

    def outcome(*arguments: str) -> tuple[str, list[bool]]:
        with running(*faults, *arguments) as program, Client(program.port) as client:
            seed = program.hear(r"faults exception:busy,p=0\.5 exception:4,address=9; to repeat it: --seed (\d+)")[1]
            return seed, [is_busy(client) for _ in range(40)]

    seed, first = outcome()
    assert {True, False} == set(first)
    assert outcome("--seed", seed) == (seed, first)


def test_rtu_over_tcp_by_flag() -> None:
    """--transport rtuOverTcp serves RTU frames."""
    rtu = Rtu()
    with running("--transport", "rtuOverTcp") as program, socket.create_connection(("127.0.0.1", program.port)) as line:
        line.settimeout(30)
        line.sendall(rtu.pack(Frame(1, READ)))
        right = rtu.pack(Frame(1, READ_ANSWER))
        assert line.makefile("rb").read(len(right)) == right


def test_udp_by_flag() -> None:
    """--transport udp serves datagrams, and a port that is taken is told."""
    with running("--transport", "udp") as program, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(30)
        line.sendto(mbap(READ), ("127.0.0.1", program.port))
        assert line.recv(300) == mbap(READ_ANSWER)
        ended = finished("--transport", "udp", "--bind", "127.0.0.1", "--port", str(program.port))
    assert (ended.returncode, "the port is in use" in ended.stderr) == (1, True)


def test_tls_by_flag(tmp_path: Path) -> None:
    """--tls-make puts a CA where it says, with which a client that verifies the server reads; and its files serve."""
    made = tmp_path / "certificates"
    trusted = None
    for flags in (("--tls-make", str(made)), ("--tls-cert", f"{made}/tls.crt", "--tls-key", f"{made}/tls.key")):
        with running("--transport", "tls", *flags, "--tls-client-ca", f"{made}/ca.crt") as program:
            trusted = trusted or ssl.create_default_context(cafile=f"{made}/ca.crt")
            trusted.load_cert_chain(f"{made}/client.crt", f"{made}/client.key")
            if "--tls-make" in flags:
                program.hear(re.escape(f"CA and certificates for 30 days in {made}: ca.crt, tls.crt"))
            with (
                socket.create_connection(("127.0.0.1", program.port), timeout=30) as plain,
                trusted.wrap_socket(plain, server_hostname="127.0.0.1") as line,
            ):
                line.sendall(mbap(READ))
                assert line.makefile("rb").read(len(mbap(READ_ANSWER))) == mbap(READ_ANSWER)


WRONG = [
    (("--fault", "delay"), '--fault: "delay": delay needs its time, like delay:2s.*mock-plc --help'),
    (("--fault", "no-reply,p=2"), '--fault: "no-reply,p=2": p: Input should be less than or equal to 1'),
    (("--transport", "rtuOverTcp", "--fault", "wrong-transaction"), "wrong-transaction has no effect"),
    (("--transport", "serial"), "--transport"),
    (("--transport", "tls"), "--transport tls needs either --tls-cert and --tls-key, or --tls-make"),
    (("--transport", "tls", "--tls-cert", "x"), "--transport tls needs either"),
    (("--tls-cert", "x", "--tls-key", "y"), "no effect without --transport tls"),
    (("--control", "here"), '--control: "here" is neither PORT'),
    (("--control-token-file", "x"), "no effect without --control"),
    (("--control", "0", "--control-token-file", "/nowhere"), "--control-token-file: /nowhere cannot be read"),
    (("--count", "0"), "--count.*1 to 10000"),
]


@pytest.mark.parametrize(("arguments", "reason"), WRONG)
def test_wrong_flags_are_one_line(arguments: tuple[str, ...], reason: str) -> None:
    """What cannot be asked for is one line that names the flag and what to write, and exit code 2."""
    ended = refused("--bind", "127.0.0.1", "--port", "0", *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert re.search(reason, ended.stderr), ended.stderr


FAILED = [
    (("--transport", "tls", "--tls-cert", "/no", "--tls-key", "/no"), "no TLS with /no and /no: No such file"),
    (("--control", "0.0.0.0:0"), "could be used by everybody"),
    (("--control", "192.0.2.1:0"), "could be used by everybody"),
    (("--count", "2", "--port", "65535"), "the last one is 65535"),
]


@pytest.mark.parametrize(("arguments", "reason"), FAILED)
def test_what_cannot_be_served_is_one_line(arguments: tuple[str, ...], reason: str) -> None:
    """What cannot be served is told in one last line that says why, and exit code 1."""
    ended = finished("--bind", "127.0.0.1", *(() if "--port" in arguments else ("--port", "0")), *arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert reason in ended.stderr.splitlines()[-1]


async def test_a_thousand_plcs_in_one_process() -> None:
    """--count 1000 serves a thousand PLCs at ports in a row, each with registers of its own."""
    with running("--count", "1000") as program:
        row = re.search(r"listening on 127\.0\.0\.1:(\d+)-(\d+), 1000 PLCs, each", program.said[0])
        assert row
        first, last = int(row[1]), int(row[2])
        assert last - first == 999
        slots = asyncio.Semaphore(100)

        async def write_and_read(port: int) -> bytes:
            async with slots, connected(port) as client:
                await client.ask(struct.pack(">BHH", 6, 4001, port))
                return await client.ask(READ)

        answers = await asyncio.gather(*map(write_and_read, range(first, last + 1)))
        assert answers == [mbap(struct.pack(">BBH", 3, 2, port)) for port in range(first, last + 1)]
        assert program.end() == 0
    assert program.said[-1].endswith("ended after 1000 reads, 1000 writes, 0 drifts\n")


def test_plcs_drift_each_in_its_own_way() -> None:
    """Several PLCs with one seed drift differently from each other, and alike in each run."""

    def values() -> list[list[int]]:
        with running("--count", "2", "--chaos", "--chaos-interval", "0.3", "--seed", "3", "-v") as program:
            for _ in range(2):
                program.hear("drift: register")
            clients = [Client(program.port + each) for each in range(2)]
            try:
                return [client.read(4001) for client in clients]
            finally:
                for client in clients:
                    client.__exit__()

    first = values()
    assert first[0] != first[1]


def test_many_plcs_do_not_tell_of_each_drift() -> None:
    """Of several PLCs drifts are told only with -v, but are counted all the same."""
    with running("--count", "2", "--chaos", "--chaos-interval", "0.01") as program, Client(program.port) as client:
        while client.read(4001) == [2500]:
            pass
        assert program.end() == 0
    assert not [line for line in program.said if "drift:" in line]
    assert int(re.search(r"(\d+) drifts", program.said[-1])[1]) > 0  # type: ignore[index]


def test_the_rate_stands_in_place_on_a_terminal() -> None:
    """On a terminal the rate is written over itself each second, and what is logged begins on a line of its own."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        command = [*COMMAND, "--bind", "127.0.0.1", "--port", "0", "--count", "2"]
        with subprocess.Popen(command, stderr=theirs) as process:
            os.close(theirs)
            try:
                shown = b""
                while shown.count(b"\r\x1b[K0 requests/s served by 2 PLCs over 0 connections") < 2:
                    shown += terminal.read(1000)
                process.send_signal(signal.SIGINT)
                while b"ended after" not in shown:
                    shown += terminal.read(1000)
                assert process.wait(30) == 0
            finally:
                process.kill()
    assert re.search(rb"connections\r\x1b\[K\S+ \S+ mock_plc: ended after 0 reads", shown)


def test_the_rate_counts_requests_connections_and_plcs() -> None:
    """What is told of many PLCs is what they served in that time, and to whom."""
    stations = [Station(BankPlc()) for _ in range(3)]
    assert rate(2500, 10.0, stations) == "250 requests/s served by 3 PLCs over 0 connections"
