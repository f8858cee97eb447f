"""Values and their words as others published them: each vector was taken from the source it stands under."""

from typing import Any

import pytest
from fabgitops_core.codec.codec import Codec, Value
from fabgitops_core.codec.texts import Padding
from fabgitops_core.codec.types import ByteOrder, DataType, hex_of, parse_hex

Settings = dict[str, Any]

# influxdata/telegraf, plugins/inputs/modbus/configuration_register_test.go, TestRegisterHoldingRegisters at commit
# 12e038e26fa75cf83cf0d41783b7c59d353cdd35: bytes written to a server, and the value that Telegraf read from it. Its
# names of orders are ours; AB and BA stand for one word as it is and with its bytes swapped.
TELEGRAF: list[tuple[DataType, str, Settings, str, Value]] = [
    (DataType.INT16, "ABCD", {"scale": 0.1}, "0xFFD6", -4.2),
    (DataType.UINT16, "BADC", {"scale": 0.1}, "0xD8FF", 6549.6),
    (DataType.INT32, "ABCD", {"scale": 0.1}, "0xFFFFFFD6", -4.2),
    (DataType.UINT32, "DCBA", {"scale": 0.001}, "0xD8FFFFFF", 4294967.256),
    (DataType.INT64, "ABCD", {"scale": 0.000001}, "0xFFFFFFFFFFFFFFD6", -0.000042),
    (DataType.UINT16, "ABCD", {}, "0xABCD", 43981),
    (DataType.UINT16, "ABCD", {"scale": 10}, "0x002A", 420),
    (DataType.UINT16, "BADC", {}, "0xABCD", 52651),
    (DataType.INT16, "ABCD", {}, "0xABCD", -21555),
    (DataType.INT16, "BADC", {}, "0xABCD", -12885),
    (DataType.INT32, "ABCD", {"scale": 10}, "0x0000ABCD", 439810),
    (DataType.INT32, "ABCD", {}, "0xAABBCCDD", -1430532899),
    (DataType.INT32, "DCBA", {}, "0xAABBCCDD", -573785174),
    (DataType.INT32, "BADC", {}, "0xAABBCCDD", -1146430004),
    (DataType.INT32, "CDAB", {}, "0xAABBCCDD", -857888069),
    (DataType.UINT32, "ABCD", {}, "0xAABBCCDD", 2864434397),
    (DataType.UINT32, "DCBA", {}, "0xAABBCCDD", 3721182122),
    (DataType.UINT32, "BADC", {}, "0xAABBCCDD", 3148537292),
    (DataType.UINT32, "CDAB", {}, "0xAABBCCDD", 3437079227),
    (DataType.INT64, "ABCD", {"scale": 10}, "0x000001000000ABCD", 10995116717570),
    (DataType.INT64, "ABCD", {}, "0x000001000000ABCD", 1099511671757),
    (DataType.INT64, "DCBA", {}, "0x84F645F9BCFEFFFF", -1387387292028),
    (DataType.INT64, "BADC", {}, "0xFFFFBCFE45F984F6", -1387387292028),
    (DataType.INT64, "CDAB", {}, "0xF684F945FEBCFFFF", -1387387292028),
    (DataType.FLOAT64, "ABCD", {}, "0xBF9C6A40C3478F55", -0.02774907295123737),
    (DataType.FLOAT64, "ABCD", {"scale": 0.1}, "0xBF9C6A40C3478F55", -0.002774907295123737),
    (DataType.FLOAT64, "DCBA", {}, "0x558F47C3406A9CBF", -0.02774907295123737),
    (DataType.FLOAT64, "BADC", {}, "0x9CBF406A47C3558F", -0.02774907295123737),
    (DataType.FLOAT64, "CDAB", {}, "0x8F55C3476A40BF9C", -0.02774907295123737),
    (DataType.STRING, "ABCD", {"length": 14}, "0x4D6F6462757320537472696E6700", "Modbus String"),
    (DataType.STRING, "BADC", {"length": 14}, "0x6F4D62647375532072746E690067", "Modbus String"),
]

# espressif/esp-modbus, test_apps/unit_tests/mb_ext_types/main/test_mb_endianness_utils.c at commit
# 3117942fe39a970a605588b6407466e478e81919: values, and what each order makes of them.
ESPRESSIF: list[tuple[DataType, str, Settings, str, Value]] = [
    (DataType.UINT16, "ABCD", {}, "0x3039", 12345),
    (DataType.UINT16, "DCBA", {}, "0x3930", 12345),
    (DataType.FLOAT32, "ABCD", {}, "0x4640E400", 12345.0),
    (DataType.FLOAT32, "DCBA", {}, "0x00E44046", 12345.0),
    (DataType.FLOAT32, "BADC", {}, "0x404600E4", 12345.0),
    (DataType.FLOAT32, "CDAB", {}, "0xE4004640", 12345.0),
    (DataType.FLOAT64, "ABCD", {}, "0x40C81C8000000000", 12345.0),
    (DataType.FLOAT64, "DCBA", {}, "0x00000000801CC840", 12345.0),
    (DataType.FLOAT64, "CDAB", {}, "0x000000001C8040C8", 12345.0),
    (DataType.FLOAT64, "BADC", {}, "0xC840801C00000000", 12345.0),
    (DataType.INT64, "ABCD", {}, "0xFFFFFFFFFFFFCFC7", -12345),
    (DataType.INT64, "DCBA", {}, "0xC7CFFFFFFFFFFFFF", -12345),
    (DataType.INT64, "CDAB", {}, "0xCFC7FFFFFFFFFFFF", -12345),
    (DataType.INT64, "BADC", {}, "0xFFFFFFFFFFFFC7CF", -12345),
    (DataType.UINT64, "ABCD", {}, "0x1122334455667788", 0x1122334455667788),
    (DataType.UINT64, "DCBA", {}, "0x8877665544332211", 0x1122334455667788),
    (DataType.UINT64, "CDAB", {}, "0x7788556633441122", 0x1122334455667788),
    (DataType.UINT64, "BADC", {}, "0x2211443366558877", 0x1122334455667788),
]

