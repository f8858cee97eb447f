"""The alerts: what somebody has to look at, and what that is to begin with."""

from dataclasses import dataclass
from typing import Any

from dashboards.queries import OPERATORS

RUNBOOKS = "https://github.com/fabgitops/fabgitops/blob/main/docs/runbooks/"
LATE_SECS = 1.0
"""Polls that begin later than this, seen over the slowest percent, are late."""
FOR, THRESHOLD = "$FOR", "$THRESHOLD"
"""Stand in an alert's texts for how long it waits and from what on it fires, which the chart lets users change."""

CRITICAL, WARNING = "critical", "warning"
PLC = "{{ $labels.namespace }}/{{ $labels.plc_name }}"
COUNT = '{{ $value | printf "%.0f" }}'
REASON = (
    "{{ with printf \"fabgitops_plc_ready{namespace='%s',plc_name='%s'}\" $labels.namespace $labels.plc_name | query }}"
    ' (Ready says {{ . | first | label "reason" }}){{ end }}'
)
DESCRIBE = "`fabctl describe {{ $labels.plc_name }} -n {{ $labels.namespace }}`"
KEEP = "5m"
"""How long an alert goes on when its series are gone: longer than a restart of the operator takes, which would
otherwise resolve every alert and raise it again. What was mended, suspended or deleted is over so much later."""

_NO_FAULT = "Suspended|InSync|NoValue|Correcting|Held"
_TOLD_OF = "Conflict|ConnectionFailed|DriftDetected|ContendedWriter|WriteRefused|VerificationFailed"
ELSEWHERE = f"{_NO_FAULT}|{_TOLD_OF}"
"""Reasons that are no fault, or that alerts of their own tell of; every other one is FabGitOpsPLCStalled."""

_AS_WISHED = "ModeWarn|ModeObserve|OutsideWindow|DenyWindow|ConfirmingDrift|HeldByRollout"
_HELD_ELSEWHERE = "Conflict|IdentityMismatch|ContendedWriter|FleetBrake|AuditUnavailable"
NO_ALARM = f"{_AS_WISHED}|{_HELD_ELSEWHERE}"
"""What may hold a correction for long as somebody wants it, or while alerts of their own tell of it."""

_GOING_ON = "ReconcileSuccess|Provisioning|Pruning|Pending|ApiServerAway"
"""Reasons of a Rack that is well, or on its way."""

_ROLLOUT = "{{ $labels.namespace }}/{{ $labels.rollout }}"
_STATUS = "`fabctl rollout status {{ $labels.rollout }} -n {{ $labels.namespace }}`"
_PHASE = "fabgitops_setpoint_rollout_phase"
_MOVED = 'changes(fabgitops_setpoint_members{state=~"proven|restored"}[10m]) > 0'
_BY_ROLLOUT = "by (namespace, rollout)"
_ROLLOUT_READY = "fabgitops_setpoint_rollout_ready"
_ROLLOUT_FAILED = "Aborted|InvalidSpec|AnalysisInvalid|InternalError"
"""Reasons of a rollout that does not go on by itself, but for two of one PLC, of which another alert tells."""
_BY_ROLLOUT_REASON = "by (namespace, rollout, reason)"

_WORKLOAD_READY = "fabgitops_workload_rollout_ready"
_WORKLOAD_FAILED = "RolloutAborted|StableLost|Conflict|ReferenceNotFound|RequestRefused|InvalidSpec|InternalError"
_CONTENDED = "fabgitops_workload_rollout_contended"
_EXPERIMENT = "{{ $labels.namespace }}/{{ $labels.experiment }}"

_BY_PLC = "by (namespace, plc_name)"
_LIVE = 'and on (namespace, plc_name) fabgitops_plc_ready{reason!="Suspended"}'
"""What was counted of a PLC is no news once it is deleted or suspended."""

