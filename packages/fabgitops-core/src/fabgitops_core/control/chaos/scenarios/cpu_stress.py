"""Something burns CPU in the target's own cgroup."""

from fabgitops_core.api.chaos.scenarios import CpuStress
from fabgitops_core.control.chaos.deeds import AgentInject, Deed, Fault, Spot
from fabgitops_core.control.chaos.scenarios.agents import OfAgents


class CpuBurning(OfAgents):
    """See `Scenario`."""

    name = "cpuStress"
    parameters = CpuStress
    needs = frozenset({"cpuStress"})

    def execute(self, given: CpuStress, spot: Spot) -> Deed:
        """Return what is done."""
        fault: Fault = {"kind": "cpu", "loadPercent": given.load_percent, "workers": given.workers}
        return AgentInject(spot, {**fault, "container": given.container or ""})


CPU_STRESS = CpuBurning()
