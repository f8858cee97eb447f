"""What is read of objects for experiments: which PLCs are at one address."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import nullcontext as allowed
from typing import Any

import pytest
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.modbus.route import straight
from fabgitops_operator.chaos.agents import NoWayError
from fabgitops_operator.chaos.reading import beside
from fabgitops_operator.chaos.reading import plc as candidate
from fabgitops_operator.cluster.experiments import Experiments
from fabgitops_operator.cluster.whereabouts import Whereabouts


def plc(name: str, host: str, mark: str = "", namespace: str = "plant", port: int | None = None) -> dict[str, Any]:
    """Return a PLC, by its address and what its label says."""
    labels = {"fabgitops.io/chaos": mark} if mark else {}
    spec: dict[str, Any] = {"deviceAddress": host} | ({} if port is None else {"port": port})
    return {"metadata": {"name": name, "uid": name, "namespace": namespace, "labels": labels}, "spec": spec}


@pytest.mark.parametrize(
    ("other", "marks"),
    [
        (plc("b", "10.0.0.5", "protected"), ("protected",)),
        (plc("b", "10.0.0.5", "allowed", port=502), ("allowed",)),
        (plc("b", "::ffff:10.0.0.5"), ("",)),
        (plc("b", "10.0.0.5", "allowed", namespace="other"), ("",)),
        (plc("b", "10.0.0.5", "protected", namespace="other"), ("protected",)),
        (plc("b", "10.0.0.5", "protected", port=503), ()),
        (plc("b", "10.0.0.6", "protected"), ()),
    ],
)
def test_plcs_at_one_address_are_known(other: dict[str, Any], marks: tuple[str, ...]) -> None:
    """Whoever is behind the same host and port counts, however that is written, and in whichever namespace."""
    mixer = plc("a", "10.0.0.5", "allowed")
    assert beside([mixer], [mixer, other]) == {"a": marks}


@pytest.mark.parametrize(
    ("ready", "seen", "works"),
    [("True", 2, True), ("True", 1, False), ("False", 2, False), ("Unknown", 2, False), ("", 0, False)],
)
def test_a_plc_works_that_is_ready_by_now(ready: str, seen: int, *, works: bool) -> None:
    """What counts as ready where it is left alone says so itself, of what is declared by now, and not of before."""
    body = plc("a", "10.0.0.5")
    body["metadata"]["generation"] = 2
    said = {"type": "Ready", "status": ready, "observedGeneration": seen}
    body["status"] = {"conditions": [{"type": "InSync", "status": "True"}, *([said] if ready else [])]}
    assert candidate(body, {}, (), {}).working is works


def test_names_are_compared_as_dns_does() -> None:
    """A name is the same in capitals, and with a dot at its end (RFC 4343; RFC 1034, section 3.1)."""
    mixer = plc("a", "gateway.plant.example")
    assert beside([mixer], [mixer, plc("b", "Gateway.plant.example.", "protected")]) == {"a": ("protected",)}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (plc("dryer", "10.0.0.6", "protected"), ""),
        (plc("dryer", "10.0.0.5", "allowed"), ""),
        (plc("dryer", "10.0.0.5", "protected"), r"has the label fabgitops\.io/chaos: protected"),
        (plc("dryer", "::ffff:10.0.0.5"), r"is not named, .* allowed: it would be hit as well"),
        (plc("dryer", "10.0.0.5", "allowed", namespace="plant-2"), "is not named, nor of that namespace"),
    ],
)
async def test_packets_of_a_pod_take_no_other_plc_along(other: dict[str, Any], why: str) -> None:
    """Where an experiment names PLCs as places, one behind the same gateway that lets nothing in refuses it by name."""
    with pytest.raises(NoWayError, match=rf"/dryer is at the address of plant/mixer, and {why}") if why else allowed():
        assert len(await _ways(plc("mixer", "10.0.0.5"), everyone=[other])) == 1


async def test_packets_of_a_pod_to_plcs_that_are_named_are_held() -> None:
    """Each PLC behind a gateway that an experiment names itself is one it means, with or without a label."""
    assert len(await _ways(plc("mixer", "10.0.0.5"), plc("dryer", "10.0.0.5"))) == 2


async def test_packets_of_a_pod_to_a_protected_plc_are_not_held() -> None:
    """Where an experiment names PLCs as places, one that is protected refuses it by name."""
    with pytest.raises(NoWayError, match=r"IndustrialPLC plant/dryer has the label fabgitops\.io/chaos: protected"):
        await _ways(plc("mixer", "10.0.0.5"), plc("dryer", "10.0.0.6", "protected"))


async def _ways(*named: dict[str, Any], everyone: Sequence[dict[str, Any]] = ()) -> Sequence[Any]:
    """Return the ways of a pod's packets to the PLCs that an experiment names, beside others."""
    return await _asked(Looks(*named, everyone=everyone), "hmi")


