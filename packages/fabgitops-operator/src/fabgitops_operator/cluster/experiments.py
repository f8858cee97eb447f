"""Where experiments and their targets are kept on Kubernetes: policy, namespaces, pods, PLCs, and the finalizer.

What is looked at is looked at right then: nothing of it is kept, for pods come and go.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import httpx2
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.marks import ALLOWED, CHAOS
from fabgitops_core.api.chaos.policy import CHAOS_POLICY, NAME, ChaosPolicySpec
from fabgitops_core.api.chaos.target import Target, TargetKind
from fabgitops_core.api.kinds import Kind, foreign
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.selecting import Selector
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.control.chaos.deeds import Delete, Evict
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Outcome, Result
from fabgitops_core.control.chaos.selecting import NOWHERE, Candidate

from fabgitops_operator.chaos.away import AwayError, UnreadableError
from fabgitops_operator.chaos.reading import (
    Leading,
    beside,
    claimed_by,
    is_true,
    labels_of,
    leading_of,
    placed,
    plc,
    policy_of,
)
from fabgitops_operator.cluster.answers import answers
from fabgitops_operator.cluster.holders import LEASE, OURS, operator_of, silent
from fabgitops_operator.cluster.moving import Movers
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting.errors import ApiError, Conflict, Forbidden, Gone, Rejected
from fabgitops_operator.hosting.ports import Body

MANAGER = "fabgitops-chaos"
"""What the API server calls who puts the finalizer on, and makes runs of schedules."""
_OVER = frozenset({"Succeeded", "Failed"})
_OURS = "fabgitops"
_NAMED = ("app.kubernetes.io/name", "app.kubernetes.io/part-of")
"""Labels of which one says whose a pod is: the chart can be given another name, and keeps what it is part of."""


POD, NAMESPACE = foreign("Pod", "pods"), foreign("Namespace", "namespaces", namespaced=False)


class Experiments:
    """The `World` of experiments.

    Args:
        rest: The way to the API server.
        operators: Namespace of operators and their Leases.
        watched: Namespaces of PLCs that are looked after; none for all.
    """

    def __init__(self, rest: Rest, operators: str, watched: Sequence[str] = ()) -> None:
        """Prepare it; nothing is sent yet."""
        self._rest, self._operators, self._watched = rest, operators, watched

    async def policy(self) -> ChaosPolicySpec | None:
        """Return the policy, None where there is none; one that cannot be read allows nothing."""
        async with _answered("the ChaosPolicy", refused=UnreadableError):
            found = await self._rest.get(CHAOS_POLICY, "", NAME)
        return policy_of(found)

    async def opted_in(self, namespace: str) -> bool:
        """Return whether a namespace lets experiments in."""
        async with _answered(f"the namespace {namespace}", refused=UnreadableError):
            found = await self._rest.get(NAMESPACE, "", namespace)
        return found is not None and labels_of(found).get(CHAOS) == ALLOWED

    async def candidates(self, namespace: str, target: Target) -> tuple[Candidate, ...]:
        """Return what a target's selector matches."""
        kind = POD if target.kind is TargetKind.PODS else INDUSTRIAL_PLC
        async with _answered(kind.plural):
            found = await self._matching(kind, namespace, target.label_selector)
            claimed = await self._claimed()
            if target.kind is TargetKind.PLCS:
                leading = await self._leading(namespace)
                others = beside(found, await self.everywhere(namespace) if found else ())
                return tuple(plc(each, claimed, leading, others) for each in found)
            movers = Movers(lambda kind, name: self._rest.get(kind, namespace, name))
            return tuple([_pod(each, claimed, await movers.of(each)) for each in found])

    async def everywhere(self, namespace: str) -> Sequence[Body]:
        """Return all PLCs that may be reached from where those of a namespace are, of each only what is `placed`."""
        where: Sequence[str | None] = sorted({*self._watched, namespace}) if self._watched else [None]
        async with _answered(INDUSTRIAL_PLC.plural):
            return [plc for each in where for plc in await self._all(INDUSTRIAL_PLC, each, "", placed)]

    async def _leading(self, namespace: str) -> Leading:
        """Return the SetpointRollouts that are at work; none where there are no such."""
        try:
            return leading_of(await self._all(SETPOINT_ROLLOUT, namespace, ""))
        except Gone:
            return ()

    async def plcs(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return the IndustrialPLCs that a selector matches."""
        return await self._matching(INDUSTRIAL_PLC, namespace, selector)

    async def pods(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return the pods that a selector matches."""
        return await self._matching(POD, namespace, selector)

    async def silent(self, namespace: str, now: datetime) -> str:
        """Return why nobody looks after the PLCs of a namespace by now, in a sentence; "" where somebody does."""
        async with _answered("the Leases of operators"):
            return silent((await self._rest.page(LEASE, self._operators, OURS, ""))["items"], namespace, now)

    async def _matching(self, kind: Kind, namespace: str, selector: Selector) -> Sequence[Body]:
        async with _answered(kind.plural):
            return await self._all(kind, namespace, selector.text())

    async def operator(self, namespace: str) -> Candidate:
        """Return the pod of the operator that looks after the PLCs of a namespace."""
        found = await operator_of(self._rest, POD, self._operators, namespace)
        async with _answered("the operator's own pod"):
            claimed = await self._claimed()
            movers = Movers(lambda kind, name: self._rest.get(kind, self._operators, name))
            return _pod(found, claimed, await movers.of(found))

    async def _claimed(self) -> Mapping[str, str]:
        """Return by the uid of each target, and of where it is injected, which experiment has it that is not over."""
        return claimed_by(await self._all(CHAOS_EXPERIMENT, None, ""))

    async def _all(
        self, kind: Kind, namespace: str | None, selector: str, kept: Callable[[Body], Body] = lambda body: body
    ) -> Sequence[Body]:
        found: list[Body] = []
        token = ""
        while True:
            page = await self._rest.page(kind, namespace, selector, token)
            found += map(kept, page["items"])
            if not (token := page["metadata"].get("continue", "")):
                return found

    async def hold(self, key: Key) -> None:
        """Put the finalizer on an experiment."""
        await self._finalizers(key, wanted=True)

    async def release(self, key: Key) -> None:
        """Take the finalizer off an experiment; one that is gone is no error."""
        await self._finalizers(key, wanted=False)

    async def _finalizers(self, key: Key, *, wanted: bool) -> None:
        """Change ours alone of the finalizers, and only where nobody else has changed any meanwhile."""
        async with _answered(f"the finalizer of {key}"):
            found = await self._rest.get(CHAOS_EXPERIMENT, key.namespace, key.name)
            if found is None:
                if wanted:
                    raise AwayError(f"{key} is not there any more")
                return
            metadata = found["metadata"]
            before = list(metadata.get("finalizers") or ())
            after = [each for each in before if each != CHAOS] + ([CHAOS] if wanted else [])
            if set(after) != set(before):
                told = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "finalizers": after}
                patch = {"metadata": told}
                with answers(f"patching the finalizers of {key}", key.name):
                    (
                        await self._rest.merge(CHAOS_EXPERIMENT, key.namespace, key.name, patch, MANAGER)
                    ).raise_for_status()

    async def kill(self, deed: Evict | Delete) -> Outcome:
        """Evict or delete the pod of this uid, and no other.

        It is looked at first: an eviction of another uid takes from the budget all the same (Kubernetes 1.34).
        """
        spot = deed.spot
        try:
            found = await self._rest.get(POD, spot.namespace, spot.name)
            if found is None or found["metadata"]["uid"] != spot.uid:
                return Outcome(Result.GONE, "the pod is not there any more")
            with answers(f"ending the pod {spot.namespace}/{spot.name}", spot.name, spot.namespace):
                answer = await self._ended(deed)
                if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
                    return Outcome(Result.REFUSED, _said(answer))
                answer.raise_for_status()
        except (Gone, Conflict) as error:
            return Outcome(Result.GONE, str(error))
        except (Forbidden, Rejected) as error:
            return Outcome(Result.REFUSED, str(error))
        except ApiError as error:
            return Outcome(Result.UNKNOWN, str(error))
        return Outcome(Result.DONE)

    def _ended(self, deed: Evict | Delete) -> Awaitable[httpx2.Response]:
        spot = deed.spot
        if isinstance(deed, Evict):
            return self._rest.evict(POD, spot.namespace, spot.name, spot.uid, deed.grace_period_secs)
        return self._rest.delete(POD, spot.namespace, spot.name, spot.uid, grace=0)


def _pod(body: Body, claimed: Mapping[str, str], moved_by: str) -> Candidate:
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    labels = labels_of(body)
    return Candidate(
        name=metadata["name"],
        uid=TargetUid(metadata["uid"]),
        namespace=metadata["namespace"],
        node=NodeName(spec.get("nodeName") or NOWHERE),
        labels=labels,
        ready=is_true(status.get("conditions") or (), "Ready"),
        completed=status.get("phase") in _OVER,
        deleting="deletionTimestamp" in metadata,
        host_network=bool(spec.get("hostNetwork")),
        ours=any(labels.get(name) == _OURS for name in _NAMED),
        claimed_by=claimed.get(metadata["uid"], ""),
        moved_by=moved_by,
    )


def _said(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (KeyError, TypeError, ValueError):
        return "a PodDisruptionBudget refuses it"


@asynccontextmanager
async def _answered(what: str, refused: type[AwayError] = AwayError) -> AsyncIterator[None]:
    """Tell what goes wrong in the block as an absence, with the reason; what is `refused` as another error."""
    try:
        yield
    except (Forbidden, Rejected) as error:
        raise refused(f"{what}: {error}") from error
    except ApiError as error:
        raise AwayError(f"{what}: {error}") from error
