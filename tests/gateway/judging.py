"""What versions are judged by: a series that a Prometheus has."""

from .stage import Stage

MOST = 0.05


async def judging(stage: Stage, name: str, query: str, **often: object) -> None:
    """Make an AnalysisTemplate: a version fails by more errors than 5 of 100."""
    known = {"successCondition": f"result[0] <= {MOST}", "failureCondition": f"result[0] > {MOST}"}
    metric = {"name": "errors", **known, **often, "provider": {"prometheus": {"query": query}}}
    await stage.apply("AnalysisTemplate", name, {"metrics": [metric]})
