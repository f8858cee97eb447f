"""A look at devices on real sockets, by the command as it is run."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from fabgitops_core.api.plc.connection import Transport
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_operator import app
from mock_plc.device import Device
from mock_plc.faults.model import Fault
from mock_plc.machine.machine import Machine
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport as MockTransport
from mock_plc.server import serving
from mock_plc.spec.reading import parse

Look = Callable[..., str]

PRESS = """
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: press}
spec:
  deviceAddress: 192.0.2.1
  templateRef: {name: drive, parameters: {at: 4000}}
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLCTemplate
metadata: {name: drive}
spec:
  parameters: [{name: at}]
  registers:
  - {name: level, address: "${at}", type: float32, value: 20, unit: mm}
  - {name: gone, address: 9000}
"""

NAMED = """
units:
  1:
    identity: {vendor: ACME, productCode: FC-101}
    registers: [{name: speed, address: 0}]
  2:
    registers: [{name: speed, address: 0}]
"""


@pytest.fixture
def plc() -> Device:
    """Return a device with a float among others, and a word that stands alone."""
    return Device({4000: 0x41AC, 4001: 0, 4002: 5, 4003: 6, 3999: 7, 0: 77})


def called(*arguments: str) -> int:
    """Run the command line, and return its exit code."""
    code = app.app(
        list(arguments), exit_on_error=False, print_error=False, result_action="return_int_as_exit_code_else_zero"
    )
    return int(code)


def run(plc: Device, *arguments: str) -> int:
    """Run the command against a device, and return its exit code."""

    async def looked() -> int:
        async with serving(plc) as port:
            given = [each.replace("HOST", f"127.0.0.1:{port}") for each in ("probe", "HOST", *arguments)]
            return await asyncio.to_thread(called, *given)

    return asyncio.run(looked())


def test_who_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a register only the identification is asked for; a unit that has none is told of as well."""
    station = Station(Machine(parse(NAMED, "device")))

    async def looked() -> int:
        async with listening(station) as port:
            return await asyncio.to_thread(called, "probe", f"127.0.0.1:{port}", "--unit", "1-2,9")

    assert asyncio.run(looked()) == 0
    out = capsys.readouterr().out
    assert "unit 1: answers; vendor ACME, product FC-101" in out
    assert "unit 2: answers (it has no identification)" in out
    assert "unit 9: does not answer" in out


