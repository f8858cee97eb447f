"""Who is left alone altogether: by its spec, or by an annotation, which Git does not know and does not undo."""

from fabgitops_core.api.meta import SUSPEND
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.state import Declaration, PlcState

LONGEST_REASON = 256
"""Characters of an annotation that stand in the message."""


def taken(event: Declaration) -> tuple[IndustrialPLCSpec | None, str | None]:
    """Return the spec with both kinds of suspension in its `suspend`, and what the annotation says, None without it.

    Whatever the annotation says suspends, nothing and "false" as well: who looks at a machine that must not move puts
    no trust in how a text is read.
    """
    reason = event.annotations.get(SUSPEND)
    if reason is None or event.spec is None:
        return event.spec, reason
    return event.spec.model_copy(update={"suspend": True}), reason


def why(state: PlcState) -> str:
    """Return what is said of a resource that is suspended."""
    reason = " ".join((state.suspended_for or "").split())
    return f"suspended: {brief(reason, LONGEST_REASON) or 'the device is neither read nor written'}"
