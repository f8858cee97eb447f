"""Scalars mean what they mean to kubectl: `scalars_of_kubectl.json` holds what kubectl 1.34 said to each."""

import json
from pathlib import Path
from typing import Any

import pytest
from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.scalars import ScalarError, resolved

SAID: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scalars_of_kubectl.json").read_text())


def exactly(value: Any) -> tuple[type, Any]:
    """Return a value with its type (1, 1.0 and True are equal in Python), as JSON of 64 bits has it."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)
    return type(value), value


@pytest.mark.parametrize("written", SAID)
def test_a_value_is_what_kubectl_makes_of_it(written: str) -> None:
    """A value as it is written is refused where kubectl refuses it, and else the same value of the same type."""
    found = documents(f"kind: K\nv: {written}\n")
    if "refused" in SAID[written]:
        assert found.faults
        return
    assert not found.faults
    assert exactly(found.nodes[0].value["v"]) == exactly(SAID[written]["is"])


def test_what_is_in_quotes_is_a_text() -> None:
    """In quotes each of them is a text, as it stands."""
    for written in (each for each in SAID if "'" not in each):
        assert documents(f"v: '{written}'").nodes[0].value == {"v": written}


def test_a_tag_that_is_not_yamls_own_is_refused_by_name() -> None:
    """A tag that some other program knows is refused, rather than passed over as kubectl does."""
    with pytest.raises(ScalarError, match="!secret means nothing here"):
        resolved("5", "!secret", plain=False)
