"""What is left of a status that is more than etcd takes: that it is, and what must outlive the process.

Nobody could see why nothing is corrected otherwise.
"""

from collections.abc import Mapping
from typing import Any

REASON = "StatusTooLarge"
"""The reason of Ready and InSync then."""

_LASTING = ("driftedSince", "unverifiedWrite")


def shortened(status: Mapping[str, Any], why: str) -> dict[str, Any]:
    """Return what a status in JSON says in short.

    Args:
        status: The whole.
        why: What the API server said of it.
    """
    text = (
        f"nothing is corrected, for a correction needs its record, and the status that holds it is too large: {why}; "
        "share the map out among several resources"
    )
    told = {"phase": "Failed", "lastError": text, "message": text}
    registers = [_lasting(each) for each in status.get("registers", ()) if any(each.get(name) for name in _LASTING)]
    conditions = [_told(each, text) for each in status.get("conditions", ())]
    left = {name: value for name, value in status.items() if name != "inSync"}
    return {**left, **told, "registers": registers, "conditions": conditions}


def _lasting(register: Mapping[str, Any]) -> dict[str, Any]:
    return {name: register[name] for name in ("name", "place", *_LASTING) if name in register}


def _told(condition: Mapping[str, Any], text: str) -> dict[str, Any]:
    status = {"Ready": "False", "InSync": "Unknown", "Stalled": "True", "Reconciling": "False"}
    return {**condition, "status": status.get(condition["type"], "Unknown"), "reason": REASON, "message": text}
