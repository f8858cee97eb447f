"""The last corrections, as a status keeps them: for people, who look there before they look for records."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time

MOST = 20
"""Corrections that a status keeps."""


class CorrectionResult(StrEnum):
    """What came of a correction."""

    PROVEN = "Proven"
    """It was read back."""
    NOT_HELD = "NotHeld"
    """The device holds something else after it."""
    UNKNOWN = "Unknown"
    """It was sent, and nobody could read since."""
    REFUSED = "Refused"
    """The device refused it."""


class PastCorrection(ApiModel):
    """One correction."""

    at: Time
    """When it was known what came of it."""
    register_name: Annotated[str, Field(alias="register")]
    """Which register of the map."""
    before: str | None = None
    """What it held before, for people; absent when that is not known."""
    wanted: str
    """What was written, for people."""
    after: str | None = None
    """What it held after it, for people; absent while that is not known."""
    result: CorrectionResult
    """What came of it: Proven, NotHeld, Unknown or Refused."""
