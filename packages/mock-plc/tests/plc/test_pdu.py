"""What a PLC answers, against the examples of the Modbus Application Protocol V1.1b3 (section 6)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.memory import Table
from mock_plc.wire import pdu
from mock_plc.wire.pdu import answer

from .bank import Bank


def bits(data: str) -> list[int]:
    """Return the bits of bytes in hex, the lowest of each byte first."""
    return [byte >> at & 1 for byte in bytes.fromhex(data) for at in range(8)]


def words(data: str) -> list[int]:
    """Return the words of bytes in hex."""
    raw = bytes.fromhex(data)
    return list(struct.unpack(f">{len(raw) // 2}H", raw))


READS = [
    ("6.1", Table.COIL, 19, bits("CD6B05"), "01 0013 0013", "01 03 CD6B05"),
    ("6.2", Table.DISCRETE, 196, bits("ACDB35"), "02 00C4 0016", "02 03 ACDB35"),
    ("6.3", Table.HOLDING, 107, words("022B00000064"), "03 006B 0003", "03 06 022B 0000 0064"),
    ("6.4", Table.INPUT, 8, [10], "04 0008 0001", "04 02 000A"),
]


@pytest.mark.parametrize(("section", "table", "address", "held", "request_", "expected"), READS)
def test_reads_are_those_of_the_specification(
    section: str, table: Table, address: int, held: list[int], request_: str, expected: str
) -> None:
    """Each reading function answers the specification's own example, of its own table."""
    bank = Bank().put(table, address, held)
    assert answer(bank, bytes.fromhex(request_)) == bytes.fromhex(expected), section


WRITES = [
    ("6.5", "05 00AC FF00", "05 00AC FF00", (Table.COIL, 172, (1,))),
    ("6.5 off", "05 00AC 0000", "05 00AC 0000", (Table.COIL, 172, (0,))),
    ("6.6", "06 0001 0003", "06 0001 0003", (Table.HOLDING, 1, (3,))),
    ("6.11", "0F 0013 000A 02 CD01", "0F 0013 000A", (Table.COIL, 19, (1, 0, 1, 1, 0, 0, 1, 1, 1, 0))),
    ("6.12", "10 0001 0002 04 000A 0102", "10 0001 0002", (Table.HOLDING, 1, (10, 258))),
    ("6.16", "16 0004 00F2 0025", "16 0004 00F2 0025", (Table.HOLDING, 4, (0x17,))),
    ("6.17", "17 0004 0002 0005 0001 02 00FF", "17 04 0012 00FF", (Table.HOLDING, 5, (255,))),
]


@pytest.mark.parametrize(("section", "request_", "expected", "written"), WRITES)
def test_writes_are_those_of_the_specification(
    section: str, request_: str, expected: str, written: tuple[Table, int, tuple[int, ...]]
) -> None:
    """Each writing function answers the specification's own example, and writes once, all of it at once."""
    bank = Bank().put(Table.HOLDING, 4, [0x12])
    assert answer(bank, bytes.fromhex(request_)) == bytes.fromhex(expected), section
    assert bank.writes == [written]


@pytest.mark.parametrize(
    ("read", "count", "answered"),
    [(5, 2, "17 04 0007 0008"), (4, 3, "17 06 0001 0007 0008"), (6, 2, "17 04 0008 0002"), (2, 1, "17 02 0003")],
)
def test_read_write_reads_what_it_wrote(read: int, count: int, answered: str) -> None:
    """Function 23 reads after it has written, whether what it reads is all, a part or nothing of what it writes."""
    bank = Bank().put(Table.HOLDING, 2, [3, 0, 1, 0, 0, 2])
    assert answer(bank, struct.pack(">BHHHHBHH", 23, read, count, 5, 2, 4, 7, 8)) == bytes.fromhex(answered)


def test_read_write_writes_nothing_if_it_cannot_read() -> None:
    """Function 23 with addresses to read that are not there is refused, and nothing is written."""
    bank = Bank(size=10)
    for read, count in ((9, 2), (4, 7), (20, 1)):
        assert answer(bank, struct.pack(">BHHHHBHH", 23, read, count, 5, 2, 4, 7, 8)) == bytes((0x97, 2))
    assert bank.writes == []


def test_identity_is_told_by_category_and_by_object() -> None:
    """Function 43/14 gives the objects of the category that is asked for, or one; and says which categories it has."""
    bank = Bank(identity={0: "ACME", 1: "X1", 2: "1.2", 4: "Pump", 0x80: "private"})
    basic = "0004" + b"ACME".hex() + "0102" + b"X1".hex() + "0203" + b"1.2".hex()
    regular = basic + "0404" + b"Pump".hex()
    extended = regular + "8007" + b"private".hex()
    for category, objects, count in ((1, basic, 3), (2, regular, 4), (3, extended, 5)):
        expected = f"2B 0E {category:02X} 83 00 00 {count:02X}" + objects
        assert answer(bank, bytes((43, 14, category, 0))) == bytes.fromhex(expected)
    assert answer(bank, bytes((43, 14, 4, 4))) == bytes.fromhex("2B0E0483000001 0404") + b"Pump"
    assert answer(bank, bytes((43, 14, 1, 2))) == bytes.fromhex("2B0E0183000001 0203") + b"1.2"


