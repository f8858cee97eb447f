"""What a device file can say, and what is said of one that is wrong."""

from pathlib import Path

import pytest
from mock_plc.codec.types import DataType
from mock_plc.memory import Table
from mock_plc.spec.reading import SpecError, load, parse


def mistakes(text: str) -> list[str]:
    """Return what is said of a wrong file."""
    with pytest.raises(SpecError) as refused:
        parse(text, "plc.yaml")
    return list(refused.value.lines)


def told(name: str) -> dict[str, str]:
    """Return what is wrong, and what is said of it: the blocks of a text, each ending in a line that begins with =>."""
    blocks = Path(__file__).with_name(name).read_text(encoding="utf-8").strip().split("\n\n")
    return {given: said for given, _, said in (block.partition("\n=> ") for block in blocks)}


REGISTERS, FILES = told("registers.txt"), told("files.txt")


@pytest.mark.parametrize("register", REGISTERS)
def test_a_mistake_is_told_in_its_place(register: str) -> None:
    """A mistake is one line with the file, the line, the path, the value, and what would be right."""
    assert mistakes(f"registers:\n- {{name: a, {register}}}") == [f"plc.yaml:2: registers[0] (a).{REGISTERS[register]}"]


def test_all_mistakes_are_told_at_once() -> None:
    """Each mistake is told, with its own line."""
    text = "holes: none\nregisters:\n- name: a\n  address: 1\n  value: -1\n- name: b\n  address: x\nfaults:\n- dely:2s"
    assert [each.split(": ")[0:2] for each in mistakes(text)] == [
        ["plc.yaml:1", "holes"],
        ["plc.yaml:5", "registers[0] (a).value"],
        ["plc.yaml:7", "registers[1] (b).address"],
        ["plc.yaml:9", "faults[0]"],
    ]


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_cannot_be_is_refused(text: str) -> None:
    """What cannot be of a file as a whole is one line as well."""
    assert mistakes(text) == [FILES[text]]


def test_an_empty_file_is_refused() -> None:
    """A file without a word is sent to the example."""
    assert mistakes("") == ["plc.yaml: it is no mapping of keys to values; see: mock-plc example"]


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """A file that is not there, or is no text, is one line with its name."""
    with pytest.raises(SpecError, match=r"/none.yaml: cannot be read: No such file or directory$"):
        load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match=r"/binary.yaml: byte 0 is not UTF-8$"):
        load(tmp_path / "binary.yaml")


def test_words_that_are_truth_values_elsewhere_are_words() -> None:
    """Off, On and No are names, and the key `on` of a fault is a key: the file is YAML 1.2."""
    spec = parse(
        "registers: [{name: a, address: 1, enum: {Off: 0, On: 1, No: 2}, value: On}]\n"
        "faults: [{kind: no-reply, on: write}]",
        "plc.yaml",
    )
    (register,) = spec.maps[0].registers
    assert (register.start, spec.faults[0].on) == (1, "write")


def test_what_is_left_out_is_what_is_common() -> None:
    """A register is a holding register, uint16 and 0 unless the file says otherwise, and a bool in a table of bits."""
    spec = parse("registers: [{name: a, address: 1}, {name: b, table: coil, address: 1}]", "plc.yaml")
    a, b = spec.maps[0].registers
    assert (a.place, a.kind, a.start) == ((Table.HOLDING, 1), DataType.UINT16, 0)
    assert (b.place, b.kind, b.start) == ((Table.COIL, 1), DataType.BOOL, False)


def test_bits_of_a_word_do_not_overlap() -> None:
    """Sixteen bits of one word stand beside each other."""
    bits = "\n".join(f"- {{name: b{bit}, address: 5, type: bit, bit: {bit}}}" for bit in range(16))
    assert len(parse(f"registers:\n{bits}", "plc.yaml").maps[0].registers) == 16
