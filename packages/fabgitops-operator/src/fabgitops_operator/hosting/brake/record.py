"""What is kept of the fleet brake, so that a restart does not loosen it: the data of a ConfigMap, texts by name.

The operator writes `state`, `id`, `since` and `why`. Who lets it go writes `release`, the id of what is let go: a word
that was meant for one engagement lets no later one go. What makes no sense is taken for a brake that is on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

Data = Mapping[str, str]

ENGAGED, RELEASED = "engaged", "released"
MOST = 1024
"""Characters of a text that others wrote."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """A brake that is on: which time it is, since when (RFC 3339), and why."""

    id: str
    since: str
    why: str

    @property
    def message(self) -> str:
        """Return what is said of every correction that it holds."""
        return f"the fleet brake is on since {self.since}: {self.why}; fabctl brake release lets it go"


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands there: an engagement that is in force, and by whom and why one was let go."""

    engagement: Engagement | None = None
    let_go: bool = False
    by: str = ""
    reason: str = ""


def kept_of(data: Data | None) -> Kept:
    """Return what is kept; nothing where nothing is.

    Raises:
        ValueError: It makes no sense; the text says why.
    """
    if data is None:
        return Kept()
    state, name = data.get("state", ""), data.get("id", "")
    if state not in {ENGAGED, RELEASED}:
        raise ValueError(f'its state is "{_line(state)}", and neither {ENGAGED} nor {RELEASED}')
    if state == RELEASED:
        return Kept()
    if not re.fullmatch(r"[0-9a-f]{1,32}", name):
        raise ValueError(f'its id is "{_line(name)}"')
    engagement = Engagement(name, _line(data.get("since", "")), _line(data.get("why", "")))
    by, reason = (_line(data.get(each, "")) for each in ("releaseBy", "releaseReason"))
    return Kept(engagement, let_go=data.get("release", "") == name, by=by, reason=reason)


def engaged(engagement: Engagement) -> Data:
    """Return what is kept of a brake that is on."""
    return {"state": ENGAGED, "id": engagement.id, "since": engagement.since, "why": engagement.why}


def released(engagement: Engagement, kept: Kept, at: str) -> Data:
    """Return what is kept of one that was let go: the last time, for whoever wants to know."""
    whose = {"release": engagement.id, "releaseBy": kept.by, "releaseReason": kept.reason, "released": at}
    return {**engaged(engagement), "state": RELEASED, **whose}


def _line(text: str) -> str:
    """Return what others wrote as one line that can be shown."""
    return "".join(each if each.isprintable() else " " for each in text[:MOST]).strip()
