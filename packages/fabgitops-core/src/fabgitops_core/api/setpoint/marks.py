"""The annotations by which a rollout of set-points, and people, say their words; each names what it is about."""

from fabgitops_core.api.meta import GROUP

PERMIT = f"rollout.{GROUP}/permit"
"""On a PLC: it may go over to what Git wants of it now, or is to go back (`api.setpoint.permits`)."""

PAUSE = f"rollout.{GROUP}/pause"
"""On a SetpointRollout: while it is there no wave begins and none goes on; its value says why."""

PROMOTE = f"rollout.{GROUP}/promote"
"""On a SetpointRollout: `REVISION/WAVE` ends the wait after that wave, `REVISION/full` releases all that is left."""

ABORT = f"rollout.{GROUP}/abort"
"""On a SetpointRollout: `REVISION` is given up, as failurePolicy says for a failure by Rollback."""

RETRY = f"rollout.{GROUP}/retry"
"""On a SetpointRollout: `REVISION/ROUND`, given up in that round, is begun once more."""
