"""A device file as its user meets it: served on real sockets, checked, and printed."""

from pathlib import Path

import pytest

from .client import Client, Refused
from .program import Program, finished, running

DEVICE = """
units:
  1:
    identity: {vendor: ACME, productCode: HX-200, revision: "1.2"}
    registers:
    - {name: speed, address: 4001, type: float32, byteOrder: CDAB, value: 95800}
    - name: speed-now
      table: input
      address: 0
      type: float32
      behaviours: {follows: {setpoint: speed, tau: 50ms, interval: 50ms}}
    - {name: contested, address: 10, value: 50, behaviours: {resists: 300ms}}
    - {name: locked, address: 11, value: 7, behaviours: {readOnly: {code: 3}}}
    - {name: start, reference: 17, value: true}
    - {name: door, reference: 10002, value: true}
  7:
    holes: zero
    registers:
    - {name: speed, address: 4001, value: 5}
faults:
- exception:busy,address=11,on=read
"""


@pytest.fixture
def device(tmp_path: Path) -> str:
    """Write the device file, and return its path."""
    path = tmp_path / "plc.yaml"
    path.write_text(DEVICE)
    return str(path)


def said(program: Program) -> str:
    """Return the last line that it has said, without the time."""
    return program.said[-1].partition("mock_plc: ")[2].rstrip()


def test_a_device_file_is_served(device: str) -> None:
    """All tables of a device file answer, in its types and orders, each unit for itself, with its identity."""
    with running("--device", device) as program:
        assert said(program).endswith(f", being {device}: 7 registers in units 1, 7, 1 fault")
        with Client(program.port) as client:
            assert client.read(4001, 2) == [0x1C00, 0x47BB]
            assert client.ask(1, b"\x00\x10\x00\x01") == b"\x01\x01"
            assert client.ask(2, b"\x00\x01\x00\x01") == b"\x01\x01"
            assert b"ACME" in client.ask(43, b"\x0e\x01\x00")
        with Client(program.port, unit=7) as client:
            assert client.read(4000, 3) == [0, 5, 0]
            with pytest.raises(Refused, match="1"):
                client.ask(1, b"\x00\x10\x00\x01")


def test_units_that_are_not_in_the_file_do_not_answer(device: str) -> None:
    """A unit id that the file does not name is answered by exception 11, as by a gateway."""
    with running("--device", device) as program, Client(program.port, unit=2) as client:
        with pytest.raises(Refused) as refused:
            client.read(4001)
        assert refused.value.code == 11


def test_its_registers_behave(device: str) -> None:
    """What is written by a client is resisted, refused and followed, by the clock of the program."""
    with running("--device", device) as program, Client(program.port) as client:
        client.write_single(10, 70)
        assert client.read(10) == [70]
        program.hear(r"resists: 1\.contested 70 -> 50")
        assert client.read(10) == [50]
        with pytest.raises(Refused) as refused:
            client.write_single(11, 8)
        assert refused.value.code == 3
        followed = b""
        while followed != bytes.fromhex("04 47bb1c00"):  # the test's own timeout ends a wait in vain
            followed = client.ask(4, b"\x00\x00\x00\x02")


def test_its_faults_are_set(device: str) -> None:
    """The faults of a device file hit, beside those of --fault."""
    with running("--device", device, "--fault", "exception:4,address=10") as program, Client(program.port) as client:
        codes = []
        for address in (10, 11):
            with pytest.raises(Refused) as refused:
                client.read(address)
            codes.append(refused.value.code)
    assert codes == [4, 6]


def test_chaos_moves_what_stands_still(tmp_path: Path) -> None:
    """With --chaos each holding register drifts that holds a number and neither moves by itself nor is fixed."""
    path = tmp_path / "plc.yaml"
    path.write_text(
        "registers:\n"
        "- {name: a, address: 0, value: 500}\n"
        "- {name: b, address: 1, value: 500, behaviours: {fixed: true}}\n"
        "- {name: c, table: input, address: 0, value: 500}\n- {name: d, address: 2, type: int16, value: 500}"
    )
    with running("--device", str(path), "--chaos", "--chaos-interval", "0.05", "--max-drift", "3") as program:
        drifted = {program.hear(r"drift: (\w) (\d+) -> (\d+)")[1] for _ in range(6)}
        with Client(program.port) as client:
            assert client.read(1) == [500]
        assert program.end() == 0
    assert drifted == {"a", "d"}


def test_plcs_share_a_file_and_nothing_else(device: str) -> None:
    """With --count, each PLC of a device file holds its own values."""
    with (
        running("--device", device, "--count", "2") as program,
        Client(program.port) as one,
        Client(program.port + 1) as other,
    ):
        one.write(4001, 1, 2)
        assert (one.read(4001, 2), other.read(4001, 2)) == ([1, 2], [0x1C00, 0x47BB])


@pytest.mark.parametrize(("flag", "value"), [("--register", "5"), ("--register", "4001"), ("--value", "2500")])
def test_registers_stand_in_the_file_or_in_flags(device: str, flag: str, value: str) -> None:
    """--register and --value beside --device are refused rather than ignored, also with their defaults."""
    ended = finished("--device", device, flag, value)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert f"{flag} has no effect with --device" in ended.stderr


def test_a_wrong_file_is_a_line_for_each_mistake(tmp_path: Path) -> None:
    """A wrong device file ends the program with exit code 2 and one line for each mistake, served or checked."""
    path = tmp_path / "plc.yaml"
    path.write_text("holes: none\nregisters:\n- {name: a, address: 1, value: 70000}")
    lines = [
        f"mock-plc: {path}:1: holes: 'none' must be refuse or zero",
        f"mock-plc: {path}:3: registers[0] (a).value: 70000 does not fit: uint16 holds 0 to 65535",
    ]
    for arguments in (("--device", str(path)), ("check", str(path))):
        ended = finished(*arguments)
        assert (ended.returncode, ended.stdout, ended.stderr.splitlines()) == (2, "", lines)


def test_check_says_what_a_file_is(device: str, tmp_path: Path) -> None:
    """Each right file is one line of what it has, and a wrong one among them fails the whole."""
    ended = finished("check", device)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{device}: 7 registers in units 1, 7, 1 fault\n", "")
    ended = finished("check", str(tmp_path / "none.yaml"), device)
    assert ended.returncode == 2
    assert ended.stdout == f"{device}: 7 registers in units 1, 7, 1 fault\n"
    assert ended.stderr == f"mock-plc: {tmp_path / 'none.yaml'}: cannot be read: No such file or directory\n"


def test_the_example_runs(tmp_path: Path) -> None:
    """What `mock-plc example` prints is right, has each behaviour in it, and can be served."""
    from mock_plc.spec.behaviours import Behaviours  # noqa: PLC0415 - what the example is held against
    from mock_plc.spec.register import Register  # noqa: PLC0415

    printed = finished("example").stdout
    path = tmp_path / "plc.yaml"
    path.write_text(printed)
    assert finished("check", str(path)).returncode == 0
    keys = [field.alias for model in (Behaviours, Register) for field in model.model_fields.values()]
    assert [key for key in keys if f"{key}:" not in printed and f"{key} " not in printed] == []
    with running("--device", str(path)) as program, Client(program.port) as client:
        assert client.read(4001) == [1500]
