"""Label and field selectors, worded as the API server words what it does not understand."""

from typing import Any

import pytest
from fabgitops_operator.standalone.api.selectors import at, selection
from fabgitops_operator.standalone.store import RefusedError

LABELS = {"line": "a", "n": "7", "empty": ""}
FIELDS = {"metadata.name": at("metadata", "name"), "note": at("note")}


_NUMBER = "for 'Gt', 'Lt' operators, the value must be an integer"


def body(**more: Any) -> dict[str, Any]:
    """Return an object with these labels."""
    return {"metadata": {"name": "mixer", "labels": LABELS}, **more}


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ("", True), ("line", True), ("!line", False), ("!other", True), ("other", False),
        ("line=a", True), ("line==a", True), ("line=b", False), ("line!=b", True), ("line!=a", False),
        ("other!=a", True), ("empty=", True), ("other=", False), ("line!=", True),
        ("line in (a,b)", True), ("line in (b, c)", False), ("line notin (b)", True), ("line notin (a)", False),
        ("other notin (a)", True), ("empty in ()", True), ("line=a,n=7", True), ("line=a,n=8", False),
        ("n>6", True), ("n>7", False), ("n<8", True), ("line>1", False), ("other>1", False),
        (" line = a , n in ( 7 ) ", True), ("in", False), ("notin in (in)", False),
    ],
)  # fmt: skip
def test_a_label_selector_takes_what_it_says(selector: str, taken: bool) -> None:
    """All requirements must be met; who lacks the label is in no set."""
    assert selection(selector, "", {}).takes_body(body()) is taken


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        ("a b c", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a!b", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a===", "unable to parse requirement: found '=', expected: identifier"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("a>x", f'unable to parse requirement: values[0]: Invalid value: "x": {_NUMBER}'),
    ],
)
def test_a_label_selector_that_is_not_understood_is_refused(selector: str, why: str) -> None:
    """The reason is told as the API server tells it."""
    with pytest.raises(RefusedError) as refused:
        selection(selector, "", {})
    assert (refused.value.status["code"], refused.value.status["message"]) == (400, why)


@pytest.mark.parametrize("selector", ["-a=b", "a=-b", "A/b/c=d", "a=" + "b" * 64])
def test_what_cannot_be_a_label_is_refused(selector: str) -> None:
    """A selector that could never match is a mistake."""
    with pytest.raises(RefusedError, match=r"unable to parse requirement: .*Invalid value"):
        selection(selector, "", {})


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ("metadata.name=mixer", True), ("metadata.name==mixer", True), ("metadata.name!=mixer", False),
        ("metadata.name=oven", False), ("metadata.name=mixer,", True), (",", True), ("=", True), ("note=", True),
        ("metadata.name=mixer,note!=x", True),
    ],
)  # fmt: skip
def test_a_field_selector_takes_what_it_says(selector: str, taken: bool) -> None:
    """A field that is not there is an empty text."""
    assert selection("", selector, FIELDS).takes_body(body()) is taken


def test_a_field_selector_may_be_escaped() -> None:
    """Backslashes, commas and equals signs of a value stand behind a backslash."""
    assert selection("", r"note=a\,b\=c\\d", FIELDS).takes_body(body(note="a,b=c\\d"))


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        ("abc", "invalid selector: 'abc'; can't understand 'abc'"),
        ("spec.x=1", "field label not supported: spec.x"),
        ("=x", "field label not supported: "),
        ("x\\!=y", "field label not supported: x\\"),
        ("foo=b,metadata.name,!", "invalid selector: 'foo=b,metadata.name,!'; can't understand '!'"),
        ("foo=b,note=a=b", "invalid field selector: unescaped character in value: 61"),
        ("note=a=b", "invalid field selector: unescaped character in value: 61"),
        ("note=a\\xb", "invalid field selector: invalid escape sequence: \\x"),
        ("note=a\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_field_selector_that_is_not_understood_is_refused(selector: str, why: str) -> None:
    """The reason is told as the API server tells it."""
    with pytest.raises(RefusedError) as refused:
        selection("", selector, FIELDS)
    assert (refused.value.status["code"], refused.value.status["message"]) == (400, why)
