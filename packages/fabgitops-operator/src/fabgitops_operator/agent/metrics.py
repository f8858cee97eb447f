"""What is shown of an agent: how many injections it holds, how they ended, and what was held."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from fabgitops_operator.agent.injections import Injections


class Metrics:
    """The metrics of one agent."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.registry = CollectorRegistry()
        self._ended = Counter(
            "fabgitops_agent_injections_ended",
            "Injections that ended, by what they were and why.",
            ("fault", "cause"),
            registry=self.registry,
        )
        self._held = Gauge(
            "fabgitops_agent_injections", "Injections that are held at the moment.", registry=self.registry
        )

    def watch(self, injections: Injections) -> None:
        """Show how many there are, whenever it is asked for."""
        self._held.set_function(lambda: len(injections))

    def ended(self, fault: str, cause: str) -> None:
        """Count one that ended."""
        self._ended.labels(fault, cause).inc()
