"""The control API over HTTP, and `mock-plc ctl`, which speaks it."""

import asyncio
import http.client
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from mock_plc.control.address import Address
from mock_plc.control.server import ControlError, controlling
from mock_plc.device import Device
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.simple import SimplePlc

from .program import COMMAND, running
from .raw import READ, connected, mbap

TOKEN = "open sesame"  # noqa: S105 - opens nothing


@dataclass
class Site:
    """PLCs with their control API."""

    stations: list[Station]
    port: int

    async def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a request and return status and JSON of its answer."""

        def talk() -> tuple[int, Any]:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                sent = None if body is None else json.dumps(body)
                connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            finally:
                connection.close()

        return await asyncio.to_thread(talk)


@asynccontextmanager
async def site(count: int = 1, token: str | None = None) -> AsyncIterator[Site]:
    """Serve PLCs that hold 2500 in 10 and 70 in 11, and their control API."""
    stations = [Station(SimplePlc(Device({10: 2500, 11: 70}))) for _ in range(count)]
    async with listening(stations[0]):
        if count > 1:
            async with listening(stations[1]), controlling(stations, Address(port=0), token) as address:
                yield Site(stations, address.port)
        else:
            async with controlling(stations, Address(port=0), token) as address:
                yield Site(stations, address.port)


async def test_state_and_counters() -> None:
    """State and counters tell of what was asked for over Modbus."""
    async with site() as here:
        port = here.stations[0].port
        async with connected(port) as client:
            await client.ask(READ)
            await client.ask(bytes.fromhex("03 0000 0001"))
            status, state = await here.ask("GET", "/v1/state")
        assert status == 200
        assert await here.ask("GET", "/v1/state") == (200, {**state, "now": ANY, "plcs": ANY}), "the instance stays"
        (plc,) = state["plcs"]
        assert plc.pop("uptimeSeconds") >= 0
        assert plc == {
            "plc": port,
            "transport": "tcp",
            "units": "any",
            "starting": False,
            "frozen": False,
            "connections": 1,
            "requests": 2,
            "restarts": 0,
            "faults": 0,
        }
        read = {"function": 3, "name": "read holding registers"}
        counters = [{**read, "result": "exception 2", "requests": 1}, {**read, "result": "ok", "requests": 1}]
        assert await here.ask("GET", "/v1/counters") == (200, {"counters": counters})


async def test_registers_are_read_and_written() -> None:
    """What is set over the control API is what a client reads, by name and by address, and a restart undoes it."""
    async with site() as here, connected(here.stations[0].port) as client:
        status, answer = await here.ask("PUT", "/v1/registers/10", {"value": 1200})
        assert (status, answer["registers"][0]["value"]) == (200, 1200)
        body = {"table": "holding", "address": 11, "values": [7], "unitId": 3}
        assert (await here.ask("PUT", "/v1/registers", body))[0] == 200
        assert await client.ask(READ) == mbap(bytes.fromhex("03 04 04B0 0007"))
        _, answer = await here.ask("GET", "/v1/registers?address=10&count=2")
        assert answer["reads"][0]["values"] == [1200, 7]
        assert await here.ask("POST", "/v1/restart", {}) == (200, {"restarted": 1})
        _, answer = await here.ask("GET", "/v1/registers")
        assert [(each["name"], each["value"]) for each in answer["registers"]] == [("10", 2500), ("11", 70)]


async def test_faults_are_set_and_taken_away() -> None:
    """A fault set over the control API hits the next request, is listed with its hits, and is gone when removed."""
    async with site() as here, connected(here.stations[0].port) as client:
        right = await client.ask(READ)
        for sent in ("exception:busy", {"kind": "exception", "code": 4, "on": "write"}):
            status, answer = await here.ask("POST", "/v1/faults", {"fault": sent})
            assert (status, len(answer["faults"])) == (201, 1)
        assert await client.ask(READ) == mbap(bytes((0x83, 6)))
        _, answer = await here.ask("GET", "/v1/faults")
        listed = [(each["id"], each["fault"], each["hits"], each["active"]) for each in answer["faults"]]
        assert listed == [(1, "exception:6", 1, True), (2, "exception:4,on=write", 0, True)]
        status, answer = await here.ask("DELETE", "/v1/faults/1")
        assert (status, answer["removed"], [each["hits"] for each in answer["faults"]]) == (200, 1, [1])
        assert await client.ask(READ) == right
        assert await here.ask("DELETE", "/v1/faults") == (200, {"removed": 1})
        assert await here.ask("GET", "/v1/faults") == (200, {"faults": []})


async def test_a_fault_has_a_name() -> None:
    """A fault put twice under a name is there once; another one of the name takes its place, and it is ended by it."""
    async with site() as here, connected(here.stations[0].port) as client:
        right = await client.ask(READ)
        for status in (201, 200):
            assert (await here.ask("PUT", "/v1/faults/night", {"fault": "exception:busy"}))[0] == status
            assert await client.ask(READ) == mbap(bytes((0x83, 6)))
        _, answer = await here.ask("GET", "/v1/faults")
        assert [(each["id"], each["name"], each["hits"]) for each in answer["faults"]] == [(1, "night", 2)]
        await here.ask("PUT", "/v1/faults/night", {"fault": "exception:device-failure"})
        assert await client.ask(READ) == mbap(bytes((0x83, 4)))
        assert (await here.ask("DELETE", "/v1/faults/night"))[0] == 200
        assert await client.ask(READ) == right
        status, answer = await here.ask("DELETE", "/v1/faults/night")
        assert (status, answer["error"]) == (404, "there is no fault night")


async def test_a_fault_is_lengthened_by_its_name() -> None:
    """A fault is on as long as it is put again within its time, and one whose time is over is not brought back."""
    async with site() as here:
        (station,) = here.stations
        again: tuple[str, str, object] = ("POST", "/v1/faults/night/renew", {})
        clock = [0.0]
        station.faults.clock = lambda: clock[0]
        asked = ("PUT", "/v1/faults/night", {"fault": "frozen,for=15s"})
        assert (await here.ask(*again))[0] == 404
        assert (await here.ask(*asked))[0] == 201
        for clock[0] in (10.0, 24.0):
            assert station.frozen
            assert (await here.ask(*again))[0] == 200
        clock[0] = 39.0
        assert not station.frozen
        status, answer = await here.ask(*again)
        assert (status, answer["error"]) == (404, f"the PLC at port {station.port} has no fault night any more")
        assert not station.frozen
        assert (await here.ask("PUT", "/v1/faults/noon", {"fault": "restart,p=0.5"}))[0] == 201
        assert [each.name for each in station.faults] == ["noon"], "what is over is cleared away"


async def test_a_late_request_sets_nothing() -> None:
    """A fault that was asked for until a moment of the mock's clock, or of another run, is not set after it."""
    async with site() as here:
        _, state = await here.ask("GET", "/v1/state")
        for wrong, why in (
            ({"notAfter": state["now"] - 1}, "this came 1."),
            ({"instance": "other"}, f"this is for another run of mock-plc than {state['instance']}"),
        ):
            status, answer = await here.ask("PUT", "/v1/faults/night", {"fault": "frozen", **wrong})
            assert (status, answer["error"].startswith(why)) == (412, True), answer
        right = {"fault": "frozen", "notAfter": state["now"] + 60, "instance": state["instance"]}
        status, answer = await here.ask("PUT", "/v1/faults/night", right)
        assert (status, answer["now"] > state["now"]) == (201, True)


