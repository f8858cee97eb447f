"""How references name places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.memory import Table
from mock_plc.reference import place_of, reference_of


@pytest.mark.parametrize(
    ("reference", "table", "address"),
    [
        (40001, Table.HOLDING, 0),
        ("40001", Table.HOLDING, 0),
        (49999, Table.HOLDING, 9998),
        (400001, Table.HOLDING, 0),
        (465536, Table.HOLDING, 65535),
        (30005, Table.INPUT, 4),
        (10017, Table.DISCRETE, 16),
        (1, Table.COIL, 0),
        ("00017", Table.COIL, 16),
        ("065536", Table.COIL, 65535),
    ],
)
def test_references_name_their_place(reference: int | str, table: Table, address: int) -> None:
    """The first digit of a reference is its table, and the rest counts from 1."""
    assert place_of(reference) == (table, address)


@pytest.mark.parametrize(
    "reference",
    [0, 40000, 400000, 465537, 20001, 50001, 4000001, -1, "4001x", "", "\uff14\uff10\uff10\uff10\uff11", 4.5],
)
def test_what_is_no_reference_is_refused(reference: int | str) -> None:
    """What names no place is refused in words that say how a reference looks or how far it counts."""
    with pytest.raises(ValueError, match=r"is no reference.*(40001|count from 1)"):
        place_of(reference)


@given(st.sampled_from(Table), st.integers(0, 65535))
def test_each_place_has_a_reference(table: Table, address: int) -> None:
    """Each place has a reference that names it."""
    assert place_of(reference_of(table, address)) == (table, address)
