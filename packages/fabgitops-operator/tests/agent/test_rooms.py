"""What the agent decides without a kernel: what happens to a packet, which rules there are, whose process it is."""

import os
from pathlib import Path
from random import Random

import pytest
from fabgitops_operator.agent import capabilities, targets
from fabgitops_operator.agent.asked import Fault, Inject, NetworkDelay
from fabgitops_operator.agent.holders import rules
from fabgitops_operator.agent.holders.cgroups import groups, join, leave_freezer
from fabgitops_operator.agent.holders.line import Line
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

UID = "0b5a2f6e-5a4e-4d6c-9c1d-1f3f5a7b9c0d"
CONTAINER = "ab" * 32


@given(st.lists(st.floats(0, 0.05), max_size=30), st.floats(0, 1), st.integers(0, 99))
def test_no_packet_overtakes_another(gaps: list[float], jitter: float, seed: int) -> None:
    """Packets go on in the order in which they came, each after its delay, give or take the jitter."""
    line, now, came = Line(1.0, jitter, 0.0, Random(seed)), 0.0, {}  # noqa: S311 - packets, no secret
    for packet, gap in enumerate(gaps):
        now += gap
        came[packet] = now
        assert line.take(packet, now)
    gone = []
    while (wait := line.wait(now)) < float("inf"):
        now += wait + 1e-9
        for packet in line.due(now):
            gone.append(packet)
            assert now - came[packet] >= 1.0 - jitter - 1e-6
    assert gone == list(came)
    assert (line.held, line.passed, line.lost) == (len(gaps), len(gaps), 0)


def test_a_share_of_packets_is_lost() -> None:
    """About as many packets are lost as is asked for, the same ones for the same seed; at 100 % all are."""
    first, again, everything = (Line(0, 0, loss, Random(3)) for loss in (0.3, 0.3, 1.0))  # noqa: S311 - packets, no secret
    lost = [not first.take(packet, 0) for packet in range(1000)]
    assert lost == [not again.take(packet, 0) for packet in range(1000)]
    assert 250 < first.lost < 350
    assert not any(everything.take(packet, 0) for packet in range(100))


def test_rules_queue_and_never_drop() -> None:
    """A chain of the injection's own queues what is meant, lets it pass where nobody listens, and drops nothing."""
    ways = [rules.Way("10.0.0.0/8", 502), rules.Way("fd00::/8", 53, "udp")]
    name, queue = rules.chain("a.b"), str(rules.queue_number("a.b"))
    to_queue = f"-j NFQUEUE --queue-num {queue} --queue-bypass"
    assert len(name) <= 28
    assert [" ".join(command) for command in rules.adding("a.b", ways)] == [
        f"iptables -w 5 -t mangle -N {name}",
        f"iptables -w 5 -t mangle -A {name} -d 10.0.0.0/8 -p tcp --dport 502 {to_queue}",
        f"iptables -w 5 -t mangle -A POSTROUTING -j {name}",
        f"ip6tables -w 5 -t mangle -N {name}",
        f"ip6tables -w 5 -t mangle -A {name} -d fd00::/8 -p udp --dport 53 {to_queue}",
        f"ip6tables -w 5 -t mangle -A POSTROUTING -j {name}",
    ]
    assert [command[-8:] for command in rules.adding("a.b", ()) if "NFQUEUE" in command] == [
        ("!", "-o", "lo", "-j", "NFQUEUE", "--queue-num", queue, "--queue-bypass")[-8:]
    ] * 2
    assert rules.chain("a.c") != name


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_without_a_port_the_protocol_is_meant(protocol: str) -> None:
    """A place without a port takes the packets of its protocol alone: TCP goes on where UDP is lost, and ICMP too."""
    assert rules.Way("10.0.0.0/8", None, protocol).match() == ("-d", "10.0.0.0/8", "-p", protocol)


@pytest.mark.parametrize(
    ("network", "port", "protocol"),
    [("-j ACCEPT", None, "tcp"), ("10.0.0.1; reboot", None, "tcp"), ("10.0.0.0/8", 0, "tcp"), ("::/0", 1, "icmp")],
)
def test_nothing_else_becomes_part_of_a_command(network: str, port: int | None, protocol: str) -> None:
    """What is no network, port or protocol is refused before it is part of a command."""
    with pytest.raises(ValueError, match=r"does not appear|port|protocol"):
        rules.Way(network, port, protocol)


VERSION_1 = (
    "12:pids:/x\n4:cpu,cpuacct:/kubepods/podA/c1\n3:cpuset:/kubepods/podA/c1\n1:name=systemd:/\n0::/kubepods/podA\n"
)


def test_groups_of_both_versions(tmp_path: Path) -> None:
    """The groups that limit processor time are joined, of version 1 controller by controller, of version 2 the one."""
    tree = [tmp_path / "cpuset/kubepods/podA/c1", tmp_path / "cpu/kubepods/podA/c1"]
    for each in tree:
        each.mkdir(parents=True)
        (each / "cgroup.procs").touch()
    (tmp_path / "unified").mkdir()
    assert join(7, VERSION_1, tmp_path) == tree
    assert [(each / "cgroup.procs").read_text() for each in tree] == ["7", "7"]
    assert list(groups("0::/kubepods.slice/podA.slice/c1.scope\n", Path("/r"))) == [
        Path("/r/kubepods.slice/podA.slice/c1.scope")
    ]
    with pytest.raises(ValueError, match="another cgroup namespace"):
        join(7, "0::/../../podA/c1\n", tmp_path)