async def test_a_register_is_set_in_time_and_where_it_holds_something() -> None:
    """A value is not set too late, by another run, or over what is not what it is to replace."""
    async with site() as here:
        _, state = await here.ask("GET", "/v1/state")
        for wrong, status in (
            ({"notAfter": state["now"] - 1}, 412),
            ({"instance": "other"}, 412),
            ({"onlyIf": 1199}, 409),
            ({"onlyIf": "x"}, 400),
        ):
            assert (await here.ask("PUT", "/v1/registers/10", {"value": 1, **wrong}))[0] == status, wrong
        _, answer = await here.ask("GET", "/v1/registers/10")
        assert answer["registers"][0]["value"] == 2500
        right = {"value": 1, "onlyIf": 2500, "notAfter": state["now"] + 60, "instance": state["instance"]}
        status, answer = await here.ask("PUT", "/v1/registers/10", right)
        assert (status, answer["instance"], answer["registers"][0]["value"]) == (200, state["instance"], 1)
        status, answer = await here.ask("PUT", "/v1/registers/10", right)
        assert (status, answer["error"]) == (409, "10 holds 1, and not 2500: it is left as it is")


async def test_a_fault_is_ended_for_good() -> None:
    """What was ended for good does not come back by a request that was held up; others of other names do."""
    async with site() as here:
        assert (await here.ask("DELETE", "/v1/faults/night?for-good=true"))[0] == 404
        status, answer = await here.ask("PUT", "/v1/faults/night", {"fault": "frozen"})
        assert (status, answer["error"]) == (410, "fault night was ended for good")
        assert (await here.ask("PUT", "/v1/faults/noon", {"fault": "frozen"}))[0] == 201
        assert (await here.ask("DELETE", "/v1/faults/noon?for-good=yes"))[0] == 400
        for query in ("", "?for-good=true"):
            await here.ask("PUT", "/v1/faults/noon", {"fault": "frozen"})
            assert (await here.ask("DELETE", f"/v1/faults/noon{query}"))[0] == 200
        assert (await here.ask("PUT", "/v1/faults/noon", {"fault": "frozen"}))[0] == 410


