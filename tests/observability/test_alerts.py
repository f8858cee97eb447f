"""Each alert, played to promtool as the series of half-minute scrapes."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from .conftest import ROOT, RULES
from .queries import of_rules

pytestmark = pytest.mark.observability

ONE = 'plc_name="mixer",namespace="plant",instance="a"'
LEASE = 'lease="plant/fabgitops"'
MIXER = {"namespace": "plant", "plc_name": "mixer"}
RACK_READY = 'fabgitops_rack_ready{namespace="plant",rack_name="rack-01"'
ROLLOUT = {"namespace": "plant", "rollout": "mixers"}
GATEWAY = {"endpoint": "10.0.0.5:502", "transport": "tcp", "unit_id": "7"}
HELD = 'fabgitops_held_corrections{job="fabgitops",instance="a",reason="'
AS_WISHED = ("ModeWarn", "ModeObserve", "OutsideWindow", "DenyWindow", "ConfirmingDrift", "HeldByRollout")
WARNING, CRITICAL = "warning", "critical"

Series = Mapping[str, str]
"""Values by series, in promtool's notation: 1x20 is 1 and twenty more times 1, 0+1x20 goes up by 1."""


class Case(NamedTuple):
    """An alert: what makes it fire by the minute `at`, with which labels, and what is almost the same and does not."""

    alert: str
    at: str
    severity: str
    labels: Mapping[str, str]
    fires: Series
    quiet: Series


def plcs(*connected: str) -> Series:
    """Return the connection of several PLCs."""
    return {
        f'plc_connection_status{{plc_name="plc-{number}",namespace="plant"}}': values
        for number, values in enumerate(connected)
    }


def ready(reason: str, values: str = "0x60") -> Series:
    """Return the readiness of the mixer."""
    return {f'fabgitops_plc_ready{{{ONE},reason="{reason}"}}': values}


def phase(name: str, values: str) -> Series:
    """Return that the rollout of the mixers is in a phase."""
    return {
        f'fabgitops_setpoint_rollout_phase{{namespace="plant",rollout="mixers",instance="a",phase="{name}"}}': values
    }


def stands(reason: str, values: str = "0x60") -> Series:
    """Return the readiness of that rollout."""
    labels = f'namespace="plant",rollout="mixers",instance="a",reason="{reason}"'
    return {f"fabgitops_setpoint_rollout_ready{{{labels}}}": values}


EXPERIMENT = {"namespace": "plant", "experiment": "run"}
ENDS = 'fabgitops_chaos_end_timestamp_seconds{namespace="plant",experiment="run",instance="a"}'
UNCONFIRMED = 'fabgitops_chaos_unconfirmed_recoveries_total{job="chaos",instance="a"}'
WORKLOAD = 'namespace="plant",rollout="mixers",instance="a"'


def workload(reason: str, values: str = "0x60") -> Series:
    """Return the readiness of a rollout of a workload."""
    return {f'fabgitops_workload_rollout_ready{{{WORKLOAD},reason="{reason}"}}': values}


def members(state: str, values: str) -> Series:
    """Return how many PLCs of that rollout stand so."""
    return {f'fabgitops_setpoint_members{{namespace="plant",rollout="mixers",instance="a",state="{state}"}}': values}


def lateness(under: str, over: str) -> Series:
    """Return polls that began within half a second, and all of them."""
    metric = 'fabgitops_poll_lateness_seconds_bucket{job="fabgitops",'
    return {f'{metric}le="0.5"}}': under, f'{metric}le="5.0"}}': over, f'{metric}le="+Inf"}}': over}


def writes(result: str, values: str) -> Series:
    """Return writes of statuses to the API server."""
    return {f'fabgitops_api_writes_total{{resource="status",result="{result}"}}': values}


def breaker(state: str, values: str) -> Series:
    """Return the state of a device's circuit breaker."""
    labels = ",".join(f'{name}="{value}"' for name, value in (GATEWAY | {"state": state}).items())
    return {f"fabgitops_breaker_state{{{labels}}}": values}


