"""The demo where there is nothing but Python and a shell: in a container of Debian's python3, or of Python's image.

What it is run from is a copy of this checkout's files, and every cache is empty; packages come from the index.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from testbed.containers import CA, Engine

ROOT = Path(__file__).parents[2]
MISSING = ("uv", "go", "kubectl", "git")

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


@pytest.fixture
def base() -> str:
    """Return an image with Python and a shell: what the operator's image is built from."""
    command = [sys.executable, "tools/images.py", "--only-parts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.search(r"built from (\S+) and", done.stdout)
    if not found:
        pytest.skip(f"no image with Python alone can be had here: {done.stderr.strip()}")
    return found[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the files that Git knows, as a clone has them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def test_python_and_a_shell_are_enough(engine: Engine, base: str, checkout: Path) -> None:
    """From a clone, without uv, Go, kubectl and Git, one command tells the whole story, and how long it took."""
    options = ["--rm", "--network=host", f"--volume={checkout}:/checkout", "--workdir=/checkout"]
    if engine.name == "podman":  # by default it asks for more than a limited machine lets anybody have
        options += ["--ulimit=nofile=1024:4096", "--ulimit=nproc=1024:4096"]
    if CA.is_file():  # of a network that has a CA of its own
        options += [f"--volume={CA}:{CA}:ro", f"--env=SSL_CERT_FILE={CA}"]
    script = f"for each in {' '.join(MISSING)}; do ! command -v $each || exit 9; done; exec ./dev demo"
    done = engine.call("run", *options, base, "sh", "-c", script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"in sync [0-9.]+ s after the operator was started, [0-9]+ s after \./dev demo", done.stdout)
    assert "The story came true" in done.stdout
