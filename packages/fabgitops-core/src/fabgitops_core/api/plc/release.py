"""What a PLC that a rollout leads may hold, and what it waits for."""

from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, Time


class RegisterRelease(ApiModel):
    """What a register may hold, and what it held; all words are hexadecimal digits."""

    released: str | None = None
    """The words that a rollout lets it hold; absent while it has none."""
    previous: str | None = None
    """The words that it held before this round of the rollout changed it; empty while that is not known."""
    replaced: str | None = None
    """The words that it was released to before the last permit, perhaps none, until it was read to follow that."""


class ReleaseStatus(ApiModel):
    """How far a PLC has followed Git; absent while nothing leads it. The words stand with the registers."""

    rollout: str = ""
    """Name of the SetpointRollout that leads it, or led it last."""
    uid: str = ""
    """Its metadata.uid."""
    wanted: str = ""
    """Names the words that Git wants now: endpoint, places and words, not tolerance or interval."""
    released: str = ""
    """Names the words that it must hold now; the same as wanted when nothing waits."""
    round: Annotated[int, Field(ge=0)] = 0
    """The round of the rollout of which the previous words are kept."""
    permit: str = ""
    """The permit that was acted on last."""
    spent: str = ""
    """The permit that stands there and is for nothing: Git has wanted something else since, or nobody led it then."""
    unread: tuple[str, ...] = ()
    """Registers that this round changes, and of which was not read yet what they held before."""
    proven_at: Time | None = None
    """When it was read back to hold what it was released to; absent while it was not."""
    restored: bool = False
    """Whether what it must hold is what it held before this round."""
    corrections: Annotated[int, Field(ge=0)] = 0
    """Corrections since it was proven."""
    reason: str = "HeldByRollout"
    """Why it holds what it holds, as the condition Released says it."""
    message: str = ""
    """The same as a sentence."""
