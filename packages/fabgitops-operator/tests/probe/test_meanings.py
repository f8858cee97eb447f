"""What words may mean."""

from fabgitops_core.codec.types import ByteOrder
from fabgitops_operator.probe.meanings import in_short, of_more_words, of_one_word, text_of


def test_a_number_is_recognized_in_its_order() -> None:
    """21.5 as binary32 stands under the order in which its words came, and under no other."""
    for order, words in {
        ByteOrder.ABCD: (0x41AC, 0x0000),
        ByteOrder.CDAB: (0x0000, 0x41AC),
        ByteOrder.BADC: (0xAC41, 0x0000),
        ByteOrder.DCBA: (0x0000, 0xAC41),
    }.items():
        shown = of_more_words(words)["float32"]
        assert [each for each, text in shown.items() if text == "21.5"] == [order]
        assert f"float32 {order} 21.5" in in_short(words)


def test_one_word_has_all_its_readings() -> None:
    """Signed and unsigned, decimal digits, swapped, bits and characters stand side by side."""
    shown = of_one_word(0xFF41)
    assert (shown["uint16"], shown["int16"], shown["bcd16"]) == ("65345", "-191", "-")
    assert (shown["uint16 swapped"], shown["bits"], shown["text"]) == ("16895", "11111111 01000001", ".A")


def test_four_words_show_what_two_do_and_more() -> None:
    """64-bit types appear as soon as there are words for them."""
    assert set(of_more_words((0, 0, 0, 1))) - set(of_more_words((0, 0))) == {"uint64", "int64", "float64"}
    assert of_more_words((0, 0, 0, 1))["uint64"][ByteOrder.ABCD] == "1"
    assert of_more_words((1,)) == {}


def test_control_characters_are_never_shown() -> None:
    """What a device holds reaches no terminal as a command."""
    assert text_of((0x1B5B, 0x4142)) == ".[AB"
