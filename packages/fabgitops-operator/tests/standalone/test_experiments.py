"""Chaos experiments in the store on this machine: what they find there, what holds them, what schedules do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.chaos.target import Target
from fabgitops_core.api.meta import Key
from fabgitops_core.api.selecting import Selector
from fabgitops_core.control.chaos.deeds import AgentRemove, Evict, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Result
from fabgitops_core.control.chaos.registry import OURS, Broken
from fabgitops_core.control.plc.requests import Endpoint, SecretKey
from fabgitops_core.engine.object_errors import Changed, Gone, Refused, Taken, Withdrawn
from fabgitops_core.engine.ports import SecretError
from fabgitops_core.modbus.route import straight
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.hosting.device_map import DeviceMap
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.standalone.children import StoreChildren
from fabgitops_operator.standalone.experiments import MANAGER, NoAgents, StoreExperiments, without_pods
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.local import BY_KIND, STATUS, Local
from fabgitops_operator.standalone.objects import StoreObjects
from fabgitops_operator.standalone.secret_files import SecretFiles
from fabgitops_operator.standalone.source.judging import Gate
from fabgitops_operator.standalone.source.lines import Lines
from fabgitops_operator.standalone.source.manifests import Manifest, Name
from fabgitops_operator.standalone.source.models import Models, Only
from fabgitops_operator.standalone.store import Actor, How, Objects, RefusedError, Store, Wanted
from fabgitops_operator.standalone.store.objects import sourced

USER, JUDGE = How(Actor.USER), ShippedRules()
SELECTOR = {"matchLabels": {"line": "1"}}
KEY = Key("ChaosExperiment", "default", "run")
RUN = {
    "scenario": {"plcFault": {"fault": "frozen"}},
    "target": {"kind": "plcs", "labelSelector": SELECTOR},
}


def body(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


class Tokens:
    """Secrets, of which this test has one."""

    async def text(self, secret: SecretKey) -> str:
        """Return what it holds."""
        if secret.name != "mock":
            raise SecretError(f"there is no Secret {secret.name}")
        return "open sesame"


class Kept:
    """A store with one PLC and a policy from the source, and what experiments know of it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.objects = store, Objects(store, JUDGE)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.asking = StoreObjects(store, self.objects, lambda *what: self.counts.update([what]), manager=MANAGER)
        self.world = StoreExperiments(store, self.objects, Tokens(), straight)
        self.local = Local(store, self.objects, SecretFiles(folder))

    async def take(self, policy: dict[str, Any], revision: str = "1") -> None:
        """Take a revision of the source."""
        plc = {"deviceAddress": "10.0.0.5", "port": 1502, "targetRegister": 1, "targetValue": 5}
        labels = {"line": "1"}
        await self.objects.take(
            revision,
            [
                Wanted(BY_KIND[kind], namespace, name, body(kind, name, spec, **more), f"{name}.yaml:1")
                for kind, namespace, name, spec, more in (
                    ("IndustrialPLC", "default", "mixer", plc, {"labels": labels}),
                    ("ChaosPolicy", "", "default", policy, {}),
                )
            ],
            [],
        )

    async def make(self, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Make something, as a user."""
        return (await self.objects.create(BY_KIND[kind], "default", body(kind, name, spec), USER)).decoded()

    async def say(self, kind: str, name: str, status: dict[str, Any]) -> None:
        """Write a status."""
        await self.objects.patch(BY_KIND[kind], "default", name, {"status": status}, "merge", STATUS)

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """Return an object; empty where there is none."""
        record = self.store.get(BY_KIND[kind], namespace, name)
        return record.decoded() if record else {}

    @property
    def spot(self) -> Spot:
        """Return where the PLC is."""
        uid = TargetUid(self.get("IndustrialPLC", "mixer")["metadata"]["uid"])
        return Spot("default", "mixer", uid, NodeName(""), InjectionId("x.y"))


@pytest.fixture(name="kept")
async def _kept(tmp_path: Path) -> AsyncIterator[Kept]:
    store = await Store.open(tmp_path / "state")
    made = Kept(store, tmp_path)
    await made.take({"enabled": True, "scenarios": ["plcFault"]})
    yield made
    await store.close()


async def test_what_is_found(kept: Kept) -> None:
    """The policy is the one of the store, PLCs are found by their labels, with what speaks against each."""
    policy = await kept.world.policy()
    assert policy
    assert (policy.enabled, await kept.world.opted_in("anywhere")) == (True, True)
    target = Target.model_validate(RUN["target"])
    (plc,) = await kept.world.candidates("default", target)
    assert (plc.name, plc.uid, plc.claimed_by, plc.moved_by) == ("mixer", kept.spot.uid, "", "")
    assert await kept.world.candidates("other", target) == ()
    for others in ({"matchLabels": {"line": "2"}}, {"matchExpressions": [{"key": "line", "operator": "DoesNotExist"}]}):
        assert await kept.world.plcs("default", Selector.model_validate(others)) == []
    here = {"matchExpressions": [{"key": "line", "operator": "In", "values": ["1", "2"]}]}
    assert len(await kept.world.plcs("default", Selector.model_validate(here))) == 1
    await kept.say(
        "IndustrialPLC", "mixer", {"conditions": [], "registers": [{"name": "1", "unverifiedWrite": "0005"}]}
    )
    await kept.make("ChaosExperiment", "other", RUN)
    record = {"name": "mixer", "uid": plc.uid, "id": f"e.{plc.uid}"}
    await kept.say("ChaosExperiment", "other", {"phase": "Running", "targets": [record]})
    (busy,) = await kept.world.candidates("default", target)
    assert (busy.claimed_by, busy.moved_by) == ("default/other", "its operator")


async def test_a_rollout_that_is_at_work_leads(kept: Kept) -> None:
    """PLCs that a SetpointRollout releases just now are its own; when it rests they are nobody's."""
    target = Target.model_validate(RUN["target"])
    await kept.make("SetpointRollout", "presses", {"selector": SELECTOR})
    for phase, moved_by in (("Baking", "the SetpointRollout presses"), ("Watching", "")):
        await kept.say("SetpointRollout", "presses", {"phase": phase})
        (plc,) = await kept.world.candidates("default", target)
        assert plc.moved_by == moved_by


async def test_where_a_plc_is(kept: Kept) -> None:
    """Its address is that of the manifest; one that was replaced is gone, and a token comes out of its Secret."""
    assert await kept.world.endpoint(kept.spot) == Endpoint("10.0.0.5", 1502)
    other = Spot("default", "mixer", TargetUid("other"), NodeName(""), InjectionId("x.y"))
    assert await kept.world.endpoint(other) is None
    assert (await kept.world.token(kept.spot, ""), await kept.world.token(kept.spot, "mock")) == ("", "open sesame")
    with pytest.raises(LookupError, match="there is no Secret none"):
        await kept.world.token(kept.spot, "none")


async def test_where_a_plc_is_that_the_device_map_does_not_name(kept: Kept, tmp_path: Path) -> None:
    """It is nowhere, and why is told: an experiment waits for it by that, and ends what it has begun."""
    (tmp_path / "map.yaml").write_text('"10.0.0.6:502": "127.0.0.1:41001"')
    world = StoreExperiments(kept.store, kept.objects, Tokens(), DeviceMap(tmp_path / "map.yaml"))
    with pytest.raises(AwayError, match=r"10\.0\.0\.5:1502 is not connected to: it is not in --device-map"):
        await world.endpoint(kept.spot)


async def test_it_is_held_until_it_is_over(kept: Kept) -> None:
    """An experiment that is deleted stays until it is let go; one that is gone is let go, and cannot be held."""
    await kept.make("ChaosExperiment", "run", RUN)
    for _ in range(2):
        await kept.world.hold(KEY)
    assert kept.get("ChaosExperiment", "run")["metadata"]["finalizers"] == ["fabgitops.io/chaos"]
    await kept.objects.delete(BY_KIND["ChaosExperiment"], "default", "run", None, USER)
    assert "deletionTimestamp" in kept.get("ChaosExperiment", "run")["metadata"]
    await kept.world.release(KEY)
    assert kept.get("ChaosExperiment", "run") == {}
    await kept.world.release(KEY)
    with pytest.raises(AwayError, match="is not there any more"):
        await kept.world.hold(KEY)


async def test_there_are_no_pods(kept: Kept) -> None:
    """Whatever takes pods or agents is refused by name, with what can be done instead; mocks are for whoever asks."""

    class Mine:
        """A scenario of a package."""

        needs = frozenset({"mock"})

    known = without_pods(cast("Any", {**OURS, "mine": Mine(), "bad": Broken("why")}))
    left = {name for name, each in known.items() if not isinstance(each, Broken)}
    assert left == {"plcFault", "plcDrift", "mine"}
    assert known["podKiller"] == Broken(
        "there are no pods without a cluster, nor agents that hold packets back; what can be done is mine, plcDrift,"
        " plcFault"
    )
    assert known["bad"] == Broken("why")
    with pytest.raises(AwayError, match="there are no pods"):
        await kept.world.pods("default", Selector.model_validate(SELECTOR))
    with pytest.raises(AwayError, match="there are no pods"):
        await kept.world.operator("default")
    assert (await kept.world.kill(Evict(kept.spot))).result is Result.REFUSED
    assert (await NoAgents().do(AgentRemove(kept.spot))).result is Result.REFUSED
    assert "there are no pods" in (await NoAgents().place(AgentRemove(kept.spot))).why


async def test_the_switch_of_a_policy_from_the_source(kept: Kept) -> None:
    """Anybody may switch it off and back, and nothing else of it; no change in the source switches it on meanwhile."""
    off, on = {"enabled": False}, {"enabled": True}

    async def patch(spec: dict[str, Any], **metadata: Any) -> None:
        given = {"spec": spec, "metadata": metadata}
        await kept.objects.patch(BY_KIND["ChaosPolicy"], "", "default", given, "merge", USER)

    def enabled() -> bool:
        found: bool = kept.get("ChaosPolicy", "default", "")["spec"]["enabled"]
        return found

    for spec in ({"maxTargets": 9}, {**off, "maxTargets": 9}):
        with pytest.raises(RefusedError, match=r"it comes from the source, .*spec.enabled: false is taken here, too"):
            await patch(spec)
    await patch(off)
    await patch(off, annotations={sourced.BY_HAND: None})
    for number, scenarios in enumerate((["plcFault", "plcDrift"], ["plcDrift"])):
        await kept.take({**on, "scenarios": scenarios}, str(number))
        assert (enabled(), kept.get("ChaosPolicy", "default", "")["spec"]["scenarios"]) == (False, scenarios)
    with pytest.raises(RefusedError, match="it comes from the source"):
        await patch({**on, "maxTargets": 9})
    await patch(on)
    assert (enabled(), kept.get("ChaosPolicy", "default", "")["metadata"].get("annotations", {})) == (True, {})
    await kept.take({**off, "scenarios": ["plcDrift"]}, "8")
    await patch({}, annotations={sourced.BY_HAND: "2026-01-01T00:00:00Z"})
    with pytest.raises(RefusedError, match="it comes from the source"):
        await patch(on)
    await kept.take({**on, "scenarios": ["plcDrift"]}, "9")
    assert enabled()


@pytest.mark.parametrize("said", [{"enabled": False}, {}])
async def test_a_policy_that_was_switched_off_is_the_sources_again(kept: Kept, said: dict[str, Any]) -> None:
    """As soon as the source has it off itself, said or left out: then only the source switches it on."""
    policy = BY_KIND["ChaosPolicy"]
    off, on = {**said, "scenarios": ["plcFault"]}, {"enabled": True, "scenarios": ["plcFault"]}
    await kept.objects.patch(policy, "", "default", {"spec": {"enabled": False}}, "merge", USER)
    await kept.take(off, "2")
    with pytest.raises(RefusedError, match="it comes from the source"):
        await kept.objects.patch(policy, "", "default", {"spec": {"enabled": True}}, "merge", USER)
    await kept.take(on, "3")
    assert kept.get("ChaosPolicy", "default", "")["spec"]["enabled"] is True


@pytest.mark.parametrize("spec", [None, "off", [1], {"enabled": "yes"}, "missing"])
async def test_a_malformed_revision_is_refused_by_file_and_line(kept: Kept, spec: Any) -> None:
    """Also of a policy that is stopped by hand: it is told in the words in which it is told of any other."""
    await kept.objects.patch(BY_KIND["ChaosPolicy"], "", "default", {"spec": {"enabled": False}}, "merge", USER)
    given = body("ChaosPolicy", "default", spec)
    if spec == "missing":
        del given["spec"]
    manifest = Manifest(Name("ChaosPolicy", "", "default"), given, "policy.yaml", Lines(1))
    gate = Gate(JUDGE, Models([Only(CHAOS_POLICY)]), BY_KIND)
    new, stopped = [
        [str(each) for each in (await gate.verdict([manifest], lambda _: None, before)).troubles]
        for before in ({}, {manifest.name: kept.get("ChaosPolicy", "default", "")})
    ]
    assert stopped == new
    assert new[0].startswith("policy.yaml:1: ChaosPolicy /default: spec")


async def test_an_experiment_from_the_source_is_ended_by_hand(kept: Kept) -> None:
    """By spec.abort and nothing else; whatever changes beside its spec in the source, it stays ended, and is taken."""
    experiments, gate = BY_KIND["ChaosExperiment"], Gate(JUDGE, Models([Only(CHAOS_EXPERIMENT)]), BY_KIND)

    async def named(revision: str, **labels: str) -> None:
        given = body("ChaosExperiment", "run", RUN, namespace="default", labels=labels)
        manifest = Manifest(Name(*KEY), given, "run.yaml", Lines(1))
        before = {manifest.name: kept.get("ChaosExperiment", "run")} if kept.get("ChaosExperiment", "run") else {}
        verdict = await gate.verdict([manifest], lambda _: None, before)
        assert verdict.troubles == []
        await kept.objects.take(revision, [Wanted(experiments, "default", "run", given, "run.yaml:1")], [])

    await named("2")
    for spec in ({"durationSecs": 9}, {"abort": True, "durationSecs": 9}):
        with pytest.raises(RefusedError):
            await kept.objects.patch(experiments, "default", "run", {"spec": spec}, "merge", USER)
    with pytest.raises(RefusedError, match=r"change it in Git: run.yaml \(spec.abort: true is taken here, too\)"):
        await kept.objects.delete(experiments, "default", "run", None, USER)
    await kept.objects.patch(experiments, "default", "run", {"spec": {"abort": True}}, "merge", USER)
    await named("3", line="2")
    there = kept.get("ChaosExperiment", "run")
    assert (there["spec"]["abort"], there["metadata"]["labels"]) == (True, {"line": "2"})
    with pytest.raises(RefusedError, match="does not go on"):
        await kept.objects.patch(experiments, "default", "run", {"spec": {"abort": False}}, "merge", USER)


def run(name: str = "often-1") -> dict[str, Any]:
    """Return a run, as a schedule makes it."""
    return body("ChaosExperiment", name, RUN, namespace="default", labels={"line": "1"})


async def test_a_run_is_made_once(kept: Kept) -> None:
    """A schedule that asks again finds the run there; what the rules refuse is told, and what is not wanted is none."""
    made = await kept.asking.apply(run(), force=False)
    assert (made.created, made.body["metadata"]["name"]) == (True, "often-1")
    with pytest.raises(Taken) as taken:
        await kept.asking.apply(run(), force=False)
    assert taken.value.stands
    assert taken.value.stands["metadata"]["uid"] == made.body["metadata"]["uid"]
    wrong = {**run("often-2"), "spec": {**RUN, "durationSecs": 0}}
    with pytest.raises(Refused, match="durationSecs"):
        await kept.asking.apply(wrong, force=False)
    with pytest.raises(Withdrawn):
        await kept.asking.apply(run("often-3"), force=False, wanted=lambda: False)
    with pytest.raises(TypeError):
        await kept.asking.apply(run(), force=False, uid="u")
    assert kept.counts == Counter({("chaosexperiments", name): 1 for name in ("ok", "taken", "refused")})


async def test_a_run_is_deleted_and_no_other(kept: Kept) -> None:
    """One of another uid or version is left alone; one that is gone is told of."""
    made = await kept.asking.apply(run(), force=False)
    key, uid = Key("ChaosExperiment", "default", "often-1"), str(made.body["metadata"]["uid"])
    for wrong, kind, version in (("other", Taken, 0), (uid, Changed, 1)):
        with pytest.raises(kind):
            await kept.asking.delete(key, wrong, version)
    await kept.asking.delete(key, uid)
    with pytest.raises(Gone):
        await kept.asking.delete(key, uid)
    assert kept.counts["chaosexperiments", "ok"] == 2


class Told:
    """Who is told of what is owned."""

    label = ""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.wrong = ""

    def show(self, body: Any) -> None:
        """Note it, unless it is one that is not understood."""
        if (name := body["metadata"]["name"]) == self.wrong:
            raise ValueError(f"{name} is wrong")
        self.said.append(f"shown {name}")

    def seen(self, body: Any) -> None:
        """Note it."""
        self.said.append(f"seen {body['metadata']['name']}")

    def gone(self, body: Any) -> None:
        """Note it."""
        self.said.append(f"gone {body['metadata']['name']}")

    @contextmanager
    def listing(self, namespace: str | None) -> Iterator[Any]:
        """Note what is shown."""
        assert namespace is None
        yield SimpleNamespace(
            show=self.show,
            complete=lambda version: self.said.append(f"complete {version > 0}"),
        )


async def test_runs_are_followed(kept: Kept) -> None:
    """What is there when the source was looked at is shown whole, and each change is told from there on."""
    await kept.make("ChaosExperiment", "old", RUN)
    scope, told, looked = Scope(CHAOS_EXPERIMENT, None), Told(), asyncio.Event()
    hearing = Hearing([scope], 60.0, 60.0)
    children = StoreChildren(kept.store, kept.local, hearing, cast("Any", {scope: told}))
    async with children.running(looked.wait), asyncio.timeout(20):
        await asyncio.sleep(0)
        assert told.said == []
        looked.set()
        while told.said != ["shown old", "complete True"]:
            await asyncio.sleep(0.01)
        assert hearing.up
        await kept.make("ChaosExperiment", "new", RUN)
        await kept.objects.delete(BY_KIND["ChaosExperiment"], "default", "old", None, USER)
        while told.said[2:] != ["seen new", "gone old"]:
            await asyncio.sleep(0.01)


async def test_a_fault_over_one_run_is_told(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are shown all the same, none is taken for gone, and it is tried again: a schedule would begin another."""
    monkeypatch.setattr("fabgitops_operator.standalone.children.AGAIN_SECS", 0.0)
    await kept.make("ChaosExperiment", "a", RUN)
    await kept.make("ChaosExperiment", "b", RUN)
    scope, told, looked = Scope(CHAOS_EXPERIMENT, None), Told(), asyncio.Event()
    told.wrong = "a"
    hearing = Hearing([scope], 60.0, 60.0)
    children = StoreChildren(kept.store, kept.local, hearing, cast("Any", {scope: told}))
    looked.set()
    async with children.running(looked.wait), asyncio.timeout(20):
        while not told.said:
            await asyncio.sleep(0.01)
        assert set(told.said) == {"shown b"}
        assert "a fault of our own: ValueError('a is wrong')" in hearing.not_ready()
        told.wrong = ""
        while not hearing.up:
            await asyncio.sleep(0.01)
        assert told.said[-3:] == ["shown a", "shown b", "complete True"]
        await kept.make("ChaosExperiment", "c", RUN)
        while told.said[-1] != "seen c":
            await asyncio.sleep(0.01)
