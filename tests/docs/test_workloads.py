"""What pages say of rollouts of workloads is all there is to say: each reason, each rule, each room."""

import ast
import re
from pathlib import Path

from fabgitops_core.api.rollout.status import Why
from fabgitops_core.control.rollout.saying import situations

from .pages import ROOT

CORE = ROOT / "packages/fabgitops-core/src/fabgitops_core"
DECIDING = {"decided", "past", "next_step", "aborted"}
"""What takes the rule of a decision."""


def section(page: str, heading: str) -> str:
    """Return the text below a heading of a page."""
    return (ROOT / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_reason_of_a_workload_says_what_to_do() -> None:
    """Each reason that Ready can have stands once on the page on troubleshooting, and no other does."""
    named = re.findall(
        r"^- (.*?):", section("docs/operations/troubleshooting.md", "Rollouts of workloads"), re.MULTILINE
    )
    found = [reason for entry in named for reason in re.findall(r"\*\*`(\w+)`\*\*", entry)]
    there = {each.reason for each in vars(situations).values() if isinstance(each, situations.Situation)}
    assert sorted(found) == sorted(there)


def words(tree: ast.AST) -> set[str]:
    """Return the texts in a piece of code that are one word of several, as rules are."""
    texts = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return {text for text in texts if re.fullmatch(r"([A-Z][a-z]+)+", text)}


def rules(file: Path) -> set[str]:
    """Return the rules by which a module decides."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {word for each in node.args for word in words(each)} if called in DECIDING else set()
        elif isinstance(node, ast.FunctionDef) and node.name == "_begins":
            found |= words(node)
    return found


def test_every_rule_of_a_decision_is_told() -> None:
    """Each rule that can stand in status.decisions stands in the guide, and no other does."""
    there = {rule for file in (CORE / "control/rollout").rglob("*.py") for rule in rules(file)} | set(Why)
    rows = re.findall(r"^\| (`.*?) \|", section("docs/guides/workloads.md", "Why it did what it did"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(there)


def test_every_room_of_workloads_is_in_the_plan() -> None:
    """Each module of models and decisions about workloads has its place in the architecture."""
    rooms = section("docs/architecture.md", "Rooms").split("`rollout`: workloads", 1)[1].split("\n", 1)[0]
    named = set(re.findall(r"`(\w+)`", rooms + section("docs/architecture.md", "One pass over a Rollout")))
    places = ("control/rollout", "api/rollout", "api/argo")
    modules = {file.stem for place in places for file in (CORE / place).rglob("*.py")}
    assert modules - {"__init__"} - named == set()
