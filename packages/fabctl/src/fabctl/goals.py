"""What can be waited for: from `--for` to whether a PLC is there yet. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from fabctl.errors import UsageError
from fabctl.fields import Body, mapping, sequence, text

MAY_BE = "synced, ready, deleted, condition=TYPE, or condition=TYPE=STATUS as in condition=Stalled=False"

_CONDITIONS = {"synced": "InSync", "ready": "Ready"}


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to wait for; `done` says in a few words that it is there."""

    done: str
    met: Callable[[Body | None], bool]
    """Told a PLC as it is, or None for one that is gone."""

    @property
    def deletes(self) -> bool:
        """Return whether it is met by what is gone, and by nothing else."""
        return self.met(None)


def goal(wanted: str) -> Goal:
    """Return what `--for` means.

    Raises:
        UsageError: It means nothing; the text says what may stand there.
    """
    if wanted == "deleted":
        return Goal("deleted", lambda body: body is None)
    kind, status = _CONDITIONS.get(wanted, ""), "True"
    if wanted.startswith("condition="):
        kind, _, value = wanted.removeprefix("condition=").partition("=")
        status = value or status
    if not kind:
        raise UsageError(f'--for is "{wanted}": give {MAY_BE}')
    done = {"InSync": "in sync", "Ready": "ready"}.get(kind, kind) if status == "True" else f"{kind} is {status}"
    return Goal(done, lambda body: body is not None and _holds(body, kind, status))


def _holds(body: Body, kind: str, status: str) -> bool:
    """Return whether a condition has a status, and speaks of the spec as it is now; case does not count."""
    generation = mapping(body.get("metadata")).get("generation")
    for each in map(mapping, sequence(mapping(body.get("status")).get("conditions"))):
        if text(each.get("type")).lower() == kind.lower():
            speaks = each.get("observedGeneration")
            outdated = isinstance(speaks, int) and isinstance(generation, int) and speaks < generation
            return not outdated and text(each.get("status")).lower() == status.lower()
    return False
