"""How an analysis stands: all that it goes on from, also after a restart."""

from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time

MAX_MEASUREMENTS = 10
"""How many measurements of a metric are kept, the last ones."""

Count = Annotated[int, Field(ge=0)]


class Measurement(ApiModel):
    """One measurement of a metric."""

    at: Time
    """When."""
    query: str = ""
    """What was asked, with its arguments filled in."""
    value: str = ""
    """What the answer was."""
    verdict: str
    """Successful, Failed, Inconclusive, Error or NoData."""
    message: str = ""
    """Why."""


class MetricStatus(ApiModel):
    """How a metric of an analysis stands."""

    name: str
    """TEMPLATE/METRIC."""
    verdict: str
    """Running, Successful, Failed, Inconclusive, Error or NoData."""
    successful: Count = 0
    """How many measurements were that."""
    failed: Count = 0
    """How many were that."""
    inconclusive: Count = 0
    """How many were that."""
    errors: Count = 0
    """How many in a row could not be made."""
    no_data: Count = 0
    """How many in a row had nothing to be judged by."""
    message: str = ""
    """Why it has ended so."""
    next_at: Time | None = None
    """When it is measured next."""
    measurements: Annotated[tuple[Measurement, ...], Field(max_length=MAX_MEASUREMENTS)] = ()
    """The last measurements."""


class AnalysisStatus(ApiModel):
    """How an analysis stands: that of the whole change, or that of a wave."""

    wave: Count = 0
    """Of which wave; 0 is that of the whole change."""
    started_at: Time
    """When it was begun."""
    verdict: str
    """Running, Successful, Failed, Inconclusive or Error."""
    message: str = ""
    """Why it has ended so."""
    metrics: tuple[MetricStatus, ...] = ()
    """Its metrics."""
