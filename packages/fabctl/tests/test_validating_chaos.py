"""Chaos experiments judged without a cluster, as the operator judges them; what a ChaosPolicy says, as it says it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.chaos.choosing import candidates, choice, sparing
from fabctl.chaos.experiments import experiment
from fabctl.chaos.guarding import against, policy
from fabctl.chaos.scenarios import OURS, known
from fabctl.chaos.scenes import SCENARIOS, scenario_of
from fabctl.judging import findings
from fabctl.manifests import read_text
from fabctl.offline.rules import Rules, known_scenarios
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT, ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import SCENARIOS as CORES
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.guards import against as cores_against
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.plan import planned
from fabgitops_core.control.chaos.registry import OURS as REGISTRY
from fabgitops_core.control.chaos.selecting import Candidate, chosen
from fabgitops_core.control.chaos.selecting import sparing as cores_sparing
from fabgitops_core.control.chaos.states import Aborted, Completed, Failed
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.intake import declared
from hypothesis import given
from hypothesis import strategies as st

Body = dict[str, Any]

JUDGE = Rules()
CONTROLLER = ExperimentController(REGISTRY)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LINE = {"matchLabels": {"line": "3"}}
PODS = {"kind": "pods", "labelSelector": LINE}
PLCS = {"kind": "plcs", "labelSelector": LINE}
HTTP = {"name": "page", "http": {"url": "http://hmi/"}}


def manifest(scenario: Body | None = None, target: Body | None = PODS, **spec: Any) -> Body:
    """Return an experiment that kills a pod, or what is said instead."""
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosExperiment", "metadata": {"name": "x", "namespace": "plant"}}
    aim = {} if target is None else {"target": target}
    return {**kind, "spec": {"scenario": scenario or {"podKiller": {}}, **aim, **spec}}


MANIFESTS: list[tuple[Body, str]] = [
    (manifest(), ""),
    (manifest({"apiLatency": {"delayMillis": 500}}, None), ""),
    (manifest({"plcFault": {"fault": "frozen"}}, PLCS, probes=[HTTP]), ""),
    (manifest({"podKiller": {}, "cpuStress": {}}), "exactly one of podKiller"),
    (manifest({"podKiller": {"force": True, "gracePeriodSecs": 3}}), "force gives no grace"),
    (manifest({"podKiller": {}}, None), "takes no target; everything else takes one"),
    (manifest({"podKiller": {}}, PLCS), "podKiller and cpuStress take pods"),
    (manifest({"plcFault": {"fault": "frozen"}}), "plcFault and plcDrift take plcs"),
    (manifest({"plcFault": {"fault": "frozen,for=3s"}}, PLCS), "leave first, after, every, for and executes out"),
    (manifest({"networkDelay": {}}), "say what becomes of packets"),
    (manifest({"networkDelay": {"partition": True, "delayMillis": 3}}), "a partition lets nothing pass"),
    (manifest({"networkDelay": {"delayMillis": 3, "jitterMillis": 4}}), "at most as much"),
    (manifest({"networkDelay": {"delayMillis": 3, "to": [{"cidr": "10.0.0.0/33"}]}}), "address and a prefix length"),
    (manifest({"networkDelay": {"delayMillis": 3, "to": [{"cidr": "::/0", "plcs": LINE}]}}), "exactly one of cidr"),
    (manifest({"networkDelay": {"delayMillis": 3, "to": [{"plcs": LINE, "port": 5}]}}), "a PLC has its own port"),
    (manifest({"apiLatency": {"delayMillis": 5, "jitterMillis": 6}}, None), "at most as much"),
    (manifest(target={**PODS, "mode": "fixed"}), "take a value"),
    (manifest(target={**PODS, "value": 3}), "take a value"),
    (manifest(target={**PODS, "mode": "fixedPercent", "value": 101}), "a percentage is at most 100"),
    (manifest(target={"kind": "pods", "labelSelector": {}}), "an empty selector selects nothing"),
    (manifest(durationSecs=0), "durationSecs"),
    (manifest(durationSecs=86401), "durationSecs"),
    (manifest(probes=[{"name": "a"}]), "exactly one of plc"),
    (manifest(probes=[{**HTTP, "when": ["start"], "withinSecs": 5}]), "withinSecs is about the end"),
    (manifest(probes=[HTTP, HTTP]), "page"),
    (manifest(probes=[{"name": "a", "prometheus": {"query": "up", "condition": "result["}}]), "condition"),
    (manifest({"extension": {"name": "diskFull"}}), "spec.scenario.extension.name is 'diskFull': there are none"),
    (manifest({"extension": {"name": "podKiller"}}), "spec.scenario.extension.name is 'podKiller'"),
]


@pytest.mark.parametrize(("body", "reason"), MANIFESTS)
def test_it_says_what_the_operator_says(body: Body, reason: str) -> None:
    """What is taken here the operator takes, and what is refused here by name it calls Invalid, by the same name."""
    refused = JUDGE.refused(body)
    problems = refused or JUDGE.doubted(body, lambda _: None)
    key = Key(CHAOS_EXPERIMENT.name, "plant", "x")
    metadata = {**body["metadata"], "uid": "u", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
    event = declared(CHAOS_EXPERIMENT, {**body, "metadata": metadata}, NOW)
    state, _ = CONTROLLER.step(CONTROLLER.start(key), event)
    if not reason:
        assert problems == []
        assert not isinstance(state, Completed | Failed | Aborted)
        return
    assert any(reason in message for _, message in problems), problems
    assert isinstance(state, Failed)
    assert state.status.reason == "Invalid"
    assert reason in state.status.message


@pytest.fixture(name="twice")
def _twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have two packages that bring the same scenario be installed; yield what is said of that."""
    for package in ("disks", "drives"):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[fabgitops.scenarios]\ndiskFull = {package}:FULL\n")
    monkeypatch.syspath_prepend(tmp_path)
    known_scenarios.cache_clear()
    yield "several packages bring it: disks 1.0, drives 1.0; leave all but one out"
    known_scenarios.cache_clear()


