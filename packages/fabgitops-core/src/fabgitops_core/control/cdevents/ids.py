"""What names an event: the same is made each time of what it names, so that what is told again is known again."""

from datetime import UTC, datetime
from uuid import NAMESPACE_DNS, uuid5

from fabgitops_core.api.meta import GROUP

NAMESPACE = uuid5(NAMESPACE_DNS, GROUP)
"""In which ids are made of what they name (RFC 9562, version 5)."""

MOST_TEXT = 500
"""Characters of a text that are kept: sixteen of them wait at most."""


def id_of(*names: object) -> str:
    """Return an id, the same each time for the same names."""
    return str(uuid5(NAMESPACE, "/".join(map(str, names))))


def moment_of(at: datetime) -> datetime:
    """Return a moment as it is told: in UTC, by the second."""
    return at.astimezone(UTC).replace(microsecond=0)
