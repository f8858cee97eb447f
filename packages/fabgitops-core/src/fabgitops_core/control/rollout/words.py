"""What people say by annotations of a Rollout; "" where they say nothing, None where it is not paused."""

from collections.abc import Mapping
from typing import NamedTuple

from fabgitops_core.api.rollout import marks


class Words(NamedTuple):
    """The words: each names the revision that it is about, so that said twice it is carried out once."""

    pause: str | None = None
    promote: str = ""
    abort: str = ""
    retry: str = ""


def words_of(annotations: Mapping[str, str]) -> Words:
    """Return what the annotations of a Rollout say."""
    return Words(
        pause=annotations.get(marks.PAUSE),
        promote=annotations.get(marks.PROMOTE, ""),
        abort=annotations.get(marks.ABORT, ""),
        retry=annotations.get(marks.RETRY, ""),
    )
