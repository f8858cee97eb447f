"""What a field of an object says, whatever it holds: each of these takes anything and never fails. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Body = Mapping[str, Any]

NOTHING = "-"

_TOO_LARGE = 2**64


def mapping(value: object) -> Body:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def number(value: object) -> int | None:
    """Return a whole number of 64 bits, as an API server has them, and None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE else None


def text(value: object) -> str:
    """Return a text in one line without what would command a terminal, and an empty one for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in value)


def shown(value: object) -> str:
    """Return a scalar for people, whatever it is."""
    if value is None or value == "" or isinstance(value, list | Mapping):
        return NOTHING
    try:
        return text(str(value))
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return NOTHING


def key_of(body: Body) -> tuple[str, str]:
    """Return namespace and name of an object."""
    metadata = mapping(body.get("metadata"))
    return text(metadata.get("namespace")), text(metadata.get("name"))


def moment(value: object) -> datetime | None:
    """Return an RFC 3339 time in UTC, and None for anything else, such as one before the year 1 there."""
    try:
        parsed = datetime.fromisoformat(text(value))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def age(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit: 45s, 12m, 5h, 3d."""
    if then is None:
        return NOTHING
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
