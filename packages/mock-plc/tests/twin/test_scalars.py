"""Scalars of manifests: each is what kubectl makes of it, which is what the API server gets."""

import json

import pytest
from mock_plc.memory import Value
from mock_plc.twin.documents import ManifestError, Text, documents


def _read(scalar: str) -> Value | None:
    (document,) = documents(Text("a.yaml", f"apiVersion: fabgitops.io/v1\nit: {scalar}\n"))
    found: Value | None = document.data["it"]
    return found


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("4001", 4001),
        ("-7", -7),
        ("+7", 7),
        ("1_000", 1000),
        ("0x2A00", 0x2A00),
        ("-0x10", -16),
        ("012", 10),
        ("0o12", 10),
        ("0b101", 5),
        ("09", 9),
        ("0", 0),
        ("1e3", 1000),
        ("1.0", 1),
        ("0.1", 0.1),
        (".5", 0.5),
        ("5.", 5),
        ("1e-3", 0.001),
        ("1e21", 1e21),
        ("18446744073709551615", 18446744073709551615),
        ("yes", True),
        ("On", True),
        ("y", True),
        ("off", False),
        ("N", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("null", None),
        ("", None),
        ('"null"', "null"),
        ("'4001'", "4001"),
        ("!!str 4001", "4001"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("2026-11-28", "2026-11-28"),
        ("1.2.3", "1.2.3"),
        ("10.20.1.12", "10.20.1.12"),
        ("0xZZ", "0xZZ"),
        ("'${speed}'", "${speed}"),
        ("1e999", "1e999"),
    ],
)
def test_a_scalar_is_what_kubectl_makes_of_it(scalar: str, value: Value | None) -> None:
    """YAML 1.1 for truth, base and underscores, and JSON for what a number is."""
    read = _read(scalar)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("scalar", [".inf", "-.Inf", ".nan"])
def test_what_json_does_not_have_is_refused(scalar: str) -> None:
    """Infinity and NaN are refused with their line."""
    with pytest.raises(ManifestError) as raised:
        _read(scalar)
    said = f"a.yaml:2: what stands here is {scalar}, which JSON does not have: a register holds a finite number"
    assert str(raised.value) == said


def test_keys_are_texts_as_in_json() -> None:
    """A key that is true, a number or nothing has the name that it has in JSON."""
    text = "apiVersion: fabgitops.io/v1\nit: {on: 1, Off: 2, 0x10: 3, 1.0: 4, ~: 5, '7': 6}\n"
    (document,) = documents(Text("a.yaml", text))
    assert json.dumps(document.data["it"]) == '{"true": 1, "false": 2, "16": 3, "1": 4, "null": 5, "7": 6}'


def test_anchors_aliases_and_merges_are_followed() -> None:
    """What is named once and used often is the same everywhere, and what is said beside a merge goes first."""
    text = "apiVersion: fabgitops.io/v1\nbase: &base {a: 1, b: 2}\nit: {b: 3, <<: *base}\nlist: [*base, *base]\n"
    (document,) = documents(Text("a.yaml", text))
    assert document.data["it"] == {"a": 1, "b": 3}
    assert document.data["list"] == [{"a": 1, "b": 2}] * 2


def test_a_bomb_of_aliases_is_read_in_no_time() -> None:
    """Lists of lists of the same list, nine deep, are made once each."""
    rows = ["apiVersion: fabgitops.io/v1", "a0: &a0 [1]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 25)]
    (document,) = documents(Text("a.yaml", "\n".join(rows)))
    assert len(document.data["a24"]) == 10
