"""The decisions for a RackTemplate: it is there to be referred to, and says how it stands."""

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.rack import RACK_TEMPLATE
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer, RackTemplateStatus
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.templates import Templates, TemplateState, Words


def _status(users: int, generation: int, conditions: tuple[Condition, ...]) -> RackTemplateStatus:
    return RackTemplateStatus(usage_count=users, observed_generation=generation, conditions=conditions)


WORDS = Words(_status, RackTemplateStatus, RackReason.INVALID_SPEC, RackReason.INTERNAL_ERROR)


class RackTemplateController(Templates):
    """Keeps a template for the Racks that refer to it, and tells how many do."""

    def __init__(self) -> None:
        super().__init__(RACK_TEMPLATE, WORDS)

    def offer(self, state: TemplateState) -> tuple[ApiModel | None, str]:
        """Return the template, and as what it stands now: who agrees to a plan agrees to it as it was then."""
        if state.spec is None:
            return None, state.problem
        offer = RackTemplateOffer(name=state.key.name, uid=state.uid, generation=state.generation, spec=state.spec)
        return offer, ""
