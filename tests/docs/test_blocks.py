"""What a page tells to type is typed, in order, against a real API server; what it says is printed is compared."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from testbed.plane import ControlPlane
from testbed.pods import Kubelet
from testbed.processes import leashed

from .conftest import Kubectl, defined
from .pages import PAGES, ROOT, Block, blocks, has_tasks

RUNNABLE = [page for page in PAGES if has_tasks(page)]
WITH_PODS = {ROOT / "docs/guides/workloads.md"}
"""Pages that wait for pods to run."""

BIN = Path(sys.executable).parent
PATIENCE = 100.0
GRACE = 10.0
"""Seconds in which what is told to end must have ended."""

# What runs a page's shell: told to end, as it is when the tests are killed, it ends all of its group. It is not that
# shell itself, which would first wait for what it runs just then.
AROUND = """\
trap 'trap - TERM; kill 0' TERM
(trap - INT QUIT; exec bash -c "$0") &
wait $!
"""

# The shell of a page. A program that it leaves in the background writes to a file of its own, as to another terminal.
PRELUDE = """\
set -eu
exec 2>&1
"""


def named(page: Path) -> str:
    """Return what a page is called."""
    return str(page.relative_to(ROOT))


def free_ports(text: str) -> dict[str, str]:
    """Return a free port of this machine for each port that a page names for one on it."""
    named = sorted({*re.findall(r"--(?:port|control) (\d{4,5})", text), *re.findall(r"=0\.0\.0\.0:(\d{4,5})", text)})
    with_sockets = [socket.create_server(("127.0.0.1", 0)) for _ in named]
    ports = {name: str(each.getsockname()[1]) for name, each in zip(named, with_sockets, strict=True)}
    for each in with_sockets:
        each.close()
    return ports


def with_ports(text: str, ports: dict[str, str]) -> str:
    """Return a text with other ports."""
    return re.sub(r"\b\d{4,5}\b", lambda found: ports.get(found[0], found[0]), text)


def prepared(folder: Path, ports: dict[str, str]) -> None:
    """Copy what pages speak of, the ports of this machine changed."""
    for top in ("examples", "charts"):
        shutil.copytree(ROOT / top, folder / top, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (path for path in (folder / "examples").rglob("*") if path.is_file()):
        path.write_text(with_ports(path.read_text(), ports))


def script(page: Path, ports: dict[str, str]) -> str:
    """Return the page's blocks as one script that tells where the output of each begins."""
    told = [step(each, with_ports(each.text, ports)) for each in blocks(page)]
    return "\n".join([PRELUDE, *told, "echo '=== end'\n"])


def step(block: Block, text: str) -> str:
    """Return what is done with a block, in the shell of its page."""
    if block.task == "run":
        return f"echo '=== {block.line}'\n{text}"
    if block.task != "save":
        return ""
    return f"mkdir -p {Path(block.about).parent}\ncat >{block.about} <<'=== END'\n{text}=== END\n"


def outputs(text: str) -> dict[int, str]:
    """Return what each block printed, by the line in which it begins."""
    parts = re.split(r"^=== (\d+|end)\n", text, flags=re.MULTILINE)[1:]
    return {int(line): said for line, said in zip(parts[::2], parts[1::2], strict=True) if line != "end"}


def as_pattern(text: str) -> str:
    """Return the pattern that a printed text must fit.

    … stands for anything in a line, alone on its line for any lines; runs of spaces are one.
    """
    lines = [re.sub(r"\s+", " ", line.strip()) for line in text.splitlines()]
    return "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines)


def compare(page: Path, said: dict[int, str], ports: dict[str, str]) -> None:
    """Compare what was printed with what the page says is printed."""
    before: Block | None = None
    for block in blocks(page):
        if block.task == "prints":
            assert before is not None, f"{block}: nothing was run before it"
            printed = "".join(re.sub(r"\s+", " ", line.strip()) + "\n" for line in said[before.line].splitlines())
            pattern = as_pattern(with_ports(block.text, ports))
            assert re.search(pattern, printed), f"{block}: it prints\n{said[before.line]}"
        before = block if block.task == "run" else before