def test_a_holder_leaves_the_freezer_of_its_container(tmp_path: Path) -> None:
    """With version 1 it is not frozen with the agent, since no signal would end it then; version 2 needs nothing."""
    leave_freezer(7, tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "freezer").mkdir()
    (tmp_path / "freezer/cgroup.procs").touch()
    leave_freezer(7, tmp_path)
    assert (tmp_path / "freezer/cgroup.procs").read_text() == "7"


def process(proc: Path, pid: int, groups: str, parent: int = 1, started: int = 0, name: str = "a (b) c") -> None:
    """Make a process as /proc shows it."""
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cgroup").write_text(groups)
    fields = ["S", str(parent), *["0"] * 17, str(started), "0"]
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")


@pytest.mark.parametrize(
    "pods_group",
    ["/kubepods/burstable/pod{uid}/{id}", "/kubepods.slice/kubepods-pod{_uid}.slice/cri-containerd-{id}.scope"],
)
def test_a_pod_is_found_by_its_uid(tmp_path: Path, pods_group: str) -> None:
    """A pod's sandbox is its oldest process, by whichever rules its group is named; others' processes are not its."""
    (tmp_path / "self").mkdir()

    def group(container: str, uid: str = UID) -> str:
        return "0::" + pods_group.format(uid=uid, _uid=uid.replace("-", "_"), id=container) + "\n"

    process(tmp_path, 30, group("cd" * 32), parent=9, started=100)
    process(tmp_path, 20, group(CONTAINER), started=200)
    process(tmp_path, 40, group(CONTAINER), started=300)
    process(tmp_path, 10, group(CONTAINER, f"{UID[:-1]}e"), started=1)
    process(tmp_path, 11, group(CONTAINER, f"{UID}0"), started=1)
    process(tmp_path, 12, "0::/\n", started=1)
    assert targets.sandbox(UID, tmp_path) == targets.Process(30, 9, 100, group("cd" * 32))
    assert targets.container(UID, CONTAINER, tmp_path).pid == 20
    with pytest.raises(targets.NoSuchPodError, match=f"no process of the container {'0' * 64}"):
        targets.container(UID, "0" * 64, tmp_path)
    with pytest.raises(targets.NoSuchPodError, match="no process of a pod"):
        targets.sandbox("0b5a2f6e-5a4e-4d6c-9c1d-000000000000", tmp_path)


def test_a_pod_with_the_nodes_network_is_refused() -> None:
    """A sandbox in the network of what started it is a hostNetwork pod, and nothing is injected into it."""
    with pytest.raises(targets.TargetError, match="hostNetwork"):
        targets.check_own_network(targets.Process(os.getpid(), os.getpid(), 0, ""))


def test_what_a_node_cannot_do_is_said(tmp_path: Path) -> None:
    """Where no group limits processor time, the capability says why; else which version does."""
    assert "No such file" in capabilities.cpu_stress(tmp_path)
    (tmp_path / "cgroup.controllers").write_text("hugetlb\n")
    assert capabilities.cpu_stress(tmp_path).startswith("none: no cpu controller")
    (tmp_path / "cgroup.controllers").write_text("cpu io\n")
    (tmp_path / "cgroup.procs").touch()
    assert capabilities.cpu_stress(tmp_path) == "v2"
    (tmp_path / "cpu").mkdir()
    assert "cannot be written to" in capabilities.cpu_stress(tmp_path)
    (tmp_path / "cpu/cgroup.procs").touch()
    assert capabilities.cpu_stress(tmp_path) == "v1"


WRONG = {
    "nothing": ({}, "exactly one of networkDelay and cpuStress"),
    "both": ({"networkDelay": {"delayMillis": 1}, "cpuStress": {"containerId": CONTAINER}}, "exactly one"),
    "no effect": ({"networkDelay": {}}, "delayMillis or lossPercent must be more than 0"),
    "seconds": ({"networkDelay": {"delayMillis": 1.5}}, "valid integer"),
    "jitter": ({"networkDelay": {"delayMillis": 5, "jitterMillis": 6}}, "jitterMillis 6 is more than delayMillis 5"),
    "a name": ({"networkDelay": {"delayMillis": 5, "to": [{"network": "plc.local"}]}}, "does not appear to be"),
    "a shell": ({"networkDelay": {"delayMillis": 5, "to": [{"network": "10.0.0.1;id"}]}}, "does not appear to be"),
    "no container": ({"cpuStress": {"loadPercent": 5}}, "containerId"),
    "unknown": ({"networkDelay": {"delayMillis": 5, "correlation": 5}}, "Extra inputs"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_that_is_none_is_refused(fault: str) -> None:
    """What has no effect, two effects or a field that does not exist is refused, and the field is named."""
    given_, why = WRONG[fault]
    with pytest.raises(ValidationError, match=why):
        Fault.model_validate(given_)


def test_an_address_is_a_network() -> None:
    """A place may be a network or one address; host bits are dropped as iptables drops them."""
    to = [{"network": "10.1.2.3"}, {"network": "10.1.2.3/8", "port": 502}, {"network": "fd00::1"}]
    delay = NetworkDelay.model_validate({"delayMillis": 5, "to": to})
    assert [way.network for way in delay.to] == ["10.1.2.3/32", "10.0.0.0/8", "fd00::1/128"]


def inject(**about: object) -> Inject:
    """Return what an experiment asks for."""
    given_ = {"namespace": "line-1", "pod": "hmi-1", "uid": UID, "capSecs": 60, "instance": "abc", "notAfter": 10.0}
    return Inject.model_validate({**given_, "fault": {"networkDelay": {"delayMillis": 100}}, **about})
