"""What is allowed while answers are refused, make no sense, or do not come: the kill switch is never overlooked."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.control.chaos.outcomes import Outcome, Result
from fabgitops_operator.chaos.allowing import Allowing
from fabgitops_operator.chaos.away import AwayError, UnreadableError
from fabgitops_operator.chaos.reading import policy_of
from fabgitops_operator.cluster.experiments import Experiments
from fabgitops_operator.hosting.errors import ApiError, Forbidden, Rejected, Unavailable

ON: dict[str, Any] = {"spec": {"enabled": True, "scenarios": ["podKiller"]}}
OFF: dict[str, Any] = {"spec": {"enabled": False, "scenarios": ["podKiller"]}}
NONSENSE: dict[str, Any] = {"spec": {"enabled": False, "maxTargets": 0}}


class Cluster:
    """A policy and a namespace, each of which may be away, refused or late."""

    def __init__(self) -> None:
        self.body: Mapping[str, Any] | None = ON
        self.policy_error: Exception | None = None
        self.namespace_error: Exception | None = None
        self.answering = asyncio.Event()
        self.answering.set()
        self.stopped = asyncio.Event()
        self.stops = 0
        self.allowing = Allowing(self, self.stop, wait=0.01)

    async def policy(self) -> ChaosPolicySpec | None:
        """Return the policy, when it is answered."""
        await self.answering.wait()
        if self.policy_error:
            raise self.policy_error
        return policy_of(self.body)

    async def opted_in(self, namespace: str) -> bool:
        """Return that experiments are let in."""
        if self.namespace_error:
            raise self.namespace_error
        return namespace == "plant"

    async def stop(self) -> dict[str, Outcome]:
        """Note it."""
        self.stops += 1
        self.stopped.set()
        return {"node-1": Outcome(Result.DONE)}

    async def allowed(self) -> bool:
        """Return whether what runs may go on."""
        facts = await self.allowing.now("plant")
        return not facts.stopped and facts.opted_in and facts.policy is not None and facts.policy.enabled


@pytest.fixture(name="cluster")
async def _cluster() -> Cluster:
    return Cluster()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (OFF, None),
        (NONSENSE, None),
        (None, None),
        (ON, UnreadableError("the ChaosPolicy: 403")),
    ],
    ids=["off", "nonsense", "deleted", "forbidden"],
)
@pytest.mark.parametrize("namespace", [None, AwayError("the namespace plant: 429"), UnreadableError("403")])
async def test_the_kill_switch_is_read_by_itself(
    cluster: Cluster, body: Mapping[str, Any] | None, error: Exception | None, namespace: Exception | None
) -> None:
    """A policy that is off, gone or cannot be read ends everything, whatever is answered of the namespace."""
    assert await cluster.allowed()
    cluster.body, cluster.policy_error, cluster.namespace_error = body, error, namespace
    assert not await cluster.allowed()
    await asyncio.wait_for(cluster.stopped.wait(), 5)
    cluster.policy_error = AwayError("the ChaosPolicy: the API server is away")
    assert not await cluster.allowed(), "what was known before it was taken back is not gone by again"
    assert cluster.stops == 1


async def test_a_namespace_that_may_not_be_read_lets_nothing_go_on(cluster: Cluster) -> None:
    """Whoever takes away the right to look at a namespace stops what runs there; the message says what was refused."""
    assert await cluster.allowed()
    cluster.namespace_error = UnreadableError("the namespace plant: 403")
    assert (await cluster.allowing.now("plant")).stopped == "nothing is allowed: the namespace plant: 403"
    assert cluster.stops == 0, "other namespaces are not concerned"


async def test_what_runs_goes_on_by_what_was_known_and_nothing_begins(cluster: Cluster) -> None:
    """While the API server is away what runs goes on, and what is to begin is told that nothing is known."""
    assert await cluster.allowed()
    for away in ("policy_error", "namespace_error"):
        setattr(cluster, away, AwayError("the API server is away"))
        assert await cluster.allowed()
        told = await cluster.allowing.freshly("plant")
        assert (told.stopped, told.answered) == ("what is allowed is not known: the API server is away", False)
        setattr(cluster, away, None)
    assert not (await cluster.allowing.freshly("plant")).stopped


async def test_an_answer_that_is_late_still_throws_the_switch(cluster: Cluster) -> None:
    """A look does not wait for an API server that hangs; the answer counts when it comes, for agents at once."""
    assert await cluster.allowed()
    cluster.answering.clear()
    cluster.body = OFF
    assert await cluster.allowed(), "known last; nothing was answered"
    cluster.answering.set()
    await asyncio.wait_for(cluster.stopped.wait(), 5)
    assert not await cluster.allowed()


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (Forbidden("403", "forbidden"), True),
        (Rejected("400", "rejected"), True),
        (Unavailable("429", "unavailable"), False),
    ],
)
async def test_a_refusal_is_no_absence(error: ApiError, refused: bool) -> None:
    """What the API server refuses to show cannot be gone by; one that is overloaded has only not answered."""

    class Refusing:
        async def get(self, *asked: object) -> None:
            raise error

    experiments = Experiments(Refusing(), "fabgitops")  # type: ignore[arg-type]
    for reading in (experiments.policy(), experiments.opted_in("plant")):
        with pytest.raises(AwayError) as told:
            await reading
        assert isinstance(told.value, UnreadableError) is refused