def corrections(sent: str, proven: str) -> Series:
    """Return what was sent to the mixer, and what of that was proven."""
    return {
        f"fabgitops_correction_attempts_total{{{ONE}}}": sent,
        f"corrections_total{{{ONE}}}": proven,
        **ready("Correcting"),
    }


def drifts(values: str) -> Series:
    """Return episodes of drift of the mixer."""
    return {f"drift_events_total{{{ONE}}}": values, **ready("InSync", "1x150")}


def connection(values: str) -> Series:
    """Return whether the mixer answered."""
    return {f"plc_connection_status{{{ONE}}}": values, **ready("InSync", "1x60")}


def starts(values: str) -> Series:
    """Return when the operator's process began."""
    target = 'job="fabgitops",instance="a"'
    return {f"process_start_time_seconds{{{target}}}": values, f"fabgitops_build_info{{{target}}}": "1x60"}


CASES = (
    Case(
        "FabGitOpsOperatorAbsent",
        "16m",
        CRITICAL,
        {},
        {
            "fabgitops_build_info": "1x10 _x40",
            'fabgitops_build_info{kinds="racks"}': "1x60",
            'fabgitops_build_info{kinds="delivery"}': "1x60",
        },
        {"fabgitops_build_info": "1x60"},
    ),
    Case(
        "FabGitOpsOperatorRestarting",
        "16m",
        CRITICAL,
        {"job": "fabgitops"},
        starts("1x5 2x5 _ 3x5 4x60"),
        starts("1x5 _x5 2x5 3x60"),
    ),
    Case(
        "FabGitOpsNoLeader",
        "6m",
        CRITICAL,
        {"lease": "plant/fabgitops"},
        {f"fabgitops_leader{{{LEASE},{instance}}}": "0x60" for instance in ('instance="a"', 'instance="b"')},
        {f'fabgitops_leader{{{LEASE},instance="a"}}': "0x60", f'fabgitops_leader{{{LEASE},instance="b"}}': "1x60"},
    ),
    Case(
        "FabGitOpsNoStandby",
        "40m",
        WARNING,
        {"lease": "plant/fabgitops"},
        {f"fabgitops_standby{{{LEASE}}}": "1x20 0x60"},
        {
            f'fabgitops_standby{{{LEASE},instance="a"}}': "1x20 0x60",
            f'fabgitops_standby{{{LEASE},instance="b"}}': "1x80",
        },
    ),
    Case(
        "FabGitOpsFleetBrake",
        "1m",
        CRITICAL,
        {"job": "fabgitops"},
        {'fabgitops_fleet_brake{job="fabgitops"}': "1x60"},
        {'fabgitops_fleet_brake{job="fabgitops"}': "0x60"},
    ),
    Case(
        "FabGitOpsPLCUnreachable",
        "6m",
        WARNING,
        MIXER,
        {f"plc_connection_status{{{ONE}}}": "0x60"},
        {f"plc_connection_status{{{ONE}}}": "0x8 1 0x60"},
    ),
    Case(
        "FabGitOpsPLCFlapping",
        "20m",
        WARNING,
        MIXER,
        connection("1 1 0 1 1 0 1 1 0 1 1 0 1x60"),
        connection("1 1 0 1 1 0 1x60"),
    ),
    Case(
        "FabGitOpsManyPLCsUnreachable",
        "5m",
        CRITICAL,
        {"namespace": "plant"},
        plcs("0x60", "0x60", "1x60", "1x60"),
        plcs("0x60", "1x60", "1x60", "1x60"),
    ),
    Case(
        "FabGitOpsDriftNotCorrected",
        "11m",
        WARNING,
        MIXER,
        {f"fabgitops_plc_in_sync{{{ONE}}}": "0x60"},
        {f"fabgitops_plc_in_sync{{{ONE}}}": "0x15 1 0x60"},
    ),
    Case(
        "FabGitOpsCorrectionsHeld",
        "16m",
        WARNING,
        {"job": "fabgitops", "reason": "Settling"},
        {f'{HELD}Settling"}}': "0x0 2x60"},
        {f'{HELD}Settling"}}': "1x20 0 1x60", **{f'{HELD}{reason}"}}': "3x60" for reason in AS_WISHED}},
    ),
    Case(
        "FabGitOpsCorrectionNotProven",
        "10m",
        CRITICAL,
        MIXER,
        corrections("0x5 1 2 3x60", "0x60"),
        corrections("0x5 1 2 3x60", "0x5 1 2 3x60"),
    ),
    Case(
        "FabGitOpsDriftRecurring",
        "40m",
        WARNING,
        MIXER,
        drifts("0x10 0+1x10 10x130"),
        drifts("0x10 0+1x3 3x130"),
    ),
    Case("FabGitOpsConflict", "3m", WARNING, MIXER, ready("Conflict"), ready("Correcting")),
    Case(
        "FabGitOpsPLCStalled",
        "6m",
        WARNING,
        {**MIXER, "reason": "IdentityMismatch"},
        ready("IdentityMismatch"),
        ready("Suspended"),
    ),
    Case(
        "FabGitOpsBreakerOpen",
        "18m",
        WARNING,
        GATEWAY,
        {**breaker("open", "1 1 1 1 1 _ 1x60"), **breaker("half_open", "_ _ _ _ _ 1 _x60")},
        breaker("closed", "1x60"),
    ),
    Case(
        "FabGitOpsPollsLate",
        "20m",
        WARNING,
        {"job": "fabgitops"},
        lateness("0+10x60", "0+100x60"),
        lateness("0+100x60", "0+100x60"),
    ),
    Case(
        "FabGitOpsAPIWritesFailing",
        "15m",
        WARNING,
        {"resource": "status", "result": "forbidden"},
        writes("forbidden", "0+2x60"),
        writes("gone", "0+2x60"),
    ),
    Case(
        "FabGitOpsPLCsGivenUp",
        "11m",
        WARNING,
        {"namespace": "plant"},
        {'fabgitops_given_up_plcs{namespace="plant"}': "3x60"},
        {'fabgitops_given_up_plcs{namespace="plant"}': "3x15 0x60"},
    ),
    Case(
        "FabGitOpsWatchDown",
        "6m",
        WARNING,
        {"job": "fabgitops", "kind": "IndustrialPLC"},
        {'fabgitops_watch_up{job="fabgitops",kind="IndustrialPLC"}': "0x60"},
        {'fabgitops_watch_up{job="fabgitops",kind="IndustrialPLC"}': "0x8 1 0x60"},
    ),
    Case(
        "FabGitOpsAuditNotStored",
        "3m",
        CRITICAL,
        {"job": "fabgitops"},
        {'fabgitops_audit_up{job="fabgitops"}': "0x60"},
        {'fabgitops_audit_up{job="fabgitops"}': "0x2 1 0x60"},
    ),
    Case(
        "FabGitOpsSourceStuck",
        "16m",
        WARNING,
        {"job": "fabgitops", "reason": "away"},
        {'fabgitops_source_up{job="fabgitops"}': "0x60"},
        {'fabgitops_source_up{job="fabgitops"}': "0x20 1 0x60"},
    ),
    Case(
        "FabGitOpsRackStalled",
        "6m",
        WARNING,
        {"namespace": "plant", "rack_name": "rack-01", "reason": "TemplateNotFound"},
        {f'{RACK_READY},reason="TemplateNotFound"}}': "0x60"},
        {f'{RACK_READY},reason="Provisioning"}}': "0x60"},
    ),
    Case(
        "FabGitOpsRackHealing",
        "40m",
        WARNING,
        {"job": "racks", "kind": "RackNode"},
        {'fabgitops_rack_children_healed_total{job="racks",kind="RackNode"}': "0+1x100"},
        {'fabgitops_rack_children_healed_total{job="racks",kind="RackNode"}': "0x10 0+1x15 15x100"},
    ),
    Case(
        "FabGitOpsBusAway",
        "10m",
        WARNING,
        {"job": "racks", "bus": "nats"},
        {'fabgitops_bus_oldest_seconds{job="racks",bus="nats"}': "0+60x60"},
        {'fabgitops_bus_oldest_seconds{job="racks",bus="nats"}': "0x2 299x60"},
    ),
    Case(
        "FabGitOpsBusRefuses",
        "6m",
        WARNING,
        {"job": "racks", "bus": "kafka"},
        {'fabgitops_bus_published_total{job="racks",bus="kafka",result="refused"}': "0+1x60"},
        {'fabgitops_bus_published_total{job="racks",bus="kafka",result="later"}': "0+1x60"},
    ),
    Case(
        "FabGitOpsRolloutFailed",
        "5m",
        WARNING,
        {**ROLLOUT, "reason": "Aborted"},
        stands("Aborted"),
        stands("Done"),
    ),
    Case(
        "FabGitOpsRolloutStuck",
        "50m",
        WARNING,
        ROLLOUT,
        {**phase("Releasing", "1x120"), **members("proven", "0x10 1x10 2x90"), **members("total", "0+1x120")},
        {**phase("Releasing", "1x120"), **members("proven", "0x15 1x15 2x15 3x15 4x15 5x25")},
    ),
    Case(
        "FabGitOpsRolloutPaused",
        "70m",
        WARNING,
        {**ROLLOUT, "reason": "AwaitingApproval"},
        stands("AwaitingApproval", "0x200"),
        stands("AwaitingApproval", "0x110 stale"),
    ),
    Case(
        "FabGitOpsRolloutOverlap",
        "6m",
        WARNING,
        ROLLOUT,
        stands("Overlap"),
        stands("Releasing"),
    ),
    Case(
        "FabGitOpsPLCsLeftHeld",
        "20m",
        WARNING,
        {"namespace": "plant"},
        {'fabgitops_unreleased_plcs{namespace="plant",reason="RolloutGone",instance="a"}': "3x60"},
        {'fabgitops_unreleased_plcs{namespace="plant",reason="HeldByRollout",instance="a"}': "3x60"},
    ),
    Case(
        "FabGitOpsOutboxPending",
        "12m",
        WARNING,
        ROLLOUT,
        {'fabgitops_outbox_pending{namespace="plant",rollout="mixers",instance="a"}': "1x60"},
        {'fabgitops_outbox_pending{namespace="plant",rollout="mixers",instance="a"}': "1x10 0 1x60"},
    ),
    Case(
        "FabGitOpsWorkloadFailed",
        "5m",
        WARNING,
        {**ROLLOUT, "reason": "RolloutAborted"},
        workload("RolloutAborted"),
        workload("Aborting"),
    ),
    Case(
        "FabGitOpsWorkloadStuck",
        "5m",
        WARNING,
        ROLLOUT,
        workload("ProgressDeadlineExceeded"),
        workload("Progressing"),
    ),
    Case(
        "FabGitOpsWorkloadPaused",
        "5h",
        WARNING,
        {**ROLLOUT, "reason": "Paused"},
        workload("Paused", "0x700"),
        workload("Paused", "0x470 stale"),
    ),
    Case(
        "FabGitOpsRouteContended",
        "20m",
        WARNING,
        ROLLOUT,
        {f"fabgitops_workload_rollout_contended{{{WORKLOAD}}}": "0x20 1x5 2x5 3x60"},
        {f"fabgitops_workload_rollout_contended{{{WORKLOAD}}}": "3x100"},
    ),
    Case(
        "FabGitOpsChaosOverdue",
        "10m",
        CRITICAL,
        EXPERIMENT,
        {ENDS: "500x40"},
        {ENDS: "545x40"},
    ),
    Case(
        "FabGitOpsChaosUnconfirmed",
        "10m",
        WARNING,
        {"job": "chaos"},
        {UNCONFIRMED: "0x10 1x30"},
        {UNCONFIRMED: "1x40"},
    ),
    Case(
        "FabGitOpsChaosAgentDown",
        "5m",
        WARNING,
        {"node": "node-1"},
        {'fabgitops_chaos_agent_up{node="node-1",instance="a"}': "0x40"},
        {'fabgitops_chaos_agent_up{node="node-1",instance="a"}': "0 1 0 1x40"},
    ),
)