_WRITES = "fabgitops_api_writes_total"
_REFUSED = "forbidden|rejected|failed"
_API_WRITES = (
    f'sum by (resource, result) (increase({_WRITES}{{resource!="listing",result=~"{_REFUSED}"}}[10m])) > 0'
    # What is tried again until it works is worth a look when it is more than now and then.
    f' or sum by (resource, result) (increase({_WRITES}{{resource!="listing",result!~"ok|gone|{_REFUSED}"}}[5m]))'
    f" > on (resource) group_left () {THRESHOLD} * sum by (resource) (increase({_WRITES}[5m]))"
    # Only failures of listings are counted, one every five minutes at most.
    f' or sum by (resource, result) (increase({_WRITES}{{resource="listing"}}[30m])) > 1.5'
)
_SOURCE_STUCK = (
    "max by (job, reason) (fabgitops_source_revision_rejected == 1"
    ' or label_replace(fabgitops_source_up == 0, "reason", "away", "", ""))'
)


@dataclass(frozen=True)
class Alert:
    """One alert; `lasting` is how long its expression must hold, `runbook` the name of its page without `.md`.

    One with a `threshold`, which is in its expression, says in `counted` what that is a number of.
    """

    name: str
    expr: str
    lasting: str
    severity: str
    summary: str
    description: str
    runbook: str
    keep: str = ""
    threshold: float | None = None
    counted: str = ""

    def texts(self) -> dict[str, Any]:
        """Return what the chart fills in: the texts, with the marks in them, and the threshold."""
        limit = {} if self.threshold is None else {"threshold": self.threshold}
        return {"expr": self.expr, "summary": self.summary, "description": self.description, **limit}

    def _filled(self, text: str) -> str:
        limit = "" if self.threshold is None else f"{self.threshold:g}"
        return text.replace(FOR, self.lasting).replace(THRESHOLD, limit)

    def rule(self) -> dict[str, Any]:
        """Return it as a rule of Prometheus."""
        keep = {"keep_firing_for": self.keep} if self.keep else {}
        return {
            "alert": self.name,
            "expr": self._filled(self.expr),
            "for": self.lasting,
            **keep,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self._filled(self.summary),
                "description": self._filled(self.description),
                "runbook_url": f"{RUNBOOKS}{self.runbook}.md",
            },
        }


