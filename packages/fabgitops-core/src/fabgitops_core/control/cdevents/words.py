"""What there is to tell of a rollout, as words in its status (`Pending.type`)."""

from enum import StrEnum


class Word(StrEnum):
    """What has happened."""

    STARTED = "started"
    """A revision has begun to go out."""
    PROGRESSED = "progressed"
    """A wave or a step is done, and the next one begins."""
    WAITING = "waiting"
    """It waits for somebody's word, or for a time."""
    ANALYSIS_STARTED = "analysis-started"
    """An analysis has begun: that of the whole change (0), or that of a wave or step."""
    ANALYSIS_FINISHED = "analysis-finished"
    """It has come to a verdict, or is given up without one."""
    INCIDENT = "incident"
    """An analysis has failed."""
    RESTORED = "restored"
    """What was released is put back to what it held before."""
    MODIFIED = "modified"
    """The fleet is another one than it was: the revision has gone out."""
    FINISHED_SUCCESS = "finished-success"
    """The revision has gone out."""
    FINISHED_FAILURE = "finished-failure"
    """It is given up, for it has failed."""
    FINISHED_CANCEL = "finished-cancel"
    """It is given up as somebody said so, or as another revision has come."""


class ServiceWord(StrEnum):
    """What has happened to the service that a workload is."""

    DEPLOYED = "deployed"
    """Its first revision is out."""
    PUBLISHED = "published"
    """It can be reached from now on."""
    UPGRADED = "upgraded"
    """Another revision is the proven one."""
    ROLLED_BACK = "rolledback"
    """A revision is given up: all goes back to the proven one."""


REPEATED = frozenset({Word.WAITING, Word.INCIDENT})
"""What may happen more than once in a wave."""

SACRIFICED = (
    (Word.PROGRESSED,),
    (Word.WAITING,),
    (Word.ANALYSIS_STARTED, Word.ANALYSIS_FINISHED),
    (Word.INCIDENT, Word.RESTORED, Word.MODIFIED, *ServiceWord),
)
"""What is dropped first where too much waits to be told; what begins and ends a change comes last."""