def promtool(tool: Path, tmp_path: Path, series: Series, **tests: Any) -> subprocess.CompletedProcess[str]:
    """Play series to the rules, and return what promtool says of the tests."""
    played = [{"series": name, "values": values} for name, values in series.items()]
    group = {"interval": "30s", "input_series": played, **tests}
    file = {"rule_files": [str(RULES)], "evaluation_interval": "30s", "tests": [group]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(file))
    command = [str(tool), "test", "rules", str(tmp_path / "tests.yaml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def at(moment: str, alert: str, *samples: Mapping[str, str]) -> dict[str, Any]:
    """Return the test that at a moment of the play alerts of exactly these labels fire."""
    named = [",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) for labels in samples]
    return {
        "expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
        "eval_time": moment,
        "exp_samples": [{"labels": f"ALERTS{{{each}}}", "value": 1} for each in named],
    }


def fired(alert: str, severity: str, labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels of an alert that fires."""
    return {"alertname": alert, "alertstate": "firing", "severity": severity, **labels}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_fires(tools: Mapping[str, Path], tmp_path: Path, case: Case) -> None:
    """Each alert fires once, with labels that name what is the matter and none of the operator's instance."""
    tests = [at(case.at, case.alert, fired(case.alert, case.severity, case.labels))]
    said = promtool(tools["promtool"], tmp_path, case.fires, promql_expr_test=tests)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_does_not_fire(tools: Mapping[str, Path], tmp_path: Path, case: Case) -> None:
    """Each alert stays quiet where things only look alike, or do not last."""
    said = promtool(tools["promtool"], tmp_path, case.quiet, promql_expr_test=[at(case.at, case.alert)])
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_alert_is_played() -> None:
    """There is a case for each alert."""
    assert [case.alert for case in CASES] == [query.where for query in of_rules(RULES, "alert")]


def test_an_alert_says_what_is_the_matter(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """The text of an alert names the PLC and why it is not ready, and leads to its runbook."""
    series = {f"fabgitops_plc_in_sync{{{ONE}}}": "0x60", **ready("WriteRefused")}
    tests = [{"alertname": "FabGitOpsDriftNotCorrected", "eval_time": "11m", "exp_alerts": []}]
    answer = promtool(tools["promtool"], tmp_path, series, alert_rule_test=tests)
    said = answer.stdout + answer.stderr
    assert "plant/mixer has not held what Git wants" in said
    assert "Ready says WriteRefused" in said
    assert "docs/runbooks/drift-not-corrected.md" in said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_a_text_is_whole(tools: Mapping[str, Path], tmp_path: Path, case: Case) -> None:
    """What an alert says has no gap and no fault of its template, and names each of its labels."""
    tests = [{"alertname": case.alert, "eval_time": case.at, "exp_alerts": []}]
    answer = promtool(tools["promtool"], tmp_path, case.fires, alert_rule_test=tests)
    said = answer.stdout + answer.stderr
    assert "summary=" in said
    assert not re.search(r'<no value>|<error|%!|\{\{|[ "]/|NaN', said), said
    texts = "".join(re.findall(r'(?:summary|description)="((?:[^"\\]|\\.)*)"', said))
    assert texts
    assert "{" not in texts
    assert [value for name, value in case.labels.items() if name != "job" and value not in texts] == []


def test_promtool_finds_no_fault(tools: Mapping[str, Path]) -> None:
    """The rule file passes promtool's check and its linter."""
    command = [str(tools["promtool"]), "check", "rules", "--lint=all", "--lint-fatal", str(RULES)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_alert_has_its_runbook() -> None:
    """Each alert leads to a page that is there and names it, and no page is left over."""
    alerts: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][1]["rules"]
    pages = {path.name: path.read_text() for path in (ROOT / "docs/runbooks").glob("*.md") if path.name != "README.md"}
    for alert in alerts:
        page = pages[alert["annotations"]["runbook_url"].rpartition("/")[2]]
        assert re.match(rf"# {alert['alert']}\n", page)
        assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["Meaning", "What to look at", "What to do"]
    assert len(pages) == len(alerts)
