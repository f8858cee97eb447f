"""The paths of printer columns."""

from typing import Any

import pytest
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.standalone.api.jsonpath import MISSING, compiled

OBJECT = {
    "spec": {"port": 502, "none": None, "a.b": "dotted", "items": ["x", "y"]},
    "status": {"conditions": [{"type": "InSync", "status": "False"}, {"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.port", 502),
        (".spec.none", None),
        (".spec['a.b']", "dotted"),
        (".spec.items[1]", "y"),
        (".spec.items[-1]", "y"),
        ('.status.conditions[?(@.type=="Ready")].status', "True"),
        (".status.conditions[?(@.type=='InSync')].status", "False"),
        (".spec.absent.more", MISSING),
        (".spec.items[7]", MISSING),
        ('.status.conditions[?(@.type=="Paused")].status', MISSING),
        (".spec.port.more", MISSING),
    ],
)
def test_a_path_finds_its_value(path: str, found: Any) -> None:
    """A null is found, and what is not there is told apart from it."""
    assert compiled(path)(OBJECT) is found or compiled(path)(OBJECT) == found


@pytest.mark.parametrize("path", [".spec..port", ".spec[*]", '.a[?(@.b>"1")]', "spec", ".spec[]"])
def test_a_path_of_another_form_is_refused(path: str) -> None:
    """No column is shown empty because its path was not understood."""
    with pytest.raises(ValueError, match="is not understood"):
        compiled(path)


def test_each_column_of_each_kind_is_understood() -> None:
    """The kinds that there are can all be shown."""
    for kind in KINDS:
        for column in kind.columns:
            assert compiled(column.json_path)({}) is MISSING
