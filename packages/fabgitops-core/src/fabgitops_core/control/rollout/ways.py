"""Each strategy as one of the two ways there are: that of a canary, and that of blue-green."""

from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.strategies import BackgroundAnalysis, BlueGreen, Canary


def way_of(spec: RolloutSpec) -> Canary | BlueGreen:
    """Return the way of a strategy: a simple one is a canary without steps."""
    strategy = spec.strategy
    if strategy.canary is not None:
        return strategy.canary
    if strategy.blue_green is not None:
        return strategy.blue_green
    if strategy.simple is not None:
        simple = strategy.simple
        judged = simple.analysis
        background = BackgroundAnalysis(templates=judged.templates, args=judged.args) if judged else None
        return Canary(max_surge=simple.max_surge, max_unavailable=simple.max_unavailable, analysis=background)
    raise NotImplementedError
