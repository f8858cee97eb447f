"""Pods die: by an eviction that respects budgets, or without grace."""

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import PodKiller
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import Deed, Delete, Evict, Spot


class PodKilling:
    """See `Scenario`."""

    name = "podKiller"
    parameters = PodKiller
    targets = frozenset({TargetKind.PODS})
    needs: frozenset[str] = frozenset()
    one_shot = True

    def validate(self, given: PodKiller, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with its parameters."""
        del given, policy
        return ()

    def execute(self, given: PodKiller, spot: Spot) -> Deed:
        """Return what is done."""
        return Delete(spot) if given.force else Evict(spot, given.grace_period_secs)

    def cleanup(self, given: PodKiller, spot: Spot) -> Deed | None:
        """Return nothing: whoever owns the pod makes another."""
        del given, spot
        return None


POD_KILLER = PodKilling()
