"""Maps that the tests tell stories of."""

from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.commands import Write

from .conftest import Story

HOLDING = Table.HOLDING
SPEED: dict[str, Any] = {"name": "speed", "address": 10, "value": 5}
TORQUE: dict[str, Any] = {"name": "torque", "address": 11, "value": 6}
LEVEL = {"name": "level", "address": 12, "type": "float32", "value": 21.5, "tolerance": 0.5}
REMOTE: dict[str, Any] = {"name": "remote", "address": 5, "unitId": 2, "value": 1}


def spec(*registers: dict[str, Any], **changes: Any) -> IndustrialPLCSpec:
    """Return a spec of these registers."""
    given = {"deviceAddress": "10.0.0.5", "registers": list(registers), **changes}
    return IndustrialPLCSpec.model_validate(given)


def story(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return a story that begins with these registers declared."""
    return Story().declare(spec(*registers, **changes))


def sync(told: Story, *, force: bool = False) -> Story:
    """Ask for a pass."""
    return told.declare(told.spec, request=SyncRequest("t1", force), same=True)


def requests(told: Story, kind: type) -> int:
    """Return how many requests of a kind were wanted so far."""
    return sum(isinstance(each, kind) for each in told.all)


def write_of(told: Story) -> Write:
    """Return the write that was wanted last."""
    return next(each for each in reversed(told.all) if isinstance(each, Write))
