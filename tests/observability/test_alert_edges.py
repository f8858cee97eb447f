"""Alerts where a person would be misled: around restarts of the operator, and PLCs that are suspended or deleted."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.control.plc.situations import ALL, Situation
from fabgitops_core.control.rollout.saying import situations as workloads
from fabgitops_core.control.setpoint import situations as rollouts

from .conftest import RULES
from .queries import of_rules
from .test_alerts import (
    CASES,
    CRITICAL,
    MIXER,
    ONE,
    WARNING,
    Series,
    at,
    breaker,
    connection,
    corrections,
    drifts,
    fired,
    members,
    phase,
    promtool,
    ready,
    stands,
    writes,
)

pytestmark = pytest.mark.observability

OTHER = ONE.replace('"a"', '"b"')
UNREACHABLE = fired("FabGitOpsPLCUnreachable", WARNING, MIXER)


def passed(said: subprocess.CompletedProcess[str]) -> None:
    """Fail with what promtool says unless it agrees."""
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({f"plc_connection_status{{{ONE}}}": "0x14 stale _ _ 0x60"}, {}),
        (
            {f"plc_connection_status{{{ONE}}}": "0x14 stale"},
            {f"plc_connection_status{{{OTHER}}}": "_x17 0x60"},
        ),
    ],
    ids=["same-instance", "another-pod"],
)
def test_an_alert_outlives_a_restart(tools: Mapping[str, Path], tmp_path: Path, old: Series, new: Series) -> None:
    """While the operator is restarted an alert goes on, and is neither resolved nor raised again."""
    moments = [at(moment, "FabGitOpsPLCUnreachable", UNREACHABLE) for moment in ("7m", "8m", "8m30s", "9m", "12m")]
    passed(promtool(tools["promtool"], tmp_path, {**old, **new}, promql_expr_test=moments))


def test_a_restart_alone_is_no_alert(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """A new pod, whose counters begin anew and which knows no connection at first, raises nothing."""
    series = {
        f"plc_connection_status{{{ONE}}}": "1x19 stale",
        f"plc_connection_status{{{OTHER}}}": "_x22 1x60",
        f"fabgitops_plc_in_sync{{{ONE}}}": "1x19 stale",
        f"fabgitops_plc_in_sync{{{OTHER}}}": "_x21 1x60",
        f"drift_events_total{{{ONE}}}": "4x19 stale",
        f"drift_events_total{{{OTHER}}}": "_x21 4x60",
        f"corrections_total{{{ONE}}}": "4x19 stale",
        f"corrections_total{{{OTHER}}}": "_x21 3x60",
        f"fabgitops_correction_attempts_total{{{ONE}}}": "4x19 stale",
        f"fabgitops_correction_attempts_total{{{OTHER}}}": "_x21 4x60",
        'fabgitops_build_info{instance="a",job="fabgitops"}': "1x19 stale",
        'fabgitops_build_info{instance="b",job="fabgitops"}': "_x21 1x60",
        'process_start_time_seconds{instance="a",job="fabgitops"}': "7x19 stale",
        'process_start_time_seconds{instance="b",job="fabgitops"}': "_x21 8x60",
        f'fabgitops_plc_ready{{{ONE},reason="InSync"}}': "1x19 stale",
        f'fabgitops_plc_ready{{{OTHER},reason="InSync"}}': "_x21 1x60",
    }
    quiet = [
        {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{minute}m", "exp_samples": []} for minute in range(30)
    ]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=quiet))


def test_an_alert_ends_with_its_plc(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """The alert of a PLC that is deleted is over within minutes."""
    series = {f"plc_connection_status{{{ONE}}}": "0x20 stale"}
    moments = [at("10m", "FabGitOpsPLCUnreachable", UNREACHABLE), at("16m", "FabGitOpsPLCUnreachable")]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=moments))


@pytest.mark.parametrize(
    ("alert", "severity", "series"),
    [
        ("FabGitOpsCorrectionNotProven", CRITICAL, corrections("0x5 1 2 3x12 stale", "0x20 stale")),
        ("FabGitOpsDriftRecurring", WARNING, drifts("0+1x20 stale")),
        ("FabGitOpsPLCFlapping", WARNING, connection("1 0 1 0 1 0 1 0 1 0 1x10 stale")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("then", ["deleted", "suspended"])
def test_what_was_counted_is_no_news_of_a_plc_that_is_left_alone(
    tools: Mapping[str, Path], tmp_path: Path, alert: str, severity: str, series: Series, then: str
) -> None:
    """What was counted within the hour raises no alert of a PLC any more that is deleted or suspended."""
    counted = {name: values for name, values in series.items() if "plc_ready" not in name}
    lasts = {name: values.replace(" stale", "") + " _x20" for name, values in counted.items()}
    played = {**(counted if then == "deleted" else lasts), **ready("Correcting", "0x21 stale")}
    if then == "suspended":
        played |= ready("Suspended", "_x21 0x60")
    moments = [at("10m", alert, fired(alert, severity, MIXER)), at("16m", alert), at("20m", alert)]
    passed(promtool(tools["promtool"], tmp_path, played, promql_expr_test=moments))


def test_a_suspended_plc_raises_nothing(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """A PLC that is suspended, whose connection and state are not known, raises no alert whatever it counted before."""
    series = {
        f"drift_events_total{{{ONE}}}": "9x60",
        **ready("Suspended"),
        "fabgitops_build_info": "1x60",
        f"fabgitops_correction_attempts_total{{{ONE}}}": "9x60",
        f"corrections_total{{{ONE}}}": "3x60",
    }
    quiet = [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "30m", "exp_samples": []}]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=quiet))


def test_of_several_units_one_is_enough(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """A PLC of which one unit answers and another does not is unreachable as well."""
    series = {f"plc_connection_status{{{ONE}}}": "1x60", **ready("ConnectionFailed")}
    passed(
        promtool(
            tools["promtool"],
            tmp_path,
            series,
            promql_expr_test=[at("6m", "FabGitOpsPLCUnreachable", UNREACHABLE)],
        )
    )


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: situation.reason)
def test_no_state_goes_unnoticed(tools: Mapping[str, Path], tmp_path: Path, situation: Situation) -> None:
    """A PLC that stays other than ready leads to one alert whatever the reason; one only looked at to none."""
    series = dict(ready(situation.reason, "1x60" if situation.ready is ConditionStatus.TRUE else "0x60"))
    series["fabgitops_build_info"] = "1x60"
    known = {ConditionStatus.TRUE: "1x60", ConditionStatus.FALSE: "0x60"}
    if situation.in_sync in known:
        series[f"fabgitops_plc_in_sync{{{ONE}}}"] = known[situation.in_sync]
    if situation.reason == "ConnectionFailed":
        series[f"plc_connection_status{{{ONE}}}"] = "0x60"
    if situation.reason == "Held":
        series['fabgitops_held_corrections{job="fabgitops",reason="Settling"}'] = "1x60"
    alerts = 0 if situation.reason in {"InSync", "Suspended", "Observed", "NoValue"} else 1
    counted = {"expr": 'count(ALERTS{alertstate="firing"}) or vector(0)', "eval_time": "17m"}
    tests = [{**counted, "exp_samples": [{"labels": "{}", "value": alerts}]}]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=tests))


def test_what_waits_for_its_window_is_no_alert(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """Drift that is held until its window opens raises nothing, and an alert as soon as something else holds it."""
    held = 'fabgitops_held_corrections{job="fabgitops",reason='
    series = {
        **ready("Held"),
        f"fabgitops_plc_in_sync{{{ONE}}}": "0x120",
        f'{held}"OutsideWindow"}}': "1x40 0x80",
        f'{held}"ControlPlaneLost"}}': "0x40 1x80",
    }
    later = fired("FabGitOpsCorrectionsHeld", WARNING, {"job": "fabgitops", "reason": "ControlPlaneLost"})
    quiet = {"expr": 'ALERTS{alertstate="firing",alertname!="FabGitOpsOperatorAbsent"}', "exp_samples": []}
    moments = [{**quiet, "eval_time": f"{minute}m"} for minute in range(35)]
    passed(
        promtool(
            tools["promtool"],
            tmp_path,
            series,
            promql_expr_test=[*moments, at("36m", "FabGitOpsCorrectionsHeld", later)],
        )
    )


def test_a_breaker_that_is_tried_again_has_not_closed(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """A circuit that goes from open to half open and back has been open all the while, on either transport."""
    series = {**breaker("open", "1 1 _ 1 1 _ 1x60"), **breaker("half_open", "_ _ 1 _ _ 1 _x60")}
    labels = {"endpoint": "10.0.0.5:502", "transport": "tcp", "unit_id": "7"}
    moments = [at("16m", "FabGitOpsBreakerOpen", fired("FabGitOpsBreakerOpen", WARNING, labels))]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=moments))


API = "FabGitOpsAPIWritesFailing"


@pytest.mark.parametrize(
    ("series", "labels"),
    [
        ({**writes("ok", "0+20x90"), **writes("unavailable", "0x10 0+1x80")}, None),
        ({**writes("ok", "0+1x90"), **writes("unreachable", "0x10 0+5x4 20x80")}, None),
        (
            {**writes("ok", "0x90"), **writes("unreachable", "0x10 0+1x80")},
            {"resource": "status", "result": "unreachable"},
        ),
        ({**writes("ok", "0+20x90"), **writes("rejected", "0x20 1x80")}, None),
        (
            {**writes("ok", "0+20x90"), **writes("rejected", "0x10 1x10 2x10 3x10 4x10 5x10 6x10 7x80")},
            {"resource": "status", "result": "rejected"},
        ),
        ({'fabgitops_api_writes_total{resource="listing",result="unreachable"}': "0x10 1x80"}, None),
        (
            {'fabgitops_api_writes_total{resource="listing",result="unreachable"}': "_x10 1x9 2x9 3x9 4x9 5x9 6x90"},
            {"resource": "listing", "result": "unreachable"},
        ),
    ],
    ids=["now-and-then", "a-blip", "away", "one-refused", "refused-slowly", "one-listing", "every-listing"],
)
def test_what_the_api_server_may_do_now_and_then(
    tools: Mapping[str, Path], tmp_path: Path, series: Series, labels: Mapping[str, str] | None
) -> None:
    """Failures that are tried again are forgiven while they are few; refusals that go on, and listings, are not."""
    expected = [] if labels is None else [fired(API, WARNING, labels)]
    moments = [at("30m", API, *expected)]
    if not expected:
        moments += [at(f"{minute}m", API) for minute in range(5, 30)]
    passed(promtool(tools["promtool"], tmp_path, series, promql_expr_test=moments))


def test_names_of_what_is_recorded() -> None:
    """Recording rules are named level:metric:operations, and the level is what their expression groups by."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    recorded = [rule for group in groups for rule in group["rules"] if "record" in rule]
    assert recorded
    for rule in recorded:
        level, metric, operations = rule["record"].split(":")
        assert f" by ({level})" in rule["expr"] or f" by ({level}, le)" in rule["expr"]
        assert "_total" not in metric
        assert operations.split("_")[0] in {"avg", "sum", "ratio", "p99"}
        for window in operations.split("_")[1:]:
            assert f"[{window.lstrip('abcdefghijklmnopqrstuvwxyz')}]" in rule["expr"]