# Series of a PLC are taken together over instances: a restart may bring another.
ALERTS = (
    Alert(
        "FabGitOpsOperatorAbsent",
        f"absent({OPERATORS})",
        "5m",
        CRITICAL,
        "No FabGitOps operator is scraped.",
        f"For {FOR} Prometheus has seen no operator of PLCs: drift is neither found nor corrected, or its metrics are"
        " not reached. Every other alert of FabGitOps is blind meanwhile. Does its pod run:"
        " `kubectl get pods -A -l app.kubernetes.io/name=fabgitops`?",
        "operator-absent",
    ),
    Alert(
        "FabGitOpsOperatorRestarting",
        "sum by (job) (changes(process_start_time_seconds[30m])"
        " and on (job, instance) last_over_time(fabgitops_build_info[30m])) > $THRESHOLD",
        "0m",
        CRITICAL,
        f"The FabGitOps operator has started {COUNT} times anew within 30 minutes.",
        "It ends again and again: PLCs are looked after only in between, and alerts that need minutes may never fire."
        " Why did it end: `kubectl logs --previous`, and was it killed for its memory: `kubectl describe pod`?",
        "operator-restarting",
        threshold=2,
        counted="starts within 30 minutes",
    ),
    Alert(
        "FabGitOpsNoLeader",
        "max by (lease) (fabgitops_leader) == 0",
        "5m",
        CRITICAL,
        "No FabGitOps operator holds the Lease {{ $labels.lease }}.",
        f"For {FOR} operators have waited for another that is not seen here, or could not renew the Lease, so"
        " that another may have taken their place: nothing is corrected. `/readyz` and the operator's log name the"
        " holder, or say what keeps it from being renewed.",
        "no-leader",
    ),
    Alert(
        "FabGitOpsNoStandby",
        "max by (lease) (max_over_time(fabgitops_standby[1d])) == 1 unless max by (lease) (fabgitops_standby) == 1",
        "15m",
        WARNING,
        "Nobody stands by to take over the Lease {{ $labels.lease }}.",
        f"For {FOR} no second operator has been ready to take over, and within a day there was one: if the one that"
        " holds the Lease is lost now, nothing is corrected until another starts. Does its pod run, and is it ready:"
        " `kubectl get pods -A -l app.kubernetes.io/name=fabgitops`?",
        "no-standby",
    ),
    Alert(
        "FabGitOpsFleetBrake",
        "max by (job) (fabgitops_fleet_brake) == 1",
        "0m",
        CRITICAL,
        "The fleet brake holds all corrections.",
        "So many PLCs drifted at once, or so many corrections went out, that something else is wrong: a manifest, a"
        " network, somebody at work on the line. Nothing is corrected until somebody lets it go: `fabctl brake status`"
        " says since when, and why.",
        "fleet-brake",
    ),
    Alert(
        "FabGitOpsPLCUnreachable",
        f"max {_BY_PLC} (plc_connection_status) == 0"
        f' or max {_BY_PLC} (fabgitops_plc_ready{{reason="ConnectionFailed"}}) == 0',
        "5m",
        WARNING,
        f"{PLC} does not answer.",
        f"{PLC} has not answered for {FOR} or more, or one of its units has not: what the registers there hold"
        f" is not known, and nothing is corrected. {DESCRIBE} has the last error.",
        "plc-unreachable",
        KEEP,
    ),
    Alert(
        "FabGitOpsPLCFlapping",
        f"sum {_BY_PLC} (changes(plc_connection_status[30m])) > {THRESHOLD} {_LIVE}",
        "5m",
        WARNING,
        f"The connection to {PLC} comes and goes.",
        f"{PLC} was lost or found again {COUNT} times within 30 minutes: a bad cable or switch, another client that"
        " takes its connections, or a device slower than timeoutSecs.",
        "plc-flapping",
        KEEP,
        threshold=6,
        counted="times lost or found within 30 minutes",
    ),
    Alert(
        "FabGitOpsManyPLCsUnreachable",
        "namespace:plc_connection_status:avg < $THRESHOLD and count by (namespace) (plc_connection_status) >= 4",
        "2m",
        CRITICAL,
        "Only {{ $value | humanizePercentage }} of the PLCs in {{ $labels.namespace }} answer.",
        "So many at once point to what they share: a switch, a firewall, a gateway, a NetworkPolicy."
        " `fabctl get-status -n {{ $labels.namespace }}` shows which ones.",
        "many-plcs-unreachable",
        KEEP,
        threshold=0.75,
        counted="the share of a namespace's PLCs that answer: fires below",
    ),
    Alert(
        "FabGitOpsDriftNotCorrected",
        f"max {_BY_PLC} (fabgitops_plc_in_sync) == 0"
        ' unless on (namespace, plc_name) fabgitops_plc_ready{reason=~"Held|Observed"}',
        "10m",
        WARNING,
        f"{PLC} has not held what Git wants for {FOR} or more.",
        f"Drift of {PLC} stays{REASON}: corrections are off, fail, or do not hold. {DESCRIBE} says which register, and"
        " what it holds.",
        "drift-not-corrected",
        KEEP,
    ),
    Alert(
        "FabGitOpsCorrectionsHeld",
        f'max by (job, reason) (fabgitops_held_corrections{{reason!~"{NO_ALARM}"}}) > 0',
        "15m",
        WARNING,
        "Corrections are held: {{ $labels.reason }}.",
        f"For {FOR} or more {{{{ $labels.reason }}}} has held corrections, now of {COUNT} registers: they are not as"
        " Git wants them and are not written. `fabctl get-status -A` shows of which PLCs, and `fabctl describe` of one"
        " what each guard says.",
        "corrections-held",
        KEEP,
    ),
    Alert(
        "FabGitOpsCorrectionNotProven",
        f"sum {_BY_PLC} (increase(fabgitops_correction_attempts_total[15m]))"
        f" - sum {_BY_PLC} (increase(corrections_total[15m])) > {THRESHOLD} {_LIVE}",
        "1m",
        CRITICAL,
        f"Corrections of {PLC} do not hold.",
        f"{COUNT} writes to {PLC} within 15 minutes were not proven by reading back{REASON}: the device refuses them,"
        " loses them, or something else writes the same register. If the machine is at risk, set spec.suspend first;"
        f" then {DESCRIBE}.",
        "correction-not-proven",
        KEEP,
        threshold=2.5,
        counted="writes within 15 minutes that were not proven",
    ),
    Alert(
        "FabGitOpsDriftRecurring",
        f"sum {_BY_PLC} (increase(drift_events_total[1h])) > {THRESHOLD} {_LIVE}",
        "5m",
        WARNING,
        f"{PLC} keeps drifting.",
        f"{PLC} has drifted {COUNT} times within an hour, and each time it was put right or went away: somebody or"
        " something else wants another value. Its Events say which register, from what to what.",
        "drift-recurring",
        KEEP,
        threshold=5,
        counted="drifts within an hour",
    ),
    Alert(
        "FabGitOpsConflict",
        f'max {_BY_PLC} (fabgitops_plc_ready{{reason="Conflict"}}) == 0',
        "2m",
        WARNING,
        f"{PLC} and another resource want the same register.",
        f"Two resources declare a register of {PLC}: neither writes it until one of them lets go. {DESCRIBE} names the"
        " other, and the register.",
        "conflict",
        KEEP,
    ),
    Alert(
        "FabGitOpsPLCStalled",
        f'max by (namespace, plc_name, reason) (fabgitops_plc_ready{{reason!~"{ELSEWHERE}"}}) == 0',
        "5m",
        WARNING,
        f"{PLC} is not looked after as Git wants: {{{{ $labels.reason }}}}.",
        f"{PLC} has been {{{{ $labels.reason }}}} for {FOR} or more. {DESCRIBE} says which field or register, and why.",
        "plc-stalled",
        KEEP,
    ),
    Alert(
        "FabGitOpsBreakerOpen",
        'max by (endpoint, transport, unit_id) (fabgitops_breaker_state{state=~"open|half_open"}) == 1',
        "15m",
        WARNING,
        "The circuit of {{ $labels.endpoint }} ({{ $labels.transport }}) unit {{ $labels.unit_id }} has been open for"
        f" {FOR} or more.",
        "Every request to this device fails; it is tried again once a minute at most. Whom it concerns:"
        " `kubectl get plc -A -o wide | grep {{ $labels.endpoint }}`.",
        "breaker-open",
        KEEP,
    ),
    Alert(
        "FabGitOpsPollsLate",
        f"job:fabgitops_poll_lateness_seconds:p99_rate5m > {THRESHOLD}",
        "10m",
        WARNING,
        "Polls go out {{ $value | humanizeDuration }} late.",
        "One poll in a hundred goes out so late or later: drift is seen and corrected later than the intervals say. Is"
        " the operator's CPU throttled, its one core full, or a gateway's connection kept by units that are silent?",
        "polls-late",
        threshold=LATE_SECS,
        counted="seconds that one poll in a hundred is late",
    ),
    Alert(
        "FabGitOpsAPIWritesFailing",
        _API_WRITES,
        "10m",
        WARNING,
        "The API server does not take what the operator writes: {{ $labels.resource }} {{ $labels.result }}.",
        f"Lately {COUNT} times a {{{{ $labels.resource }}}} ended with {{{{ $labels.result }}}}: what kubectl shows"
        " may be older than what the operator knows, and corrections whose record is refused are not written. The"
        " operator's log has the API server's words.",
        "api-writes-failing",
        KEEP,
        threshold=0.1,
        counted="the share of writes that fail and are tried again; what is refused for good always counts",
    ),
    Alert(
        "FabGitOpsPLCsGivenUp",
        "max by (namespace) (fabgitops_given_up_plcs) > 0",
        "10m",
        WARNING,
        "Nobody looks after the PLCs of {{ $labels.namespace }}.",
        f"For {FOR} PLCs of {{{{ $labels.namespace }}}} have been left alone: the operator that looked after them was"
        " started for other namespaces, and no other has taken over. They are neither read nor corrected.",
        "plcs-given-up",
    ),
    Alert(
        "FabGitOpsWatchDown",
        "min by (job, kind) (fabgitops_watch_up) == 0",
        "5m",
        WARNING,
        "The operator is not told of changes of {{ $labels.kind }}.",
        f"For {FOR} or more no watch of {{{{ $labels.kind }}}} has stood: an edit, spec.suspend too, is heard late,"
        " by a listing, or not at all. `/readyz` and the log say since when, and why.",
        "watch-down",
    ),
    Alert(
        "FabGitOpsAuditNotStored",
        "min by (job) (fabgitops_audit_up) == 0",
        "2m",
        CRITICAL,
        "Records of writes to devices cannot be stored.",
        f"For {FOR} or more no record of a write could be stored: every correction is held, or with --audit-outage"
        " correct goes out without one. The log says why, and the message of a resource that is held: is the volume"
        " full?",
        "audit-not-stored",
    ),
    Alert(
        "FabGitOpsSourceStuck",
        _SOURCE_STUCK,
        "15m",
        WARNING,
        "The operator does not follow its source: {{ $labels.reason }}.",
        f"For {FOR} or more, without a cluster, the source could not be read (away), or the revision that it names has"
        " errors (refused) or would let too much vanish (held). What was taken before is in force meanwhile. `/readyz`"
        " and the log say since when, and why.",
        "source-stuck",
    ),
    Alert(
        "FabGitOpsRackStalled",
        f'max by (namespace, rack_name, reason) (fabgitops_rack_ready{{reason!~"{_GOING_ON}"}}) == 0',
        "5m",
        WARNING,
        "{{ $labels.namespace }}/{{ $labels.rack_name }} is not as its template says: {{ $labels.reason }}.",
        f"The Rack has been {{{{ $labels.reason }}}} for {FOR} or more, and does not go on by itself."
        " `fabctl rack describe {{ $labels.rack_name }} -n {{ $labels.namespace }}` says what is in the way.",
        "rack-stalled",
        KEEP,
    ),
    Alert(
        "FabGitOpsRackHealing",
        f"sum by (job, kind) (increase(fabgitops_rack_children_healed_total[1h])) > {THRESHOLD}",
        "5m",
        WARNING,
        "Parts of racks are taken away or changed again and again: {{ $labels.kind }}.",
        f"{COUNT} times within an hour a {{{{ $labels.kind }}}} was made again or put right: somebody, or another"
        " controller, wants it otherwise. The Events of the Racks name who.",
        "rack-healing",
        KEEP,
        threshold=20,
        counted="parts of a kind that were healed within an hour",
    ),
    Alert(
        "FabGitOpsBusAway",
        f"max by (job, bus) (fabgitops_bus_oldest_seconds) > {THRESHOLD}",
        "2m",
        WARNING,
        "The bus {{ $labels.bus }} does not take what happens to racks or rollouts.",
        "The first event that waits has waited for {{ $value | humanizeDuration }}. Racks are looked after and"
        " rollouts go on as ever; who listens hears of it later. The operator's log says what the bus answers.",
        "bus-away",
        KEEP,
        threshold=300,
        counted="seconds that the first event has waited",
    ),
    Alert(
        "FabGitOpsBusRefuses",
        'sum by (job, bus) (increase(fabgitops_bus_published_total{result="refused"}[15m])) > 0',
        "1m",
        WARNING,
        "The bus {{ $labels.bus }} refuses events.",
        f"{COUNT} events within 15 minutes were refused for good and are not told: a subject that no stream takes, a"
        " topic without rights, an event too large. The operator's log names them.",
        "bus-refuses",
        KEEP,
    ),
    Alert(
        "FabGitOpsRolloutFailed",
        f'max {_BY_ROLLOUT_REASON} ({_ROLLOUT_READY}{{reason=~"{_ROLLOUT_FAILED}"}}) == 0',
        "1m",
        WARNING,
        f"{_ROLLOUT} does not go on: {{{{ $labels.reason }}}}.",
        "Its change of set-points failed or was given up (Aborted), or it cannot be begun. All PLCs are held at what"
        f" they have; Git may want something else of them. {_STATUS} says what failed, and what can be done.",
        "rollout-failed",
        KEEP,
    ),
    Alert(
        "FabGitOpsRolloutStuck",
        f'max {_BY_ROLLOUT} ({_PHASE}{{phase=~"Releasing|Restoring"}}) == 1'
        f" unless on (namespace, rollout) ({_MOVED})"
        f' unless on (namespace, rollout) {_ROLLOUT_READY}{{reason=~"Frozen|Overlap"}}',
        "20m",
        WARNING,
        f"{_ROLLOUT} has a wave that does not get on.",
        f"For {FOR} or more no PLC of the wave was read back to hold what it was released to, or put back to. {_STATUS}"
        " says which ones it waits for, and why: they may be away, or held by a guard.",
        "rollout-stuck",
        KEEP,
    ),
    Alert(
        "FabGitOpsRolloutPaused",
        f'max {_BY_ROLLOUT_REASON} ({_ROLLOUT_READY}{{reason=~"Paused|AwaitingApproval"}}) == 0',
        "1h",
        WARNING,
        f"{_ROLLOUT} waits for somebody's word: {{{{ $labels.reason }}}}.",
        f"It has waited for {FOR} or more, with some PLCs on the new values and the others on the old ones, or all of"
        f" them on the old ones. {_STATUS} says why, and what ends it.",
        "rollout-paused",
        KEEP,
    ),
    Alert(
        "FabGitOpsRolloutOverlap",
        f'max {_BY_ROLLOUT} ({_ROLLOUT_READY}{{reason="Overlap"}}) == 0',
        "2m",
        WARNING,
        f"{_ROLLOUT} selects PLCs that another rollout selects as well: neither releases any.",
        f"As long as two selectors meet, all PLCs of both are held at what they have. {_STATUS} names the other one.",
        "rollout-overlap",
        KEEP,
    ),
    Alert(
        "FabGitOpsPLCsLeftHeld",
        'max by (namespace) (fabgitops_unreleased_plcs{reason="RolloutGone"}) > 0',
        "15m",
        WARNING,
        "PLCs of {{ $labels.namespace }} are held, and no rollout leads them any more.",
        f"{COUNT} PLCs for {FOR} or more: the SetpointRollout that held them was deleted, or does not select them any"
        " more, and Git wants something else of them. `fabctl rollout release` lets them follow Git, or another rollout"
        " takes them over.",
        "plcs-left-held",
        KEEP,
    ),
    Alert(
        "FabGitOpsOutboxPending",
        f"max {_BY_ROLLOUT} (fabgitops_outbox_pending) > {THRESHOLD}",
        "10m",
        WARNING,
        f"What happens to {_ROLLOUT} is not told.",
        f"{COUNT} events of it have waited for {FOR} or more. The rollout goes on as ever; who listens hears of it"
        " later, or not at all where the outbox overflows. The operator's log says what the sink answers.",
        "outbox-pending",
        KEEP,
        threshold=0,
        counted="events of a rollout that may wait",
    ),
    Alert(
        "FabGitOpsWorkloadFailed",
        f'max {_BY_ROLLOUT_REASON} ({_WORKLOAD_READY}{{reason=~"{_WORKLOAD_FAILED}"}}) == 0',
        "1m",
        WARNING,
        f"{_ROLLOUT} does not go on: {{{{ $labels.reason }}}}.",
        "The new version was given up (RolloutAborted), or it cannot be begun. The old one has all requests and all its"
        " pods, unless it is lost (StableLost); Git still names the new one."
        f" {_STATUS} says why, and what can be done.",
        "workload-failed",
        KEEP,
    ),
    Alert(
        "FabGitOpsWorkloadStuck",
        f'max {_BY_ROLLOUT} ({_WORKLOAD_READY}{{reason="ProgressDeadlineExceeded"}}) == 0',
        "1m",
        WARNING,
        f"{_ROLLOUT} makes no progress.",
        "For spec.progressDeadlineSeconds nothing has got on: pods do not come up, or are not available for long."
        f" Requests go on as they went. {_STATUS} says how many pods are missing.",
        "workload-stuck",
        KEEP,
    ),
    Alert(
        "FabGitOpsWorkloadPaused",
        f'max {_BY_ROLLOUT_REASON} ({_WORKLOAD_READY}{{reason=~"Paused|Concluded"}}) == 0',
        "4h",
        WARNING,
        f"{_ROLLOUT} waits for somebody's word: {{{{ $labels.reason }}}}.",
        f"For {FOR} or more two versions have run side by side. {_STATUS} says why it waits, and what ends it.",
        "workload-paused",
        KEEP,
    ),
    Alert(
        "FabGitOpsRouteContended",
        f"max {_BY_ROLLOUT} ({_CONTENDED} and changes({_CONTENDED}[15m]) > 0) > {THRESHOLD}",
        "0m",
        WARNING,
        f"Somebody else sets what {_ROLLOUT} holds.",
        f"{COUNT} times a weight of a route, or the selector of a Service, was set to something else and put right: as"
        " long as that goes on no share of requests holds. Is the route applied by GitOps as well, or by another"
        " controller? The Events of the Rollout name what was changed.",
        "route-contended",
        KEEP,
        threshold=2,
        counted="changes by others within ten minutes that are put right without an alert",
    ),
    Alert(
        "FabGitOpsChaosOverdue",
        "max by (namespace, experiment) (time() - fabgitops_chaos_end_timestamp_seconds) > $THRESHOLD",
        "0m",
        CRITICAL,
        f"{_EXPERIMENT} is over, and not everything of it is.",
        f"Its time was over {COUNT} s ago, and something is still injected, or may be. What has a lease (all but"
        " `plcDrift`) ends by itself after 30 s without its operator: who holds it?"
        " `kubectl describe chaos {{ $labels.experiment }} -n {{ $labels.namespace }}` names the targets.",
        "chaos-overdue",
        KEEP,
        threshold=60,
        counted="seconds after its end in which an experiment may still be ending",
    ),
    Alert(
        "FabGitOpsChaosUnconfirmed",
        "sum by (job) (increase(fabgitops_chaos_unconfirmed_recoveries_total[15m])) > 0",
        "0m",
        WARNING,
        "Nobody has said that what a chaos experiment injected is over.",
        f"Of {COUNT} injections (of {{{{ $labels.job }}}}) nobody has said that they ended: who held them did not"
        " answer for 30 s. What had a lease is over by now; a register that `plcDrift` has set may be so yet. The"
        " status of the experiment has `confirmed: false` for those targets.",
        "chaos-unconfirmed",
        KEEP,
    ),
    Alert(
        "FabGitOpsChaosAgentDown",
        "min by (node) (fabgitops_chaos_agent_up) == 0",
        "1m",
        WARNING,
        "The chaos agent of {{ $labels.node }} does not renew its Lease.",
        "Experiments ask for it: what it held has ended, and nothing begins on {{ $labels.node }}.",
        "chaos-agent-down",
        KEEP,
    ),
)
