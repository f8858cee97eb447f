"""Times as Kubernetes writes them."""

from datetime import UTC, datetime


def timestamp() -> str:
    """Return the time, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
