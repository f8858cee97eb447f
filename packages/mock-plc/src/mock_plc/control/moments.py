"""The clock of this run of mock-plc: whoever asks it for something may say until when that counts.

A request that is held up on its way is then not carried out long after who sent it has given it up; no two clocks are
compared, for the moment is reckoned from an answer.
"""

import secrets
import time

from pydantic import Field

from mock_plc.control.asked import Refused, Strict

INSTANCE = secrets.token_hex(8)
"""Says which run of mock-plc this is: after a new start the faults and values that were set are gone."""


class Timely(Strict):
    """Of which run of mock-plc, and until when by its clock, a request counts."""

    instance: str | None = None
    not_after: float | None = Field(None, alias="notAfter")


def told() -> dict[str, str | float]:
    """Return which run this is, and the time by its clock, in seconds from any beginning."""
    return {"instance": INSTANCE, "now": time.monotonic()}


def check(instance: str | None, not_after: float | None) -> None:
    """Refuse what is for another run, or comes too late.

    Raises:
        Refused: It is, or does (412, RFC 9110).
    """
    if instance not in (None, INSTANCE):
        raise Refused(412, f"this is for another run of mock-plc than {INSTANCE}")
    if not_after is not None and (late := time.monotonic() - not_after) > 0:
        raise Refused(412, f"this came {late:.1f} s too late")
