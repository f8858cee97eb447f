"""The images, really run: as nobody in particular, on a file system that nothing can be written to."""

import re
import socket
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightkube
import pytest
import yaml
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from testbed import ControlPlane
from testbed.containers import Container, Engine

OPERATOR = "localhost/fabgitops/fabgitops-operator:dev"
MOCK_PLC = "localhost/fabgitops/mock-plc:dev"
AGENT = "localhost/fabgitops/fabgitops-agent:dev"
NAMES = {OPERATOR: "fabgitops-operator", MOCK_PLC: "mock-plc"}
TITLES = {**NAMES, AGENT: "fabgitops-agent"}
ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-operator"
PATIENCE_SECS = 60.0

# Transaction, protocol, length, unit (Modbus Messaging on TCP/IP, 3.1.3); then function 3, address 4001, one register.
REQUEST = bytes.fromhex("0001 0000 0006 01 03 0fa1 0001")
REPLY = bytes.fromhex("0001 0000 0005 01 03 02 09c4")  # two bytes: 2500

pytestmark = pytest.mark.images
each_image = pytest.mark.parametrize("image", NAMES)


def health_check(engine: Engine, image: str) -> list[str]:
    """Return the command that the image says to check its health with."""
    found = engine.inspect(image)
    check = found.get("Healthcheck") or found["Config"]["Healthcheck"]  # where podman, and where docker has it
    how, *command = check["Test"]
    assert how == "CMD", "a shell would be needed"
    return list(map(str, command))


def until_it_says(container: Container, pattern: str) -> re.Match[str]:
    """Wait until a container's log has a pattern."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not (found := re.search(pattern, container.logs())):
        assert container.runs(), f"it ended: {container.logs()}"
        assert time.monotonic() < deadline, f"it did not say {pattern!r}: {container.logs()}"
        time.sleep(0.1)
    return found


@each_image
def test_version(engine: Engine, image: str) -> None:
    """--version runs in a hardened container and says the version of the package, as the label does."""
    assert engine.output(image, "--version") == version(NAMES[image])
    assert engine.inspect(image)["Config"]["Labels"]["org.opencontainers.image.version"] == version(NAMES[image])


@pytest.mark.parametrize("image", TITLES)
def test_labels(engine: Engine, image: str) -> None:
    """The labels say what it is, under which licence, where it comes from, and from which commit of when."""
    labels = engine.inspect(image)["Config"]["Labels"]
    said = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    assert said["title"] == TITLES[image]
    assert said["licenses"] == "Apache-2.0"
    assert said["description"]
    assert said["source"].startswith("https://")
    assert said["documentation"].startswith(f"{said['source']}/")
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", said["revision"])
    assert datetime.fromisoformat(said["created"]).year > 2000


@each_image
def test_user(engine: Engine, image: str) -> None:
    """It runs as a user that is a number other than 0, which is what Kubernetes can check before it starts."""
    config = engine.inspect(image)["Config"]
    uid, gid = config["User"].split(":")
    assert int(uid) >= 1000
    assert int(gid) >= 1000
    done = engine.must("run", "--rm", *engine.hardened(), "--entrypoint=/app/bin/python", image, "-c", ASK_WHO)
    assert done == f"{uid} {gid} read-only"


ASK_WHO = """
import os, pathlib
try:
    pathlib.Path("/app/written").touch()
    said = "writable"
except OSError as error:
    said = {30: "read-only", 13: "forbidden"}[error.errno]
