"""Scenarios of other packages: real wheels, built and installed, and those that are broken."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import DistributionFinder, EntryPoint, MetadataPathFinder
from pathlib import Path
from typing import Any

import pytest
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import Scenario as Chosen
from fabgitops_core.control.chaos.deeds import Mock, MockFault, MockRemove, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.packages import brought
from fabgitops_core.control.chaos.registry import GROUP, Broken, registry, resolved
from fabgitops_operator.chaos.extensions import listed, told

EXAMPLE = Path(__file__).parents[4] / "examples/extensions/slow-answers"
SPOT = Spot("line-1", "mixer", TargetUid("u"), NodeName(""), InjectionId("run.u"))


def run(*command: str | Path) -> str:
    """Run something, and return what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Place:
    """An environment with the operator, and one wheel more."""

    python: Path

    @property
    def packages(self) -> Path:
        """Where what was installed is."""
        (found,) = (self.python.parent.parent / "lib").glob("python*/site-packages")
        return found

    def scenarios(self) -> tuple[int, list[list[str]]]:
        """Return what the program lists, as fields of lines, and with which code it ends."""
        asked = "import sys; from fabgitops_operator.app import main; sys.argv[1:] = ['scenarios']; sys.exit(main())"
        done = subprocess.run([self.python, "-c", asked], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, [line.split(maxsplit=3) for line in done.stdout.splitlines()]


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Build the example's wheel, and install it where the operator is."""
    folder = tmp_path_factory.mktemp("extension")
    source = shutil.copytree(EXAMPLE, folder / "source")
    uv = shutil.which("uv")
    assert uv, "uv is not on the PATH: ./dev puts it there"
    run(uv, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", source)
    (wheel,) = (folder / "dist").glob("*.whl")
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    place = Place(folder / "venv/bin/python")
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", place.python, wheel)
    (place.packages / "operator.pth").write_text("".join(f"{each}\n" for each in sys.path if Path(each).is_dir()))
    return place


def test_a_wheel_brings_a_scenario(place: Place) -> None:
    """A package that is installed beside the operator is listed by it: what it takes, needs, and where it is from."""
    code, lines = place.scenarios()
    assert code == 0, lines
    assert lines[-1] == ["slowAnswers", "plcs", "mock", "slow-answers 0.1.0"]
    assert {line[0] for line in lines} >= {"podKiller", "plcFault", "apiLatency"}


def test_it_is_done_as_ours_are(place: Place) -> None:
    """Its parameters are checked by its own model, it is asked what is wrong, what to do, and what undoes it."""
    (point,) = _points(place.packages)
    sys.path.insert(0, str(place.packages))
    try:
        (found,) = brought([point])
    finally:
        sys.path.remove(str(place.packages))
    known = registry({found.name: found.scenario})

    def given(**parameters: Any) -> tuple[Any, Any]:
        extension = {"extension": {"name": "slowAnswers", "parameters": parameters}}
        return resolved(Chosen.model_validate(extension), known)

    scenario, parameters = given(millis=200, controlPort=5510)
    assert scenario.validate(parameters, ChaosPolicySpec()) == ()
    assert scenario.execute(parameters, SPOT) == MockFault(SPOT, {"fault": "delay:200ms"}, mock=Mock(5510))
    assert scenario.cleanup(parameters, SPOT) == MockRemove(SPOT, Mock(5510))
    late = given(millis=2000)[1]
    assert "maxDurationSecs" in scenario.validate(late, ChaosPolicySpec(max_duration_secs=1))[0]
    with pytest.raises(ValueError, match=r"spec\.scenario\.extension\.parameters\.millis is 0"):
        given(millis=0)


def _points(folder: Path) -> list[EntryPoint]:
    found = MetadataPathFinder.find_distributions(DistributionFinder.Context(path=[str(folder)]))
    return [point for each in found for point in each.entry_points if point.group == GROUP]


BROKEN = {
    "missing": ("nowhere:X", "ModuleNotFoundError: No module named 'nowhere'"),
    "nothing": ("broken_wheel:X", "AttributeError: module 'broken_wheel' has no attribute 'X'"),
    "text": ("broken_wheel:TEXT", "it gives str, which is no Scenario"),
    "leaving": ("leaving_wheel:X", "SystemExit: 3"),
    "plcFault": ("broken_wheel:TEXT", "it takes the name of one of ours: call it something else"),
}


def test_one_that_is_broken_is_told_by_name(place: Place) -> None:
    """What cannot be loaded, or is no scenario, is listed with its package and the reason; all others are as before."""
    info = place.packages / "broken_wheel-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-wheel\nVersion: 2.0\n")
    points = "".join(f"{name} = {value}\n" for name, (value, _) in BROKEN.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}slowAnswers = broken_wheel:TEXT\n")
    (place.packages / "broken_wheel.py").write_text("TEXT = 'x'\n")
    (place.packages / "leaving_wheel.py").write_text("import sys\nsys.exit(3)\n")
    try:
        code, lines = place.scenarios()
    finally:
        shutil.rmtree(info)
    assert code == 1
    said = {line[0]: line[3] for line in lines if line[1] == "-"}
    for name, (value, why) in BROKEN.items():
        assert said.pop(name) == f"cannot be used: broken-wheel 2.0, {value}: {why}"
    twice = "several packages bring it: broken-wheel 2.0, slow-answers 0.1.0; leave all but one out"
    assert said == {"slowAnswers": f"cannot be used: {twice}"}
    assert next(line[3] for line in lines if line[0] == "plcFault") == "fabgitops"


def test_the_guide_shows_the_example() -> None:
    """What the guide tells to save is what this example is, and what is tried here."""
    guide = (EXAMPLE.parents[2] / "docs/guides/chaos-scenarios.md").read_text()
    for name in ("pyproject.toml", "src/slow_answers/__init__.py"):
        assert f"\n{(EXAMPLE / name).read_text()}```" in guide


def test_what_is_ours_is_there_without_any() -> None:
    """Without a package there are our own scenarios, each with its targets."""
    ours = {each.name: each for each in listed()}
    assert not any(isinstance(each.scenario, Broken) for each in ours.values())
    assert told([ours["apiLatency"], ours["networkDelay"]]) == (
        "NAME          TARGETS       NEEDS         FROM\n"
        "apiLatency    the operator  networkDelay  fabgitops\n"
        "networkDelay  plcs,pods     networkDelay  fabgitops\n"
    )