MANUALS: list[tuple[DataType, str, Settings, str, Value]] = [
    # Siemens, SITRANS F Modbus RTU RS 485, A5E00753974-AB, table B-12 "Float definition".
    (DataType.FLOAT32, "ABCD", {}, "0x42C80000", 100.0),
    (DataType.FLOAT32, "ABCD", {}, "0x40000000", 2.0),
    (DataType.FLOAT32, "ABCD", {}, "0x3F800000", 1.0),
    (DataType.FLOAT32, "ABCD", {}, "0xBF800000", -1.0),
    # Phoenix Contact, EMpro energy meters, 109357_en_00, section 11.6 "Data types and registers": low word first.
    (DataType.UINT16, "CDAB", {}, "0x1234", 4660),
    (DataType.INT32, "CDAB", {}, "0x56781234", 305419896),
    # Endress+Hauser, EngyVolt RV15, operating instructions, appendix.
    (DataType.FLOAT32, "ABCD", {}, "0x43708000", 240.5),
    # JUMO, LOGOSCREEN nt, section 4 "Modbus protocol description": the answer 14 03 08 41 32 D6 87 E3 D7 0A 3D.
    (DataType.FLOAT64, "ABCD", {}, "0x4132D687E3D70A3D", 1234567.89),
    # Basler Electric, BE1-11 Modbus protocol, 9424200774 Rev B, "String Data Format".
    (DataType.STRING, "ABCD", {"length": 8}, "0x50415353574F5244", "PASSWORD"),
    (DataType.STRING, "ABCD", {"length": 8}, "0x5000000000000000", "P"),
    # Varec, 4000, section 9.5.3 "Character Data".
    (DataType.STRING, "ABCD", {"length": 4, "padding": Padding.SPACE}, "0x4154542D", "ATT-"),
    # Opto 22 forum, "Modbus inputs PAC Control": a thermometer answers 584 and means 24.8 degrees.
    (DataType.BCD16, "ABCD", {"scale": 0.1}, "0x0248", 24.8),
    # pymodbus-dev/pymodbus, pull request 71: a device whose registers 0000 3FC0 0000 4040 are the floats 1.5 and 3.0.
    (DataType.FLOAT32, "CDAB", {}, "0x00003FC0", 1.5),
    (DataType.FLOAT32, "CDAB", {}, "0x00004040", 3.0),
]

# Decimal numbers that a binary float does not hold exactly: what is shown for the words is what the source printed.
PRINTED: list[tuple[DataType, str, Settings, str, str]] = [
    # Siemens, as above.
    (DataType.FLOAT32, "ABCD", {}, "0x425D47AE", "55.32"),
    # Phoenix Contact, as above.
    (DataType.FLOAT32, "CDAB", {}, "0xE97942F6", "123.456"),
    # Telegraf, as above; its 64-bit value is printed with all its digits.
    (DataType.FLOAT32, "ABCD", {"scale": 10}, "0xAABBCCDD", "-0.0000000000033360025"),
    (DataType.UINT64, "DCBA", {"scale": 0.000000001}, "0x8899AABBCCDDEEFF", "18441921395.520346504"),
]


@pytest.mark.parametrize(("kind", "order", "settings", "words", "value"), [*TELEGRAF, *ESPRESSIF, *MANUALS])
def test_published_words(kind: DataType, order: str, settings: Settings, words: str, value: Value) -> None:
    """A value becomes the words that its source prints, and they become the value."""
    codec = Codec(kind, ByteOrder(order), **settings)
    assert hex_of(codec.encode(value)) == words
    assert codec.decode(parse_hex(words)) == value


@pytest.mark.parametrize(("kind", "order", "settings", "words", "text"), PRINTED)
def test_published_digits(kind: DataType, order: str, settings: Settings, words: str, text: str) -> None:
    """A number is shown with the digits that its source prints, and these digits become the same words again."""
    codec = Codec(kind, ByteOrder(order), **settings)
    assert float(codec.text(parse_hex(words))) == float(text)
    assert codec.text(parse_hex(words)) == text or "E" in codec.text(parse_hex(words))
    assert hex_of(codec.encode(text)) == words


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        # GE, Multilin EPM 2200 instruction manual, appendix B.4 "Floating Point Values": rounded to seven digits.
        ("0xC4E11DB9", "-1800.929"),
        # Siemens, as above: the answer to reading the absolute mass flow, rounded to six digits.
        ("0x40C35293", "6.10383"),
    ],
)
def test_published_roundings(words: str, printed: str) -> None:
    """Words are the number that its source prints, to as many digits as it prints."""
    value = Codec(DataType.FLOAT32).decode(parse_hex(words))
    assert f"{value:.{len(printed.strip('-')) - 1}g}" == printed


@pytest.mark.parametrize(("bit", "value"), [(3, True), (14, False)])
def test_published_bits(bit: int, value: bool) -> None:
    """Bits of the word 0x180D are what Telegraf reads there (the test named above)."""
    codec = Codec(DataType.BIT, bit=bit)
    assert codec.decode((0x180D,)) is value
    assert codec.same((0x180D,), codec.encode(value))
