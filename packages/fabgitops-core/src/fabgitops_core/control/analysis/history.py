"""What Prometheus answered at past times: a range of samples instead of one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fabgitops_core.api.analysis.providers import PrometheusProvider
from fabgitops_core.control.analysis.answers import Answer, Garbled
from fabgitops_core.control.analysis.asking import checked, of_prometheus, prometheus_parameters

POINTS = 10_000
"""Times in one request; Prometheus answers 11,000 at most."""

Ask = Callable[[str, float], bytes]
"""Gets a URL within so many seconds and returns the body, whatever the status of the answer.

Raises:
    OSError: There is no answer; its text is for people.
"""


def answers(
    provider: PrometheusProvider, address: str, start: datetime, end: datetime, step: timedelta, ask: Ask
) -> list[Answer]:
    """Return what a query would have been answered at each step from a start to an end.

    Raises:
        Garbled: Prometheus does not answer it.
        OSError: There is no answer.
    """
    timeout = float(provider.timeout)

    def asked(path: str, **parameters: str) -> bytes:
        return ask(f"{address.rstrip('/')}/api/v1/{path}?{urlencode(parameters)}", timeout)

    now = of_prometheus(asked("query", **prometheus_parameters(provider.query, end, timeout)))
    single = not isinstance(now.value, list)
    found: list[Answer] = []
    for begin, count in _parts(start, end, step):
        last = begin + step * (count - 1)
        times = {"start": _seconds(begin), "end": _seconds(last), "step": f"{step.total_seconds():.3f}"}
        said = asked("query_range", query=provider.query, timeout=f"{timeout:g}s", **times)
        by_place = _placed(said, begin, step, count)
        found += [Answer(each[0] if single and each else each) for each in by_place]
    return found


def _parts(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, int]]:
    left = int((end - start) / step) + 1
    while left > 0:
        count = min(left, POINTS)
        yield start, count
        start, left = start + step * count, left - count


def _seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).timestamp():.3f}"


def _placed(text: bytes, begin: datetime, step: timedelta, count: int) -> list[list[float]]:
    """Return the numbers at each step.

    Raises:
        Garbled: The answer is none of Prometheus.
    """
    kind, result = checked(text)
    if kind != "matrix":
        raise Garbled("the answer is not one of Prometheus")
    places: list[list[float]] = [[] for _ in range(count)]
    try:
        for series in result:
            for moment, value in series["values"]:
                place = _place(moment, begin, step)
                if 0 <= place < count:
                    places[place].append(float(value))
    except (KeyError, OverflowError, TypeError, ValueError):
        raise Garbled("the answer is not one of Prometheus") from None
    return places


def _place(moment: Any, begin: datetime, step: timedelta) -> int:
    return round((float(moment) - begin.timestamp()) / step.total_seconds())
