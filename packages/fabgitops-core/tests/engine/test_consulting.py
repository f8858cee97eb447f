"""What the engine does for kinds that own objects and go by what others offer."""

from typing import Any

import pytest
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateSpec
from fabgitops_core.api.argo.kinds import CLUSTER_TEMPLATE
from fabgitops_core.api.meta import Key
from fabgitops_core.control.analysis.template import AnalysisTemplateController
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.controller import Consultant
from fabgitops_core.control.events import Declared, Event, Surveyed

from .shelves import START, ShelfController, ShelfState, Shelves


class Asker(ShelfController):
    """The decisions of a shelf that consults the templates of the names that a test says; `shown` is what it got."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.kind_of_template = ANALYSIS_TEMPLATE.name
        self.shown: list[dict[str, tuple[object, str]]] = []

    def consults(self, state: ShelfState) -> frozenset[tuple[str, str]]:
        """Return whom."""
        del state
        return frozenset((self.kind_of_template, name) for name in self.names)

    def step(self, state: ShelfState, event: Event) -> tuple[ShelfState, Commands]:
        """Note what is offered."""
        if isinstance(event, Surveyed):
            self.shown.append({name: offer for (_, name), offer in event.offers.items()})
        return super().step(state, event)


class Askers(Shelves):
    """An engine with such a shelf, and templates."""

    def __init__(self) -> None:
        super().__init__()
        self.asker = self.controller = Asker()
        self.watch.list()

    def ask(self, *names: str) -> Key:
        """Let it consult these, and tell it so."""
        self.asker.names = set(names)
        return self.declare(0)

    def offer(self, name: str, query: str | None, namespace: str = "plant", kind: str = ANALYSIS_TEMPLATE.name) -> Key:
        """Declare a template, or (None) one that is not valid."""
        metric = {"name": "rate", "provider": {"prometheus": {"query": query}}}
        spec = AnalysisTemplateSpec.model_validate({"metrics": [metric]}) if query else None
        key = Key(kind, namespace, name)
        problem = "" if query else "it has no metrics"
        event: Declared[Any, Any] = Declared(START, 1, spec, problem, uid="t")
        self.engine.declare(key, AnalysisTemplateController(), event)
        return key

    def queries(self) -> dict[str, str]:
        """Return what was offered at the last pass: the query, or why there is none."""
        return {
            name: offer.metrics[0].provider.prometheus.query
            if isinstance(offer, AnalysisTemplateSpec) and offer.metrics[0].provider.prometheus
            else problem
            for name, (offer, problem) in self.asker.shown[-1].items()
        }


@pytest.fixture
async def askers(shelves: Shelves) -> Any:
    """Return it."""
    del shelves  # whose loop leaps
    askers = Askers()
    yield askers
    await askers.engine.stop(1.0)


async def test_what_an_owner_consults_is_offered_to_it(askers: Askers) -> None:
    """It comes with its pass, be it there or not; a change of it begins another pass, any other does not."""
    assert isinstance(askers.asker, Consultant)
    askers.ask("rates", "loads")
    await askers.rest()
    assert askers.queries() == {"rates": "", "loads": ""}
    rates = askers.offer("rates", "up")
    await askers.rest()
    assert askers.queries() == {"rates": "up", "loads": ""}
    askers.offer("loads", None)
    await askers.rest()
    assert askers.queries() == {"rates": "up", "loads": "it has no metrics"}
    passes = len(askers.asker.shown)
    askers.offer("others", "up")
    askers.offer("rates", "down", namespace="elsewhere")
    await askers.rest()
    assert len(askers.asker.shown) == passes
    askers.engine.remove(rates)
    await askers.rest()
    assert askers.queries() == {"rates": "", "loads": "it has no metrics"}


async def test_what_is_the_clusters_is_offered_in_each_namespace(askers: Askers) -> None:
    """Of a kind that is in no namespace the one object of a name is consulted, and a change of it is told as well."""
    askers.asker.kind_of_template = CLUSTER_TEMPLATE.name
    askers.ask("rates")
    askers.offer("rates", "up", kind=CLUSTER_TEMPLATE.name)
    await askers.rest()
    assert askers.queries() == {"rates": ""}
    askers.offer("rates", "down", namespace="", kind=CLUSTER_TEMPLATE.name)
    await askers.rest()
    assert askers.queries() == {"rates": "down"}


async def test_who_consults_another_one_now_or_is_gone_is_not_woken(askers: Askers) -> None:
    """Of what it consulted before nothing is told any more."""
    shelf = askers.ask("rates")
    askers.ask("loads")
    await askers.rest()
    passes = len(askers.asker.shown)
    askers.offer("rates", "up")
    await askers.rest()
    assert len(askers.asker.shown) == passes
    askers.engine.remove(shelf)
    askers.offer("loads", "up")
    await askers.rest()
    assert len(askers.asker.shown) == passes
