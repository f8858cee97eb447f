"""What all scenarios share that are held by the agent of a node."""

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.control.chaos.deeds import AgentRemove, Deed, Spot


class OfAgents:
    """What is a lease in an agent; see `Scenario`."""

    targets = frozenset({TargetKind.PODS})
    one_shot = False

    def validate(self, given: ApiModel, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with its parameters."""
        del given, policy
        return ()

    def cleanup(self, given: ApiModel, spot: Spot) -> Deed | None:
        """Return what ends it."""
        del given
        return AgentRemove(spot)
