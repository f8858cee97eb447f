"""The operator without a cluster, really run: it starts, corrects, tells, ends, and starts again."""

import os
import re
import resource
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from .conftest import BIN, PATIENCE, PLCS, Box, until

pytestmark = pytest.mark.timeout(180)


def test_drift_is_corrected_from_a_folder(box: Box) -> None:
    """A manifest in a folder is all it takes: what the PLC holds is put right, told in status and Event, counted."""
    box.declare("mixer", port=box.plc(r1=5), targetValue=7)
    with box.running():
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        until(lambda: box.status("mixer").get("correctionsApplied") == 1, "the correction is counted")
        until(lambda: "DriftDetected" in box.get("/apis/events.k8s.io/v1/events").text, "the Event is stored")
        assert 'corrections_total{namespace="default",plc_name="mixer"} 1.0' in box.get("/metrics").text


def test_a_change_in_the_folder_comes_into_force(box: Box) -> None:
    """What is changed in the source is written to the PLC, and what is taken out is let go of without a write."""
    port = box.plc(r1=5)
    box.declare("mixer", port=port, targetValue=7)
    box.declare("other", port=box.plc(r1=1), targetValue=1)
    with box.running():
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        box.declare("mixer", port=port, targetValue=9)
        until(lambda: box.status("mixer").get("currentValue") == 9, "the new value is in force")
        (box.source / "mixer.yaml").unlink()
        until(lambda: box.get(f"{PLCS}/mixer").status == 404, "the mixer is let go of")
        until(lambda: "managed_plcs 1.0" in box.get("/metrics").text, "it is looked after no more")


def test_it_goes_on_without_its_source(box: Box) -> None:
    """After a restart with the source away what was declared last is in force: drift is found, and put right."""
    port = box.plc(r1=5)
    box.declare("mixer", port=port, targetValue=7)
    with box.running():
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        corrected = box.status("mixer")["correctionsApplied"]
    box.source.rename(box.folder / "away")
    with box.running():
        until(lambda: "away since" in box.get("/readyz").text, "the source is told to be away")
        assert box.get("/readyz").status == 200
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        assert box.status("mixer")["correctionsApplied"] == corrected


def test_a_kill_loses_nothing_that_was_told(box: Box) -> None:
    """Killed without a word, it knows after the next start how often it has corrected."""
    box.declare("mixer", port=box.plc(r1=5), targetValue=7)
    with box.running() as process:
        until(lambda: box.status("mixer").get("correctionsApplied") == 1, "the correction is counted")
        process.kill()
        process.wait()
    with box.running():
        assert box.status("mixer")["correctionsApplied"] == 1


def test_a_second_one_on_the_same_state_says_whose_it_is(box: Box) -> None:
    """Two on one state would be two masters: the second ends with the number of the first."""
    with box.running() as first:
        command = [str(BIN / "fabgitops-operator"), "standalone", f"--source={box.source}", f"--state={box.state}"]
        second = subprocess.run([*command, "--listen", "127.0.0.1:0"], capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"is in use by process {first.pid}" in second.stderr
        assert second.stderr.count("\n") == 1
        assert box.is_ready()


def standalone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command of `standalone`."""
    command = [str(BIN / "fabgitops-operator"), "standalone", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_backup_brings_back_what_it_knew(box: Box) -> None:
    """Copied while the operator runs, and put back after the folder was lost, it knows how often it has corrected."""
    box.declare("mixer", port=box.plc(r1=5), targetValue=7)
    copy = box.folder / "line-a.db"
    with box.running() as process:
        until(lambda: box.status("mixer").get("correctionsApplied") == 1, "the correction is counted")
        assert standalone("backup", copy, "--state", box.state).returncode == 0
        assert f"in use by process {process.pid}, whole" in standalone("check", "--state", box.state).stdout
        refused = standalone("restore", copy, "--state", box.state)
        assert refused.returncode == 1
        assert f"in use by process {process.pid}" in refused.stderr
    box.state.rename(box.folder / "lost")
    assert standalone("restore", copy, "--state", box.state).returncode == 0
    with box.running():
        assert box.status("mixer")["correctionsApplied"] == 1


def test_a_state_that_is_damaged_is_told(box: Box) -> None:
    """A file whose bytes were turned is called damaged by check, and by a start, with the way out."""
    box.declare("mixer", port=box.plc(r1=7), targetValue=7)
    with box.running():
        until(lambda: box.synced("mixer"), "the mixer is in sync")
    file = box.state / "state.db"
    file.write_bytes(file.read_bytes().replace(b'"targetValue":7', b'"targetValue":9'))
    checked = standalone("check", "--state", box.state)
    assert checked.returncode == 1
    assert checked.stdout.endswith(", damaged\n")
    assert box.start().wait(PATIENCE) == 1
    assert "standalone restore FILE" in box.log.read_text()


def test_off_loopback_it_wants_tls_and_tokens(box: Box) -> None:
    """A port that others reach is not opened without a certificate and a token, and the way out is named."""
    process = box.start("--listen", "0.0.0.0:0")
    assert process.wait(PATIENCE) == 2
    assert "standalone certificate" in box.log.read_text()
    subprocess.run([BIN / "fabgitops-operator", "standalone", "certificate", "--state", box.state], check=True)
    process = box.start("--listen", "0.0.0.0:0")
    assert process.wait(PATIENCE) == 2
    assert "standalone token NAME" in box.log.read_text()


def test_the_service_manager_hears_how_it_goes(box: Box, manager: socket.socket) -> None:
    """The service manager hears when all that was known is declared, that the process lives, and of its end."""
    socket_of = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "1000000"}
    with box.running(**socket_of) as process:
        told = [manager.recv(4096).decode()]
        assert told[0].startswith("READY=1\nSTATUS=looking after 0 resource(s)")
        while "WATCHDOG=1" not in told:
            told.append(manager.recv(4096).decode())
        process.send_signal(signal.SIGTERM)
        while not told[-1].startswith("STOPPING=1"):
            told.append(manager.recv(4096).decode())
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order(box: Box, number: signal.Signals) -> None:
    """Told to end it ends with 0, and says so last."""
    box.declare("mixer", port=box.plc(r1=7), targetValue=7)
    with box.running() as process:
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    assert box.log.read_text().rstrip().endswith("stopped")


def test_a_clock_that_stands_in_1970_stops_nothing(box: Box) -> None:
    """A box without a battery starts in 1970: it polls, corrects and tells all the same."""
    box.declare("mixer", port=box.plc(r1=5), targetValue=7)
    path = [str(Path(__file__).parent / "stopped_clock"), *filter(None, [os.environ.get("PYTHONPATH")])]
    with box.running(PYTHONPATH=os.pathsep.join(path)):
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        status = until(lambda: box.status("mixer").get("correctionsApplied") and box.status("mixer"), "it is counted")
        assert all(each["lastTransitionTime"].startswith("1970-") for each in status["conditions"])


def write_single(port: int, address: int, value: int) -> None:
    """Write a register as anybody may who reaches a PLC (Modbus Application Protocol V1.1b3, section 6.6)."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plc:
        plc.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 6, address, value))
        assert len(plc.recv(64)) == 12


