"""Changes decisions of core one at a time, and looks whether a test notices: `./dev mutants`.

cosmic-ray makes the changes, in a copy of the package below .dev/mutants, and keeps there what came of them: a run that
is stopped is gone on with by the next, as long as the code stays as it is. A change that no test notices is shown: it
wants a test, or the line does nothing, or it makes no difference to anybody.
"""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from cyclopts import App, Parameter
from cyclopts.validators import Number

ROOT = Path(__file__).parent.parent
CORE = ROOT / "packages" / "fabgitops-core"
FOLDER = ROOT / ".dev" / "mutants"
TIMEOUT = 600.0
"""Seconds after which a change counts as noticed: it has made something endless."""
SKIPPED = WorkResult(worker_outcome=WorkerOutcome.SKIPPED)

app = App(name="mutants", help_format="plaintext")


@dataclass(frozen=True)
class Target:
    """What is changed, a module or a folder of them, and the folders of the tests that should notice."""

    name: str
    module: str
    tests: tuple[str, ...]


TARGETS = (
    Target("plc", "src/fabgitops_core/control/plc", ("tests/control", "tests/engine")),
    Target("session", "src/fabgitops_core/modbus/session.py", ("tests/modbus",)),
)


def copied(target: Target, sample: str) -> Path:
    """Return the folder of a target's run: the one that was begun, or a new one for other code or another sample."""
    names = sorted([*CORE.glob("src/**/*.py"), *CORE.glob("tests/**/*.py")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in names)).hexdigest()[:12]
    folder = FOLDER / target.name / f"{digest}-{sample}"
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        making = folder.with_name("making")
        shutil.copytree(CORE, making, ignore=shutil.ignore_patterns("__pycache__"))
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
        (making / "pytest.toml").write_text(_pytest(settings))
        (making / "cosmic-ray.toml").write_text(_cosmic_ray(target))
        making.rename(folder)
    return folder


def _pytest(settings: dict[str, Any]) -> str:
    """Return the settings of the workspace's pytest, as far as a package alone has use for them."""
    modes = ("addopts", "asyncio_mode", "asyncio_default_fixture_loop_scope", "filterwarnings")
    return "[pytest]\n" + "".join(f"{name} = {settings[name]!r}\n" for name in modes)


def _cosmic_ray(target: Target) -> str:
    command = " ".join([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *target.tests])
    return (
        f'[cosmic-ray]\nmodule-path = "{target.module}"\ntimeout = {TIMEOUT}\nexcluded-modules = []\n'
        f'test-command = "{command}"\n\n[cosmic-ray.distributor]\nname = "local"\n'
    )


def cosmic_ray(folder: Path, *arguments: str) -> None:
    """Run cosmic-ray in the folder of a run, where its package comes before the installed one.

    Raises:
        SystemExit: It failed; it has said why.
    """
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    program = str(Path(sys.executable).parent / "cosmic-ray")
    if subprocess.run([program, *arguments], cwd=folder, env=environment, check=False).returncode:
        sys.exit(f"mutants: cosmic-ray {arguments[0]} failed in {folder}, see above")


def begin(folder: Path, count: int, seed: int) -> None:
    """Choose the changes to make, once the tests pass without any."""
    cosmic_ray(folder, "baseline", "cosmic-ray.toml")
    cosmic_ray(folder, "init", "cosmic-ray.toml", "new.sqlite")
    with use_db(str(folder / "new.sqlite"), WorkDB.Mode.open) as work:
        items = list(work.work_items)
        chosen = random.Random(seed).sample(items, min(count, len(items)))  # noqa: S311 - a sample
        left = {item.job_id for item in items} - {item.job_id for item in chosen}
        work.set_multiple_results(left, SKIPPED)
    (folder / "new.sqlite").rename(folder / "run.sqlite")


def survivors(work: WorkDB) -> Iterator[tuple[WorkItem, WorkResult]]:
    """Yield the changes that no test noticed."""
    results = dict(work.results)
    for item in work.work_items:
        result = results.get(item.job_id)
        if result is not None and result.test_outcome is TestOutcome.SURVIVED:
            yield item, result


def report(target: Target, folder: Path) -> None:
    """Print the changes that no test noticed, and how many there were."""
    with use_db(str(folder / "run.sqlite"), WorkDB.Mode.open) as work:
        made = sum(result.worker_outcome is not WorkerOutcome.SKIPPED for _job, result in work.results)
        found = list(survivors(work))
    for _item, result in found:
        print(result.diff)
    print(
        f"{target.name}: of {made} changes {made - len(found)} were noticed by a test, {len(found)} were not",
        flush=True,
    )


@app.default
def main(
    count: Annotated[int, Parameter(validator=Number(gt=0))] = 100,
    /,
    *,
    seed: int = 0,
    only: str | None = None,
) -> None:
    """Change decisions of core one at a time, and show each change that no test notices.

    Args:
        count: How many changes are made in each of control/plc and modbus/session; each takes as long as their tests.
        seed: Which of the possible changes; the same number, the same changes.
        only: plc or session; without it both.
    """
    for target in TARGETS:
        if only in {None, target.name}:
            folder = copied(target, f"{count}-{seed}")
            if not (folder / "run.sqlite").exists():
                begin(folder, count, seed)
            cosmic_ray(folder, "exec", "cosmic-ray.toml", "run.sqlite")
            report(target, folder)


if __name__ == "__main__":
    app()
