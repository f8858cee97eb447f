"""How many corrections of one register are too many: somebody else writes it, too."""

from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time
from fabgitops_core.api.schema import unstored

AN_HOUR = 3600


@unstored
class Fight(ApiModel):
    """After how many corrections of one register within which time it is not written any more."""

    corrections: Annotated[int, Field(ge=1, le=3600, strict=True)] = 20
    """Corrections of one register after which it is left to whoever else writes it; 20 when not given."""
    within_secs: Annotated[int, Field(ge=1, le=86400, strict=True)] = AN_HOUR
    """Seconds within which they are too many; 3600 when not given."""


class Fought(ApiModel):
    """How often a register was corrected lately, for those who give correction.fight."""

    corrections: Annotated[int, Field(ge=0)] = 0
    """Corrections within correction.fight.withinSecs, as of the last of them."""
    since: Time
    """When the first of them was proven."""
    last: Time
    """When the last of them was proven."""
