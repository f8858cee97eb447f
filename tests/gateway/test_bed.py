"""The bed itself: requests go through a real gateway to real servers as routes and pods say, and each is counted."""

import pytest
from testbed.traffic import Answers

from .stage import Stage, split

pytestmark = pytest.mark.gateway

CANARY = {"X-Canary": "always"}


def served(answers: Answers) -> bool:
    """Return whether nothing was lost."""
    return answers.lost == 0


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
async def test_requests_are_split_by_weight(stage: Stage, kind: str) -> None:
    """Of 1,000 requests to a route with weights 90 and 10 about a tenth goes to the second version, none is lost."""
    for version in ("v1", "v2"):
        await stage.version(version, kind=kind)
        await stage.available(version, 2, kind=kind)
    await stage.route(split(v1=90, v2=10))
    await stage.answers("all four pods serve", lambda seen: seen.lost == 0 and len(seen.pods) == 4)
    answers = await stage.send(1000)
    assert answers.codes == {200: 1000}
    assert 60 <= answers.versions["v2"] <= 150  # the chance of less or more is below one in 10,000
    assert answers.versions.total() == 1000
    assert len(answers.pods) == 4


async def test_header_goes_to_one_version(stage: Stage) -> None:
    """Who sends the header that a rule matches always gets its version, whatever the weights say; nobody else does."""
    for version in ("v1", "v2"):
        await stage.version(version, 1)
        await stage.available(version, 1)
    match = {"headers": [{"type": "Exact", "name": "X-Canary", "value": "always"}]}
    await stage.route({"matches": [match], "backendRefs": split(v2=1)}, split(v1=1, v2=0))
    await stage.answers("the second version is served", served, CANARY)
    await stage.answers("the first version is served", served)
    assert (await stage.send(200, CANARY)).versions == {"v2": 200}
    assert (await stage.send(200)).versions == {"v1": 200}


async def test_weights_move_under_load(stage: Stage) -> None:
    """While requests go on their weights move in steps from one version to the other, and not one is lost."""
    for version in ("v1", "v2"):
        await stage.version(version)
        await stage.available(version, 2)
    await stage.route(split(v1=100, v2=0))
    await stage.answers("the first version is served", served)
    async with stage.stream() as answers:
        await stage.answers("all is the first version's", lambda seen: set(seen.versions) == {"v1"})
        await stage.move(50, 50)
        await stage.answers("both answer", lambda seen: set(seen.versions) == {"v1", "v2"})
        await stage.move(0, 100)
        await stage.answers("all is the second version's", lambda seen: set(seen.versions) == {"v2"})
    assert set(answers.versions) == {"v1", "v2"}
    assert answers.codes == {200: answers.total}


async def test_what_a_story_asserts_under_load_is_told(stage: Stage) -> None:
    """A story that fails while requests go on fails of what it asserts, and not of the requests."""
    with pytest.raises(AssertionError, match="as told"):
        async with stage.stream():
            raise AssertionError("as told")


async def test_pods_drain(stage: Stage) -> None:
    """Pods that are taken away under load serve until the gateway has left them: nothing is lost."""
    await stage.version("v1", 4)
    await stage.available("v1", 4)
    await stage.route(split(v1=1))
    await stage.answers("four pods serve", lambda seen: len(seen.pods) == 4)
    async with stage.stream() as answers:
        await stage.version("v1", 1)
        await stage.available("v1", 1)
        await stage.answers("one pod serves", lambda seen: len(seen.pods) == 1)
        await stage.gone(1)
    assert answers.codes == {200: answers.total}


async def test_pods_that_are_not_ready_get_nothing(stage: Stage) -> None:
    """The share of a version none of whose pods is ready is answered with 503, and served again when they are."""
    for version in ("v1", "v2"):
        await stage.version(version, 1)
        await stage.available(version, 1)
    await stage.route(split(v1=50, v2=50))
    await stage.answers("both versions are served", served)
    stage.kubelet.break_image(stage.image("v2"))
    try:
        await stage.answers("the second is left", lambda seen: not seen.versions["v2"] and seen.codes[503] > 0)
        answers = await stage.send(400)
        assert answers.codes[200] == answers.versions["v1"] > 100
        assert answers.codes[503] == 400 - answers.versions["v1"]
    finally:
        stage.kubelet.mend_image(stage.image("v2"))
    await stage.answers("both versions are served again", lambda seen: seen.lost == 0 and seen.versions["v2"] > 0)


async def test_errors_are_counted_by_version(stage: Stage) -> None:
    """A version that answers with errors is told from one that does not, by what its own pods sent."""
    await stage.version("v1", 1)
    await stage.version("v2", 1, answers="500")
    for version in ("v1", "v2"):
        await stage.available(version, 1)
    await stage.route(split(v1=50, v2=50))
    await stage.answers("both versions answer", lambda seen: {200, 500} == set(seen.codes))
    answers = await stage.send(400)
    assert answers.codes == {200: answers.versions["v1"], 500: answers.versions["v2"]}
    assert answers.lost == answers.versions["v2"] > 100
