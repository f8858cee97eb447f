"""What others have published of how values lie in registers.

The sources, each of them read:

HC900: Honeywell, HC900 Hybrid Controller Communications User Guide, revision 10, section 3.2, the pages on the formats
FP B, FP BB, FP L and FP LB. It calls 4 the most significant byte.
DECS-250: Basler, instruction manual 9440300990 of the DECS-250 excitation control system, chapter 28, Modbus.
Telegraf: influxdata/telegraf, plugins/inputs/modbus/configuration_register_test.go, TestRegisterHoldingRegisters.
Varec: Varec, 4000 (ATT) manual, section 9.5.3, character data.
Opto 22: forums.opto22.com, "Modbus inputs PAC Control": a meter says 584, and means 24.8 degrees.
"""

import pytest
from mock_plc.codec.codec import Codec
from mock_plc.codec.orders import ByteOrder
from mock_plc.codec.types import DataType
from mock_plc.memory import Value

from .words import words

ABCD, CDAB, BADC, DCBA = ByteOrder
T = DataType

VECTORS = [
    pytest.param(T.UINT32, ABCD, "1234 5678", 0x12345678, id="HC900 FP B"),
    pytest.param(T.UINT32, BADC, "3412 7856", 0x12345678, id="HC900 FP BB"),
    pytest.param(T.UINT32, DCBA, "7856 3412", 0x12345678, id="HC900 FP L"),
    pytest.param(T.UINT32, CDAB, "5678 1234", 0x12345678, id="HC900 FP LB"),
    pytest.param(T.FLOAT32, CDAB, "1C00 47BB", 95800.0, id="DECS-250 floating-point"),
    pytest.param(T.UINT32, CDAB, "7638 0001", 95800, id="DECS-250 long integer"),
    pytest.param(T.UINT16, ABCD, "1234", 4660, id="DECS-250 integer"),
    pytest.param(T.UINT16, ABCD, "ABCD", 43981, id="Telegraf ab_uint16"),
    pytest.param(T.UINT16, BADC, "ABCD", 52651, id="Telegraf ba_uint16"),
    pytest.param(T.INT16, ABCD, "ABCD", -21555, id="Telegraf ab_int16"),
    pytest.param(T.INT16, DCBA, "ABCD", -12885, id="Telegraf ba_int16"),
    pytest.param(T.INT32, ABCD, "AABB CCDD", -1430532899, id="Telegraf abcd_int32"),
    pytest.param(T.INT32, DCBA, "AABB CCDD", -573785174, id="Telegraf dcba_int32"),
    pytest.param(T.INT32, BADC, "AABB CCDD", -1146430004, id="Telegraf badc_int32"),
    pytest.param(T.INT32, CDAB, "AABB CCDD", -857888069, id="Telegraf cdab_int32"),
    pytest.param(T.UINT32, ABCD, "AABB CCDD", 2864434397, id="Telegraf abcd_uint32"),
    pytest.param(T.INT64, ABCD, "0000 0100 0000 ABCD", 1099511671757, id="Telegraf abcdefgh_int64"),
    pytest.param(T.INT64, DCBA, "84F6 45F9 BCFE FFFF", -1387387292028, id="Telegraf hgfedcba_int64"),
    pytest.param(T.INT64, BADC, "FFFF BCFE 45F9 84F6", -1387387292028, id="Telegraf badcfehg_int64"),
    pytest.param(T.INT64, CDAB, "F684 F945 FEBC FFFF", -1387387292028, id="Telegraf ghefcdab_int64"),
    pytest.param(T.UINT64, ABCD, "0000 0100 0000 ABCD", 1099511671757, id="Telegraf abcdefgh_uint64"),
    pytest.param(T.FLOAT64, ABCD, "BF9C 6A40 C347 8F55", -0.02774907295123737, id="Telegraf abcdefgh_float64"),
    pytest.param(T.FLOAT64, DCBA, "558F 47C3 406A 9CBF", -0.02774907295123737, id="Telegraf hgfedcba_float64"),
    pytest.param(T.FLOAT64, BADC, "9CBF 406A 47C3 558F", -0.02774907295123737, id="Telegraf badcfehg_float64"),
    pytest.param(T.FLOAT64, CDAB, "8F55 C347 6A40 BF9C", -0.02774907295123737, id="Telegraf ghefcdab_float64"),
]


@pytest.mark.parametrize(("kind", "order", "held", "value"), VECTORS)
def test_numbers_lie_as_published(kind: DataType, order: ByteOrder, held: str, value: Value) -> None:
    """A number becomes the words that the source gives for it, and comes back from them."""
    codec = Codec(kind, order)
    assert codec.encode(value) == words(held)
    assert codec.decode(words(held)) == value


@pytest.mark.parametrize(
    ("kind", "scale", "held", "value"),
    [
        pytest.param(T.INT16, 0.1, "FFD6", -4.2, id="Telegraf ab_float"),
        pytest.param(T.INT32, 0.1, "FFFF FFD6", -4.2, id="Telegraf abcd_float"),
        pytest.param(T.INT64, 0.000001, "FFFF FFFF FFFF FFD6", -0.000042, id="Telegraf abcdefgh_float"),
        pytest.param(T.INT32, 10, "0000 ABCD", 439810, id="Telegraf abcd_int32_scaled"),
        pytest.param(T.INT64, 10, "0000 0100 0000 ABCD", 10995116717570, id="Telegraf abcdefgh_int64_scaled"),
        pytest.param(T.BCD16, 0.1, "0248", 24.8, id="Opto 22"),
    ],
)
def test_scaled_numbers_lie_as_published(kind: DataType, scale: float, held: str, value: float) -> None:
    """A scaled number becomes the words that the source gives for it, and comes back from them, exactly."""
    codec = Codec(kind, scale=scale)
    assert codec.encode(value) == words(held)
    assert codec.decode(words(held)) == value


@pytest.mark.parametrize(
    ("order", "length", "held", "text"),
    [
        pytest.param(ABCD, 4, "4154 542D", "ATT-", id="Varec"),
        pytest.param(ABCD, 14, "4D6F 6462 7573 2053 7472 696E 6700", "Modbus String", id="Telegraf abcd_string"),
        pytest.param(BADC, 14, "6F4D 6264 7375 5320 7274 6E69 0067", "Modbus String", id="Telegraf dcba_string"),
    ],
)
def test_texts_lie_as_published(order: ByteOrder, length: int, held: str, text: str) -> None:
    """A text becomes the words that the source gives for it, and comes back from them."""
    codec = Codec(T.STRING, order, length=length)
    assert codec.encode(text) == words(held)
    assert codec.decode(words(held)) == text


@pytest.mark.parametrize(("bit", "value"), [(3, True), (14, False)])
def test_bits_lie_as_published(bit: int, value: bool) -> None:
    """Bit 3 of 0x180D is set and bit 14 is not (Telegraf register5_bit3, register5_bit14)."""
    assert Codec(T.BIT, bit=bit).decode(words("180D")) is value
