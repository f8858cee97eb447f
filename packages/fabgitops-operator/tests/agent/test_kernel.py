"""Holders on the real kernel, in network namespaces and control groups of the test's own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fabgitops_operator.agent import capabilities
from fabgitops_operator.agent.asked import Renew
from fabgitops_operator.agent.holders.cgroups import ROOT
from fabgitops_operator.agent.holders.run import command
from fabgitops_operator.agent.holding import Holders
from fabgitops_operator.agent.injections import Injections
from fabgitops_operator.agent.once import done
from fabgitops_operator.agent.sweep import swept

from .pod import LOST, NETWORK, Pod, pod
from .test_rooms import UID, inject

pytestmark = pytest.mark.kernel
DELAY: dict[str, Any] = {"delay_millis": 100, "jitter_millis": 0, "loss_percent": 0, "ways": [NETWORK]}
PARTITION: dict[str, Any] = DELAY | {"delay_millis": 0, "loss_percent": 100}


@pytest.fixture(name="here")
def _here() -> Iterator[Pod]:
    with pod() as made:
        yield made


@contextmanager
def holding(kind: str, pid: int, into: Path | None = None, **about: Any) -> Iterator["subprocess.Popen[str]"]:
    """Run a holder, begun in a control group if one is given, and go on when it holds."""
    asked = {"injection": "run.target", "pid": pid, "lease_secs": 30, "cap_secs": 60, **about}
    begun = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', f"{into}/cgroup.procs"] if into else []
    begun += command(kind, asked)
    with subprocess.Popen(begun, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert heard(holder)["event"] == "ready"
            yield holder
        finally:
            holder.kill()


def heard(holder: "subprocess.Popen[str]", event: str = "") -> dict[str, Any]:
    """Return what a holder tells next, or the next of an event."""
    assert holder.stdout
    while True:
        told: dict[str, Any] = json.loads(holder.stdout.readline())
        if event in ("", told["event"]):
            return told


def say(holder: "subprocess.Popen[str]", line: str) -> None:
    """Tell a holder something."""
    assert holder.stdin
    holder.stdin.write(line + "\n")
    holder.stdin.flush()


def until(true: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_this_kernel_can() -> None:
    """Where these tests run, the agent finds that packets can be held; so none of them holds without being tried."""
    told = subprocess.run(command("trial", {}), capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == {"event": "ready"}
    assert capabilities.cpu_stress() in {"v1", "v2"}


def test_packets_are_late_until_it_is_ended(here: Pod) -> None:
    """Every packet is late by the delay while it is held, is counted, and the rules are gone when it was ended."""
    before = here.chains()
    with holding("net", here.pid, **DELAY) as holder:
        assert min(here.asked(5)) >= 0.1
        until(lambda: heard(holder, "beat")["passed"] == 5)
        say(holder, "end")
        assert heard(holder, "ended")["cause"] == "removed"
        assert holder.wait() == 0
    assert 0 < min(here.asked()) < 0.1
    assert here.chains() == before


def test_a_partition_loses_all(here: Pod) -> None:
    """With a loss of 100 % nothing comes through while it is held, and everything after."""
    with holding("net", here.pid, **PARTITION):
        assert here.asked(1) == [LOST]
    assert LOST not in here.asked()


def test_only_what_is_meant_is_late(here: Pod) -> None:
    """Where a network and a port are named, packets to others are not touched."""
    ways = [NETWORK | {"port": 5503, "protocol": "udp"}, {"network": "10.0.0.0/8"}, {"network": "::1/128"}]
    with holding("net", here.pid, **DELAY | {"ways": ways}):
        assert 0 < min(here.asked()) < 0.1
    with holding("net", here.pid, **PARTITION | {"ways": [NETWORK | {"protocol": "tcp"}]}):
        assert LOST not in here.asked()
    with holding("net", here.pid, **DELAY | {"ways": [NETWORK | {"port": 5502, "protocol": "udp"}]}):
        assert min(here.asked()) >= 0.1


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_whatever_ends_a_holder_ends_what_it_holds(here: Pod, end: int) -> None:
    """A holder that is killed holds nothing back any more, though its rules are still there: the next takes them out.

    They would let all packets pass it.
    """
    with holding("net", here.pid, **PARTITION) as holder:
        holder.send_signal(end)
        holder.wait()
        assert LOST not in here.asked()
    assert "FABGITOPS" in here.chains()
    with holding("net", here.pid, **DELAY, injection="another.target") as holder:
        assert min(here.asked()) >= 0.1
        say(holder, "end")
        holder.wait()
    assert "FABGITOPS" not in here.chains()


def test_a_holder_that_stands_still_keeps_little(here: Pod) -> None:
    """A holder that is stopped keeps what has a place in its short queue: what comes after that passes."""
    with holding("net", here.pid, **DELAY) as holder:
        holder.send_signal(signal.SIGSTOP)
        assert 0 < here.asked(100, 0.02).count(LOST) <= 64


def test_a_lease_runs_out(here: Pod) -> None:
    """Without being renewed it ends when its lease does; renewed it goes on, but never past its cap."""
    with holding("net", here.pid, **PARTITION, lease_secs=1) as holder:
        assert heard(holder, "ended")["cause"] == "lease"
    with holding("net", here.pid, **PARTITION, lease_secs=1, cap_secs=2) as holder:
        for _ in range(3):
            say(holder, "hold 30")
        assert heard(holder, "ended")["cause"] == "cap"
    assert LOST not in here.asked()


@pytest.fixture(name="freezer")
def _freezer() -> Iterator[Path]:
    """Make a control group that can be frozen."""
    group = (ROOT / "freezer" if (ROOT / "freezer").is_dir() else ROOT) / f"fabgitops-test-{uuid4().hex[:8]}"
    group.mkdir()
    yield group
    until(lambda: not members(group))
    group.rmdir()


@contextmanager
def standing_still(pid: int, group: Path, how: str) -> Iterator[None]:
    """Stop a process, or freeze a group, meanwhile."""
    if how == "stopped":
        os.kill(pid, signal.SIGSTOP)
        yield
        return
    version_1 = (group / "freezer.state").exists()
    state, frozen, thawed = ("freezer.state", "FROZEN", "THAWED") if version_1 else ("cgroup.freeze", "1", "0")
    (group / state).write_text(frozen)
    try:
        yield
    finally:
        (group / state).write_text(thawed)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_quiet_pod_is_let_go_though_the_holder_stands_still(here: Pod, freezer: Path, how: str) -> None:
    """A holder that is stopped, or frozen with the agent's container, is over when its lease is, and its queue with it.

    What a quiet pod sends finds a place in that queue for hours.
    """
    held = holding("net", here.pid, freezer, **PARTITION, lease_secs=1)
    with held as holder, standing_still(holder.pid, freezer, how):
        assert here.asked(1, 0.1) == [LOST]
        holder.wait(20)
        assert LOST not in here.asked()


def test_it_ends_with_its_pod(here: Pod) -> None:
    """When the process whose network it is ends, the holder does, so no dead pod's network is kept."""
    with holding("net", here.pid, **DELAY) as holder:
        here.process.kill()
        assert heard(holder, "ended")["cause"] == "target"


