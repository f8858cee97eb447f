"""The guards have one order and one set of names, wherever people meet them."""

import re
from pathlib import Path

from fabctl.guards import ORDER
from fabgitops_core.control.holding import OPERATOR
from fabgitops_core.control.plc.guards.table import GUARDS

ASKED = [*(name for name, _ in GUARDS), OPERATOR]


def test_fabctl_describes_the_guards_as_the_operator_asks_them() -> None:
    """What `fabctl describe` calls a guard is what `status.held` calls it, in the order in which they are asked."""
    assert [name for name, _ in ORDER if name in ASKED] == ASKED


def test_the_page_lists_the_guards_as_the_operator_asks_them() -> None:
    """The table of docs/guards.md has a row for each guard, in that order."""
    page = (Path(__file__).parents[1] / "docs/guards.md").read_text()
    assert re.findall(r"^\| ([a-z]+) \|", page, re.M)[1:] == ASKED