def test_a_name_that_two_packages_bring_is_neithers(twice: str) -> None:
    """As to the operator: no experiment may say it, and what is listed says why."""
    ((_, said),) = JUDGE.doubted(manifest({"extension": {"name": "diskFull"}}), lambda _: None)
    assert said == f"spec.scenario.extension.name is 'diskFull', which cannot be used: {twice}"
    assert known()["diskFull"].does == f"nothing here: {twice}."
    assert read_text(known()["diskFull"].manifest, "diskFull").troubles == ()


def test_a_template_of_a_schedule_is_judged_as_well() -> None:
    """With where it stands; and its schedule is, too."""
    kind = {"apiVersion": "fabgitops.io/v1", "kind": "ChaosSchedule", "metadata": {"name": "x"}}
    spec = {"schedule": "0 3 * * *", "template": {"spec": manifest({"extension": {"name": "diskFull"}})["spec"]}}
    ((path, said),) = JUDGE.doubted({**kind, "spec": spec}, lambda _: None)
    assert path[:4] == ("spec", "template", "spec", "scenario")
    assert said.startswith("spec.template.spec.scenario.extension.name is 'diskFull'")
    ((path, _),) = JUDGE.doubted({**kind, "spec": {**spec, "schedule": "61 3 * * *"}}, lambda _: None)
    assert path == ("spec", "schedule")


def test_a_policy_is_in_no_namespace() -> None:
    """It is judged like anything else, told without a namespace, and there is one."""
    text = yaml.safe_dump(
        {"apiVersion": "fabgitops.io/v1", "kind": "ChaosPolicy", "metadata": {"name": "mine"}, "spec": {}}
    )
    (found,) = findings(read_text(text, "policy.yaml").manifests, JUDGE, "plant")
    assert found.message.startswith("ChaosPolicy mine: ")
    assert "there is one ChaosPolicy: call it default" in found.message