async def test_faults_of_a_name_hit_alike() -> None:
    """What a named fault hits depends on the seed and its name alone, not on what was set before it."""
    hits = []
    for before in ((), ("delay:0s", "exception:busy,p=0.5")):
        async with site() as here, connected(here.stations[0].port) as client:
            for line in before:
                await here.ask("POST", "/v1/faults", {"fault": line})
            await here.ask("PUT", "/v1/faults/dice", {"fault": "exception:4,p=0.5"})
            for each in list(here.stations[0].faults)[:-1]:
                here.stations[0].faults.remove(each.id)
            hits.append([await client.ask(READ) == mbap(bytes((0x83, 4))) for _ in range(20)])
    assert hits[0] == hits[1]
    assert True in hits[0]
    assert False in hits[0]


async def test_one_plc_of_several_is_chosen() -> None:
    """Without a choice what is asked is of all PLCs, with ?plc= of the one at that port."""
    async with site(2) as here:
        ports = [station.port for station in here.stations]
        await here.ask("PUT", f"/v1/registers/10?plc={ports[1]}", {"value": 1})
        await here.ask("POST", "/v1/faults", {"fault": "frozen"})
        await here.ask("DELETE", f"/v1/faults?plc={ports[0]}")
        _, answer = await here.ask("GET", "/v1/registers/10")
        assert [(each["plc"], each["value"]) for each in answer["registers"]] == [(ports[0], 2500), (ports[1], 1)]
        _, answer = await here.ask("GET", "/v1/state")
        assert [(each["plc"], each["frozen"]) for each in answer["plcs"]] == [(ports[0], False), (ports[1], True)]


