"""How many and how long: numbers, shares of a hundred and durations, as Kubernetes and Argo Rollouts take them."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_PERCENT = re.compile(r"[0-9]{1,4}%?")
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
LONGEST_SECS = 30 * 86400


def _amount(raw: Any) -> Any:
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 100_000:
        return raw
    if isinstance(raw, str) and _PERCENT.fullmatch(raw):
        return raw
    raise PydanticCustomError("refused", "it must be a whole number from 0, or a share such as 25%")


def _duration(raw: Any) -> Any:
    if seconds_of(raw) is None:
        raise PydanticCustomError("refused", "it must be seconds, or a duration such as 1h30m, of at most 30 days")
    return raw


def seconds_of(raw: Any) -> float | None:
    """Return the seconds that a duration says: 30, "30" or "1h30m"; None for what is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    if isinstance(raw, int) or raw.isdecimal():
        seconds = float(raw) if len(str(raw)) < 10 else LONGEST_SECS + 1.0
    elif raw and "".join(part.group() for part in _PART.finditer(raw)) == raw:
        seconds = sum(float(part[1]) * _SECONDS[part[2]] for part in _PART.finditer(raw))
    else:
        return None
    return seconds if 0 <= seconds <= LONGEST_SECS else None


def count_of(amount: int | str, n: int, *, up: bool) -> int:
    """Return how many of n an amount is: a number as it is, a share (with or without %) rounded up or down."""
    if isinstance(amount, int):
        return amount
    share = int(amount.removesuffix("%")) * n
    return -(-share // 100) if up else share // 100


Amount = Annotated[int | str, BeforeValidator(_amount), WithJsonSchema({"x-kubernetes-int-or-string": True})]
"""A number of pods (integer), or a share of spec.replicas (text: "25%", or "25", which is the same)."""

Length = Annotated[int | str, BeforeValidator(_duration), WithJsonSchema({"x-kubernetes-int-or-string": True})]
"""A duration: seconds (integer or text), or "1h30m"."""