def test_each_scenario_has_a_manifest_that_is_valid() -> None:
    """As it is printed, comments and all; none of the operator's is missing."""
    assert known().keys() >= REGISTRY.keys() == {each.name for each in OURS}
    assert len(SCENARIOS) == len(CORES)
    for each in known().values():
        found = read_text(each.manifest, each.name)
        assert (found.troubles, len(found.manifests)) == ((), 1)
        assert [*findings(found.manifests, JUDGE, "plant")] == []
        assert scenario_of(found.manifests[0].body["spec"])[0] == each.name


POLICIES: list[Body | None] = [
    None,
    {},
    {"enabled": True},
    {"enabled": True, "scenarios": ["podKiller"]},
    {"enabled": True, "scenarios": ["podKiller"], "maxDurationSecs": 59},
    {"enabled": False, "scenarios": ["podKiller"]},
]


AIMS: list[Body] = [
    PODS,
    {**PODS, "mode": "fixed", "value": 6},
    {**PODS, "mode": "fixedPercent", "value": 60},
    {**PODS, "mode": "randomMaxPercent", "value": 51},
    {"kind": "pods", "labelSelector": {"matchLabels": {"fabgitops.io/chaos": "protected"}}},
]


@pytest.mark.parametrize("aim", AIMS)
@pytest.mark.parametrize("opted_in", [True, False])
@pytest.mark.parametrize("allowed", POLICIES)
def test_a_policy_says_what_it_says_to_the_operator(allowed: Body | None, aim: Body, *, opted_in: bool) -> None:
    """The first thing that speaks against an experiment is the same here and there, word by word."""
    body = manifest(target=aim)
    plan = planned(ChaosExperimentSpec.model_validate(body["spec"]), "plant", REGISTRY)
    there = None if allowed is None else ChaosPolicySpec.model_validate(allowed)
    cores = cores_against(plan, Facts(there, opted_in), NOW)
    ours = against(experiment(body), None if allowed is None else policy({"spec": allowed}), "plant", opted_in=opted_in)
    assert (ours or [""])[0] == cores


FLAGS = ("ready", "completed", "deleting", "ours", "protected", "claimed")


@given(
    st.sampled_from(["pods", "plcs"]),
    st.lists(st.one_of(st.sets(st.sampled_from(FLAGS)), st.just({"ready"}), st.just({"ready", "claimed"})), max_size=8),
    st.sampled_from(["one", "all", "fixed", "fixedPercent", "randomMaxPercent"]),
    st.integers(1, 100),
    st.sampled_from(["a", "b", "seed-3"]),
    st.fixed_dictionaries(
        {},
        optional={
            "maxTargets": st.integers(1, 50),
            "maxPercent": st.integers(1, 100),
            "minReadyLeft": st.integers(0, 4),
            "allowSelf": st.booleans(),
        },
    ),
)
def test_it_would_hit_what_the_operator_hits(
    kind: str, pods: list[set[str]], mode: str, value: int, seed: str, spec: Body
) -> None:
    """Of the same pods or PLCs the same are chosen by a seed, the same never, and the same are counted as ready."""
    scenario: Body = {"podKiller": {}} if kind == "pods" else {"plcFault": {"fault": "frozen"}}
    target: Body = {**PODS, "kind": kind, "mode": mode, "seed": seed} | (
        {} if mode in {"one", "all"} else {"value": value}
    )
    bodies = [_pod(f"p{at}", flags) for at, flags in enumerate(pods)]
    allowed = policy({"spec": spec})
    claimed = {f"u-p{at}": "plant/x" for at, flags in enumerate(pods) if "claimed" in flags}
    found = choice(candidates(bodies, target, allowed, claimed), target, allowed)
    cores = chosen(
        ChaosExperimentSpec.model_validate({"scenario": scenario, "target": target}).target,
        [(_candidate if kind == "pods" else _plc)(f"p{at}", flags) for at, flags in enumerate(pods)],
        ChaosPolicySpec.model_validate(spec),
        "uid",
    )
    assert (found.counts, found.refusal) == (cores.counts, cores.refusal)
    assert sorted(found.named) == sorted(each.name for each in cores.chosen)


