"""How what happens to a rollout comes into its outbox, in the same status as the transition."""

from datetime import UTC, datetime
from uuid import NAMESPACE_DNS, uuid5

from fabgitops_core.api.meta import GROUP
from fabgitops_core.api.setpoint.status import Pending, SetpointRolloutStatus
from fabgitops_core.codec.texts import cut
from fabgitops_core.control.cdevents.outbox import put
from fabgitops_core.control.cdevents.words import REPEATED, Word

NAMESPACE = uuid5(NAMESPACE_DNS, GROUP)
"""In which ids are made of what they name (RFC 9562, version 5): the same is made each time."""

MOST_TEXT = 500
"""Characters of a text that are kept: sixteen of them wait at most."""


def told(
    uid: str,
    status: SetpointRolloutStatus,
    word: Word,
    at: datetime,
    *,
    wave: int | None = None,
    text: str = "",
    verdict: str = "",
) -> SetpointRolloutStatus:
    """Return the status with something more to tell; a success also tells that the fleet is another one now.

    Args:
        uid: The uid of the rollout.
        status: As it stands after the transition: revision, round, wave and members are told as they are there.
        word: What has happened.
        at: When.
        wave: In which wave, where not in that of the status: 0 for an analysis of the whole change.
        text: Why, or what else there is to say.
        verdict: What an analysis came to.
    """
    for each in (Word.MODIFIED, word) if word is Word.FINISHED_SUCCESS else (word,):
        pending = entry(uid, status, each, at, wave=wave, text=text, verdict=verdict)
        outbox, untold = put(status.outbox, status.untold, pending)
        status = status.model_copy(update={"outbox": outbox, "untold": untold})
    return status


def entry(
    uid: str,
    status: SetpointRolloutStatus,
    word: Word,
    at: datetime,
    *,
    wave: int | None = None,
    text: str = "",
    verdict: str = "",
) -> Pending:
    """Return an entry of the outbox, as `told` puts it there."""
    wave, moment = status.wave if wave is None else wave, at.astimezone(UTC).replace(microsecond=0)
    names = [uid, status.revision, str(status.round), word, str(wave), *([str(moment)] if word in REPEATED else [])]
    return Pending(
        id=str(uuid5(NAMESPACE, "/".join(names))),
        type=word,
        at=moment,
        wave=wave,
        revision=status.revision,
        round=status.round,
        waves=status.waves,
        released=status.members.released,
        total=status.members.total,
        verdict=verdict,
        text=cut(text, MOST_TEXT),
    )
