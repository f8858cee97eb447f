"""References as they stand on drawings, and the addresses they mean."""

import pytest
from fabgitops_core.codec.tables import Table, parse_reference, reference_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("reference", "table", "address"),
    [
        (40001, Table.HOLDING, 0),
        ("40001", Table.HOLDING, 0),
        (400001, Table.HOLDING, 0),
        (44002, Table.HOLDING, 4001),
        (49999, Table.HOLDING, 9998),
        (465536, Table.HOLDING, 65535),
        (30005, Table.INPUT, 4),
        (10017, Table.DISCRETE, 16),
        (1, Table.COIL, 0),
        (4001, Table.COIL, 4000),
        ("00017", Table.COIL, 16),
        ("010000", Table.COIL, 9999),
    ],
)
def test_references(reference: str | int, table: Table, address: int) -> None:
    """Five and six digits, and coils without their zeros, name the table and the 0-based address."""
    assert parse_reference(reference) == (table, address)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (0, "coils count from 00001 (address 0) to 065536"),
        (40000, "holding registers count from 40001 (address 0) to 465536"),
        (465537, "to 465536"),
        (20001, "its first digit names no table"),
        (50000, "its first digit names no table"),
        (4000001, "five digits (40001) or six (400001)"),
        ("4x0001", "is no reference"),
        (-1, "is no reference"),
        (True, "is no reference"),
    ],
)
def test_references_refused(reference: str | int, told: str) -> None:
    """What names no place is refused with what a reference looks like."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the words are compared below
        parse_reference(reference)
    assert told in str(refused.value)


@given(table=st.sampled_from(list(Table)), address=st.integers(0, 65535), digits=st.sampled_from([5, 6]))
def test_a_reference_means_its_address(table: Table, address: int, digits: int) -> None:
    """Every address of every table has a reference that means it."""
    assert parse_reference(reference_of(table, address, digits)) == (table, address)


def test_tables() -> None:
    """Holding registers and coils can be written; coils and discrete inputs are bits."""
    assert [table.writable for table in Table] == [True, False, True, False]
    assert [table.bits for table in Table] == [False, False, True, True]
