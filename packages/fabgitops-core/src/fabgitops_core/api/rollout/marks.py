"""Labels and annotations of rollouts of workloads: what tells objects apart, and how people say their words."""

from fabgitops_core.api.meta import GROUP

ROLLOUT = f"{GROUP}/rollout"
"""Label of what a Rollout owns: its name."""

HASH = "rollouts-pod-template-hash"
"""Label of a ReplicaSet, of its pods and in the selectors of Services: names the revision (as Argo Rollouts has it)."""

REVISION = f"rollout.{GROUP}/revision"
"""Annotation of a ReplicaSet: the number of its revision; the highest is the newest."""

TEMPLATE = f"rollout.{GROUP}/template"
"""Annotation of a ReplicaSet: names the template as it was declared, by which the ReplicaSet is found again."""

WORKLOAD = f"rollout.{GROUP}/workload"
"""Annotation of a ReplicaSet: UID/GENERATION of the Deployment as it was when the template was last seen to be its."""

SCALE_DOWN_AT = f"rollout.{GROUP}/scale-down-at"
"""Annotation of a ReplicaSet: until then (RFC 3339) it is left as it is, then it is scaled down."""

PAUSE = f"rollout.{GROUP}/pause"
"""On a Rollout: while it is there it goes no further; its value says why."""

PROMOTE = f"rollout.{GROUP}/promote"
"""On a Rollout: `HASH/STEP` goes past what it waits for at that step, `HASH/full` past all that is left.

STEP is status.currentStepIndex; of a blue-green, which has none, it is `preview` for what it waits for before it goes
over to users, and `active` (status.blueGreen.activeSelector is HASH then) for what comes after.
`HASH/STEP/SINCE` is for one wait alone, that which began then (a startTime of status.pauseConditions): a step that
waits again, for another reason, hears it as another word. `HASH/STEP/skip` goes past that step of a canary whether it
waits or not, as the tools of Argo Rollouts do: an analysis of it is over without a verdict.
"""

SKIP = "skip"
"""What stands for SINCE where nothing needs to wait."""

PREVIEW_STEP, ACTIVE_STEP = "preview", "active"
"""What stands for STEP with a blue-green."""

ABORT = f"rollout.{GROUP}/abort"
"""On a Rollout: the revision of this HASH is given up."""

RETRY = f"rollout.{GROUP}/retry"
"""On a Rollout: `HASH/ABORTED-AT`, given up at that moment, is begun once more."""

ARGO_REVISION = "rollout.argoproj.io/revision"
"""What Argo Rollouts has for REVISION; its kubectl plugin knows the number of a revision by it."""

ARGO_EPHEMERAL = "rollout.argoproj.io/ephemeral-metadata"
"""Its annotation of a ReplicaSet: what it has put onto pods for a time, as JSON (canaryMetadata …)."""

ARGO_SCALE_DOWN_AT = "scale-down-deadline"
"""What it has for SCALE_DOWN_AT."""

ARGO_MANAGED_BY = "argo-rollouts.argoproj.io/managed-by-rollouts"
"""Its annotation of a Service: the Rollout that sets the selector. Where it finds no such Rollout it undoes that."""