class Looks:
    """PLCs that are named by their labels, and others; how often they were looked at."""

    def __init__(self, *named: dict[str, Any], everyone: Sequence[dict[str, Any]] = ()) -> None:
        self.named, self.everyone = named, everyone
        self.times = {"plcs": 0, "everywhere": 0}
        self.whereabouts = Whereabouts(None, self, "", "https://a", None, straight, float)  # type: ignore[arg-type]

    async def plcs(self, *_asked: object) -> list[dict[str, Any]]:
        """Return those that are named."""
        self.times["plcs"] += 1
        await asyncio.sleep(0)
        return list(self.named)

    async def everywhere(self, _namespace: str) -> list[dict[str, Any]]:
        """Return all of them."""
        self.times["everywhere"] += 1
        await asyncio.sleep(0)
        return [*self.named, *self.everyone]


async def _asked(looks: Looks, pod: str, line: str = "1") -> Sequence[Any]:
    spot = Spot("plant", pod, TargetUid(pod), NodeName("n"), InjectionId(f"e.{pod}"))
    return await looks.whereabouts.networks(spot, "plcs " + json.dumps({"matchLabels": {"line": line}}))


async def test_plcs_are_looked_at_once_for_all_pods_of_a_round() -> None:
    """However many pods send packets to PLCs: with thousands of PLCs a look for each took longer than the round."""
    looks = Looks(plc("mixer", "10.0.0.5"), everyone=[plc("dryer", "10.0.0.6", "protected")])
    ways = await asyncio.gather(*(_asked(looks, f"hmi-{number}", str(number % 2)) for number in range(20)))
    assert (looks.times, len(ways)) == ({"plcs": 2, "everywhere": 1}, 20)
    assert all(each == [{"network": "10.0.0.5", "port": 502, "protocol": "tcp"}] for each in ways)


async def test_plcs_are_looked_at_anew_in_each_round() -> None:
    """Nothing of a look is gone by later: one that is protected meanwhile stays within reach."""
    looks = Looks(plc("mixer", "10.0.0.5"))
    assert len(await _asked(looks, "hmi")) == 1
    looks.everyone = [plc("dryer", "10.0.0.5", "protected")]
    for pod in ("hmi", "screen"):
        with pytest.raises(NoWayError, match="plant/dryer is at the address of plant/mixer"):
            await _asked(looks, pod)


async def test_of_thousands_of_plcs_little_is_kept() -> None:
    """Of PLCs that may be at the same address only that is kept, and the label that counts: memory is bounded."""
    whole = plc("mixer", "10.0.0.5", "allowed", port=1502)
    whole["metadata"] |= {"labels": {**whole["metadata"]["labels"], "line": "1"}, "managedFields": ["…"]}
    whole = {**whole, "spec": {**whole["spec"], "registers": ["…"]}, "status": {"history": ["…"]}}
    pages = {
        "": {"metadata": {"continue": "next"}, "items": [whole]},
        "next": {"metadata": {}, "items": [plc("b", "h")]},
    }

    class Rest:
        async def page(self, _kind: object, _namespace: object, _selector: str, token: str) -> Any:
            return pages[token]

    found = await Experiments(Rest(), "fab").everywhere("plant")  # type: ignore[arg-type]
    assert found == [plc("mixer", "10.0.0.5", "allowed", port=1502), plc("b", "h")]
