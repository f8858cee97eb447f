"""What becomes of an object that is to go: pure."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.store.objects.metadata import FOREGROUND, ORPHAN
from fabgitops_operator.standalone.store.objects.refusals import invalid_options, precondition
from fabgitops_operator.standalone.store.record import Record

_POLICIES = ("Foreground", "Background", "Orphan")


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that are none.

    Raises:
        RefusedError: 422.
    """
    dry_run = options.get("dryRun") or []
    if any(each != "All" for each in dry_run):
        listed = " ".join(f'"{each}"' for each in dry_run)
        raise invalid_options(
            "dryRun", "FieldValueNotSupported", f'Unsupported value: [{listed}]: supported values: "All"'
        )
    policy = options.get("propagationPolicy")
    if policy is not None and options.get("orphanDependents") is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        raise invalid_options("propagationPolicy", "FieldValueInvalid", f'Invalid value: "{policy}": {why}')
    if policy is not None and policy not in _POLICIES:
        supported = ", ".join(f'"{each}"' for each in (*_POLICIES, "nil"))
        message = f'Unsupported value: "{policy}": supported values: {supported}'
        raise invalid_options("propagationPolicy", "FieldValueNotSupported", message)


def check_preconditions(record: Record, options: Mapping[str, Any]) -> None:
    """Refuse to delete another object than was meant.

    Raises:
        RefusedError: 409.
    """
    meant = options.get("preconditions") or {}
    if (uid := meant.get("uid")) not in {None, record.uid}:
        raise precondition(
            record.resource,
            record.name,
            f"the UID in the precondition ({uid}) does not match the UID in record ({record.uid}). The object might"
            " have been deleted and then recreated",
        )
    if (version := meant.get("resourceVersion")) not in {None, str(record.version)}:
        raise precondition(
            record.resource,
            record.name,
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record"
            f" ({record.version}). The object might have been modified",
        )


def held(body: Mapping[str, Any], options: Mapping[str, Any], now: str) -> dict[str, Any] | None:
    """Return the object as finalizers hold it, or nothing when it goes at once.

    Args:
        body: What is there.
        options: DeleteOptions; without a propagation policy the finalizers that say one stay.
        now: The time, as it is stored.
    """
    old = body["metadata"]
    finalizers = _finalizers(old.get("finalizers", []), options)
    if not finalizers:
        return None
    metadata = {**old, "finalizers": finalizers}
    if "deletionTimestamp" not in old:
        metadata |= {"deletionTimestamp": now, "deletionGracePeriodSeconds": 0}
        if "generation" in old:
            metadata["generation"] = old["generation"] + 1
    return {**body, "metadata": metadata}


def _finalizers(found: list[str], options: Mapping[str, Any]) -> list[str]:
    policy, orphan = options.get("propagationPolicy"), options.get("orphanDependents")
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    if policy is None:
        return found
    wanted = {"Orphan": ORPHAN, "Foreground": FOREGROUND}.get(policy)
    kept = [each for each in found if each not in {ORPHAN, FOREGROUND} or each == wanted]
    return kept if wanted is None or wanted in kept else [*kept, wanted]


def is_over(body: Mapping[str, Any]) -> bool:
    """Return whether an object is to go, and nothing holds it any more."""
    metadata = body["metadata"]
    return "deletionTimestamp" in metadata and not metadata.get("finalizers")
