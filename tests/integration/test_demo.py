"""The demo, with and without Kubernetes: it tells its story, and ended before its time nothing of it stays."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

DEMO = Path(__file__).parents[2] / "tools" / "demo.py"
PATIENCE = 60


def demo(*arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start the demo as a script does in the background: in a session of its own, with nobody's Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, DEMO, *arguments],
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(params=["standalone", "kubernetes"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a demo whose PLCs and operator run, with temporary files in the test's folder."""
    flags = ["--kubernetes"] if request.param == "kubernetes" else []
    with demo("--keep", *flags, TMPDIR=str(tmp_path)) as process:
        try:
            assert process.stdout is not None
            assert any("Git vs. reality:" in line for line in process.stdout)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_impatient_end_leaves_nothing(
    running: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    """However often it is told to end while it takes everything down, no process and no file stays."""
    started = psutil.Process(running.pid).children(recursive=True)
    while running.poll() is None:
        running.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.05)
    assert running.returncode == 0
    assert psutil.wait_procs(started, PATIENCE)[1] == []
    assert list(tmp_path.iterdir()) == []


def test_killed_it_takes_its_programs_along(running: subprocess.Popen[str]) -> None:
    """Where the demo is killed, its PLCs, its operator and its API server end as well."""
    started = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    assert psutil.wait_procs(started, PATIENCE)[1] == []


@pytest.mark.parametrize("flags", [[], ["--kubernetes"]], ids=["standalone", "kubernetes"])
def test_the_story_comes_true(flags: list[str], tmp_path: Path) -> None:
    """Told to its end it says how long the first PLC took to be in sync, and leaves nothing behind."""
    with demo(*flags, TMPDIR=str(tmp_path), FABGITOPS_DEMO_CALLED="0") as process:
        said, complained = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, complained
    assert re.search(r"in sync [0-9.]+ s after the operator was started, [0-9]+ s after \./dev demo was called", said)
    assert "The story came true" in said
    assert list(tmp_path.iterdir()) == []


def test_a_change_is_rolled_out_taken_back_and_tried_again(tmp_path: Path) -> None:
    """`--rollout` shows a plan, a wave that fails, why it was taken back, and the same change at its end."""
    with demo("--rollout", TMPDIR=str(tmp_path)) as process:
        said, complained = process.communicate(timeout=3 * PATIENCE)
    assert process.returncode == 0, complained
    assert "12 of 12 PLCs change, in 3 waves" in said
    assert re.search(r"Why: .* given up: 1 of 6 PLCs have failed: press-04", said)
    assert re.search(r"Rejected .* 6 PLCs were put back", said)
    assert "rollout presses  Done, wave 3 of 3, 12/12 released" in said
    assert "The story came true" in said
    assert list(tmp_path.iterdir()) == []


def test_help_teaches() -> None:
    """`./dev demo --help` names what there is, and wrong usage is told, with exit code 2."""
    with demo("--help") as asked:
        told = asked.communicate(timeout=PATIENCE)[0]
        assert "--keep" in told
        assert "--kubernetes" in told
        assert "--rollout" in told
    assert asked.returncode == 0
    with demo("--nonsense") as wrong:
        assert "--nonsense" in wrong.communicate(timeout=PATIENCE)[1]
    assert wrong.returncode == 2
    with demo("--rollout", "--kubernetes") as both:
        assert "leave --kubernetes out" in both.communicate(timeout=PATIENCE)[1]
    assert both.returncode == 2
