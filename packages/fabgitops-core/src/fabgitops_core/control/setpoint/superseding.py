"""What becomes of a change when Git wants something else meanwhile, or PLCs come and go."""

from dataclasses import replace

from fabgitops_core.api.setpoint.status import MAX_JOINED, Phase
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import analysing
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.look import Look
from fabgitops_core.control.setpoint.moving import plan
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.revision import CHANGED, revision_of
from fabgitops_core.control.setpoint.state import UNDER_WAY, SetpointState
from fabgitops_core.control.setpoint.telling import told


def taken_up(look: Look) -> Look:
    """Return the look with what Git wants now taken up by a rollout that is under way; at rest it is judged there."""
    state, git = look.state, look.git
    phase, known = state.phase, state.status.fingerprint
    state = state._replace(wants=git.wants, fingerprint=git.fingerprint)
    if phase is Phase.RESTORING and (git.changed or known == CHANGED):
        return replace(look, state=state.with_status(fingerprint=CHANGED))
    state = state.with_status(fingerprint=git.fingerprint)
    if phase in UNDER_WAY and git.changed:
        state = _superseded(state, look)
    elif phase in UNDER_WAY and git.joined:
        joined = (*state.status.joined, *(name for name in git.joined if name not in state.status.joined))
        state = state.with_status(joined=joined[:MAX_JOINED])
    elif phase is Phase.PLANNING and (git.changed or git.joined):
        revision = revision_of(git.fingerprint, state.status.supersedes)
        state = state.with_status(revision=revision, wanted_since=second(look.at))
    return replace(look, state=state)


def _superseded(state: SetpointState, look: Look) -> SetpointState:
    """Plan anew: what was released stays, and what PLCs held before this round is kept as it is."""
    status = state.status
    begun = status.wave > 0
    supersedes = status.revision if begun else status.supersedes
    revision = revision_of(look.git.fingerprint, supersedes)
    if begun:
        state = told(analysing.dropped(state, look.at), Word.FINISHED_CANCEL, look.at, wave=0, text="Git has changed")
    outcome = f"revision {revision} takes the place of {status.revision}; what was released stays"
    state = decided(state, look.at, "Git has changed", "Superseded", outcome, SetpointReason.SUPERSEDED)
    return plan(
        state, look.at, "Git has changed", revision=revision, supersedes=supersedes, started_at=status.started_at
    )