@pytest.mark.parametrize(("down", "refused"), [(0, False), (2, False), (3, True)])
def test_plcs_that_are_down_are_not_left_ready(down: int, *, refused: bool) -> None:
    """Where it is not known which are chosen it is refused only if too few that are ready would be left of any."""
    bodies = [_pod(f"p{at}", {"ready"} if at >= down else set()) for at in range(3)]
    target, allowed = {**PLCS, "mode": "fixed", "value": 2}, policy({"spec": {"maxPercent": 100}})
    refusal = choice(candidates(bodies, target, allowed, {}), target, allowed).refusal
    assert refusal.startswith("it would leave 0 ready") is refused
    old = [{**each, "metadata": {**each["metadata"], "generation": 2}} for each in bodies]
    assert "leave 0 ready" in choice(candidates(old, target, allowed, {}), target, allowed).refusal


@pytest.mark.parametrize("scenario", ["podKiller", "networkDelay"])
@pytest.mark.parametrize("kind", ["pods", "plcs"])
def test_it_spares_the_packets_that_the_operator_spares(scenario: str, kind: str) -> None:
    """Packets of our own pods are held by neither side's word, and everything else goes by allowSelf as it is."""
    needs = frozenset({"networkDelay"} if scenario == "networkDelay" else ())
    body = {**PODS, "kind": kind}
    target = ChaosExperimentSpec.model_validate({"scenario": {"cpuStress": {}}, "target": PODS}).target
    assert target
    aimed = target.model_copy(update={"kind": TargetKind(kind)})
    cores = cores_sparing(ChaosPolicySpec(allow_self=True), aimed, needs)
    assert sparing(policy({"spec": {"allowSelf": True}}), scenario, body).allow_self is cores.allow_self
    assert cores.allow_self is (scenario == "podKiller" or kind == "plcs")


def test_a_pod_in_the_network_of_its_node_is_never_hit() -> None:
    """What the node needs is not touched."""
    body = _pod("p", {"ready"})
    body["spec"]["hostNetwork"] = True
    assert [each.why_not for each in candidates([body], PODS, None, {})] == ["in the network of the node"]
    for name in ("name", "part-of"):
        body["spec"]["hostNetwork"], body["metadata"]["labels"] = False, {f"app.kubernetes.io/{name}": "fabgitops"}
        assert [each.why_not for each in candidates([body], PODS, None, {})] == ["of our own"]


def _pod(name: str, flags: set[str]) -> Body:
    labels = {"app.kubernetes.io/name": "fabgitops"} if "ours" in flags else {}
    labels |= {"fabgitops.io/chaos": "protected"} if "protected" in flags else {}
    metadata: Body = {"name": name, "uid": f"u-{name}", "labels": labels}
    metadata |= {"deletionTimestamp": "2026-01-01T00:00:00Z"} if "deleting" in flags else {}
    ready = {"type": "Ready", "status": "True" if "ready" in flags else "False"}
    status = {"phase": "Succeeded" if "completed" in flags else "Running", "conditions": [ready]}
    return {"metadata": metadata, "spec": {}, "status": status}


def _plc(name: str, flags: set[str]) -> Candidate:
    return replace(_candidate(name, flags - {"completed", "ours"} | {"ready"}), working="ready" in flags)


def _candidate(name: str, flags: set[str]) -> Candidate:
    labels = {"fabgitops.io/chaos": "protected"} if "protected" in flags else {}
    return Candidate(
        name=name,
        uid=TargetUid(f"u-{name}"),
        namespace="plant",
        node=NodeName("n"),
        labels=labels,
        ready="ready" in flags,
        completed="completed" in flags,
        deleting="deleting" in flags,
        ours="ours" in flags,
        claimed_by="plant/x" if "claimed" in flags else "",
    )
