"""The annotations by which people say something that Git does not: nobody has to type one.

On an IndustrialPLC, or on a rollout, of which each word names what it is about, so that it is for nothing else. Those
of a Rollout of a workload are called as those of a SetpointRollout, and name a revision by its hash.
"""

SUSPEND = "fabgitops.io/suspend"
"""On a PLC: while it is there the device is left alone; its value says why."""
APPROVE = "fabgitops.io/approve"
"""The digest of the plan that somebody agrees to."""
APPROVED_BY = "fabgitops.io/approved-by"
"""Who agrees to it, by the name that the API server gives them."""
PERMIT = "rollout.fabgitops.io/permit"
"""On a PLC: it may go over to what Git wants, or is to go back; `manual/0/HASH` where no rollout says so."""
PAUSE = "rollout.fabgitops.io/pause"
"""On a rollout: while it is there no wave begins and none goes on; its value says why."""
PROMOTE = "rollout.fabgitops.io/promote"
"""On a rollout: `REVISION/WAVE` ends the wait after that wave, `REVISION/full` releases all that is left.

Of a workload `HASH/STEP`, the first step is 0, goes past what it waits for there, `HASH/full` past all that is left.
STEP of a blueGreen is `preview`, or `active` when it has gone over."""
ABORT = "rollout.fabgitops.io/abort"
"""On a rollout: `REVISION`, of a workload `HASH`, is given up, and what was released of it put back."""
RETRY = "rollout.fabgitops.io/retry"
"""On a rollout: `REVISION/ROUND`, given up in that round, is begun once more; of a workload `HASH/ABORTED-AT`."""
