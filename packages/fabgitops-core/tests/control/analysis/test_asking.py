"""What of an answer conditions are given: of Prometheus, of documents, of the fleet, of registers."""

import json
import math
from typing import Any

import pytest
from fabgitops_core.api.analysis.providers import Which
from fabgitops_core.control.analysis.answers import Answer, Garbled
from fabgitops_core.control.analysis.asking import of_fleet, of_prometheus, of_web
from fabgitops_core.control.analysis.registers import Unread, of_registers
from fabgitops_core.control.members import Facts, Standing

DOCUMENT = b'{"data": {"errors": 3, "ok": true}, "items": [{"age": 5}, {"age": 7.5}, {}], "a-b": {"c d": null}}'


def said(kind: str, result: Any) -> bytes:
    """Return an answer of Prometheus."""
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            said("vector", [{"metric": {}, "value": [1795888324.016, "30"]}, {"metric": {}, "value": [1, "0.5"]}]),
            [30, 0.5],
        ),
        (said("vector", []), []),
        (said("vector", [{"metric": {}, "value": [1, "+Inf"]}]), [math.inf]),
        (said("scalar", [1, "42"]), 42.0),
        (said("string", [1, "text"]), "text"),
        (
            said("matrix", [{"metric": {}, "values": [[1, "1"], [2, "2"]]}, {"metric": {}, "values": [[1, "3"]]}]),
            [1, 2, 3],
        ),
    ],
)
def test_what_prometheus_answers_is_numbers(text: bytes, value: Any) -> None:
    """A vector is a list of numbers, a scalar one, a matrix all of its numbers in a row; values come as texts."""
    assert of_prometheus(text) == Answer(value)


def test_no_number_of_prometheus_is_one() -> None:
    """NaN, which comes as a text, is a number that is none."""
    value = of_prometheus(said("vector", [{"metric": {}, "value": [1, "NaN"]}])).value
    assert math.isnan(value[0])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"<html>", "the answer is no JSON document"),
        (b"[" * 100_000, "the answer is no JSON document"),
        (b"[]", "the answer is not one of Prometheus"),
        (b'{"status": "success", "data": 3}', "the answer is not one of Prometheus"),
        (said("vector", [{"value": 3}]), "the answer is not one of Prometheus"),
        (said("vector", [{"value": [1, "many"]}]), "the answer is not one of Prometheus"),
        (said("vector", [{"value": [1, "1", "1"]}]), "the answer is not one of Prometheus"),
        (said("matrix", [{"values": ["1"]}]), "the answer is not one of Prometheus"),
        (said("streams", []), "Prometheus answers with streams: a query of numbers is wanted"),
        (said("vector", [{"value": [1, "1"]}] * 10_001), "the answer has 10001 numbers, 10000 are the most"),
        (
            b'{"status": "error", "errorType": "bad_data", "error": "1:5: parse error"}',
            "Prometheus says: 1:5: parse error",
        ),
    ],
    ids=range(11),
)
def test_what_is_no_answer_of_prometheus_says_so(text: bytes, why: str) -> None:
    """What is not an answer, or one that says what is wrong, is told in a sentence."""
    with pytest.raises(Garbled) as error:
        of_prometheus(text)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("{$.data.errors}", Answer(3.0)),
        ("$.data['ok']", Answer(True)),
        (".items[1].age", Answer(7.5)),
        ("{$.items[-2]['age']}", Answer(7.5)),
        ("{$.items[*].age}", Answer([5.0, 7.5])),
        ("{$.data.*}", Answer([3.0, True])),
        ('{$["a-b"]["c d"]}', Answer(None)),
        ("{$.data.warnings}", Answer(missing="there is nothing at {$.data.warnings}")),
        ("{$.items[3]}", Answer(missing="there is nothing at {$.items[3]}")),
        ("{$.items[*].size}", Answer([])),
    ],
)
def test_what_is_at_a_path_of_a_document(path: str, answer: Answer) -> None:
    """A path leads to one value, over all items to a list; what is not there is missing."""
    found = of_web(DOCUMENT, path)
    assert (found, type(found.value)) == (answer, type(answer.value))


def facts(standing: Standing, released: bool = True, corrections: int = 0) -> Facts:
    """Return how a member stands."""
    return Facts("uid", "w", "w" if released else "o", 1, standing, corrections)


def test_the_fleet_is_counted() -> None:
    """Of the PLCs that were released, or of all, it is counted how many stand how."""
    good = Standing.IN_SYNC | Standing.REACHABLE | Standing.PROVEN
    members = {"a": facts(good, corrections=2), "b": facts(Standing.FAILED), "c": facts(good, released=False)}
    released = of_fleet(members, Which.RELEASED).value
    assert released == {
        "total": 2,
        "released": 2,
        "inSync": 1,
        "reachable": 1,
        "proven": 1,
        "held": 0,
        "failed": 1,
        "corrections": 2,
    }
    assert (of_fleet(members, Which.ALL).value["total"], of_fleet(members, Which.ALL).value["inSync"]) == (3, 2)
    assert of_fleet({"c": members["c"]}, Which.RELEASED).missing == "no PLC is released"
    assert of_fleet({}, Which.ALL).missing == "no PLC is led"


PLANT = {"press-4": {"temp": 71.5, "count": 3.0}, "press-5": {"temp": 80.0, "count": 4.0}}


def look(plc: str, register: str) -> float:
    """Return what a register of the plant holds; press-6 is away."""
    if plc == "press-6":
        raise Unread("press-6 was not read lately")
    if plc not in PLANT:
        raise KeyError(f"there is no PLC {plc}")
    if register not in PLANT[plc]:
        raise KeyError(f"{plc} has no register {register}")
    return PLANT[plc][register]


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ('plc["press-4"].temp', Answer(71.5)),
        ('plc["press-4"]["temp"] - plc["press-5"].temp', Answer(-8.5)),
        ("released.map(m, plc[m].temp)", Answer([71.5, 80.0])),
        ("members.filter(m, plc[m].temp > 75)", Answer(missing="press-6 was not read lately")),
        ("released.all(m, plc[m].temp < 90)", Answer(True)),
        ("members.all(m, plc[m].temp < 75)", Answer(False)),  # one is too hot, whatever of the one that is away
        ("members.all(m, plc[m].temp < 90)", Answer(missing="press-6 was not read lately")),
        ('default(plc["press-6"].temp, 0)', Answer(0.0)),
        ("size(released)", Answer(2.0)),
    ],
)
def test_registers_are_looked_up(expression: str, answer: Answer) -> None:
    """An expression takes what PLCs hold; one that was not read lately decides nothing."""
    assert of_registers(expression, ["press-4", "press-5", "press-6"], ["press-4", "press-5"], look) == answer


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ('plc["press-9"].temp', "there is no PLC press-9"),
        ('plc["press-4"].speed', "press-4 has no register speed"),
        ("plc.all(p, plc[p].temp < 90)", "the PLCs of a namespace are not counted here: go over members or released"),
        ("size(plc) > 0", "the PLCs of a namespace are not counted here: go over members or released"),
        ("plc", "the expression comes to no number"),
        ("{'a': 3}", "the expression comes to no number"),
    ],
)
def test_an_expression_over_registers_that_cannot_be_answered_says_why(expression: str, why: str) -> None:
    """What is not there by its name is an error that says so, not an absence of data."""
    with pytest.raises(Garbled) as error:
        of_registers(expression, ["press-4"], [], look)
    assert why in str(error.value)