def test_nobody_outside_of_the_ranges_is_looked_at(
    plc: Device, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --allow-cidr, or the same in the environment of the operator, only what is within is connected to."""
    assert run(plc, "--register", "holding:4000", "--allow-cidr", "192.0.2.0/24", "--allow-cidr", "127.0.0.2") == 1
    assert "is outside of --allow-cidr 192.0.2.0/24, 127.0.0.2/32" in capsys.readouterr().err
    monkeypatch.setenv("FABGITOPS_ALLOW_CIDR", "192.0.2.0/24")
    assert run(plc, "--register", "holding:4000") == 1
    monkeypatch.setenv("FABGITOPS_ALLOW_CIDR", "192.0.2.0/24 127.0.0.0/8")
    assert run(plc, "--register", "holding:4000") == 0


def test_a_register_is_shown_with_its_neighbours_and_in_every_order(
    plc: Device, capsys: pytest.CaptureFixture[str]
) -> None:
    """The words around it and all that they may mean stand below each other."""
    assert run(plc, "--register", "holding:4000") == 0
    out = capsys.readouterr().out
    assert "44001 · holding register, address 4000 · unit 1" in out
    rows = [line.split() for line in out.splitlines()]
    assert ["address", "3999", "[4000]", "4001", "4002", "4003"] in rows
    assert ["word", "0x0007", "0x41AC", "0x0000", "0x0005", "0x0006"] in rows
    assert next(row for row in rows if row[:1] == ["float32"])[1] == "21.5"


def test_a_register_whose_neighbours_are_not_there_is_shown_alone(
    plc: Device, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a device does not have is no reason not to show what it has."""
    assert run(plc, "--register", "40001", "--register", "holding:9000") == 0
    out = capsys.readouterr().out
    assert "0x004D" in out
    assert "exception 02" in out.split("49001")[1]


def test_the_yaml_is_a_resource_that_writes_nothing(plc: Device, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed to begin a map with is valid, names each register, and corrects nothing."""
    assert run(plc, "--register", "holding:4000-4001", "-o", "yaml") == 0
    body = yaml.safe_load(capsys.readouterr().out)
    spec = IndustrialPLCSpec.model_validate(body["spec"])
    assert spec.auto_correct is False
    assert [(each.name, each.address) for each in spec.registers_wanted] == [
        ("holding-4000", 4000),
        ("holding-4001", 4001),
    ]
    assert all(each.value is None for each in spec.registers_wanted)


def test_a_map_is_read_as_it_is_declared(plc: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest with its template shows what each register holds there, beside what it must; nothing is written."""
    file = tmp_path / "press.yaml"
    file.write_text(PRESS)
    assert run(plc, "--map", str(file)) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert ["level", "holding", "4000", "float32", "unit", "1", "0x41AC0000", "21.5", "mm", "20", "mm"] in rows
    assert any(row[0] == "gone" and "02" in row for row in rows)
    assert plc.writes == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "line 1"),
        ("{}", "holds 0 IndustrialPLCs"),
        (PRESS.split("---", maxsplit=1)[0], "its template drive is not in it"),
        (PRESS.replace("{at: 4000}", "{of: 4000}"), "template"),
        (PRESS.replace("192.0.2.1", "http://x"), "spec.deviceAddress"),
    ],
)
def test_a_map_that_cannot_be_used_is_told(
    plc: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    """The file and the reason are named, with the exit code of a mistake."""
    file = tmp_path / "press.yaml"
    file.write_text(text)
    assert run(plc, "--map", str(file)) == 2
    err = capsys.readouterr().err
    assert str(file) in err
    assert why in err


def test_nobody_there_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that refuses is told in one sentence, with a non-zero exit code."""
    assert called("probe", "127.0.0.1:1") == 1
    assert "127.0.0.1:1 refused the connection" in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "value"), [("--timeout", "-1"), ("--timeout", "1000"), ("--pause", "60")])
def test_a_pause_or_timeout_has_its_bounds(capsys: pytest.CaptureFixture[str], flag: str, value: str) -> None:
    """A value out of bounds names its flag and what may be given."""
    assert called("probe", "127.0.0.1", flag, value) == 2
    assert f"{flag} is" in capsys.readouterr().err


def test_a_map_in_the_wrong_byte_order_is_told_of(
    plc: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value that would fit in another order is shown with that order; a column that says nothing is not there."""
    swapped = PRESS.replace("type: float32, value: 20", "type: float32, byteOrder: CDAB, min: 0, max: 60")
    for name, text in (("press.yaml", PRESS), ("swapped.yaml", swapped)):
        (tmp_path / name).write_text(text)
    assert run(plc, "--map", str(tmp_path / "press.yaml")) == 0
    assert "hint" not in capsys.readouterr().out
    assert run(plc, "--map", str(tmp_path / "swapped.yaml")) == 0
    assert "next to nothing; read as ABCD it would be 21.5 mm" in capsys.readouterr().out


ODD = """
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: odd}
spec:
  deviceAddress: 192.0.2.1
  connection: {CONNECTION}
  registers: [{name: level, address: 0}]
"""


@pytest.mark.parametrize(
    ("fault", "transport", "flags", "connection"),
    [
        ("no-transaction", Transport.TCP, ["--ignore", "transactionId"], {"ignore": ["transactionId"]}),
        ("wrong-unit", Transport.TCP, ["--ignore", "unitId"], {"ignore": ["unitId"]}),
        ("echo", Transport.RTU_OVER_TCP, ["--echo"], {"transport": "rtuOverTcp", "echo": True}),
    ],
)
def test_a_device_that_answers_oddly_is_looked_at_as_the_flags_or_the_map_say(
    fault: str,
    transport: Transport,
    flags: list[str],
    connection: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a word of it its answers are not believed; with one they are, and what is printed says it again."""
    map_file = tmp_path / "odd.yaml"
    map_file.write_text(ODD.replace("{CONNECTION}", yaml.safe_dump(connection, default_flow_style=True).strip()))
    way = ["--transport", str(transport)]
    told = [
        [*way, "--register", "holding:0", "--timeout", "0.3"],
        [*way, *flags, "--register", "holding:0", "-o", "yaml"],
        ["--map", str(map_file)],
    ]

    async def looked() -> list[int]:
        machine = Machine(parse("registers: [{name: level, address: 0, value: 77}]", "device"))
        station = Station(machine, [Fault.model_validate(fault)], transport=MockTransport(transport))
        async with listening(station) as port:
            return [await asyncio.to_thread(called, "probe", f"127.0.0.1:{port}", *each) for each in told]

    assert asyncio.run(looked()) == [1, 0, 0]
    out = capsys.readouterr().out
    printed = yaml.safe_load(out[out.index("# Read at") : out.index("127.0.0.1", out.index("registers:"))])
    assert printed["spec"]["connection"] == connection
    assert "0x004D" in out.split("registers:")[1]


def test_what_a_transport_cannot_have_is_not_looked_for(plc: Device, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked where a flag goes with another transport."""
    assert run(plc, "--transport", "udp", "--ignore", "transactionId") == 2
    assert "with transport udp it is not ignored" in capsys.readouterr().err
    assert run(plc, "--echo") == 2
    assert "it goes with transport rtuOverTcp" in capsys.readouterr().err
