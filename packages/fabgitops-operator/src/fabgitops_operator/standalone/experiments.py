"""Where chaos experiments and their targets are kept without a cluster: the store; there are PLCs, and no pods.

The ChaosPolicy alone says what is allowed: here are no labels of namespaces by which one could opt in.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.marks import CHAOS
from fabgitops_core.api.chaos.policy import CHAOS_POLICY, NAME, ChaosPolicySpec
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.control.chaos.deeds import Deed, Delete, Evict, Spot
from fabgitops_core.control.chaos.outcomes import Outcome, Place, Result
from fabgitops_core.control.chaos.registry import Broken, Registry
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.ports import Secrets
from fabgitops_core.modbus.route import Route

from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.plcs import endpoint_of, token_of
from fabgitops_operator.chaos.reading import beside, claimed_by, labels_of, leading_of, plc, policy_of
from fabgitops_operator.hosting.ports import Body
from fabgitops_operator.standalone.local import kept
from fabgitops_operator.standalone.store import Actor, How, Objects, RefusedError, StateError, Store

MANAGER = How(Actor.OPERATOR, validation="Ignore", manager="fabgitops-chaos")
NO_PODS = "there are no pods without a cluster"
ABLE = frozenset({"mock"})
"""What can be done to a target here."""

AT_A_TIME = 50
"""PLCs that are looked at before others get their turn."""


class StoreExperiments:
    """The `World` of experiments, and what is known of PLCs that are targets; see `chaos.performing`, `chaos.mocks`.

    Args:
        store: What is kept.
        objects: What a request does to it.
        secrets: Where tokens of control APIs are.
        route: Where PLCs really are.
    """

    def __init__(self, store: Store, objects: Objects, secrets: Secrets, route: Route) -> None:
        self._store, self._objects, self._secrets, self._route = store, objects, secrets, route

    async def policy(self) -> ChaosPolicySpec | None:
        """Return the policy, None where there is none."""
        return policy_of(self._get(CHAOS_POLICY, "", NAME))

    async def opted_in(self, namespace: str) -> bool:
        """Return that every namespace lets experiments in that the policy allows."""
        del namespace
        return True

    async def candidates(self, namespace: str, target: Target) -> tuple[Candidate, ...]:
        """Return the PLCs that a target's selector matches."""
        claimed = claimed_by(self._all(CHAOS_EXPERIMENT, None))
        leading = leading_of(self._all(SETPOINT_ROLLOUT, namespace))
        found = await self.plcs(namespace, target.label_selector)
        others = beside(found, await self._plcs(None, (), lambda _: True) if found else ())
        return tuple(plc(each, claimed, leading, others) for each in found)

    async def operator(self, namespace: str) -> Candidate:
        """Return nothing: the operator is no pod.

        Raises:
            AwayError: Always.
        """
        raise AwayError(f"{NO_PODS}: packets that leave the operator of {namespace} cannot be held")

    async def plcs(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return the IndustrialPLCs that a selector matches."""
        words = [f'"{key}":"{value}"'.encode() for key, value in (selector.match_labels or {}).items()]
        return await self._plcs(namespace, words, selector.matches)

    async def _plcs(
        self, namespace: str | None, words: Sequence[bytes], chosen: Callable[[Mapping[str, str]], bool]
    ) -> Sequence[Body]:
        """Return PLCs by their labels, of those that have these words; polls of thousands go on meanwhile."""
        found = []
        for number, record in enumerate(self._store.list(kept(INDUSTRIAL_PLC.name), namespace), 1):
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
            if all(word in record.body for word in words) and chosen(labels_of(body := record.decoded())):
                found.append(body)
        return found

    async def silent(self, namespace: str, now: datetime) -> str:
        """Return nothing: who looks after PLCs is this process."""
        del namespace, now
        return ""

    async def pods(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return nothing.

        Raises:
            AwayError: Always.
        """
        raise AwayError(f"{NO_PODS}: those of {namespace} by {selector.text()} cannot be counted")

    async def hold(self, key: Key) -> None:
        """Put the finalizer on an experiment."""
        if not await self._finalizers(key, lambda others: [*others, CHAOS]):
            raise AwayError(f"{key} is not there any more")

    async def release(self, key: Key) -> None:
        """Take the finalizer off an experiment; one that is gone is no error."""
        await self._finalizers(key, list)

    async def _finalizers(self, key: Key, wanted: Callable[[list[str]], list[str]]) -> bool:
        """Change ours alone of the finalizers, and return whether the experiment is there."""
        found = self._get(CHAOS_EXPERIMENT, key.namespace, key.name)
        if found is None:
            return False
        metadata = found["metadata"]
        before = list(metadata.get("finalizers") or ())
        after = wanted([each for each in before if each != CHAOS])
        if set(after) == set(before):
            return True
        told = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "finalizers": after}
        try:
            resource = kept(CHAOS_EXPERIMENT.name)
            await self._objects.patch(resource, key.namespace, key.name, {"metadata": told}, "merge", MANAGER)
        except (RefusedError, StateError) as error:
            raise AwayError(f"the finalizer of {key}: {error}") from error
        return True

    async def kill(self, deed: Evict | Delete) -> Outcome:
        """Do nothing: there are no pods."""
        return Outcome(Result.REFUSED, f"{NO_PODS}: {deed.spot.name} is none")

    async def endpoint(self, spot: Spot) -> Endpoint | None:
        """Return where the PLC of this uid is, as the operator connects to it; None where it is gone.

        Raises:
            AwayError: No device is reached there, by the device map.
        """
        found = self._get(INDUSTRIAL_PLC, spot.namespace, spot.name)
        if found is None or found["metadata"]["uid"] != spot.uid:
            return None
        return endpoint_of(found, self._route)

    async def token(self, spot: Spot, secret: str) -> str:
        """Return the token out of a Secret of the PLC's namespace; see `chaos.plcs.token_of`."""
        return await token_of(self._secrets, spot, secret)

    def _get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        record = self._store.get(kept(kind.name), namespace, name)
        return None if record is None else record.decoded()

    def _all(self, kind: Kind, namespace: str | None) -> list[dict[str, Any]]:
        return [record.decoded() for record in self._store.list(kept(kind.name), namespace)]


class NoAgents:
    """Those who hold injections in pods, where there are none."""

    async def place(self, deed: Deed) -> Place:
        """Return that nothing can be done."""
        return Place(why=f"{NO_PODS}: nothing is injected in {deed.spot.name}")

    async def do(self, deed: Deed) -> Outcome:
        """Do nothing."""
        return Outcome(Result.REFUSED, f"{NO_PODS}: nothing is injected in {deed.spot.name}")


def without_pods(known: Registry) -> Registry:
    """Return the scenarios that can be done here; the others are refused by name, and told why."""
    done: Mapping[str, bool] = {
        name: not isinstance(each, Broken) and bool(each.needs) and each.needs <= ABLE for name, each in known.items()
    }
    able = ", ".join(sorted(name for name, is_done in done.items() if is_done))
    why = f"{NO_PODS}, nor agents that hold packets back; what can be done is {able}"
    return {name: each if done[name] or isinstance(each, Broken) else Broken(why) for name, each in known.items()}
