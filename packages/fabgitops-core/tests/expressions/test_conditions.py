"""Conditions: what they say of what was measured, and what is refused as one, with its column."""

import math
from typing import Any

import pytest
from fabgitops_core.expressions.conditions import Condition, NoValue, Unfit

RESULT = [0.9, 2.0]
DOCUMENT = {"ok": True, "errors": 3.0, "name": "press", "items": [{"age": 5.0}, {"age": 7.0}]}

HOLDS: dict[str, Any] = {
    "result[0] < 0.95": RESULT,
    "result.all(x, x < 3)": RESULT,
    "result[0] * 100 > 89 && 100 * result[0] < 91": RESULT,
    "result.filter(x, x > 1).size() == 1": RESULT,
    "result.exists_one(x, x > 1)": RESULT,
    "result.ok && result.errors / 2 == 1.5": DOCUMENT,
    "result.errors / (result.errors + 1) == 0.75": DOCUMENT,
    "result.name.endsWith('ss') && result.name.startsWith('pr') && result.name.contains('es')": DOCUMENT,
    "len(result) == 0": [],
    "isNaN(result)": math.nan,
    "isInf(result) || false": math.inf,
    "default(result[0], 1) == 1": [],
    "default(result.there, 7) == 7": DOCUMENT,
    "default(result, 7) == 7": None,
    "isNil(result)": None,
    "asInt(result) == 3 && asFloat('3.5') == 3.5 && float(result) == 3.9": 3.9,
    "int(result) == -7 && int('+007') == 7 && int('-0') == 0": "-" + "0" * 5000 + "7",
    "int('9223372036854775807') - 1 > 0 && -9223372036854775808 < 0": None,
    "max(result, 4) == 4 && min(result, 4) == 3 && abs(0 - result) == 3": 3.0,
}

ARGO: dict[str, Any] = {
    "result[0] >= 0.9 and not (result[1] > 2) or false": RESULT,
    "all(result, {# < 3})": RESULT,
    "any(result, { # > 1 })": RESULT,
    "none(result, {# > 5}) && !none(result, {# > 1})": RESULT,
    "one(result, {# > 1})": RESULT,
    "count(result, {# < 3}) == 2": RESULT,
    "filter(result, {# > 1})[0] == 2": RESULT,
    "map(result, {# + 1})[1] == 3": RESULT,
    "all(result.items, {#.age > 4})": DOCUMENT,
    "all(result, {any(result, {# > 1}) && # < 3})": RESULT,
    "result == nil or len(result) == 0": [],
    "result.name == 'and' or result.name == \"press\"": DOCUMENT,
    "default(result[0], 0) < 1": RESULT,
}

UNFIT = {
    "": "it ends too early (column 1)",
    "result[0] <": "it ends too early (column 12)",
    "result[0] << 3": "'<' does not belong there (column 12)",
    "rseult[0] < 3": "undeclared reference to 'rseult' (column 1)",
    "result[0] < 3 and  limit > 2": "undeclared reference to 'limit' (column 20)",
    "len(result) > 0 && median(result) < 3": "'median': it is not taken over from expr: say it in CEL (column 20)",
    "result ?? 3 < 3": "'??': it is not taken over from expr: say it in CEL (column 8)",
    "result matches 'a+'": "'matches': it is not taken over from expr: say it in CEL (column 8)",
    "result.matches('(a+)+$')": "no function 'matches' here (column 8)",
    "result | len": "'|': it is not taken over from expr: say it in CEL (column 8)",
    "all(result, {.age < 3})": "'.' does not belong there (column 14)",
    "# < 3": "'#': it is not taken over from expr: say it in CEL (column 1)",
    "all(result, {# < 3": "it ends too early (column 19)",
    "let x = 3; x < result": "'let': it is not taken over from expr: say it in CEL (column 1)",
    "total(result) < 3": "no function 'total' of 1 arguments (column 1)",
    "(" * 900: "it is nested too deeply",
    "result < 9223372036854775809": "'9223372036854775809' does not fit 64 bits (column 10)",
    "1.5 * " + "9" * 500 + " > 0": "'99999999999999999999' does not fit 64 bits (column 7)",
    "result == '\\U00110000'": "no escape sequence: \\U00110000",
}

