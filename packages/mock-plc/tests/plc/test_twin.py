"""`mock-plc twin` as its user meets it: a process that says who is where, serves, is looked at by ctl, and ends."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .client import Client, Refused
from .program import COMMAND, Program, finished

PLANT = """
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: mixer, namespace: line-1}
spec:
  deviceAddress: 10.0.0.12
  registers:
  - {name: speed, address: 4001, value: 2500, tolerance: 5, min: 2000, max: 3000}
  - {name: seen, address: 4002}
---
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: oven}
spec: {deviceAddress: 10.0.0.13, unitId: 3, targetRegister: 100, targetValue: 1800}
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """Return a folder with manifests."""
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "plant.yaml").write_text(PLANT)
    return folder


@contextmanager
def twin(*arguments: str) -> Iterator[Program]:
    """Run a twin until the block ends; when it is yielded, all listen and the map is written."""
    command = [*COMMAND, "twin", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            program = Program(process)
            program.port = int(program.hear(r"listening on 127\.0\.0\.1:(\d+)")[1])
            yield program
        finally:
            process.kill()


def places(file: Path) -> dict[str, int]:
    """Return the ports of a device map."""
    lines = [line.split(": ") for line in file.read_text().splitlines() if not line.startswith("#")]
    return {json.loads(address): int(json.loads(place).removeprefix("127.0.0.1:")) for address, place in lines}


def test_each_device_holds_what_its_manifest_says(plant: Path, tmp_path: Path) -> None:
    """The map and a table say who is where, each device is its own, and Ctrl-C takes the map away."""
    file = tmp_path / "map.yaml"
    with twin("-f", str(plant), "--device-map", str(file)) as program:
        program.hear(f"device map in {file}")
        ports = places(file)
        assert sorted(ports) == ["10.0.0.12:502", "10.0.0.13:502"]
        with Client(ports["10.0.0.12:502"]) as mixer, Client(ports["10.0.0.13:502"], unit=3) as oven:
            assert mixer.read(4001, 2) == [2500, 0]
            assert oven.read(100) == [1800]
            oven.write_single(100, 7)
            assert (oven.read(100), mixer.read(4001)) == ([7], [2500])
        with Client(ports["10.0.0.13:502"], unit=1) as nobody, pytest.raises(Refused) as refused:
            nobody.read(100)
        assert refused.value.code == 11
        assert program.end(signal.SIGINT) == 0
        assert program.process.stdout is not None
        assert [line.split() for line in program.process.stdout] == [
            ["DEVICE", "TWIN", "TRANSPORT", "UNITS", "REGISTERS", "MANIFESTS"],
            ["10.0.0.12:502", f"127.0.0.1:{ports['10.0.0.12:502']}", "tcp", "1", "2", "line-1/mixer"],
            ["10.0.0.13:502", f"127.0.0.1:{ports['10.0.0.13:502']}", "tcp", "3", "1", "default/oven"],
        ]
    assert not file.exists()


def test_ports_are_in_a_row_from_the_one_that_is_asked_for(plant: Path) -> None:
    """--port gives the first device its port, and the others the next ones, in the order of their addresses."""
    with twin("-f", str(plant)) as program:
        first = program.port
        assert program.end() == 0
    with twin("-f", str(plant), "--port", str(first)) as program, Client(first) as one, Client(first + 1, 3) as two:
        assert (one.read(4001), two.read(100)) == ([2500], [1800])


def test_a_drifted_start_is_off_within_limits_and_repeatable(plant: Path) -> None:
    """--start drifted holds another value than Git wants; the seed that it names makes the same again."""
    with twin("-f", str(plant), "--start", "drifted") as program, Client(program.port) as mixer:
        seed = program.hear(r"begun drifted; to repeat it: --seed (\d+)")[1]
        (held,) = mixer.read(4001)
    assert 2000 <= held <= 3000
    assert abs(held - 2500) > 5
    again = ("-f", str(plant), "--start", "drifted", "--seed", seed)
    with twin(*again) as program, Client(program.port) as mixer:
        assert mixer.read(4001) == [held]


def test_chaos_and_faults_are_those_of_any_device(plant: Path) -> None:
    """--chaos lets each device drift, and says with -v which; --fault hits requests of each."""
    with twin("-f", str(plant), "-v", "--chaos", "--chaos-interval", "0.05", "--fault", "exception:busy,first=1") as it:
        it.hear(r"drift: 10\.0\.0\.12:502 speed 2500 -> ")
        for port, unit, address in ((it.port, 1, 4001), (it.port + 1, 3, 100)):
            with Client(port, unit) as client:
                with pytest.raises(Refused):
                    client.read(address)
                assert client.read(address)


def test_ctl_knows_devices_by_address_and_by_manifest(plant: Path) -> None:
    """One device is looked at and changed by its address in the manifests, or by the manifest's name."""
    with twin("-f", str(plant), "--control", "0") as program:
        control = ("--control", program.hear(r"control API on http://(\S+)")[1])
        state = json.loads(finished("ctl", "state", "-o", "json", *control).stdout)["plcs"]
        assert [each["names"] for each in state] == [
            ["10.0.0.12:502", "line-1/mixer"],
            ["10.0.0.13:502", "default/oven"],
        ]
        assert "line-1/mixer" in finished("ctl", "state", *control).stdout
        assert finished("ctl", "set", "speed", "2400", "--plc", "line-1/mixer", *control).returncode == 0
        assert " 2400 " in finished("ctl", "get", "speed", "--plc", "10.0.0.12:502", *control).stdout
        assert finished("ctl", "fault", "add", "frozen", "--plc", "default/oven", *control).returncode == 0
        state = json.loads(finished("ctl", "state", "-o", "json", *control).stdout)["plcs"]
        assert [each["frozen"] for each in state] == [False, True]
        nobody = finished("ctl", "state", "--plc", "line-9/mixer", *control)
        assert (nobody.returncode, nobody.stderr) == (1, "mock-plc: there is no PLC line-9/mixer\n")


def test_manifests_are_read_from_standard_input(plant: Path) -> None:
    """What another program prints can be piped in."""
    command = [*COMMAND, "twin", "-f", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        process.stdin.write(PLANT)
        process.stdin.close()
        Program(process).hear("listening on .*, 2 PLCs, each as its manifests say")
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "mock-plc twin needs manifests: -f FILE"),
        (["-f", "nowhere"], 2, "nowhere: cannot be read: No such file or directory"),
        (
            ["-f", "{plant}", "--fault", "connection-limit:1", "--fault", "nonsense"],
            2,
            'Invalid value for --fault: "non',
        ),
        (["-f", "{plant}", "--start", "upset"], 2, "--start"),
        (["-f", "{plant}", "--device-map", "{plant}/plant.yaml"], 1, "is there already, and no twin has written it"),
        (["-f", "{plant}", "--port", "65535"], 1, "cannot listen on port 65536: the last one is 65535"),
        (["-f", "{plant}", "--control-token-file", "x"], 2, "--control-token-file has no effect without --control"),
    ],
)
def test_what_cannot_be_is_one_line(plant: Path, arguments: list[str], code: int, said: str) -> None:
    """Wrong usage, and what is in the way, end it with one line and nothing on standard output."""
    ended = finished("twin", *(each.replace("{plant}", str(plant)) for each in arguments))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (code, "", 1)
    assert said in ended.stderr


