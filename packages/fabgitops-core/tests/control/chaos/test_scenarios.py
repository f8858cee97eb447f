"""What each scenario asks for, and how further ones come in."""

from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import Scenario as Chosen
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.control.chaos.deeds import (
    AgentInject,
    AgentRemove,
    AgentRenew,
    Deed,
    Delete,
    Evict,
    Lease,
    Leased,
    Mock,
    MockFault,
    MockRemove,
    MockRenew,
    MockSet,
    Spot,
)
from fabgitops_core.control.chaos.ids import (
    ExperimentUid,
    InjectionId,
    NodeName,
    TargetUid,
    injection_id,
    place_of,
)
from fabgitops_core.control.chaos.injecting import planned_records
from fabgitops_core.control.chaos.plan import planned
from fabgitops_core.control.chaos.registry import OURS, Broken, NotAScenario, registry, resolved, scenario_of
from fabgitops_core.control.chaos.selecting import Candidate, Choice

SPOT = Spot("line-4", "hmi-1", TargetUid("t"), NodeName("n"), InjectionId("e.t"), before="7")
LEASE = Lease("i", 10.0, 15.0, 75.0)


def of(scenario: dict[str, Any], known: Mapping[str, Any] = OURS) -> tuple[Deed, Deed | None]:
    """Return what is done, and what undoes it."""
    behaviour, given = resolved(Chosen.model_validate(scenario), known)
    assert behaviour.validate(given, ChaosPolicySpec(enabled=True)) == ()
    return behaviour.execute(given, SPOT), behaviour.cleanup(given, SPOT)


def test_pods_die() -> None:
    """A pod is evicted with the grace that was said, or deleted by force; nothing takes that back."""
    assert of({"podKiller": {"gracePeriodSecs": 5}}) == (Evict(SPOT, 5), None)
    assert of({"podKiller": {}}) == (Evict(SPOT, None), None)
    assert of({"podKiller": {"force": True}}) == (Delete(SPOT), None)


def test_what_agents_hold() -> None:
    """CPU and packets are for the agent of the node, in integers with their units, and end by one request."""
    burn, end = of({"cpuStress": {"loadPercent": 50, "workers": 2, "container": "hmi"}})
    assert burn == AgentInject(SPOT, {"kind": "cpu", "loadPercent": 50, "workers": 2, "container": "hmi"})
    assert end == AgentRemove(SPOT)
    to = [{"cidr": "10.0.0.0/8", "port": 502}, {"plcs": {"matchLabels": {"line": "4"}}}]
    late, _ = of({"networkDelay": {"delayMillis": 100, "jitterMillis": 20, "to": to}})
    assert isinstance(late, AgentInject)
    assert late.fault == {
        "kind": "network",
        "delayMillis": 100,
        "jitterMillis": 20,
        "lossPercent": 0,
        "to0": "TCP 10.0.0.0/8 502",
        "to1": 'plcs {"matchLabels":{"line":"4"}}',
    }
    cut, _ = of({"networkDelay": {"partition": True}})
    assert isinstance(cut, AgentInject)
    assert (cut.fault["lossPercent"], cut.fault["delayMillis"]) == (100, 0)
    api, _ = of({"apiLatency": {"delayMillis": 500}})
    assert isinstance(api, AgentInject)
    assert api.fault["to0"] == "api"


def test_packets_to_plcs() -> None:
    """With PLCs for targets only packets to where each is are late, and all of them share one injection."""
    plcs = {"kind": "plcs", "labelSelector": {"matchLabels": {"line": "4"}}, "mode": "all"}
    given = {"scenario": {"networkDelay": {"lossPercent": 5}}, "target": plcs}
    plan = planned(ChaosExperimentSpec.model_validate(given), "line-4", OURS)
    chosen = tuple(Candidate(name, TargetUid(name), place=TargetUid("pod"), node=NodeName("n")) for name in "ab")
    records = planned_records(ExperimentUid("e"), Choice(chosen, 2))
    assert [(each.uid, each.node, each.id) for each in records] == [("a", "n", "e.pod"), ("b", "n", "e.pod")]
    for record in records:
        deed = plan.deed(record)
        assert isinstance(deed, AgentInject)
        assert (deed.spot.kind, deed.fault["to0"], place_of(deed.spot.id)) == (TargetKind.PLCS, "target", "pod")


def test_what_mock_plcs_do() -> None:
    """A mock PLC fails, or holds something else, by its own control API: nothing is written to a PLC over Modbus."""
    mock = Mock(5503, "mock")
    fails = {"plcFault": {"fault": "frozen", "tokenSecret": "mock"}}
    assert of(fails) == (MockFault(SPOT, {"fault": "frozen"}, mock=mock), MockRemove(SPOT, mock))
    drifts = {"plcDrift": {"register": "speed", "value": 12.5, "tokenSecret": "mock"}}
    put_back = MockSet(SPOT, mock, "speed", 7, only_if=12.5)
    assert of(drifts) == (MockSet(SPOT, mock, "speed", 12.5), put_back)


