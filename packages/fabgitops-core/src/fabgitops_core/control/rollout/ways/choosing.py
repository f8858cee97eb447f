"""Each strategy as one of the two ways there are: that of a canary, and that of blue-green."""

from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.strategies import BackgroundAnalysis, BlueGreen, Canary, Simple
from fabgitops_core.control.rollout.ways import experiment


def way_of(spec: RolloutSpec) -> Canary | BlueGreen:
    """Return the way of a strategy: a simple one is a canary without steps, an A/B test one with its own."""
    strategy = spec.strategy
    if strategy.canary is not None:
        return strategy.canary
    if strategy.blue_green is not None:
        return strategy.blue_green
    if strategy.ab_testing is not None:
        return experiment.canary_of(strategy.ab_testing)
    return _simple(strategy.simple or Simple())


def _simple(simple: Simple) -> Canary:
    judged = simple.analysis
    analysis = None if judged is None else BackgroundAnalysis(templates=judged.templates, args=judged.args)
    return Canary(max_surge=simple.max_surge, max_unavailable=simple.max_unavailable, analysis=analysis)