@pytest.mark.parametrize("kind", ["net", "cpu"])
def test_it_ends_with_the_agent(here: Pod, group: Path, kind: str) -> None:
    """When the agent is killed, all its holders are dead at once, and their workers."""
    about = DELAY if kind == "net" else {"load_percent": 100, "workers": 2}
    asked = {"injection": "run.target", "pid": here.pid, "lease_secs": 30, "cap_secs": 60, **about}
    agent = "import json, subprocess, sys; subprocess.run(json.loads(sys.argv[1]))"  # with this test's end of the input
    begun = [sys.executable, "-c", agent, json.dumps(command(kind, asked))]
    with subprocess.Popen(begun, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert heard(process)["event"] == "ready"
        for _ in range(2):
            heard(process, "beat")
        assert kind == "net" or len(members(group)) == 3
        process.kill()
        output = process.stdout
        assert output
        until(lambda: not output.readline())
    until(lambda: len(members(group)) == 1)
    assert LOST not in here.asked()


@pytest.fixture(name="group")
def _group(here: Pod) -> Iterator[Path]:
    """Put the pod into a control group that has a fifth of a core."""
    version_1 = (ROOT / "cpu").is_dir()
    group = (ROOT / "cpu" if version_1 else ROOT) / f"fabgitops-test-{uuid4().hex[:8]}"
    group.mkdir()
    limit = ("cpu.cfs_quota_us", "20000") if version_1 else ("cpu.max", "20000 100000")
    (group / limit[0]).write_text(limit[1])
    (group / "cgroup.procs").write_text(str(here.pid))
    yield group
    here.process.kill()
    here.process.wait()
    until(lambda: not members(group))
    group.rmdir()


def members(group: Path) -> list[int]:
    """Return the processes in a group."""
    return [int(line) for line in (group / "cgroup.procs").read_text().split()]


def throttled(group: Path) -> int:
    """Return in how many periods a group was throttled."""
    counts = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(counts["nr_throttled"])


def test_a_limit_throttles(here: Pod, group: Path) -> None:
    """Workers use up the limit of the container that they are put into, and are out of it when it was ended."""
    with holding("cpu", here.pid, load_percent=100, workers=2) as holder:
        until(lambda: throttled(group) > 3)
        until(lambda: heard(holder, "beat")["usedSecs"] > 0)
        say(holder, "end")
        assert heard(holder, "ended")["cause"] == "removed"
        assert members(group) == [here.pid]


def test_a_dead_worker_is_noticed(here: Pod, group: Path) -> None:
    """A worker that somebody kills ends the injection: it is not taken for one that is held."""
    with holding("cpu", here.pid, load_percent=10, workers=2) as holder:
        worker = next(pid for pid in members(group) if pid != here.pid)
        os.kill(worker, signal.SIGKILL)
        assert heard(holder, "ended")["cause"] == "worker"
        assert members(group) == [here.pid]


def test_workers_end_by_their_lease_though_the_agent_stands_still(here: Pod, group: Path) -> None:
    """Where agent and holder are frozen, workers end with the renewed lease, not with their cap: that is the cause."""
    with holding("cpu", here.pid, load_percent=10, workers=2, lease_secs=1, cap_secs=600) as holder:
        say(holder, "hold 4")
        ends = time.monotonic() + 2
        until(lambda: time.monotonic() > ends)
        assert len(members(group)) == 3, "a renewal holds for the workers, too"
        holder.send_signal(signal.SIGSTOP)
        until(lambda: members(group) == [here.pid])
        holder.send_signal(signal.SIGCONT)  # in time, or the kernel's alarm is what it finds
        assert holder.wait() != 0 or heard(holder, "ended")["cause"] == "lease"


async def test_an_injection_from_its_beginning_to_its_end(here: Pod) -> None:
    """The agent finds a pod by its uid, holds what is asked for, lengthens it, notices its end and remembers it."""
    group = ROOT / ("cpu" if (ROOT / "cpu").is_dir() else "") / f"pod{UID}"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(here.pid))
    ended: list[tuple[str, str]] = []
    injections = Injections(Holders(), time.monotonic, "abc", 4, 60, lambda *told: ended.append(told))
    fault = {"networkDelay": {"delayMillis": 100, "to": [NETWORK]}}
    asked = inject(notAfter=time.monotonic() + 9, leaseSecs=9, fault=fault)
    try:
        for _ in range(2):
            assert (await injections.put("e.t", asked)).status == 200
        assert min(await asyncio.to_thread(here.asked)) >= 0.1
        assert injections.renew("e.t", Renew(instance="abc", not_after=time.monotonic() + 9)).status == 200
        os.kill(next(iter(children())), signal.SIGKILL)
        while not ended:
            await asyncio.sleep(0.02)
        assert ended == [("networkDelay", "died")]
        assert await swept() == 1, "the killed holder's rules, which held nothing"
        assert (await injections.put("e.t", asked)).status == 410
        assert (await injections.put("e.t2", asked)).status == 200
        assert (await injections.delete("e.t2")).status == 200
        assert 0 < min(await asyncio.to_thread(here.asked)) < 0.1
        assert "FABGITOPS" not in here.chains()
        answer = await injections.put("e.t3", inject(uid=UID[:-1] + "0", notAfter=time.monotonic() + 9))
        assert answer.status == 404
    finally:
        await injections.close()
        here.process.kill()
        here.process.wait()
        group.rmdir()


def children() -> list[int]:
    """Return the holders of this process."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in map(int, listed) if b"fabgitops_operator.agent" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_what_cannot_be_held_says_why() -> None:
    """A process that is not there is an answer with its reason, and no trace of an interpreter."""
    asked = {"injection": "run.target", "pid": 2**22 + 1, "lease_secs": 5, "cap_secs": 5, **DELAY}
    assert await done("net", asked) == [{"event": "failed", "reason": "[Errno 3] No such process"}]
