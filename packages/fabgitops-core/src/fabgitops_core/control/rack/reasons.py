"""Why people are told of a Rack or a RackTemplate."""

from fabgitops_core.control.commands import NoticeReason


class RackReason(NoticeReason):
    """Transitions of a Rack, or of its template, worth an Event."""

    PROVISIONED = "Provisioned"
    CHILD_RECREATED = "ChildRecreated"
    CHILD_CORRECTED = "ChildCorrected"
    CHILD_DIFFERS = "ChildDiffers"
    CHILD_REFUSED = "ChildRefused"
    ADOPTED = "Adopted"
    SCALED_UP = "ScaledUp"
    SCALED_DOWN = "ScaledDown"
    REMOVAL_HELD = "RemovalHeld"
    CHANGE_HELD = "ChangeHeld"
    SCALE_DOWN_BLOCKED = "ScaleDownBlocked"
    NAME_TAKEN = "NameTaken"
    TEMPLATE_NOT_FOUND = "TemplateNotFound"
    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"

    @property
    def warning(self) -> bool:
        """Return whether somebody should look."""
        return self not in _NORMAL

    @property
    def action(self) -> str:
        """Return what was done when it turned out."""
        return _ACTIONS.get(self, "Reconcile")


_NORMAL = {RackReason.PROVISIONED, RackReason.ADOPTED, RackReason.SCALED_UP, RackReason.SCALED_DOWN}

_ACTIONS = {
    RackReason.CHILD_RECREATED: "Heal",
    RackReason.CHILD_CORRECTED: "Heal",
    RackReason.ADOPTED: "Adopt",
    RackReason.SCALED_UP: "Apply",
    RackReason.SCALED_DOWN: "Prune",
    RackReason.INVALID_SPEC: "Parse",
}
