"""What experiments and agents say, as trees, tables and lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabctl.chaos.agents import agents
from fabctl.chaos.experiments import experiment
from fabctl.chaos.scenes import done_to, scenario_of, scene
from fabctl.chaos.tree import experiment_tree, happened
from fabctl.commands.chaos.following import code_of
from fabctl.render.experiments import agents_table, experiments_table
from fabctl.render.shapes import plain_table, table_for_people
from fabctl.render.tree import tree
from fabctl.times import for_people

from . import plant as world

NOW = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
ENDS = "2026-01-01T00:01:00Z"


def drawn(body: Any, *, wide: bool = False, programs: bool = False) -> list[str]:
    """Return the lines of the tree of an experiment."""
    lines = tree(experiment_tree(experiment(body), NOW), wide=wide, plain=True)
    said = str if programs else for_people
    return [" ".join([line.branch + said(line.head), ", ".join(map(said, line.words))]).rstrip() for line in lines]


def test_one_that_runs_says_how_much_time_is_left() -> None:
    """Of the whole, and of each target in which something is; probes with their answers, and no verdict yet."""
    targets = [
        world.target("hmi-1", effective=True, node="n1"),
        world.target("hmi-2", "Gone", recoveredAt="2026-01-01T00:00:20Z", confirmed=True),
    ]
    probes = [{"name": "page", "passed": 2}]
    given = {"scenario": {"cpuStress": {}}, "probes": [world.PROBE, {"name": "late", "pods": {}, "when": ["end"]}]}
    body = world.experiment("Running", spec=given, targets=targets, probes=probes, endsAt=ENDS, selected="2/5")
    assert drawn(body) == [
        "◌ experiment kill Running, cpuStress 100 % of 1 core, 2/5 targets",
        "|-- ✔ phase Pending",
        "|-- ◌ phase Running began 30s ago, 30 s left",
        "|-- · phase Recovering",
        "|-- · phase Completed",
        "|-- target hmi-1 Injected, 30s ago, 30 s left, with effect",
        "|-- target hmi-2 Gone, 10s ago",
        "|-- probe page 2 held",
        "|-- probe late not asked yet",
        "`-- verdict none yet",
    ]
    assert "node n1" in drawn(body, wide=True)[5]
    assert drawn(body, programs=True)[5] == f"|-- target hmi-1 Injected, {world.AT}, until {ENDS}, with effect"


def test_what_was_done_at_once_does_not_last() -> None:
    """A pod that was killed has no time left, though the experiment has."""
    body = world.experiment("Running", targets=[world.target("hmi-1")], endsAt=ENDS)
    assert drawn(body)[2].endswith("began 30s ago, 30 s left")
    assert "|-- target hmi-1 Injected, 30s ago" in drawn(body)


def test_what_is_left_is_never_more_than_was_asked_for() -> None:
    """Nor less than nothing, whatever the clocks say."""
    body = world.experiment("Running", endsAt="2026-01-01T09:00:00Z")
    assert "60 s left" in drawn(body)[2]
    assert "0 s left" in drawn(world.experiment("Running", endsAt="2025-01-01T09:00:00Z"))[2]


@pytest.mark.parametrize(
    ("body", "head", "phases"),
    [
        (world.experiment(), "⚠ experiment kill Pending, podKiller, one of the pods", ["◌ phase Pending"]),
        (
            world.experiment("Pending", reason="Denied", message="no policy", startedAt=None),
            "Denied: no policy",
            ["◌ phase Pending begins, or has failed in 270 s"],
        ),
        (
            world.experiment("Failed", verdict="Inconclusive", reason="NoTargets", message="no target", startedAt=None),
            "✖ experiment kill Failed, Inconclusive",
            ["✔ phase Pending", "✔ phase Failed"],
        ),
        (
            world.experiment("Completed", verdict="Passed", finishedAt=world.AT),
            "✔ experiment kill Completed, Passed",
            ["✔ phase Recovering", "✔ phase Completed 30s ago"],
        ),
    ],
)
def test_each_phase_says_where_it_stands(body: Any, head: str, phases: list[str]) -> None:
    """What is behind it, where it is, what comes; one that never began has not run."""
    lines = drawn(body)
    assert head in lines[0]
    for phase in phases:
        assert any(phase in line for line in lines), lines


def test_what_nobody_has_confirmed_is_said() -> None:
    """That it is over by the time of its lease alone stands at the target, and at the verdict."""
    silent = world.target("hmi-1", "Recovered", recoveredAt=world.AT, confirmed=False, effective=False)
    body = world.experiment("Failed", verdict="Inconclusive", reason="Lost", targets=[silent])
    lines = drawn(body)
    assert any(
        "without any effect that was seen, not confirmed: over by now, if it has a lease" in line for line in lines
    )
    assert lines[-1] == "`-- verdict Inconclusive Lost, nobody has said that it is over in hmi-1"
    assert [each.rule for each in happened(experiment(body))] == ["Injected", "Unconfirmed"]


def test_the_beginning_is_told_once() -> None:
    """What is said of a target at its end stands under the time of the end: as a line of its beginning it is new."""
    (begun,) = happened(experiment(world.experiment("Running", targets=[world.target("mixer")])))
    over = world.target("mixer", "Recovered", recoveredAt=ENDS, message="somebody has set it meanwhile")
    first, last = happened(experiment(world.experiment("Recovering", targets=[over])))
    assert (first, first.outcome) == (begun, "mixer")
    assert last.outcome == "mixer: somebody has set it meanwhile"


def test_one_that_was_told_to_end_says_so() -> None:
    """By spec.abort, or because it is deleted, until it is over; and which probe does not hold."""
    asked = world.experiment(
        "Running", spec={"abort": True}, probes=[{"name": "page", "failed": 1, "verdict": "Failed"}]
    )
    assert "told to end, by spec.abort" in drawn(asked)[0]
    assert "not as it must be: page" in drawn(asked)[0]
    asked["metadata"]["deletionTimestamp"] = world.AT
    assert "told to end, by deletion" in drawn(asked)[0]
    assert "told to end" not in drawn({**asked, "status": {"phase": "Aborted"}})[0]


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"podKiller": {"force": True}}, "podKiller by force"),
        ({"podKiller": {"gracePeriodSecs": 5}}, "podKiller with 5 s of grace"),
        (
            {"cpuStress": {"loadPercent": 80, "workers": 2, "container": "hmi"}},
            "cpuStress 80 % of 2 cores in container hmi",
        ),
        ({"cpuStress": {}}, "cpuStress 100 % of 1 core"),
        (
            {
                "networkDelay": {
                    "delayMillis": 200,
                    "jitterMillis": 50,
                    "lossPercent": 5,
                    "to": [{"cidr": "10.0.0.0/8"}],
                }
            },
            "networkDelay 200 +/- 50 ms, 5 % lost, to 10.0.0.0/8 TCP",
        ),
        ({"networkDelay": {"partition": True}}, "networkDelay nothing passes"),
        (
            {"networkDelay": {"delayMillis": 1, "to": [{"plcs": {"matchLabels": {"line": "3"}}}]}},
            "networkDelay 1 ms, to PLCs with line=3",
        ),
        ({"plcFault": {"fault": "frozen"}}, "plcFault frozen"),
        ({"plcDrift": {"register": "speed", "value": 17}}, "plcDrift speed = 17"),
        ({"apiLatency": {"delayMillis": 500}}, "apiLatency 500 ms"),
        ({"extension": {"name": "diskFull", "parameters": {"percent": 90}}}, "diskFull percent=90"),
        ({}, "-"),
    ],
)
def test_a_scenario_is_said_in_a_few_words(scenario: Any, said: str) -> None:
    """Each with what it is given, in the units that people use."""
    assert scene(*scenario_of({"scenario": scenario})) == said


def test_targets_are_said_in_a_few_words() -> None:
    """How many of what, and where."""
    labels = {
        "matchLabels": {"app": "hmi"},
        "matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}],
    }
    given = {"kind": "pods", "mode": "randomMaxPercent", "value": 30, "labelSelector": labels, "namespace": "line-2"}
    assert done_to(given) == "up to 30 % of the pods with app=hmi,zone notin (a) in namespace line-2"
    assert done_to({}) == ""


def test_the_table_says_how_long_each_goes_on() -> None:
    """People are told the seconds, programs until when; one that is over has nothing left."""
    bodies = [world.experiment("Running", endsAt=ENDS), world.experiment("Completed", "freeze", verdict="Passed")]
    table = experiments_table(map(experiment, bodies), wide=True, namespaces=True, now=NOW)
    lines = plain_table(table_for_people(table)).splitlines()
    assert lines[0].split() == [
        *("NAMESPACE", "NAME", "SCENARIO", "TARGET", "PHASE", "VERDICT", "TARGETS", "LEFT", "CREATED"),
        *("FINISHED", "MESSAGE"),
    ]
    assert "30 s left" in lines[1]
    assert f"until {ENDS}" in plain_table(table)
    assert "left" not in lines[2]


def test_agents_say_what_they_can_do() -> None:
    """A column for each capability; why one is missing; and whether it still renews its Lease."""
    fresh = (NOW - timedelta(seconds=3)).isoformat()
    leases = [
        world.agent("n2", world.AT, networkDelay="nfqueue", cpuStress="v2"),
        world.agent("n1", fresh, networkDelay="none: no NFQUEUE here", cpuStress="v1"),
    ]
    leases.append({**world.agent("n3", fresh), "spec": {"holderIdentity": ""}})
    there = agents(leases, NOW)
    assert [(each.node, each.state) for each in there] == [("n1", "ready"), ("n2", "silent"), ("n3", "ended")]
    assert (there[0].can("cpuStress"), there[0].can("networkDelay"), there[0].can("other")) == (True, False, False)
    lines = plain_table(table_for_people(agents_table(there, NOW, wide=True))).splitlines()
    assert lines[0].split()[:6] == ["NODE", "STATE", "RENEWED", "CPUSTRESS", "NETWORKDELAY", "VERSION"]
    assert "networkDelay: no NFQUEUE here" in lines[1]
    assert "agents/fabgitops-agent-n1" in lines[1]


def test_an_agent_that_says_it_is_another_nodes_can_do_nothing() -> None:
    """Its Lease is that of the node in its name, and the operator does not ask it: that is said, and what it claims."""
    lease = world.agent("n1", (NOW - timedelta(seconds=3)).isoformat(), cpuStress="v2")
    lease["metadata"]["annotations"]["agent.fabgitops.io/node"] = "n2"
    (found,) = agents([lease], NOW)
    assert (found.node, found.can("cpuStress")) == ("n1", False)
    assert found.lacking == "cpuStress: its Lease is of another node than it says (n2)"


@pytest.mark.parametrize("said", ['{"a":', "[1]", '"x"', '{"a": 1}', "[" * 100_000])
def test_capabilities_that_make_no_sense_are_none(said: str) -> None:
    """A Lease that holds anything is an agent that can do nothing."""
    lease = world.agent("n1", world.AT)
    lease["metadata"]["annotations"]["agent.fabgitops.io/capabilities"] = said
    (found,) = agents([lease], NOW)
    assert not found.can("a")


WORST: list[Any] = [None, 1, -1, "", "\x1b[2J\nforged", [], [None, 7], {}, {"a": {"b": []}}, 2**80, True, 1.5]


@pytest.mark.parametrize("value", WORST)
def test_whatever_a_status_holds_it_is_shown(value: Any) -> None:
    """No field of any type raises, or commands a terminal."""
    fields = ("phase", "verdict", "message", "startedAt", "endsAt", "finishedAt", "selected", "targets", "probes")
    records = [dict.fromkeys(("name", "state", "injectedAt", "recoveredAt", "confirmed", "message", "last"), value)]
    specs: list[Any] = [{"scenario": value, "target": value, "probes": value, "durationSecs": value}]
    specs += [
        {"scenario": {each: value}, "target": {"kind": value, "value": value}} for each in ("networkDelay", "plcDrift")
    ]
    statuses: list[Any] = [
        dict.fromkeys(fields, value),
        {"targets": records, "probes": records, "phase": "Running"},
    ]
    for body in ({"metadata": value, "spec": spec, "status": status} for spec in specs for status in statuses):
        lines = drawn(body, wide=True, programs=True)
        assert all(line.isprintable() for line in lines)
        experiments_table([experiment(body)], wide=True, namespaces=True, now=NOW)
        assert code_of(experiment(body)) in {0, 1, 7, 8}
