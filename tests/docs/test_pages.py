"""The pages hang together: links lead somewhere, commands exist, and the site can be put together."""

import ast
import importlib.util
import itertools
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fabctl.leading import GROUPS
from fabgitops_core.control.plc.reasons import PlcReason

from .pages import PAGES, ROOT, blocks

PROGRAM = Path(sys.executable).parent


def site() -> Any:
    """Return the module that puts the site together."""
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "tools/site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def page(tmp_path: Path) -> Callable[[str], tuple[str, list[str]]]:
    """Return a function that puts a repository with one page together: its text on the site, and what is wrong."""
    module = site()
    for name in ("docs/guides/other.md", "docs/runbooks/README.md", "examples/plant/line.yaml", *module.ELSEWHERE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# Something\n")

    def put(text: str) -> tuple[str, list[str]]:
        (tmp_path / "docs/page.md").write_text(text)
        problems = module.put_together(tmp_path, tmp_path / "site", lambda text, *_: text)
        made = tmp_path / "site/page.md"
        return (made.read_text() if made.exists() else ""), problems

    return put


def test_links_go_where_things_are_on_the_site(page: Callable[[str], tuple[str, list[str]]]) -> None:
    """A link to a page stays on the site, also to one that is kept elsewhere; any other leads to the repository."""
    text, problems = page(
        "[a](guides/other.md#b) [b](runbooks) [c](../SECURITY.md) [`d`](../examples/plant) "
        "[e](../examples/plant/line.yaml) [f](#here) [g](https://example.com)\n"
    )
    assert problems == []
    assert text == (
        "[a](guides/other.md#b) [b](runbooks/README.md) [c](reporting.md) "
        "[`d`](https://github.com/fabgitops/fabgitops/tree/main/examples/plant) "
        "[e](https://github.com/fabgitops/fabgitops/blob/main/examples/plant/line.yaml) "
        "[f](#here) [g](https://example.com)\n"
    )


def test_a_dead_link_is_told(page: Callable[[str], tuple[str, list[str]]]) -> None:
    """A link to a file that is not there fails, and so does one out of the repository."""
    assert page("[a](none.md)")[1] == ["docs/page.md: none.md leads nowhere"]
    assert page("[a](../../../..)")[1] == ["docs/page.md: ../../../.. leads nowhere"]


def test_code_is_left_alone(page: Callable[[str], tuple[str, list[str]]]) -> None:
    """What looks like a link within code is none."""
    text = "`[a](none.md)`\n\n```\n[a](none.md)\n```\n"
    assert page(text) == (text, [])


@pytest.mark.parametrize("source", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(source: Path) -> None:
    """Each relative link of a page, whether it is on the site or not, leads to a file of the repository."""
    module = site()
    pages = module.sources(ROOT) | {source: source.relative_to(ROOT)}
    module.rendered(source, pages, ROOT)


def commands() -> list[str]:
    """Return each command of ours that a page of the documentation or of an example tells to type."""
    found = set()
    for source in PAGES:
        if not {"docs", "examples"} & set(source.relative_to(ROOT).parts[:1]):
            continue
        text = source.read_text()
        lines = [line for each in blocks(source) if each.language == "sh" for line in each.text.splitlines()]
        lines += re.findall(r"`([a-z-]+ [^`\n]+)`", text)
        found |= {line.split(" #")[0].strip() for line in lines if line.startswith("fabctl ")}
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_a_command_is_one_that_fabctl_knows(tmp_path: Path, command: str) -> None:
    """Each fabctl command fails for want of a cluster here, and not because fabctl does not understand it."""
    words = shlex.split(
        command.replace("NAMESPACE", "plant").replace("NAME", "mixer").replace("[", "").replace("]", "")
    )
    words = words[: next((place for place, word in enumerate(words) if word in {">", "||"}), None)]
    named = len(words) == 2 or (len(words) == 3 and words[1] in GROUPS)  # a command that is only spoken of
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none")}
    called: list[str | Path] = [PROGRAM / words[0], *words[1:], *(["--help"] if named else [])]
    where = ROOT if words[1:3] == ["chaos", "run"] else tmp_path  # it reads its file first, which is one of ours
    done = subprocess.run(called, capture_output=True, text=True, check=False, env=environment, cwd=where)
    if words[1] == "import" and "--from" in words:  # the file of another program, and no cluster
        assert (done.returncode, "No such file or directory" in done.stderr) == (2, True), done.stderr
        return
    assert done.returncode == (0 if named else 5), done.stderr
    assert named or str(tmp_path / "none") in done.stderr


def test_contributing_lists_every_session_once() -> None:
    """Each session of the noxfile has one line among the commands of CONTRIBUTING.md, and no line is without one."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    sessions = {
        each.name.replace("_", "-")
        for each in tree.body
        if isinstance(each, ast.FunctionDef) and any("nox.session" in ast.unparse(one) for one in each.decorator_list)
    }
    listed = re.findall(r"^\./dev ([a-z0-9-]+)", next(blocks(ROOT / "CONTRIBUTING.md")).text, re.MULTILINE)
    assert sorted(listed) == sorted(sessions)


def test_where_a_text_is_made() -> None:
    """Each Event stands in CONTRIBUTING with the modules that announce it, and no other is announced."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| Events? (.*?) \| (.*?) \|$", text, re.MULTILINE)
    told = {name: where for about, where in rows for name in re.findall(r"`(\w+)`", about)}
    room = ROOT / "packages/fabgitops-core/src/fabgitops_core/control/plc"
    for reason in PlcReason:
        files = [file for file in room.rglob("*.py") if file.name != "reasons.py"]
        announcing = {
            file.relative_to(room).as_posix() for file in files if f"PlcReason.{reason.name}" in file.read_text()
        }
        assert announcing, reason
        assert announcing <= set(re.findall(r"`([\w/]+\.py)`", told.pop(reason.value))), reason
    assert told == {}


WORKLOADS = ROOT / "docs/guides/workload-promises.md"
PROMISES = [ROOT / "README.md", ROOT / "docs/reliability.md", WORKLOADS]


@pytest.mark.parametrize("page", PROMISES, ids=lambda page: page.name)
def test_a_promise_names_a_test_that_there_is(page: Path) -> None:
    """Each test that is said to hold a promise is a function or a file of the tests."""
    named = re.findall(r"`((?:[\w./-]+/)?test_\w+(?:\.py)?)`", page.read_text())
    files = [
        file for pattern in ("packages/*/tests", "tests") for top in ROOT.glob(pattern) for file in top.rglob("*.py")
    ]
    functions = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
    assert named
    for each in named:
        assert each in functions or any(str(file).endswith(f"/{each}") for file in files), each


def test_each_promise_about_workloads_is_held() -> None:
    """Each complaint and each story of the page has a test that holds it, and none is left out."""
    _, promises, complaints, stories = WORKLOADS.read_text().split("\n## ")
    for part, count in ((promises, 10), (complaints, 21), (stories, 20)):
        rows = [line.split(" | ") for line in part.splitlines() if line.startswith("| ")][1:]
        assert len(rows) == count
        for row in rows:
            assert re.fullmatch(r"(.*`test_\w+(\.py)?`)+ \|", row[-1]), row


def test_the_picture_shows_the_layers_that_are_held() -> None:
    """README and architecture draw core's layers in the order that import-linter enforces."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = [each.split(" | ") for each in next(each["layers"] for each in contracts if each["type"] == "layers")]
    drawn = re.findall(r"^ │ core: (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert drawn == [name for layer in layers for name in layer if name != "testing"]
    picture = (ROOT / "docs/architecture.md").read_text()
    chains = [
        re.split(r" --> ", line.strip()) for line in picture.splitlines() if re.fullmatch(r" {8}\w+( --> \w+)+", line)
    ]
    core = {name for layer in layers for name in layer}
    arrows = {pair for chain in chains for pair in itertools.pairwise(chain) if pair[0] in core}
    assert arrows == {(name, below[0]) for above, below in itertools.pairwise(layers) for name in above}


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_module_that_is_named_is_there(page: str) -> None:
    """Each module of core that a page names by its layer, as in `control/kinds.py`, is where the page says."""
    named = set(re.findall(r"`((?:api|codec|control|engine|modbus|testing)/[\w/]+\.py)`", (ROOT / page).read_text()))
    assert named
    core = ROOT / "packages/fabgitops-core/src/fabgitops_core"
    assert {each for each in named if not (core / each).is_file()} == set()
