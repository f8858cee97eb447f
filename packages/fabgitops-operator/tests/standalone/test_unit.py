"""The systemd unit: judged by systemd itself, where it is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fabgitops_operator.standalone.unit import UnitError, unit

EXPOSURE = 1.5
"""The most that `systemd-analyze security` may call it exposed: 0 is not at all, 10 is without any sandbox."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here (Debian: apt-get install systemd)"
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Return the unit as a file, for a program that is there."""
    path = tmp_path / "fabgitops.service"
    path.write_text(unit(Path("/usr/bin/env")))
    return path


@needs_systemd
def test_it_is_hardly_exposed(written: Path) -> None:
    """What the service could do beyond its work is little, as systemd counts it."""
    asked = ["systemd-analyze", "security", "--offline=yes", str(written)]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"exposure level for fabgitops.service: ([0-9.]+)", told)
    assert found, told
    assert float(found[1]) <= EXPOSURE


@needs_systemd
def test_systemd_understands_every_line(written: Path) -> None:
    """No line is unknown to systemd, or passed over."""
    told = subprocess.run(["systemd-analyze", "verify", str(written)], capture_output=True, text=True, check=False)
    assert "fabgitops.service" not in told.stderr


def test_it_starts_the_program_that_is_asked(written: Path) -> None:
    """The unit names the program by its whole path."""
    assert "ExecStart=/usr/bin/env standalone" in written.read_text().splitlines()


@pytest.mark.parametrize("program", ["/home/anna/venv/bin/fabgitops-operator", "/root/x", "/tmp/x"])  # noqa: S108
def test_a_program_that_the_service_would_not_see_is_refused(program: str) -> None:
    """Under a home the sandbox hides the program: that is said, with the way out, and not found out at the start."""
    with pytest.raises(UnitError, match=r"which the service does not see: install the program elsewhere, such as"):
        unit(Path(program))


def test_a_path_that_a_unit_reads_otherwise_is_refused() -> None:
    """A space or a percent sign in the path would start something else."""
    with pytest.raises(UnitError, match="means something else in a unit"):
        unit(Path("/opt/fab 100%/bin/fabgitops-operator"))
