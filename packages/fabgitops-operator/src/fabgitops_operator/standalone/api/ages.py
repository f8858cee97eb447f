"""How long ago something was, in the words of `kubectl get` (apimachinery's duration.HumanDuration)."""

from datetime import UTC, datetime

UNKNOWN = "<unknown>"
INVALID = "<invalid>"


def moment(text: object) -> datetime | None:
    """Return a time of the API (RFC 3339), or nothing of what is none."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def age(since: datetime, now: datetime) -> str:
    """Return the time from one moment to another; a clock may be two seconds behind."""
    seconds = (now - since).total_seconds()
    if seconds <= -2:
        return INVALID
    return _short(max(0, int(seconds)))


def _short(seconds: int) -> str:
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 180:
        return _both(minutes, "m", seconds % 60 if minutes < 10 else 0, "s")
    if hours < 48:
        return _both(hours, "h", minutes % 60 if hours < 8 else 0, "m")
    return _days(hours)


def _days(hours: int) -> str:
    days, years = hours // 24, hours // 24 // 365
    if days < 730:
        return _both(days, "d", hours % 24 if days < 8 else 0, "h")
    return _both(years, "y", days % 365 if years < 8 else 0, "d")


def _both(large: int, its_unit: str, small: int, unit: str) -> str:
    return f"{large}{its_unit}{small}{unit}" if small else f"{large}{its_unit}"
