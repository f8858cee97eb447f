"""Why people are told of a PLC and its template."""

from fabgitops_core.control.commands import NoticeReason


class PlcReason(NoticeReason):
    """Transitions of a PLC, or of a template, worth an Event."""

    DRIFT_DETECTED = "DriftDetected"
    DRIFT_CORRECTED = "DriftCorrected"
    DRIFT_RESOLVED = "DriftResolved"
    CORRECTION_FAILED = "CorrectionFailed"
    CORRECTION_HELD = "CorrectionHeld"
    REPEAT_FAILED = "RepeatFailed"
    CONNECTION_FAILED = "ConnectionFailed"
    CONNECTION_RESTORED = "ConnectionRestored"
    DEVICE_EXCEPTION = "DeviceException"
    INVALID_SPEC = "InvalidSpec"
    TEMPLATE_NOT_FOUND = "TemplateNotFound"
    IDENTITY_MISMATCH = "IdentityMismatch"
    ADDRESS_NOT_ALLOWED = "AddressNotAllowed"
    CONFLICT = "Conflict"
    CONTENDED_WRITER = "ContendedWriter"
    INTERNAL_ERROR = "InternalError"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self not in _NORMAL

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return _ACTIONS.get(self, "Poll")


_NORMAL = {
    PlcReason.CORRECTION_HELD,
    PlcReason.DRIFT_CORRECTED,
    PlcReason.DRIFT_RESOLVED,
    PlcReason.CONNECTION_RESTORED,
}

_ACTIONS = {
    PlcReason.DRIFT_DETECTED: "Compare",
    PlcReason.DRIFT_CORRECTED: "Correct",
    PlcReason.DRIFT_RESOLVED: "Compare",
    PlcReason.CORRECTION_FAILED: "Correct",
    PlcReason.CORRECTION_HELD: "Correct",
    PlcReason.REPEAT_FAILED: "Correct",
    PlcReason.INVALID_SPEC: "Parse",
}
