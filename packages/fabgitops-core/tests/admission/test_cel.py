"""What an expression is worth, as the language has it (langdef.md), with cel-go's words where it has none."""

import math
from typing import Any

import pytest
from fabgitops_core.admission.rules import Broken, CelError, SyntaxFault, compile_rule, run
from fabgitops_core.expressions.cel.lexing import words
from fabgitops_core.expressions.cel.values import LEAST, MOST, TYPES

SELF: dict[str, Any] = {
    "a": 1,
    "d": 1.0,
    "t": "ab",
    "l": [3, 1, 2],
    "m": {"x": None},
    "b": True,
    "w": Broken("no data"),
}

WORTH: dict[str, Any] = {
    # --- numbers
    "1 + 2 * 3 - 4": 3,
    "-7 / 2": -3,
    "-7 % 2": -1,
    "7 % -2": 1,
    "7.0 / 2.0": 3.5,
    "1.0 / 0.0": math.inf,
    "-1.0 / 0.0": -math.inf,
    "0x1f": 31,
    "1e3": 1000.0,
    "-9223372036854775807 - 1": LEAST,
    "int(2.9) + int(-2.9)": 0,
    "int('007')": 7,
    "double('1e3')": 1000.0,
    "[1, 2].sum() + [3].min() + [4, 5].max()": 11,
    "[].sum()": 0,
    # --- texts
    "'a' + \"b\"": "ab",
    r"'\u00e4\n\x41\101\''": "ä\nAA'",
    r"r'\d'": "\\d",
    "'äö'.size() + size(bytes('äö'))": 6,
    "'abc'.substring(1) + 'abc'.substring(3)": "bc",
    "'a-b-a'.replace('a', 'x')": "x-b-x",
    "['a', 'b'].join()": "ab",
    "'abcabc'.indexOf('c') - 'abcabc'.lastIndexOf('c')": -3,
    "'abc'.indexOf('z')": -1,
    "'abc'.startsWith('ab') && 'abc'.contains('bc')": True,
    "'${a} ${b}'.findAll('[$][{][a-z][}]')": ["${a}", "${b}"],
    "'x\\n'.matches('^x$')": False,
    "'\u0661'.matches('[0-9]') || '\u0661'.matches(r'\\d')": False,
    "string(1) + string(true) + string('a')": "1truea",
    "string(70000.0) + ' ' + string(123456789.0) + ' ' + string(1e-7)": "70000 1.23456789e+08 1e-07",
    "string(1e6) + ' ' + string(-0.0001) + ' ' + string(0.00001) + ' ' + string(1e300)": "1e+06 -0.0001 1e-05 1e+300",
    # --- truth
    "!true || 1 < 2 && 'a' < 'b'": True,
    "false && self.no == 1": False,
    "self.no == 1 && false": False,
    "self.no == 1 || true": True,
    "true ? 1 : self.no": 1,
    "1 == dyn(1.0) && dyn(1) != dyn(true) && dyn(1) != dyn('1')": True,
    "1 in [0.5, 1.0] && !(true in [1]) && 'x' in {'x': 0} && !(1 in {'1': 0})": True,
    "[1, [true]] == [1.0, [true]] && [true] != [1] && {'a': 1} == {'a': 1.0} && {'a': true} != {'a': 1}": True,
    "null == null && null != 0": True,
    "type(1) == int && type(1.0) == double && type(null) != string && type(self) == map": True,
    # --- lists and mappings
    "self.l.filter(x, x > 1)": [3, 2],
    "self.l.map(x, x * 2)": [6, 2, 4],
    "self.l.map(x, x > 1, x * 2)": [6, 4],
    "self.l.exists(x, x / (x - 3) < 0)": True,
    "self.l.all(x, x / (x - 3) > 0)": False,
    "self.l.map(x, self.l.filter(y, y < x).size())": [2, 0, 1],
    "{'b': 1, 'c': 2}.map(k, k)": ["b", "c"],
    "[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1)": 2,
    "[true].indexOf(1)": -1,
    "[1][0] + {'a': 1}['a'] + [5][0.0]": 7,
    # --- what may be there
    "has(self.a) && !has(self.no) && has(self.m.x)": True,
    "self.?a.orValue(5) + self.?no.orValue(5)": 6,
    "self.?no.?x.orValue(1)": 1,
    "self.?m.x.orValue(1)": None,
    "self.l[?0].orValue(9) + self.l[?7].orValue(9)": 12,
    "self[?'no'].orValue('x')": "x",
}