print(os.getuid(), os.getgid(), said)
"""


@each_image
def test_no_shell(engine: Engine, image: str) -> None:
    """Program and health check are started without a shell."""
    assert engine.inspect(image)["Config"]["Entrypoint"] == [f"/app/bin/{NAMES[image]}"]
    assert health_check(engine, image)[0] == f"/app/bin/{NAMES[image]}"


@each_image
def test_bytecode(engine: Engine, image: str) -> None:
    """Every module is compiled, and none of what is only for building or testing came along."""
    command = ["run", "--rm", *engine.hardened(), "--entrypoint=/app/bin/python", image, "-c", COUNT]
    sources, without, strays = engine.must(*command).split("|")
    assert int(sources) > 100
    assert (without, strays) == ("[]", "[]")


COUNT = """
import importlib.util, pathlib
files = sorted(pathlib.Path("/app/lib").rglob("*.py"))
without = [str(each) for each in files if not pathlib.Path(importlib.util.cache_from_source(str(each))).exists()]
strays = [name for name in ("pytest", "ruff", "mypy", "testbed", "pip") if importlib.util.find_spec(name)]
print(len(files), without, strays, sep="|")
"""


def test_mock_plc_serves(engine: Engine) -> None:
    """mock-plc answers a request, its health check passes while it does, and SIGTERM ends it in order."""
    with engine.running(MOCK_PLC, "--bind", "127.0.0.1", "--port", "0") as container:
        port = int(until_it_says(container, r"listening on 127\.0\.0\.1:(\d+)")[1])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(REQUEST)
            assert connection.makefile("rb").read(len(REPLY)) == REPLY
        check = [*health_check(engine, MOCK_PLC), "--port", str(port)]
        assert container.run(*check).returncode == 0
        engine.must("stop", "--time", "30", container.name)
        assert engine.must("inspect", "--format", "{{.State.ExitCode}}", container.name) == "0"
        assert "ended after 1 reads" in container.logs()


@pytest.mark.parametrize("client", ["nats", "nkeys", "aiokafka"])
def test_the_operator_can_speak_to_a_bus(engine: Engine, client: str) -> None:
    """The operator has the client of each bus that the chart lets it tell of racks, and what signs for NATS."""
    options = ["--rm", *engine.hardened(), "--entrypoint=/app/bin/python"]
    done = engine.call("run", *options, OPERATOR, "-c", f"import {client}")
    assert done.returncode == 0, done.stderr


def test_operator_works(engine: Engine, control_plane: ControlPlane, tmp_path: Path) -> None:
    """The operator looks after a real cluster under its shipped rights, and its health check passes while it does."""
    install(control_plane)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(control_plane.kubeconfig_for(ACCOUNT).read_text())
    kubeconfig.chmod(0o644)  # it is read by the image's own user
    options = [
        f"--volume={kubeconfig}:/kubeconfig:ro",
        "--env=KUBECONFIG=/kubeconfig",
        "--env=FABGITOPS_METRICS_PORT=0",
    ]
    options += ["--tmpfs=/tmp"]  # the certificates that a kubeconfig holds are put into files there
    with engine.running(OPERATOR, options=options) as container:
        port = int(until_it_says(container, r"metrics and probes on port (\d+)")[1])
        until_it_says(container, "looking after")
        check = [*health_check(engine, OPERATOR), "--metrics-port", str(port)]
        assert container.run(*check).stdout == "ok\n"
        assert container.run(*check, "--ready").stdout == "ok\n"
        engine.must("stop", "--time", "30", container.name)
        assert engine.must("inspect", "--format", "{{.State.ExitCode}}", container.name) == "0"


def test_the_agent_is_the_operator_with_a_packet_filter(engine: Engine) -> None:
    """The agent's image runs the operator's program, as root, and has one flavour of the packet filter and no other."""
    assert engine.output(AGENT, "--version") == version("fabgitops-operator")
    assert engine.inspect(AGENT)["Config"]["Cmd"] == ["agent"]
    assert engine.inspect(AGENT)["Config"]["User"] == "0:0"
    options = ["--rm", *engine.hardened(), "--entrypoint=/bin/sh"]
    for program in ("iptables", "ip6tables"):
        assert "(nf_tables)" in engine.must("run", *options, AGENT, "-c", f"{program} --version")
    assert engine.must("run", *options, AGENT, "-c", "ls /usr/sbin").count("legacy") == 0
    assert "iptables" in engine.must("run", *options, AGENT, "-c", "ls /var/lib/dpkg/status.d")


def test_the_agent_holds_packets(engine: Engine, control_plane: ControlPlane, tmp_path: Path) -> None:
    """With three rights of root, and no more, the agent finds that packets can be held; it announces that, and ends."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(control_plane.kubeconfig.read_text())
    options = [f"--cap-add={each}" for each in ("SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN")]
    options += ["--pid=host", f"--volume={kubeconfig}:/kubeconfig:ro", "--volume=/sys/fs/cgroup:/sys/fs/cgroup"]
    options += ["--tmpfs=/tmp", "--env=KUBECONFIG=/kubeconfig"]
    words = ["--node=here", "--address=127.0.0.1", f"--account={ACCOUNT}", "--lease-namespace=default", "--port=0"]
    with engine.running(AGENT, "agent", *words, "--metrics-port=0", options=options) as container:
        can = until_it_says(container, r"networkDelay on node here: ([^\"\n]+)")[1]
        assert can == "nfqueue"
        with control_plane.client() as http:
            until_it_says(container, "serving https://127.0.0.1:")
            engine.must("stop", "--time", "30", container.name)
            assert engine.must("inspect", "--format", "{{.State.ExitCode}}", container.name) == "0"
            lease = http.get("/apis/coordination.k8s.io/v1/namespaces/default/leases/fabgitops-agent-here")
            assert lease.json()["spec"]["holderIdentity"] == ""


def install(plane: ControlPlane) -> None:
    """Install what the operator needs, as it is shipped, and wait until the API server serves it."""
    config = lightkube.KubeConfig.from_file(plane.kubeconfig)
    client: Any = lightkube.Client(config=config, field_manager="test")
    for body in yaml.safe_load_all(manifests()):
        client.apply(codecs.from_dict(body), force=True)
    for kind in KINDS:
        client.wait(CustomResourceDefinition, kind.crd_name, for_conditions=["Established"])
