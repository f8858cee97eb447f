"""How what happens to a rollout of set-points comes into its outbox, in the same status as the transition."""

from datetime import datetime

from fabgitops_core.api.setpoint.status import Pending, SetpointRolloutStatus
from fabgitops_core.codec.texts import cut
from fabgitops_core.control.cdevents.ids import MOST_TEXT, id_of, moment_of
from fabgitops_core.control.cdevents.outbox import put
from fabgitops_core.control.cdevents.words import REPEATED, Word


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
    wave, moment = status.wave if wave is None else wave, moment_of(at)
    names = [uid, status.revision, str(status.round), word, str(wave), *([str(moment)] if word in REPEATED else [])]
    return Pending(
        id=id_of(*names),
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