WRONG: list[tuple[str, str, object, int, str]] = [
    ("GET", "/v1/nothing", None, 404, "/v1/nothing"),
    ("DELETE", "/v1/state", None, 405, "Method Not Allowed"),
    ("GET", "/v1/state?plc=1", None, 404, "no PLC at port 1"),
    ("GET", "/v1/registers/speed", None, 404, 'no register named "speed"'),
    ("PUT", "/v1/registers/10", {"value": 70000}, 400, "10: the value is 70000: it must be 0 to 65535"),
    ("PUT", "/v1/registers/10", {"value": [1]}, 400, "value"),
    ("PUT", "/v1/registers/10", {"val": 1}, 400, "value: Field required"),
    ("PUT", "/v1/registers", {"address": 12, "values": [1]}, 409, "exception 2 (illegal address)"),
    ("PUT", "/v1/registers", {"address": 10, "values": []}, 400, "values"),
    ("PUT", "/v1/registers", {"table": "coil", "address": 10, "values": [2]}, 400, "a coil is 0 or 1"),
    ("PUT", "/v1/registers", {"table": "input", "address": 10, "values": [2]}, 409, "set the register by its name"),
    ("GET", "/v1/registers?address=12", None, 404, "exception 2 (illegal address)"),
    ("GET", "/v1/registers?address=x", None, 400, "address"),
    ("POST", "/v1/faults", {"fault": "delayed"}, 400, 'did you mean "delay"?'),
    ("POST", "/v1/faults", {"fault": {"kind": "delay"}}, 400, "delay needs its time"),
    ("POST", "/v1/faults", [], 400, "valid dictionary"),
    ("DELETE", "/v1/faults/7", None, 404, "no fault 7"),
    ("PUT", "/v1/faults/7", {"fault": "frozen"}, 400, '"7" is no name'),
    ("PUT", "/v1/faults/a%20b", {"fault": "frozen"}, 400, '"a b" is no name'),
    ("PUT", "/v1/faults/night", {"fault": "froze"}, 400, 'did you mean "frozen"?'),
    ("PUT", "/v1/faults/night", {}, 400, "fault: Field required"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "reason"), WRONG)
async def test_what_cannot_be_done_says_why(method: str, path: str, body: object, status: int, reason: str) -> None:
    """What cannot be done is answered by its status and a sentence in JSON, and changes nothing."""
    async with site() as here:
        got, answer = await here.ask(method, path, body)
        assert got == status
        assert reason in answer["error"]
        assert dict(here.stations[0].plc.points["10"].about) == {}
        assert here.stations[0].plc.points["10"].get() == 2500