def test_a_lease_goes_on_and_its_renewal_makes_nothing() -> None:
    """What lasts is renewed by a request of another kind than the one that makes it."""
    lasting = [each for name in ("cpuStress", "plcFault") for each in [_executed(name)]]
    renewed = [each.until(LEASE).renewed(LEASE) for each in lasting]
    assert [type(each) for each in renewed] == [AgentRenew, MockRenew]
    assert all(each.until(LEASE).lease == LEASE for each in lasting)
    assert not any(isinstance(each, Leased) for each in renewed)


def _executed(name: str) -> Leased:
    given: dict[str, Any] = {"cpuStress": {}, "plcFault": {"fault": "frozen"}}
    deed, _ = of({name: given[name]})
    assert isinstance(deed, Leased)
    return deed


def test_one_experiment_has_one_injection_a_target() -> None:
    """The name of an injection says whose it is, and in what."""
    assert injection_id(ExperimentUid("e"), TargetUid("t")) == "e.t"


class Fan(ApiModel):
    """What the scenario below is given."""

    fan: int


class FanStop:
    """A scenario of somebody else."""

    name = "fanStop"
    parameters = Fan
    targets = frozenset({TargetKind.PODS})
    needs = frozenset({"fan"})
    one_shot = False

    def validate(self, given: Fan, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong."""
        del given, policy
        return ()

    def execute(self, given: Fan, spot: Spot) -> Deed:
        """Return what is done."""
        return AgentInject(spot, {"kind": "fan", "fan": given.fan})

    def cleanup(self, given: Fan, spot: Spot) -> Deed | None:
        """Return what undoes it."""
        del given
        return AgentRemove(spot)


def test_a_package_brings_a_scenario() -> None:
    """What an entry point gives is a scenario like our own, with its parameters checked by its own model."""
    known = registry({"fanStop": FanStop()})
    chosen = {"extension": {"name": "fanStop", "parameters": {"fan": 2}}}
    assert of(chosen, known) == (AgentInject(SPOT, {"kind": "fan", "fan": 2}), AgentRemove(SPOT))
    wrong = {"extension": {"name": "fanStop", "parameters": {"fan": "two"}}}
    with pytest.raises(ValueError, match=r"^spec\.scenario\.extension\.parameters\.fan is 'two': [^\n]*$"):
        of(wrong, known)


def test_a_scenario_that_is_not_installed_is_told_of() -> None:
    """Who names an extension that is not there hears which are; ours are not reached by that way."""
    for name in ("fanStop", "podKiller"):
        with pytest.raises(ValueError, match=f"extension.name is '{name}': there are none"):
            of({"extension": {"name": name}})


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("fanStop", object(), "it gives object, which is no Scenario"),
        ("fan", FanStop(), "is called 'fanStop'"),
        ("podKiller", type("Mine", (FanStop,), {"name": "podKiller"})(), "takes the name of one of ours"),
        ("extension", type("Mine", (FanStop,), {"name": "extension"})(), "takes the name of one of ours"),
        ("Fan-Stop", type("Mine", (FanStop,), {"name": "Fan-Stop"})(), "a name begins with a small letter"),
        ("fanStop", type("Mine", (FanStop,), {"parameters": {}})(), "parameters: a pydantic model"),
        ("fanStop", type("Mine", (FanStop,), {"targets": frozenset({"pods"})})(), "targets: a frozenset of TargetKind"),
        ("fanStop", type("Mine", (FanStop,), {"needs": ["fan"]})(), "needs: a frozenset of texts"),
        ("fanStop", type("Mine", (FanStop,), {"one_shot": None})(), "one_shot: True or False"),
    ],
)
def test_what_is_no_scenario_is_told_of(name: str, given: object, why: str) -> None:
    """What a package brings that cannot be used is refused with the reason."""
    with pytest.raises(NotAScenario, match=why):
        scenario_of(name, given)
    assert scenario_of("fanStop", FanStop()).name == "fanStop"


def test_what_is_broken_is_told_by_name() -> None:
    """Who names a scenario that cannot be used hears why; ours are never replaced, and others are as they were."""
    known = registry({"fanStop": Broken("fans 1.0: no"), "podKiller": Broken("x"), "other": FanStop()})
    with pytest.raises(ValueError, match=r"name is 'fanStop', which cannot be used: fans 1\.0: no$"):
        of({"extension": {"name": "fanStop"}}, known)
    with pytest.raises(ValueError, match=r"there are other$"):
        of({"extension": {"name": "another"}}, known)
    assert of({"podKiller": {}}, known) == (Evict(SPOT, None), None)
    with pytest.raises(ValueError, match=r"^spec\.scenario is podKiller, which cannot be done here: no pods$"):
        of({"podKiller": {}}, {**known, "podKiller": Broken("no pods")})


def test_every_scenario_that_can_be_declared_is_there() -> None:
    """Each of the seven fields of spec.scenario leads to decisions, and to a model that is its own."""
    fields = {field.alias or name: field for name, field in Chosen.model_fields.items()}
    assert set(OURS) | {"extension"} == set(fields)
    for name, scenario in OURS.items():
        assert scenario.parameters in (getattr(fields[name].annotation, "__args__", None) or ())