def test_a_folder_without_manifests_is_told(tmp_path: Path) -> None:
    """A folder that names no device is no plant."""
    ended = finished("twin", "-f", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"there is no IndustrialPLC in {tmp_path}" in ended.stderr


def test_a_fault_without_effect_on_any_device_is_refused(tmp_path: Path) -> None:
    """A fault is left out where a device's transport knows no such thing, and refused where no device's does."""
    file = tmp_path / "a.yaml"
    file.write_text(PLANT.replace("deviceAddress: 10.0.0.13", "deviceAddress: 10.0.0.13, connection: {transport: udp}"))
    with twin("-f", str(file), "--fault", "connection-limit:1"):
        pass
    file.write_text(PLANT.partition("---")[2].replace("unitId: 3", "connection: {transport: udp}"))
    ended = finished("twin", "-f", str(file), "--fault", "connection-limit:1")
    assert "--fault connection-limit:1 has no effect on any of the devices, by their transports" in ended.stderr


def test_help_is_quick_and_says_what_a_newcomer_must_know() -> None:
    """--help names each flag without loading what serves, and shows how operator and twin are started."""
    told = " ".join(finished("twin", "--help").stdout.replace("│", " ").split())
    flags = "filename namespace device-map secrets start bind port chaos fault seed verbose control"
    assert [flag for flag in flags.split() if f"--{flag}" not in told] == []
    assert "fabgitops-operator run --device-map twin.yaml" in told
    heavy = {"asyncio", "aiohttp", "cryptography", "pydantic", "ruamel", "mock_plc.net"}
    code = f"import sys, mock_plc.twin.app; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
