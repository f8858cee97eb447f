"""Another resource of the namespace: a press with a guard, as its own controller knows it."""

from typing import Any

from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.events import Due
from fabgitops_core.control.intake import declared
from fabgitops_core.control.neighbours import Neighbour, Neighbours
from fabgitops_core.control.plc.commands import Read
from fabgitops_core.control.plc.events import ReadDone, ReadFailed
from fabgitops_core.control.plc.state import NEW, PlcState
from fabgitops_core.control.plc.table import step

from .clock import START
from .plant import FAILURES

PRESS, FRESH_SECS = "press", 60
REGISTER = {"name": "closed", "address": 1, "type": "bit", "bit": 0}


def _known(word: int | None, **spec: Any) -> PlcState:
    """Return what is known of the press after a pass that showed a word, or failed."""
    metadata = {"name": PRESS, "namespace": "plant", "uid": "p", "generation": 1}
    body = {"metadata": metadata, "spec": {"deviceAddress": "10.0.0.6", "registers": [REGISTER], **spec}}
    state, _ = step(NEW._replace(namespace="plant"), declared(INDUSTRIAL_PLC, body, START))
    state, commands = step(state, Due(START, PASS))
    read = next((each for each in commands if isinstance(each, Read)), None)
    if read is None:
        return state
    if word is None:
        return step(state, ReadFailed(START, read.plan, FAILURES["lost"]))[0]
    return step(state, ReadDone(START, read.plan, (word,)))[0]


STATES = {
    "closed": _known(1),
    "open": _known(0),
    "away": _known(None),
    "suspended": _known(1, suspend=True),
    "invalid": _known(1, port=-1),
}
"""What may be known of it."""


def neighbours_of(press: str, age: float) -> Neighbours:
    """Return the press as it is known, read so many seconds ago; nobody where it is not there at all."""
    return {PRESS: Neighbour(STATES[press], age)} if press in STATES else {}
