"""What is kept on this machine: objects with Kubernetes' semantics (`Objects`) on a store that survives the plug."""

from fabgitops_operator.standalone.store.checking import Checked, check
from fabgitops_operator.standalone.store.copying import backup, restore
from fabgitops_operator.standalone.store.errors import (
    DamagedError,
    ExpiredError,
    InUseError,
    RefusedError,
    StateError,
    UnavailableError,
    refusal,
)
from fabgitops_operator.standalone.store.objects.asking import Actor, Cause, How, Judge, Judged, Outcome, Wanted
from fabgitops_operator.standalone.store.objects.keeping import keeping
from fabgitops_operator.standalone.store.objects.objects import Objects
from fabgitops_operator.standalone.store.objects.sourced import still_stopped
from fabgitops_operator.standalone.store.objects.taking import SOURCE
from fabgitops_operator.standalone.store.record import Record
from fabgitops_operator.standalone.store.reserve import free
from fabgitops_operator.standalone.store.store import Store
from fabgitops_operator.standalone.store.window import Happened, Watch

__all__ = [
    "SOURCE",
    "Actor",
    "Cause",
    "Checked",
    "DamagedError",
    "ExpiredError",
    "Happened",
    "How",
    "InUseError",
    "Judge",
    "Judged",
    "Objects",
    "Outcome",
    "Record",
    "RefusedError",
    "StateError",
    "Store",
    "UnavailableError",
    "Wanted",
    "Watch",
    "backup",
    "check",
    "free",
    "keeping",
    "refusal",
    "restore",
    "still_stopped",
]
