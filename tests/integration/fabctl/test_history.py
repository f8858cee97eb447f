"""The last corrections, on both planes; the tests play the operator."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def test_history_has_the_newest_first(plant: Any) -> None:
    """One PLC without a column of names, several with one; for programs the PLCs as the API server gave them."""
    first = {"at": "2026-01-01T00:00:00Z", "register": "target", "before": "2311", "wanted": "2500"}
    for name, at in (("mixer", "2026-01-01T01:00:00Z"), ("oven", "2026-01-01T02:00:00Z")):
        plant.create(name)
        last = {**first, "at": at, "after": "2311", "result": "NotHeld"}
        plant.report(name, "InSync", "True", history=[{**first, "after": "2500", "result": "Proven"}, last])
    code, out, _ = plant.fabctl("history", "mixer")
    assert (code, [line.split()[-5:] for line in out.splitlines()]) == (
        0,
        [
            ["REGISTER", "BEFORE", "WANTED", "AFTER", "RESULT"],
            ["target", "2311", "2500", "2311", "NotHeld"],
            ["target", "2311", "2500", "2500", "Proven"],
        ],
    )
    assert [line.split()[0] for line in plant.fabctl("history")[1].splitlines()] == [
        "NAME",
        "oven",
        "mixer",
        "mixer",
        "oven",
    ]
    assert plant.fabctl("history", "-A")[1].split()[0] == "NAMESPACE"
    assert '"result": "NotHeld"' in plant.fabctl("history", "mixer", "-o", "json")[1]
    plant.create("press")
    assert plant.fabctl("history", "press") == (0, "", "No correction is known.\n")