SILENT: dict[str, tuple[Any, str]] = {
    "result[2] < 3": (RESULT, "index out of bounds: 2"),
    "result.there < 3": (DOCUMENT, "no such key: there"),
    "result[0]": (RESULT, "it is neither true nor false"),
    "result < 3": (RESULT, "no such overload"),
    "result[result[0]] < 3": ([math.nan], "no such overload"),
    "result[result[0] + 1] < 3": ([math.inf], "no such overload"),
    "-'a' < result": (1.0, "no such overload"),
    "-true < result": (1.0, "no such overload"),
    "{result: 1}.size() > 0": (RESULT, "unsupported key type"),
    "int(result) > 0": ("9" * 5000, "integer overflow"),
    "result.all(x, result.all(y, x + y > 0))": ([1.0] * 2000, "it takes more steps than it may"),
    "result.exists(x, result.exists(y, x + y < 0)) || true": ([1.0] * 2000, "it takes more steps than it may"),
    "result.map(x, result.sum()).size() > 0": ([1.0] * 2000, "it takes more steps than it may"),
    "result.map(x, result == result).size() > 0": ([[1.0] * 2000] * 2000, "it takes more steps than it may"),
    "result.replace('a', result).size() > 0": ("a" * (1 << 18), "it takes more steps than it may"),
    "[result]" + ".map(x, x + x)" * 14 + "[0].join().size() > 0": (["a" * 262144], "it takes more steps than it may"),
    "[bytes(result)]" + ".map(x, x + x)" * 14 + ".size() > 0": ("a" * (1 << 18), "it takes more steps than it may"),
}

OF_ABSENCE = {
    "result[0] < 3": "",
    "len(result) == 0 || result[0] < 3": "empty",
    "result.size() > 0 && result[0] < 3": "empty",
    "isNaN(result[0]) || result[0] < 3": "NaN",
    "result.all(x, default(x, 3) < 4)": "empty null",
    "result[?0].orValue(1.0) < 4": "empty null",
    "result == null || result < 3": "null",
    "isNil(result) || len(result) == 0": "empty null",
    "[1, {'a': size(result)}][0] == 1": "empty",
    "result.map(x, x + 1).size() == 0": "empty",
    "result.name == 'size(x)'": "",
    # of how many were picked nothing follows for what they were picked from
    "result.filter(x, x > 1).size() <= 1": "",
    "count(result, {# > 1}) <= 1": "",
    "result.filter(x, size(result) > 0).map(x, x).size() == 0": "empty",
}


@pytest.mark.parametrize("text", HOLDS | ARGO)
def test_a_condition_holds(text: str) -> None:
    """A condition in CEL, or as Argo Rollouts has it, holds of what was measured."""
    assert Condition(text, ("result",)).holds((HOLDS | ARGO)[text])


@pytest.mark.parametrize("text", UNFIT, ids=range(len(UNFIT)))
def test_what_is_no_condition_is_refused_with_its_column(text: str) -> None:
    """What cannot be evaluated is refused when it is declared, with the column of the text as it is written."""
    with pytest.raises(Unfit) as error:
        Condition(text, ("result",))
    assert str(error.value) == UNFIT[text]


@pytest.mark.parametrize("text", SILENT)
def test_a_condition_that_says_nothing_says_why(text: str) -> None:
    """A condition that has no value, or takes too long to find it, is neither true nor false, and says why."""
    value, why = SILENT[text]
    with pytest.raises(NoValue) as error:
        Condition(text, ("result",)).holds(value)
    assert str(error.value) == why


@pytest.mark.parametrize("text", OF_ABSENCE)
def test_a_condition_that_speaks_of_what_is_not_there_is_known(text: str) -> None:
    """Of what a condition itself speaks that is not there is told by its functions, not by its texts."""
    assert " ".join(sorted(Condition(text, ("result",)).speaks_of, key=str.lower)) == OF_ABSENCE[text]


def test_a_long_answer_can_be_judged() -> None:
    """The longest answer that is taken can be looked at item by item."""
    assert Condition("result.all(x, x < 2.0 && x > 0.0)", ("result",)).holds([1.0] * 10_000)