def test_what_goes_on_through_a_restart_says_so() -> None:
    """Every alert of a PLC, a device or the API server goes on for longer than a restart of the operator takes."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    lasting = {rule["alert"] for group in groups for rule in group["rules"] if rule.get("keep_firing_for") == "5m"}
    operators_own = {"OperatorAbsent", "OperatorRestarting", "NoLeader", "NoStandby", "FleetBrake"}
    operators_own |= {"WatchDown", "PollsLate", "SourceStuck", "AuditNotStored"}
    operators_own |= {"PLCsGivenUp"}
    assert {case.alert for case in CASES} - lasting == {f"FabGitOps{name}" for name in operators_own}


def test_each_rollout_that_does_not_go_on_by_itself_is_told_of() -> None:
    """Each situation in which one is stalled, or waits for a word, is that of one alert, and no other is of any."""
    told = [
        (query.where, reason)
        for query in of_rules(RULES, "alert")
        for reasons in re.findall(r'fabgitops_setpoint_rollout_ready\{reason=~?"([\w|]+)"\}\) == 0', query.expr)
        for reason in reasons.split("|")
    ]
    known = [each for each in vars(rollouts).values() if isinstance(each, rollouts.Situation)]
    waits = {each.reason: "FabGitOpsRolloutPaused" for each in known if each.paused}
    stalled = {each.reason: "FabGitOpsRolloutFailed" for each in known if each.stalled}
    assert {reason: alert for alert, reason in told} == {**stalled, **waits, "Overlap": "FabGitOpsRolloutOverlap"}
    assert len(told) == len({reason for _alert, reason in told})


def test_each_rollout_of_a_workload_that_does_not_go_on_by_itself_is_told_of() -> None:
    """Each situation in which one is stalled, or waits for a word, is that of one alert, and no other is of any."""
    told = [
        (query.where, reason)
        for query in of_rules(RULES, "alert")
        for reasons in re.findall(r'fabgitops_workload_rollout_ready\{reason=~?"([\w|]+)"\}\) == 0', query.expr)
        for reason in reasons.split("|")
    ]
    known = [each for each in vars(workloads).values() if isinstance(each, workloads.Situation)]
    waits = {each.reason: "FabGitOpsWorkloadPaused" for each in known if each.paused}
    stalled = {each.reason: "FabGitOpsWorkloadFailed" for each in known if each.stalled}
    overdue = {workloads.OVERDUE.reason: "FabGitOpsWorkloadStuck"}
    assert {reason: alert for alert, reason in told} == {**stalled, **waits, **overdue}
    assert len(told) == len({reason for _alert, reason in told})


def test_a_freeze_is_no_rollout_that_is_stuck(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """While a freeze window is open no wave gets on, and nobody is told; half an hour after its end somebody is."""
    series = {
        **phase("Releasing", "1x300"),
        **members("proven", "0x300"),
        **stands("Frozen", "0x120 stale"),
        **stands("Releasing", "_x121 0x180"),
    }
    stuck = fired("FabGitOpsRolloutStuck", WARNING, {"namespace": "plant", "rollout": "mixers"})
    moments = [at("60m", "FabGitOpsRolloutStuck"), at("70m", "FabGitOpsRolloutStuck")]
    passed(
        promtool(tools["promtool"], tmp_path, series, promql_expr_test=[*moments, at("95m", stuck["alertname"], stuck)])
    )