def run(text: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a script in a process group of its own, of which nothing is left afterwards, and return what it printed."""
    output = folder / "output.txt"
    bash = shutil.which("bash")
    assert bash
    with output.open("w") as file:
        shell = subprocess.Popen(
            leashed([bash, "-c", AROUND, text], signal.SIGTERM),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            end(shell)
    said = output.read_text()
    logs = "".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in folder.glob("*.log"))
    assert code == 0, f"it ended with {code}, and said\n{said}\n{logs}"
    return said


def end(shell: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a shell and what it left in the background, by force what has not ended some time after it was told to."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, how)
        while living(shell.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    shell.wait()


def living(group: int) -> list[int]:
    """Return the processes of a group; one that has ended and that nobody has asked for yet is none."""
    found = []
    for each in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(each.pid) == group and each.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(each.pid)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no program ends with its parent")
def test_nothing_of_a_page_outlives_the_tests(tmp_path: Path) -> None:
    """What a page has in the background ends with the tests, also when they are killed while a command runs."""
    typed = "sleep 1000 & echo $! >background\nsleep 1000"
    code = (
        f"import os, pathlib\nfrom {__name__} import run\nrun({typed!r}, pathlib.Path({str(tmp_path)!r}), os.environ)"
    )
    told = tmp_path / "background"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as tests:
        while not (told.exists() and told.read_text()):
            assert tests.poll() is None
            time.sleep(0.05)
        left = [psutil.Process(int(told.read_text())), *psutil.Process(tests.pid).children(recursive=True)]
        tests.kill()
    assert psutil.wait_procs(left, GRACE)[1] == []


def test_a_page_leaves_nothing_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page started ends with it, also what does not listen when it is told to."""
    monkeypatch.setattr(f"{__name__}.GRACE", 0.5)
    said = run("trap '' TERM\nsleep 1000 & echo $PPID", tmp_path, dict(os.environ))
    assert not living(int(said))


def play(page: Path, kubectl: Kubectl, plane: ControlPlane, tools: Iterable[Path], folder: Path) -> None:
    """Type what a page tells to type, in a namespace of its own, and compare what is printed."""
    namespace = re.sub(r"[^a-z0-9]+", "-", str(page.relative_to(ROOT).with_suffix("")).lower())
    kubectl("create", "namespace", namespace)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(plane.kubeconfig.read_text())
    Kubectl(kubectl.path, kubeconfig)("config", "set-context", "--current", f"--namespace={namespace}")
    ports = free_ports(page.read_text())
    prepared(folder, ports)
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "PATH": os.pathsep.join([str(BIN), *(str(each.parent) for each in (kubectl.path, *tools)), os.environ["PATH"]]),
        "HOME": str(folder),
        "FABGITOPS_NAMESPACE": namespace,
        "FABGITOPS_METRICS_BIND": "127.0.0.1",
        "FABGITOPS_METRICS_PORT": "0",
        "FABGITOPS_LISTEN": "127.0.0.1:0",
    }
    try:
        compare(page, outputs(run(script(page, ports), folder, environment)), ports)
    finally:
        cleared(kubectl, namespace)


def cleared(kubectl: Kubectl, namespace: str) -> None:
    """Delete what a page has made."""
    kubectl.clear(namespace)
    kubectl("delete", "validatingadmissionpolicybinding", "plc-zones", "--ignore-not-found")
    kubectl("delete", "clusterrolebinding", "fabgitops-setpoints", "--ignore-not-found")


@pytest.mark.docs
@pytest.mark.parametrize("page", sorted({*RUNNABLE} - WITH_PODS), ids=named)
def test_what_a_page_tells_to_type_works(
    page: Path, furnished: Kubectl, helm: Path, amtool: Path, control_plane: ControlPlane, tmp_path: Path
) -> None:
    """Every block to be run succeeds, and prints what the page says."""
    play(page, furnished, control_plane, (helm, amtool), tmp_path)


@pytest.mark.docs
@pytest.mark.parametrize("page", sorted(WITH_PODS), ids=named)
def test_what_a_page_tells_to_type_of_pods_works(
    page: Path, kubectl_alone: Path, workload_plane: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> None:
    """The same of pages whose pods run, in a cluster that has a stand-in for kubelets."""
    kubectl = Kubectl(kubectl_alone, workload_plane.kubeconfig)
    defined(kubectl)
    play(page, kubectl, workload_plane, (), tmp_path)
    kubelet.check()


# Pages that say nothing of it themselves, and why their commands are not run here.
LEFT_OUT = {
    "charts/fabgitops/README.md": "it asks the registry; tests/e2e installs the chart from its folder",
    "docs/fabctl.md": "test_fabctl.py does",
    "packages/fabctl/README.md": "test_replays.py does",
    "packages/mock-plc/README.md": "test_replays.py does",
}
TYPED = {"sh", "console", "python", "bash", "shell"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_can_be_typed_is_run_or_says_why_not(page: Path) -> None:
    """Each block with commands is run, or has the reason above it why it cannot be."""
    if str(page.relative_to(ROOT)) in LEFT_OUT or page.parent == ROOT / "docs/runbooks":
        return
    silent = [
        str(each)
        for each in blocks(page)
        if each.language in TYPED and not (each.task and (each.task == "run" or each.about))
    ]
    assert not silent


def test_pages_have_something_to_run() -> None:
    """The search for blocks finds them: it would be easy to run nothing, and be green."""
    assert len(RUNNABLE) >= 3
    assert ROOT / "docs/start.md" in RUNNABLE