def test_long_identity_goes_on_in_the_next_answer() -> None:
    """Objects that do not fit one PDU are named as what follows, and asking from there gets them, each just once."""
    identity = {number: f"{number:02}" * 40 for number in range(7)}
    told: dict[int, str] = {}
    first, answers = 0, 0
    while True:
        reply = answer(Bank(identity=identity), bytes((43, 14, 2, first)))
        assert len(reply) <= 253
        answers += 1
        rest = reply[7:]
        for _ in range(reply[6]):
            told[rest[0]] = rest[2 : 2 + rest[1]].decode()
            rest = rest[2 + rest[1] :]
        assert rest == b""
        if not reply[4]:
            break
        first = reply[5]
    assert told == identity
    assert answers == 3


REFUSED = [(f"{f:02X} 0000 {most + 1:04X}", 3) for f, most in ((1, 2000), (2, 2000), (3, 125), (4, 125))] + [
    ("01 0000 0000", 3),
    ("03 FFFF 0002", 2),
    ("05 0000 0001", 3),
    ("05 0000 FF01", 3),
    ("05 0000", 3),
    ("06 0000 0000 00", 3),
    ("0F 0000 0009 01 FF", 3),
    ("0F 0000 0008 02 FF", 3),
    ("0F 0000 07B1 F7" + "00" * 247, 3),
    ("10 0000 0001 02 00", 3),
    ("10 0000 007C F8" + "0000" * 124, 3),
    ("10 FFFF 0002 04 0000 0000", 2),
    ("16 0000 0000", 3),
    ("17 0000 0001 0000 007A F4" + "0000" * 122, 3),
    ("17 0000 007E 0000 0001 02 0000", 3),
    ("2B 0E 05 00", 3),
    ("2B 0E 00 00", 3),
    ("2B 0E 04 63", 2),
    ("2B 0E 01", 3),
    ("2B 0D 01 00", 1),
    ("07", 1),
    ("08 0000 0000", 1),
    ("18 0000", 1),
    ("83 0000 0001", 1),
]


@pytest.mark.parametrize(("request_", "code"), REFUSED)
def test_what_cannot_be_done_is_the_right_exception(request_: str, code: int) -> None:
    """A count out of range or malformed data is exception 3, an address beyond the end 2, an unknown function 1."""
    asked = bytes.fromhex(request_)
    bank = Bank()
    assert answer(bank, asked) == bytes((asked[0] | 0x80, code))
    assert bank.writes == []


def test_most_that_fits_is_served() -> None:
    """The greatest counts that the specification allows are served."""
    bank = Bank()
    for function, most, size in ((1, 2000, 250), (2, 2000, 250), (3, 125, 250), (4, 125, 250)):
        assert answer(bank, struct.pack(">BHH", function, 0, most)) == bytes((function, size)) + bytes(size)
    assert answer(bank, struct.pack(">BHHB", 16, 0, 123, 246) + bytes(246))[:1] == b"\x10"
    assert answer(bank, struct.pack(">BHHB", 15, 0, 1968, 246) + bytes(246))[:1] == b"\x0f"
    assert answer(bank, struct.pack(">BHHHHB", 23, 0, 125, 0, 121, 242) + bytes(242))[:2] == bytes((23, 250))


@pytest.mark.parametrize("table", list(Table))
def test_a_table_that_is_not_there_makes_its_functions_unknown(table: Table) -> None:
    """What a unit has no table for is exception 1, whatever the data; the other tables are served."""
    bank = Bank(tables=frozenset(Table) - {table})
    for function, of in pdu.TABLES.items():
        got = answer(bank, struct.pack(">BHH", function, 0, 1))
        assert (got == bytes((function | 0x80, 1))) is (of is table)


def test_a_missing_unit_is_exception_11() -> None:
    """Who asks for a unit that is not there is told that the target did not respond."""
    assert answer(None, bytes.fromhex("03 0000 0001")) == bytes((0x83, 11))


@given(st.binary(min_size=1, max_size=253))
def test_every_request_has_an_answer(request_: bytes) -> None:
    """Whatever is asked, the answer is of that function or its exception, and fits a PDU."""
    got = answer(Bank(size=1000), request_)
    assert got[0] in (request_[0], request_[0] | 0x80)
    assert 2 <= len(got) <= 253


@given(st.lists(st.integers(0, 1), min_size=1, max_size=2000))
def test_bits_come_back_as_they_were_packed(values: list[int]) -> None:
    """Bits packed and unpacked are the same, and the room beyond them is 0."""
    packed = pdu.pack_bits(values)
    assert pdu.unpack_bits(packed, len(packed) * 8) == values + [0] * (-len(values) % 8)
