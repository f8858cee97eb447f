"""What is asked for a metric, and what of an answer conditions are given."""

import json
from datetime import datetime
from typing import Any

from fabgitops_core.api.analysis.jsonpath import ALL, found, parsed
from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.providers import Which
from fabgitops_core.codec.texts import brief
from fabgitops_core.control.analysis.answers import MAX_NUMBERS, Answer, Garbled
from fabgitops_core.control.members import Facts, Members, Standing

LONGEST_SAID = 200
"""Characters that are told of what a server says."""

_FOREIGN = "the answer is not one of Prometheus"


def asked(metric: Metric) -> str:
    """Return what is asked, for people."""
    given = metric.provider
    if given.prometheus:
        return given.prometheus.query
    if given.web:
        return f"{given.web.url} {given.web.json_path}"
    if given.registers:
        return given.registers.expression
    return f"fleet: {given.fleet.of if given.fleet else Which.RELEASED}"


def document(text: bytes) -> Any:
    """Return what a JSON document says; its numbers are doubles.

    Raises:
        Garbled: It is none.
    """
    try:
        return json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        raise Garbled("the answer is no JSON document") from None


def of_web(text: bytes, path: str) -> Answer:
    """Return what is at a path of a JSON document: of a path over all items a list.

    Raises:
        Garbled: It is no JSON document.
    """
    steps = parsed(path)
    values = found(document(text), steps)
    if ALL in steps:
        return Answer(values)
    return Answer(values[0]) if values else Answer(missing=f"there is nothing at {path}")


def of_fleet(members: Members, which: Which) -> Answer:
    """Return how many members stand how."""
    counted = [each for each in members.values() if which is Which.ALL or is_released(each)]
    if not counted:
        return Answer(missing="no PLC is released" if members else "no PLC is led")
    standing = {
        "inSync": Standing.IN_SYNC,
        "reachable": Standing.REACHABLE,
        "proven": Standing.PROVEN,
        "held": Standing.HELD,
        "failed": Standing.FAILED,
    }
    counts = {name: sum(flag in each.standing for each in counted) for name, flag in standing.items()}
    counts |= {
        "total": len(counted),
        "released": sum(map(is_released, counted)),
        "corrections": sum(each.corrections for each in counted),
    }
    return Answer({name: float(count) for name, count in counts.items()})


def is_released(facts: Facts) -> bool:
    """Return whether a member may hold what Git wants."""
    return bool(facts.wanted) and facts.wanted == facts.released


def prometheus_parameters(query: str, at: datetime | None, timeout: float) -> dict[str, str]:
    """Return the parameters of an instant query, for a moment that has passed where one is given."""
    moment = {} if at is None else {"time": f"{at.timestamp():.3f}"}
    return {"query": query, "timeout": f"{timeout:g}s", **moment}


def of_prometheus(text: bytes) -> Answer:
    """Return the numbers of an answer of Prometheus: of a vector or a matrix a list, of a scalar one.

    Raises:
        Garbled: It is none, or Prometheus says what is wrong with the query.
    """
    kind, result = checked(text)
    try:
        return Answer(_numbers(kind, result))
    except Garbled:
        raise
    except (IndexError, KeyError, TypeError, ValueError):
        raise Garbled(_FOREIGN) from None


def checked(text: bytes) -> tuple[Any, Any]:
    """Return of which type a result of Prometheus is, and the result.

    Raises:
        Garbled: It is no answer, or Prometheus says what is wrong with the query.
    """
    body = document(text)
    if not isinstance(body, dict):
        raise Garbled(_FOREIGN)
    if body.get("status") != "success":
        raise Garbled(f"Prometheus says: {brief(str(body.get('error', 'nothing')), LONGEST_SAID)}")
    data = body.get("data")
    if not isinstance(data, dict):
        raise Garbled(_FOREIGN)
    return data.get("resultType"), data.get("result")


def _numbers(kind: Any, result: Any) -> Any:
    if kind == "scalar":
        return float(result[1])
    if kind == "string":
        return str(result[1])
    if kind == "vector":
        pairs = [each["value"] for each in result]
    elif kind == "matrix":
        pairs = [pair for each in result for pair in each["values"]]
    else:
        raise Garbled(f"Prometheus answers with {brief(str(kind), LONGEST_SAID)}: a query of numbers is wanted")
    if len(pairs) > MAX_NUMBERS:
        raise Garbled(f"the answer has {len(pairs)} numbers, {MAX_NUMBERS} are the most: let the query sum them up")
    return [float(value) for _, value in pairs]
