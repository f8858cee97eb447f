"""What chaos experiments need without a cluster: whom to ask of PLCs, and who asks mocks and probes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
from fabgitops_core.codec.networks import Networks
from fabgitops_core.engine.ports import MetricSource

from fabgitops_operator.analysis.places import Place
from fabgitops_operator.chaos.mocks import Mocks
from fabgitops_operator.chaos.performing import Performing
from fabgitops_operator.chaos.probing import Probing
from fabgitops_operator.hosting.chaosmetrics import ChaosMetrics
from fabgitops_operator.hosting.means import Means
from fabgitops_operator.standalone.experiments import NoAgents, StoreExperiments


@asynccontextmanager
async def with_chaos(
    means: Means,
    experiments: StoreExperiments,
    within: Networks,
    metrics: MetricSource | None,
    places: Sequence[Place],
) -> AsyncIterator[Means]:
    """Yield the means of PLCs with those of chaos experiments, for as long as they are looked after."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        mocks = Mocks(session, experiments, within)
        probing = Probing(experiments, session, metrics, places=places)
        yield replace(
            means,
            besides=ChaosMetrics(),
            performers=lambda host: Performing(host, experiments, NoAgents(), mocks, probing).performers(),
        )