def test_a_full_disk_stops_no_correction(box: Box) -> None:
    """While nothing can be stored a drift is put right and counted all the same; what is stored later tells of it."""
    port = box.plc(r1=7)
    box.declare("mixer", port=port, targetValue=7)
    with box.running() as process:
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))  # to no file is anything added
        write_single(port, 1, 5)
        counted = 'corrections_total{namespace="default",plc_name="mixer"} 1.0'
        until(lambda: counted in box.get("/metrics").text, "it is corrected")
        assert box.status("mixer").get("correctionsApplied", 0) == 0
        failed = re.compile(r'fabgitops_api_writes_total\{resource="status",result="(?!ok)\w+"\} [1-9]')
        until(lambda: failed.search(box.get("/metrics").text), "it says so")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        until(lambda: box.status("mixer").get("correctionsApplied") == 1, "it is stored")
        assert (box.status("mixer")["driftEvents"], box.status("mixer")["inSync"]) == (1, True)


def test_devices_are_where_the_map_says(box: Box) -> None:
    """With --device-map the address of a manifest is reached where the map says, and no other is reached at all."""
    box.declare("mixer", deviceAddress="10.20.1.12", port=502, targetValue=7)
    box.declare("oven", deviceAddress="10.20.1.13", port=502, targetValue=7)
    file = box.folder / "map.yaml"
    file.write_text(f'"10.20.1.12:502": "127.0.0.1:{box.plc(r1=5)}"\n')
    with box.running("--device-map", str(file)):
        until(lambda: box.synced("mixer"), "the mixer is in sync")
        until(lambda: "10.20.1.13" in box.status("oven").get("message", ""), "the oven is told not to be on the map")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--source", "git@git.plant.example:plant.git"], "--git-known-hosts FILE"),
        (["--source", "http://git.plant.example/plant.git"], "http"),
        (["--path", "../elsewhere"], "--path ../elsewhere leads out of the source"),
        (["--webhook-secret-file", "/nowhere"], "--webhook-secret-file /nowhere: No such file"),
        (["--device-map", "/nowhere"], "/nowhere"),
        (["--tls-cert", "/nowhere"], "--tls-cert and --tls-key belong together"),
        (["--listen", "8080"], '"8080" is no ADDRESS:PORT'),
        (["--source-secs", "0"], "source-secs"),
    ],
)
def test_what_cannot_be_right_ends_the_start_in_a_line(box: Box, flags: list[str], says: str) -> None:
    """A setting that cannot be right ends the start with one line that names it, and exit code 2."""
    assert box.start(*flags).wait(PATIENCE) == 2
    said = box.log.read_text().splitlines()[-1]
    assert says in said
    assert said.startswith("fabgitops-operator: ")
    assert "Traceback" not in box.log.read_text()


def test_a_port_that_is_taken_is_told(box: Box) -> None:
    """A port in use ends the start in one line that names the flag."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = box.start("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        assert process.wait(PATIENCE) == 1
    assert "choose another with --listen" in box.log.read_text()


@pytest.mark.parametrize(
    "command",
    ["", "accept", "certificate", "token", "kubeconfig", "check", "backup", "restore", "unit", "healthy"],
)
def test_help_teaches(command: str) -> None:
    """Each command says what it is for, needing nothing."""
    asked = [str(BIN / "fabgitops-operator"), "standalone", *([command] if command else []), "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert "Usage: fabgitops-operator standalone" in done.stdout
    assert len(done.stdout.splitlines()) > 5
