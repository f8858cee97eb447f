"""Ctrl-C at any moment: while the program is being read, while it waits, and when it is done."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

COMMAND = Path(sys.executable).with_name("fabctl")
AT_IMPORT = """
import os, signal, sys
module, sys.argv = sys.argv[1], ["fabctl", *sys.argv[2:]]

class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

from fabctl.start import main
sys.meta_path.insert(0, Presses())
main()
"""


LISTENING: list[socket.socket] = []


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """Return a kubeconfig of a server that takes connections and says nothing, for as long as the process lives."""
    silent = socket.create_server(("127.0.0.1", 0))
    cluster = {"server": f"http://127.0.0.1:{silent.getsockname()[1]}"}
    document = {
        "clusters": [{"name": "x", "cluster": cluster}],
        "users": [{"name": "x", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(document))
    LISTENING.append(silent)
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    "module", ["fabctl.app", "cyclopts", "cyclopts.core", "fabctl.options", "yaml", "h11", "fabctl.cluster.client"]
)
def test_while_the_program_is_read(kubeconfig: Path, module: str) -> None:
    """Ctrl-C during the import of whatever takes long ends it without a word, with exit code 130."""
    arguments = [module, "get-status", "--kubeconfig", str(kubeconfig), "--request-timeout", "20"]
    ran = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("arguments", [["get-status"], ["sync", "--all"], ["describe", "mixer"]])
def test_while_it_waits(kubeconfig: Path, arguments: list[str]) -> None:
    """Ctrl-C while a server is waited for ends it without a word, with exit code 130."""
    silent = LISTENING[-1]
    process = subprocess.Popen(
        [COMMAND, *arguments, "--kubeconfig", str(kubeconfig), "--request-timeout", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    silent.settimeout(50)
    connection, _ = silent.accept()
    with connection:
        assert connection.recv(1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_what_ignores_it_goes_on_ignoring_it(kubeconfig: Path) -> None:
    """Where Ctrl-C is ignored, as in the background of a script, it stays ignored."""
    code = AT_IMPORT.replace("module, sys.argv", "signal.signal(signal.SIGINT, signal.SIG_IGN)\nmodule, sys.argv")
    arguments = ["cyclopts", "get-status", "--kubeconfig", str(kubeconfig), "--request-timeout", "0.3"]
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (ran.returncode, "no answer in time" in ran.stderr) == (5, True)


FULL = """
import sys, types
from fabctl import start
sys.argv = ["fabctl", "get-status"]
module = types.ModuleType("fabctl.commands.get_status")

async def get_status():
    from fabctl.render.shapes import print_line
    print_line("written" * 1_000_000)

module.get_status = get_status
sys.modules["fabctl.commands.get_status"] = module
start.main()
"""
ASKED = """
import sys, types
from fabctl import start
sys.argv = ["fabctl", "get-status"]
module = types.ModuleType("fabctl.commands.get_status")

async def get_status():
    import os
    from fabctl import asking
    sys.stdin.isatty = sys.stderr.isatty = lambda: True
    sys.stderr = types.SimpleNamespace(isatty=lambda: True, write=lambda said: os.write(1, said.encode()), flush=int)
    asking.ASKING.declined(asking.Deed("go on", "", ""))

module.get_status = get_status
sys.modules["fabctl.commands.get_status"] = module
start.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("code", [FULL, ASKED], ids=["its reader has stopped reading", "it asks"])
def test_while_nothing_moves(code: str) -> None:
    """The first Ctrl-C ends it, although it is neither waiting for a server nor at work."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 7)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""
