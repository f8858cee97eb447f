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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0100", '0100 is 64 in YAML 1.1 and 100 in YAML 1.2: write 64 or 100 or "0100"'),
        ("-010", '-010 is -8 in YAML 1.1 and -10 in YAML 1.2: write -8 or -10 or "-010"'),
        ("08", '08 is the text "08" in YAML 1.1 and 8 in YAML 1.2: write 8 or "08"'),
        ("0o17", '0o17 is the text "0o17" in YAML 1.1 and 15 in YAML 1.2: write 15 or "0o17"'),
        ("0b101", '0b101 is 5 in YAML 1.1 and the text "0b101" in YAML 1.2: write 5 or "0b101"'),
        ("-0x1F", '-0x1F is -31 in YAML 1.1 and the text "-0x1F" in YAML 1.2: write -31 or "-0x1F"'),
        ("0xF_F", '0xF_F is 255 in YAML 1.1 and the text "0xF_F" in YAML 1.2: write 255 or "0xF_F"'),
        ("1_000", '1_000 is 1000 in YAML 1.1 and the text "1_000" in YAML 1.2: write 1000 or "1_000"'),
        ("+1_0.5", '+1_0.5 is 10.5 in YAML 1.1 and the text "+1_0.5" in YAML 1.2: write 10.5 or "+1_0.5"'),
        ("1:30", '1:30 is 90 in YAML 1.1 and the text "1:30" in YAML 1.2: write 90 or "1:30"'),
        ("-1:30.5", '-1:30.5 is -90.5 in YAML 1.1 and the text "-1:30.5" in YAML 1.2: write -90.5 or "-1:30.5"'),
        ("yes", 'yes is true in YAML 1.1 and the text "yes" in YAML 1.2: write true or "yes"'),
        ("OFF", 'OFF is false in YAML 1.1 and the text "OFF" in YAML 1.2: write false or "OFF"'),
        ("n", 'n is false in YAML 1.1 and the text "n" in YAML 1.2: write false or "n"'),
    ],
)
def test_what_yaml_reads_in_two_ways_is_refused(given: str, said: str) -> None:
    """A scalar that a manifest may mean otherwise is refused with both meanings, as a value and as an address."""
    for field in ("value", "address"):
        fields = {"address": "1", "value": "1", field: given}
        text = "registers:\n- name: a\n" + "".join(f"  {key}: {each}\n" for key, each in fields.items())
        line = 4 if field == "value" else 3
        assert mistakes(text) == [f"plc.yaml:{line}: registers[0] (a).{field}: {said}"]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("int16", "0", 0),
        ("int16", "-5", -5),
        ("int16", "+5", 5),
        ("uint16", "0x1F", 31),
        ("float32", "21.5", 21.5),
        ("float32", ".5", 0.5),
        ("float64", "1e3", 1000.0),
        ("bool", "true", True),
        ("string, length: 8", "00_pump", "00_pump"),
        ("string, length: 8", "'0100'", "0100"),
        ("string, length: 8", '"on"', "on"),
    ],
)
def test_what_yaml_reads_in_one_way_is_taken(kind: str, given: str, value: object) -> None:
    """Numbers and truth values that are the same everywhere are nobody's mistake, and nothing in quotes is."""
    spec = parse(f"registers: [{{name: a, address: 1, type: {kind}, value: {given}}}]", "plc.yaml")
    assert spec.maps[0].registers[0].start == value


def test_keys_that_yaml_reads_in_two_ways_are_refused() -> None:
    """Names of an enum and unit ids are refused as well; the key `on` of a fault is the simulator's own."""
    text = (
        "units:\n  010:\n    registers:\n    - {name: y, address: 1, enum: {No: 0, on: 1}}\n"
        "faults: [{kind: no-reply, on: write}]"
    )
    where = "plc.yaml:4: units.010.registers[0]"
    assert mistakes(text) == [
        'plc.yaml:2: units: 010 is 8 in YAML 1.1 and 10 in YAML 1.2: write 8 or 10 or "010"',
        f'{where}.name: y is true in YAML 1.1 and the text "y" in YAML 1.2: write true or "y"',
        f'{where}.enum: No is false in YAML 1.1 and the text "No" in YAML 1.2: write "No"',
        f'{where}.enum: on is true in YAML 1.1 and the text "on" in YAML 1.2: write "on"',
    ]
    quoted = (
        'registers: [{name: a, address: 1, enum: {"Off": 0, "On": 1, "No": 2}, value: "On"}]\n'
        "faults: [{kind: no-reply, on: write}]"
    )
    spec = parse(quoted, "plc.yaml")
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