JSON = {"Content-Type": "application/json"}
HOSTILE: dict[str, tuple[str, str, bytes | None, dict[str, str], int]] = {
    "a number of 5000 digits": ("DELETE", f"/v1/faults/{'9' * 5000}", None, {}, 404),
    "digits of another script": ("DELETE", "/v1/faults/%D9%A7", None, {}, 404),
    "no number": ("DELETE", "/v1/faults/x", None, {}, 404),
    "a body nested deeply": ("PUT", "/v1/registers/10", b"[" * 100_000, JSON, 400),
    "a value nested": ("PUT", "/v1/registers/10", b'{"value":' + b"[" * 900 + b"]" * 900 + b"}", JSON, 400),
    "a value of 5000 digits": ("PUT", "/v1/registers/10", b'{"value":' + b"9" * 5000 + b"}", JSON, 400),
    "a long value": ("PUT", "/v1/registers/10", b'{"value":' + b"9" * 4000 + b"}", JSON, 400),
    "an infinite value": ("PUT", "/v1/registers/10", b'{"value":1e999}', JSON, 400),
    "half a character": ("PUT", "/v1/registers/10", b'{"value":"\\ud800"}', JSON, 400),
    "no UTF-8": ("PUT", "/v1/registers/10", b"\xff\xfe", JSON, 400),
    "no body": ("PUT", "/v1/registers/10", b"", JSON, 400),
    "an unknown charset": ("PUT", "/v1/registers/10", b"{}", {"Content-Type": "application/json; charset=x"}, 415),
    "a charset of bytes": ("PUT", "/v1/registers/10", b"{}", {"Content-Type": "application/json; charset=hex"}, 415),
    "no gzip": ("PUT", "/v1/registers/10", b"{}", {**JSON, "Content-Encoding": "gzip"}, 400),
    "too large a body": ("PUT", "/v1/registers/10", b" " * 2_000_000, JSON, 413),
    "a long fault": ("POST", "/v1/faults", b'{"fault":"delay:' + b"9" * 4000 + b's"}', JSON, 400),
    "an address of 5000 digits": ("GET", f"/v1/registers?address={'9' * 5000}", None, {}, 400),
    "a port of 5000 digits": ("GET", f"/v1/state?plc={'9' * 5000}", None, {}, 404),
    "a name of control characters": ("GET", "/v1/registers/%0a%1b[2J%c2%9b", None, {}, 404),
    "a host whose port is none": ("GET", "/v1/state", None, {"Host": "127.0.0.1:x"}, 403),
    "a host whose port is too high": ("GET", "/v1/state", None, {"Host": "127.0.0.1:999999"}, 403),
    "a host that is none": ("GET", "/v1/state", None, {"Host": "\xff"}, 403),
}


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), HOSTILE.values(), ids=HOSTILE)
async def test_what_is_sent_to_break_it_is_refused_in_one_line(
    method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    """Whatever is sent, it is answered by a status of 4xx and a sentence in JSON that a terminal only shows."""
    async with site() as here:

        def talk() -> tuple[int, str]:
            connection = http.client.HTTPConnection("127.0.0.1", here.port, timeout=30)
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()

        got, answer = await asyncio.to_thread(talk)
        assert got == status, answer
        assert answer.isprintable()
        assert len(json.loads(answer)["error"]) < 1000
        assert here.stations[0].plc.points["10"].get() == 2500


async def test_a_web_page_cannot_use_it() -> None:
    """Without a token, what a page in a browser could send is refused: a foreign host name, or a form."""
    async with site() as here:
        assert (await here.ask("GET", "/v1/state", headers={"Host": f"plc.example:{here.port}"}))[0] == 403
        assert (await here.ask("POST", "/v1/restart", {}, {"Content-Type": "text/plain"}))[0] == 415
        assert here.stations[0].restarts == 0
        assert (await here.ask("GET", "/v1/state", headers={"Host": f"localhost:{here.port}"}))[0] == 200


async def test_the_token_is_checked() -> None:
    """With a token nothing is answered to who does not send it, from whatever name."""
    async with site(token=TOKEN) as here:
        for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": TOKEN}):
            status, answer = await here.ask("POST", "/v1/restart", {}, headers)
            assert (status, "token" in answer["error"]) == (401, True)
        assert here.stations[0].restarts == 0
        right = {"Authorization": f"Bearer {TOKEN}", "Host": "plc.example"}
        assert (await here.ask("POST", "/v1/restart", {}, right))[0] == 200


async def test_others_need_a_token() -> None:
    """Where others could reach it, it is not served without a token, and says what to set."""
    with pytest.raises(ControlError, match=r"0\.0\.0\.0:0 could be used by everybody.*MOCK_PLC_TOKEN"):
        async with controlling([], Address("0.0.0.0", 0)):  # noqa: S104 - that is what is refused
            pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5503", Address("127.0.0.1", 5503)),
        ("0.0.0.0:1", Address("0.0.0.0", 1)),  # noqa: S104 - a text like any other
        ("[::1]:5503", Address("::1", 5503)),
        ("plc.example:0", Address("plc.example", 0)),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    """An address is a port, or a host and a port, IPv6 in brackets; it is shown as it is written."""
    parsed = Address.parse(text)
    assert parsed == expected
    assert str(parsed) in (text, f"127.0.0.1:{text}")


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "127.0.0.1:", ":5503", "1:70000", "::1:5503", "5_503"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """What has no port, or one that cannot be, or an IPv6 address without brackets, is refused."""
    with pytest.raises(ValueError, match=f'"{text}"'):
        Address.parse(text)


@dataclass
class Ctl:
    """`mock-plc ctl` for one mock-plc."""

    control: str
    token: str = ""

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        environment = {**os.environ, "MOCK_PLC_CONTROL": self.control, "MOCK_PLC_TOKEN": self.token}
        return subprocess.run(
            [*COMMAND, "ctl", *arguments], capture_output=True, text=True, timeout=60, check=False, env=environment
        )

    def rows(self, *arguments: str) -> list[list[str]]:
        """Run a command and return its table, without the heading."""
        ended = self(*arguments)
        assert (ended.returncode, ended.stderr) == (0, "")
        return [line.split() for line in ended.stdout.splitlines()[1:]]


def test_ctl_does_all_that_the_api_does(tmp_path: Path) -> None:
    """Each command of ctl does what it says to a mock-plc that runs, and prints it as a table or as JSON."""
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    with running("--control", "0", "--control-token-file", str(secret), "--register", "5=7") as program:
        ctl = Ctl(program.hear(r"control API on http://(\S+)")[1], TOKEN)
        port = str(program.port)
        assert ctl.rows("get", "5") == [[port, "5", "7", "holding", "5", "1"]]
        assert ctl.rows("set", "5", "1200") == [[port, "5", "1200", "holding", "5", "1"]]
        assert ctl("set", "holding:5", "8").stdout == "holding:5 = 8\n"
        assert ctl.rows("get", "holding:5", "--unit", "9") == [[port, "9", "holding", "5", "8"]]
        assert json.loads(ctl("registers", "-o", "json").stdout)["registers"][0]["value"] == 8
        assert ctl.rows("fault", "add", "delay:2s,on=write") == [[port, "1", "delay:2s,on=write", "yes"]]
        assert ctl.rows("fault", "list", "--plc", port) == [[port, "1", "delay:2s,on=write", "yes", "0"]]
        assert ctl("fault", "remove", "1").stdout == "removed fault 1\n"
        assert ctl.rows("fault", "put", "night", "delay:2s,for=9s") == [[port, "2", "night", "delay:2s,for=9s", "yes"]]
        assert ctl.rows("fault", "renew", "night")[0][2] == "night"
        assert ctl.rows("fault", "list")[0][2] == "night"
        assert ctl("fault", "remove", "night").stdout == "removed fault night\n"
        gone = ctl("fault", "renew", "night")
        assert (gone.returncode, "has no fault night any more" in gone.stderr) == (1, True)
        assert ctl("fault", "clear").stdout == "removed 0 faults\n"
        assert ctl("fault", "list").stdout == "none\n"
        assert ctl("restart").stdout == "restarted 1\n"
        assert ctl.rows("get", "5")[0][2] == "7"
        assert ctl("counters").stdout == "none\n"
        assert ctl.rows("state")[0][:2] == [port, "tcp"]
        refused = Ctl(ctl.control, "wrong")("state", "--token-file", str(tmp_path / "none"))
        assert "--token-file" in refused.stderr
        for wrong in (Ctl(ctl.control, "wrong")("state"), refused, ctl("get", "6"), ctl("fault", "add", "delay")):
            assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (1, "", 1)
            assert wrong.stderr.startswith("mock-plc: ")
        program.end()
        told = [line.partition("mock_plc: ")[2].rstrip() for line in program.said[2:-1]]
        assert told == [
            "control: 5 = 1200",
            "control: unit 1 holding 5 = [8]",
            "control: fault delay:2s,on=write is set",
            "control: fault delay:2s,on=write is removed",
            "control: fault night is delay:2s,for=9s",
            "control: fault delay:2s,for=9s is removed",
            "control: all faults are removed (0)",
            f"restart of the PLC at port {port}",
        ]


def test_ctl_says_when_there_is_nobody() -> None:
    """Where no mock-plc is, ctl says so in one line, and what to start."""
    ended = Ctl("127.0.0.1:1")("state")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "127.0.0.1:1: nothing listens there; start it with: mock-plc --control 5503" in ended.stderr


def test_ctl_says_when_it_speaks_to_something_else() -> None:
    """Where a PLC answers and no control API, ctl says so in one line."""
    with running() as program:
        ended = Ctl(f"127.0.0.1:{program.port}")("state")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert f"no answer from 127.0.0.1:{program.port}: Remote end closed connection" in ended.stderr
