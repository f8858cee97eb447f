"""JSON (RFC 8259) of a request, read strictly: what other readers would pass over is told, or refused."""

import json
from collections import Counter
from typing import Any


class _Object(dict[str, Any]):
    """An object that remembers which of its fields were given twice."""

    twice: tuple[str, ...] = ()


def parsed(body: bytes) -> tuple[Any, list[str]]:
    """Return a value of JSON, and the paths of fields that are given twice, of which the last counts.

    Raises:
        ValueError: It is no JSON; its text says why.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair cannot be stored
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise ValueError(f"the text is not UTF-8: {error.reason}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    found: list[str] = []
    _gather(value, "", found)
    return value, found


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.twice = tuple(name for name, times in Counter(name for name, _value in pairs).items() if times > 1)
    return made


def _gather(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, _Object):
        found.extend(f"{path}.{name}".lstrip(".") for name in value.twice)
        for name, each in value.items():
            _gather(each, f"{path}.{name}", found)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            _gather(each, f"{path}[{at}]", found)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")
