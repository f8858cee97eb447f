"""Texts made into documents: the lines of fields, what stands twice, and what would grow beyond all bounds."""

import json

import pytest
from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.lines import path_of
from hypothesis import given
from hypothesis import strategies as st

PLC = """\
# the mixer
kind: IndustrialPLC
spec:
  registers:
    - name: speed
      value: 5
    - {name: level,
       value: 6}
  connection: {timeoutSecs: 1}
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("kind", 2),
        ("spec", 3),
        ("spec.registers", 4),
        ("spec.registers[0]", 5),
        ("spec.registers[0].value", 6),
        ("spec.registers[1].value", 8),
        ("spec.connection.timeoutSecs", 9),
        ("spec.registers[1].unit", 7),
        ("spec.deviceAddress", 3),
        ("status.phase", 2),
    ],
)
def test_each_field_has_its_line(field: str, line: int) -> None:
    """A field is found on its line, and one that is missing on that of the nearest field above it."""
    assert documents(PLC).nodes[0].lines.of(path_of(field)) == line


@pytest.mark.parametrize("field", ["spec.registers[1].value", "spec.connection"])
def test_lines_are_counted_through_all_documents_of_a_file(field: str) -> None:
    """The lines of the second document go on behind those of the first."""
    first, second = documents(f"{PLC}---\n{PLC}").nodes
    assert second.lines.of(path_of(field)) == first.lines.of(path_of(field)) + 10


def test_json_has_lines_too() -> None:
    """A field of a JSON file is found on its line, in each of several values that stand in it."""
    text = json.dumps({"kind": "A", "spec": {"a": [1, {"b": 2}]}}, indent=1)
    first, second = documents(f"{text}\n{text}").nodes
    assert first.value == second.value == json.loads(text)
    assert first.lines.of(path_of("spec.a[1].b")) == 7
    assert second.lines.of(path_of("spec.a[1].b")) == 18


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(0.1, 0.9),
            lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
        ),
        min_size=1,
    )
)
def test_json_is_read_as_it_was_written(value: object) -> None:
    """Whatever stands in a JSON file is read as Python's own reader reads it."""
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        found = documents(text)
        assert not found.faults
        assert [each.value for each in found.nodes] == [value]


@pytest.mark.parametrize("text", ["{a: 1, b: [x]}", '{"a": 1,\n "b": ["x"],}'])
def test_a_brace_may_begin_yaml(text: str) -> None:
    """A file that begins with a brace and is no JSON is YAML, as for kubectl."""
    assert documents(text).nodes[0].value == {"a": 1, "b": ["x"]}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "c stands twice, here and on line 3: take one away"),
        ('{"a": 1,\n"b": 2,\n"a": 3}', 3, "a stands twice, here and on line 1: take one away"),
        ("a: 1\n'a': 2\n", 2, "a stands twice, here and on line 1: take one away"),
        ("10: 1\n012: 2\n", 2, "10 stands twice, here and on line 1: take one away"),
        ("a: 1\n<<: {a: 2}\n", 2, "<< would overwrite a of line 1 for kubectl: put << above it"),
        ("a: 1\n...\n---\nb: .nan\n", 4, ".nan has no place in a manifest: put it in quotes if it is a text"),
        ("a: 1\n...\nb: 1\n", 3, "this is no YAML: did not find expected <document start>"),
        ("a: 1\n--- b: 1\n", 2, "a document begins on the line below ---, not behind it"),
        ("a: 1\nb: [1\n", 3, "this is no YAML: did not find expected ',' or ']'"),
        ("a: *b\n", 1, "*b is an alias of nothing that stands above it"),
        ("a: &a [*a]\n", 1, "*a is an alias of nothing that stands above it"),
        ("? [1]\n: 2\n", 1, "this cannot be the name of a field: put it in quotes"),
        ("1.5: 2\n", 1, "this cannot be the name of a field: put it in quotes"),
        ("<<: 5\n", 1, "<< takes a mapping, or a list of mappings"),
        ("a:\n  !secret b\n", 2, "the tag !secret means nothing here: write the value without it"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(text: str, line: int, said: str) -> None:
    """What cannot be read, or would be read otherwise than it looks, is refused with its line and the way out."""
    assert [(each.line, each.text) for each in documents(text).faults] == [(line, said)]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """One fault does not hide the next, in the same document or another one."""
    found = documents("a: 1\na: 2\nb: .inf\n---\nc: [\n---\nd: 1\nd: 2\n")
    assert [each.line for each in found.faults] == [2, 3, 6, 8]


@pytest.mark.parametrize("depth", [100, 10_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_what_is_nested_without_end_is_refused(depth: int, brackets: str) -> None:
    """A text that is nested deeper than a manifest can be is refused, however deep that is."""
    text = "a: " + brackets[0] * depth if brackets == "[]" else "a: " + "{a: " * depth
    assert documents(text).faults[0].text == "this is nested more than 100 levels deep"


@pytest.mark.parametrize("depth", [100, 100_000])
def test_json_that_is_nested_without_end_is_refused(depth: int) -> None:
    """JSON may not be nested deeper than a manifest can be, either."""
    assert documents('{"a":' + "[" * depth).faults[0].text == "this is nested more than 100 levels deep"


def test_aliases_that_grow_without_end_are_refused() -> None:
    """A handful of lines that means a billion values is refused before they are made."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    found = documents("\n".join(lines))
    assert [each.text for each in found.faults] == ["aliases make this document too large: write out what is meant"]


def test_a_long_text_that_is_repeated_by_aliases_is_refused() -> None:
    """Aliases of one long text count by its length."""
    found = documents(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 100)}]")
    assert "aliases make this document too large" in found.faults[0].text


def test_aliases_and_merges_are_followed() -> None:
    """What several registers share may be written once."""
    text = "base: &base {type: float32, unit: bar}\nregisters:\n- {<<: *base, unit: kPa}\n- *base\n"
    found = documents(text)
    assert not found.faults
    assert found.nodes[0].value["registers"] == [{"type": "float32", "unit": "kPa"}, {"type": "float32", "unit": "bar"}]


def test_dashes_of_windows_and_comments_split_documents() -> None:
    """Carriage returns, and comments behind the dashes, are passed over; so are documents without anything."""
    found = documents("# nothing\r\n---\r\na: 1\r\n--- # the next\r\nb: 2\r\n---\r\n")
    assert [each.value for each in found.nodes] == [{"a": 1}, {"b": 2}]
