"""A fake of the metric source port: it answers what a test has said, and notes what it was asked."""

from typing import Any

from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.engine.ports import MetricError


class FakeMetrics:
    """The `MetricSource` port.

    `answers` holds by query or URL what is answered: an answer, an exception, or a function that makes one of them. A
    query that nobody has said anything of has no data.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}

    async def ask(self, provider: Provider) -> Answer:
        """Answer as was said.

        Raises:
            MetricError: As was said.
        """
        name = provider.prometheus.query if provider.prometheus else provider.web.url if provider.web else ""
        self.asked.append(name)
        answer = self.answers.get(name, [])
        if callable(answer):
            answer = answer()
        if isinstance(answer, MetricError):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(answer)