WITHOUT: dict[str, str] = {
    "self.no": "no such key: no",
    "self.l[3]": "index out of bounds: 3",
    "self['no']": "no such key: no",
    "1 / 0": "division by zero",
    "1 % 0": "modulus by zero",
    "9223372036854775807 + 1": "integer overflow",
    "-(-9223372036854775807 - 1)": "integer overflow",
    "int(1e19)": "integer overflow",
    "1 + 1.0": "no such overload",
    "1 + dyn(true)": "no such overload",
    "'a' < 1": "no such overload",
    "dyn(true) + true": "no such overload",
    "1 && true": "no such overload",
    "true && 1": "no such overload",
    "1 ? 2 : 3": "no such overload",
    "self.l.filter(x, x)": "no such overload",
    "self.l.exists(x, x / (x - 3) > 0)": "division by zero",
    "self.t.map(x, x)": "no such overload",
    "int('1.5')": 'strconv.ParseInt: parsing "1.5": invalid syntax',
    "double('1_0')": 'strconv.ParseFloat: parsing "1_0": invalid syntax',
    "'abc'.substring(4)": "index out of range: 4",
    "[].min()": "min called on empty list",
    "self.w == 1": "no data",
    "has(self.w)": "no data",
    "self.?w.orValue(1)": "no data",
}

NONE = [
    "",
    "1 +",
    "a b",
    "self.",
    "(1",
    "[1,",
    "{1}",
    "'open",
    "self ? 1",
    "nobody",
    "f(1)",
    "self.f()",
    "self.map(1, 2)",
    "1 2",
    "#",
]


@pytest.mark.parametrize("text", WORTH)
def test_an_expression_is_worth(text: str) -> None:
    """An expression has the value, of the type, that the language gives it."""
    found = run(compile_rule(text, ("self",)), SELF)
    assert (found, type(found)) == (WORTH[text], type(WORTH[text]))


@pytest.mark.parametrize("text", WITHOUT)
def test_an_expression_without_value_says_why(text: str) -> None:
    """What has no value says so in the words of the evaluator that the API server has."""
    with pytest.raises(CelError) as error:
        run(compile_rule(text, ("self",)), SELF)
    assert str(error.value) == WITHOUT[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_expression_is_refused(text: str) -> None:
    """A text that is no expression, or names what there is not, is refused before it is run."""
    with pytest.raises(SyntaxFault):
        compile_rule(text, ("self",))


def test_a_program_can_be_run_while_it_is_run() -> None:
    """A rule that runs itself, as a policy's variables do through one another, keeps its own variables."""
    program = compile_rule("self.depth == 0 ? [0] : self.again.map(x, x + self.depth)", ("self",))

    class Again(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            return run(program, Again(depth=self["depth"] - 1))

    assert run(program, Again(depth=4)) == [10]


def test_words_know_their_places() -> None:
    """Blanks and comments are no words, and each word knows where it began."""
    assert [(word.value, word.at) for word in words("a // x\n.?b")] == [("a", 0), (".?", 7), ("b", 9), ("", 10)]


def test_the_bounds_of_an_int_are_those_of_64_bits() -> None:
    """The largest int is 2**63 - 1, and a type is a value with a name."""
    assert (LEAST, MOST) == (-(2**63), 2**63 - 1)
    assert {"int", "double", "string", "bool", "list", "map"} <= TYPES.keys()
