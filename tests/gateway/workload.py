"""A Rollout on a stage: its Services, its versions, the words of people, and what came of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from testbed import TestbedError
from testbed.asking import ask

from .stage import PORT, ROUTE, Stage

MERGE = "application/merge-patch+json"
NAME = "app"
HASH = "rollouts-pod-template-hash"
Status = Mapping[str, Any]


class Workload:
    """The Rollout `app` of a stage, whose pods are real servers."""

    def __init__(self, stage: Stage) -> None:
        """Prepare it: nothing is made before `services` and `declare`."""
        self.stage = stage
        self._way: Mapping[str, Any] = {}
        self._more: Mapping[str, Any] = {}

    @property
    def partition(self) -> str:
        """Return what events about it are ordered by."""
        return f"{self.stage.name}/{NAME}"

    @property
    def template(self) -> dict[str, Any]:
        """Return a route of the Rollout's own: whoever asks for the stage's host gets one of the two Services."""
        return {"template": {"parentRefs": [self.stage.parent], "hostnames": [self.stage.host]}}

    async def services(self, *names: str) -> None:
        """Make Services that select every version."""
        ports = [{"port": 80, "targetPort": PORT, "protocol": "TCP"}]
        for name in names:
            await self.stage.apply("Service", name, {"selector": {"app": "app"}, "ports": ports})

    async def declare(
        self,
        version: str,
        way: Mapping[str, Any] | None = None,
        marks: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Declare a version, and at first the way; annotations of its pods are `ready` and `answers`."""
        self._way, self._more = way or self._way, more or self._more
        told = {f"testbed.fabgitops.io/{name}": value for name, value in (marks or {}).items()}
        spec = {
            "replicas": 4,
            "selector": {"matchLabels": {"app": "app"}},
            "template": self.stage.template(version, told),
            "strategy": self._way,
            **self._more,
        }
        await self.stage.apply("Rollout", NAME, spec)

    async def first(self, version: str, way: Mapping[str, Any], **more: Any) -> None:
        """Declare the first version, and wait until it is there and served through the gateway."""
        await self.declare(version, way, **more)
        await self.stands(f"{version} is completed", lambda status: status["phase"] == "Completed")
        await self.stage.answers(f"{version} is served by all pods", lambda seen: not seen.lost and len(seen.pods) == 4)

    async def status(self) -> Status:
        """Return how it stands."""
        found = await self.stage.get("Rollout", NAME)
        status: Status = found.get("status", {})
        return status if status.get("observedGeneration") == found["metadata"]["generation"] else {}

    async def stands(self, what: str, true: Callable[[Status], bool]) -> Status:
        """Wait until a status of what is declared now is as it should be, and return it."""
        seen: Status = {}

        async def so() -> bool:
            nonlocal seen
            seen = await self.status()
            return bool(seen) and true(seen)

        try:
            await self.stage.until(so, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; it stands so: {seen}") from None
        return seen

    async def paused(self, share: int) -> Status:
        """Wait until it waits for somebody, with a share of the requests."""
        return await self.stands(
            f"it waits with a weight of {share}",
            lambda status: status["phase"] == "Paused" and status.get("weight", 0) == share,
        )

    async def completed(self, version: str) -> Status:
        """Wait until a version has all requests, and all other pods are gone."""
        status = await self.stands(f"{version} is completed", lambda status: status["phase"] == "Completed")
        await self.stage.gone(4)
        return status

    async def say(self, word: str, about: str) -> None:
        """Say a word about the Rollout by an annotation."""
        body = {"metadata": {"annotations": {f"rollout.fabgitops.io/{word}": about}}}
        await ask(self.stage.api, "PATCH", self.stage.url("Rollout", NAME), body, kind=MERGE)

    async def promote(self, where: str | None = None) -> None:
        """Let it go past what it waits for: the step that it is at, unless it is said otherwise."""
        status = await self.status()
        step = where or status["currentStepIndex"]
        await self.say("promote", f"{status['currentPodHash']}/{step}")

    async def abort(self) -> None:
        """Give the new version up."""
        await self.say("abort", (await self.status())["currentPodHash"])

    async def selected(self, name: str) -> str:
        """Return which revision a Service selects."""
        return str((await self.stage.get("Service", name))["spec"]["selector"].get(HASH, ""))

    async def weights(self) -> list[int]:
        """Return the weights of the last rule of the route, in the order of its backends."""
        route = await self.stage.get("HTTPRoute", ROUTE)
        return [each["weight"] for each in route["spec"]["rules"][-1]["backendRefs"]]

    def has(self, *weights: int) -> Callable[[], Awaitable[bool]]:
        """Return what tells whether its route has these weights."""

        async def so() -> bool:
            return await self.weights() == list(weights)

        return so

    async def push(self, *weights: int) -> None:
        """Set the weights of its route, as somebody else; the rule is the last one."""
        last = len((await self.stage.get("HTTPRoute", ROUTE))["spec"]["rules"]) - 1
        await self.stage.move(*weights, rule=last)

    async def events(self) -> list[str]:
        """Return the reasons of the Events about it, each once."""
        found = await ask(self.stage.api, "GET", f"/apis/events.k8s.io/v1/namespaces/{self.stage.name}/events")
        return sorted({each["reason"] for each in found["items"] if each["regarding"]["kind"] == "Rollout"})

    async def gone(self) -> None:
        """Delete it, so that nobody goes on with it after its test."""
        if await ask(self.stage.api, "DELETE", self.stage.url("Rollout", NAME)) is None:
            raise TestbedError(f"there is no Rollout {NAME} in {self.stage.name}")
