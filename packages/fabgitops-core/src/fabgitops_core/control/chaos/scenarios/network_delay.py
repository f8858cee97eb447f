"""Packets that leave the target are late, or lost."""

from fabgitops_core.api.chaos.network import Destination, NetworkDelay
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import AgentInject, Deed, Fault, Spot
from fabgitops_core.control.chaos.scenarios.agents import OfAgents

EVERYTHING = 100
TO_TARGET = "target"
"""Packets from the operator to where a PLC is: the PLC itself is not touched."""


class PacketsHeld(OfAgents):
    """See `Scenario`."""

    name = "networkDelay"
    parameters = NetworkDelay
    targets = frozenset({TargetKind.PODS, TargetKind.PLCS})
    needs = frozenset({"networkDelay"})

    def execute(self, given: NetworkDelay, spot: Spot) -> Deed:
        """Return what is done."""
        to = {"to0": TO_TARGET} if spot.kind is TargetKind.PLCS else _destinations(given.to)
        return AgentInject(spot, {"kind": "network", **_shaped(given), **to})


def _shaped(given: NetworkDelay) -> Fault:
    loss = EVERYTHING if given.partition else given.loss_percent or 0
    return {"delayMillis": given.delay_millis or 0, "jitterMillis": given.jitter_millis or 0, "lossPercent": loss}


def _destinations(to: tuple[Destination, ...]) -> Fault:
    """Return where packets go, numbered; of PLCs by labels, of which whoever asks the agent knows the addresses."""
    return {f"to{place}": text for place, each in enumerate(to) for text in (_written(each),)}


def _written(each: Destination) -> str:
    if each.plcs is not None:
        return f"plcs {each.plcs.model_dump_json(by_alias=True, exclude_unset=True)}"
    return f"{each.protocol} {each.cidr} {each.port or '*'}"


NETWORK_DELAY = PacketsHeld()
