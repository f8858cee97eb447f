"""What an operator of chaos experiments needs of a cluster: where they and their targets are, and whom to ask."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from fabgitops_core.api.kinds import Kind
from fabgitops_core.codec.networks import networks
from fabgitops_core.engine.ports import MetricSource
from fabgitops_core.modbus.route import Route

from fabgitops_operator.analysis.places import Place
from fabgitops_operator.chaos.agents import Agents, NoWayError
from fabgitops_operator.chaos.mocks import Mocks
from fabgitops_operator.chaos.performing import Performing
from fabgitops_operator.chaos.probing import Probing
from fabgitops_operator.cluster.experiments import MANAGER, Experiments
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.lease.place import place_of
from fabgitops_operator.cluster.objects import KubeObjects
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.cluster.whereabouts import Whereabouts
from fabgitops_operator.hosting.chaosmetrics import ChaosMetrics
from fabgitops_operator.hosting.means import Means
from fabgitops_operator.hosting.secrets import SecretWords
from fabgitops_operator.settings import Settings


@asynccontextmanager
async def means_of(
    settings: Settings,
    access: Access,
    kube: Kube,
    rest: Rest,
    route: Route,
    metrics: MetricSource | None,
    places: Sequence[Place],
    owned: Sequence[Kind],
) -> AsyncIterator[Means]:
    """Yield what experiments need, for as long as they are looked after."""
    experiments = Experiments(rest, place_of(settings)[0], settings.namespace)
    where = settings.agent_namespace or place_of(settings)[0]
    clock = asyncio.get_running_loop().time
    secrets = SecretWords(kube)
    whereabouts = Whereabouts(rest, experiments, where, access.cluster.server, secrets, route, clock)
    async with aiohttp.ClientSession(trust_env=False) as session:
        agents = Agents(session, whereabouts, lambda: token_of(settings.agent_token_file), clock)
        probing = Probing(experiments, session, metrics, places=places)
        mocks = Mocks(session, whereabouts, networks(settings.allow_cidr))
        yield Means(
            metrics=metrics,
            objects=lambda counted: KubeObjects(rest, owned, counted.api_write, manager=MANAGER, editor=MANAGER),
            counts=ChaosMetrics(agents.up, lambda: agents.requests),
            performers=lambda host: Performing(
                host, experiments, agents, mocks, probing, stop=agents.stop
            ).performers(),
        )


def token_of(file: Path | None) -> str:
    """Return the token that agents are shown, read each time: a kubelet exchanges it.

    Raises:
        NoWayError: There is no file, it cannot be read, or what it holds is no token (RFC 6750, section 2.1).
    """
    if file is None:
        raise NoWayError("agents want a token: say with --agent-token-file where it is")
    try:
        words = file.read_text(encoding="ascii").split()
    except OSError as error:
        raise NoWayError(f"--agent-token-file {file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        words = []
    if len(words) != 1:
        raise NoWayError(f"--agent-token-file {file} holds no token: one word of ASCII")
    return words[0]
