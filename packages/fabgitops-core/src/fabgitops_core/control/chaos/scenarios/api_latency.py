"""The operator reaches the API server late: the same as packets of one pod, which is our own."""

from fabgitops_core.api.chaos.network import ApiLatency
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import AgentInject, Deed, Fault, Spot
from fabgitops_core.control.chaos.scenarios.agents import OfAgents


class ApiLate(OfAgents):
    """See `Scenario`."""

    name = "apiLatency"
    parameters = ApiLatency
    targets: frozenset[TargetKind] = frozenset()
    needs = frozenset({"networkDelay"})

    def execute(self, given: ApiLatency, spot: Spot) -> Deed:
        """Return what is done."""
        fault: Fault = {"kind": "network", "delayMillis": given.delay_millis, "jitterMillis": given.jitter_millis or 0}
        return AgentInject(spot, {**fault, "lossPercent": 0, "to0": "api"})


API_LATENCY = ApiLate()
