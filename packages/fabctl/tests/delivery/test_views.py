"""What Rollouts of workloads say: rows, trees, plans, histories, why one has stopped, and how its pods stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabctl.lineage import lineage
from fabctl.render.pausing import paused_table
from fabctl.render.rollouts import rollout_table
from fabctl.render.shapes import plain_section, plain_sections, plain_table, table_for_people, width_of
from fabctl.render.telling import Lines
from fabctl.render.tree import tree
from fabctl.render.workloads import history_sections, plan_sections, standing_section, workload_decisions
from fabctl.revisions import pod_of, revisions
from fabctl.rows import row_of
from fabctl.standing import is_over, standing
from fabctl.stepping import planned
from fabctl.workloads import WorkloadView, workload_view

from .workload import AT, DECISION, HASH, MARK, STEPS, pod, replica_set, rollout, waiting

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"
JUNK: list[Any] = [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}, [{}]]
SETS = [
    replica_set(1, "aa11", 4, **{"kubernetes.io/change-cause": "first"}),
    replica_set(2, "bb22", 1),
    replica_set(9, "cc33", 9, owner="another"),
]
PODS = [
    pod("hmi-aa11-x", "aa11"),
    pod("hmi-bb22-y", "bb22", **waiting("CrashLoopBackOff", 3)),
    pod("hmi-cc33-z", "cc33"),
]


def viewed(phase: str = "Paused", **more: Any) -> WorkloadView:
    """Return what such a rollout says."""
    return workload_view(rollout(phase, **more))


def drawn(given: WorkloadView, *, wide: bool = False, sets: Any = SETS, pods: Any = PODS) -> list[str]:
    """Return the lines of its tree."""
    return [each.plain for each in tree(lineage(given, revisions("u", sets, pods), NOW), wide=wide)]


def test_a_tree_shows_revisions_with_their_pods_and_steps() -> None:
    """Images by what they are, the newest revision first, pods with what is wrong, steps done, under way, not begun."""
    assert drawn(viewed(message="waits for a word")) == [
        "‖ rollout hmi  Paused, Canary, step 2 of 5, weight 20 (set 20), 5/5 available, waits for a word",
        "├── image registry/hmi:2  (canary)",
        "├── image registry/hmi:1  (stable)",
        "├── revision #2  bb22, 1 wanted, 1 ready, 1 available, (canary)",
        "│   └── pod hmi-bb22-y  CrashLoopBackOff, 0/1 ready, 3 restarts",
        "├── revision #1  aa11, 4 wanted, 4 ready, 4 available, (stable)",
        "│   └── pod hmi-aa11-x  Running, 1/1 ready",
        "├── ✔ step 1  setWeight 20",
        "├── ◌ step 2  pause until promoted",
        "├── · step 3  setWeight 60",
        "├── · step 4  pause 10m",
        "├── · step 5  analysis errors",
        f"└── decision {AT}  Progressing, StepDone, step 2 begins",
    ]


def test_lines_in_a_pipe_go_on_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A decision is noted with the next whole second: what follows from it is not told with a time before that."""
    at, told = f"{(datetime.now(UTC) + timedelta(seconds=1)):%Y-%m-%dT%H:%M:%SZ}", Lines()
    first, then = viewed(), viewed("Progressing", decisions=[DECISION, {**DECISION, "at": at, "rule": "Promote"}])
    for each in (first, then):
        told.show(each.decisions, lineage(each, (), NOW), wide=False)
    before, decided, after = (line.split()[0] for line in capsys.readouterr().out.splitlines())
    assert before <= decided == at <= after


def test_a_step_is_said_once() -> None:
    """The tree has the step before the weight, so that what the rollout says of itself goes without it."""
    assert drawn(viewed())[0].endswith("5/5 available, paused (CanaryPauseStep) until somebody promotes it")
    assert drawn(viewed())[0].count("step 2 of 5") == 1


def test_what_is_decided_behind_the_last_step_is_at_none() -> None:
    """Not at the sixth of five; an A/B test has no steps at all, though the operator counts some of its own."""
    given = viewed(decisions=[DECISION, {**DECISION, "step": 5, "rule": "Completed"}])
    rows = [line.split()[2:4] for line in plain_table(workload_decisions(given.decisions, NOW, 5)).splitlines()[1:]]
    assert rows == [["-", "Completed"], ["1", "StepDone"]]
    assert "step 6" not in "\n".join(plain_section(standing_section(given, standing(given), NOW)))
    test = viewed(strategy={"abTesting": {"replicas": 1}}, decisions=[DECISION])
    assert "step 1" not in "\n".join(plain_section(standing_section(test, standing(test), NOW)))
    assert " 1 pod\n" in plain_sections(plan_sections(test))


def test_a_revision_is_named_by_its_selector() -> None:
    """As the operator goes by it: a label can be changed, or be missing, and says nothing then."""
    given = replica_set(1, "aa11", 4)
    given["spec"]["selector"] = {"matchLabels": {"app": "hmi", HASH: "aa11"}}
    given["metadata"]["labels"][HASH] = "bb22"
    assert [each.hash for each in revisions("u", [given])] == ["aa11"]
    del given["metadata"]["labels"][HASH]
    assert [each.hash for each in revisions("u", [given])] == ["aa11"]


def test_what_another_object_owns_is_no_revision() -> None:
    """Its labels may say what they like: the uid of the owner counts."""
    assert "cc33" not in "\n".join(drawn(viewed()))
    assert revisions("", SETS) == []


def test_a_blue_green_names_active_and_preview() -> None:
    """By what its Services select; an old one says until when it stays, and one without pods that it is scaled down."""
    until = {f"{MARK}/scale-down-at": "2026-01-02T00:00:30Z"}
    sets = [replica_set(1, "aa11", 5, **until), replica_set(2, "bb22", 5), replica_set(0, "dd44", 0)]
    colours = {"activeSelector": "aa11", "previewSelector": "bb22"}
    lines = drawn(
        viewed("Preview", strategy={"blueGreen": {}}, blueGreen=colours, currentStepIndex=None), sets=sets, pods=[]
    )
    assert lines[0].startswith("◌ rollout hmi  Preview, BlueGreen, weight 20, 5/5 available")
    assert "├── image registry/hmi:1  (stable), (active)" in lines
    assert "├── revision #2  bb22, 5 wanted, 5 ready, 5 available, (preview)" in lines
    assert any(line.endswith("(stable), (active), stays until 2026-01-02T00:00:30Z") for line in lines)
    assert "├── revision hmi-dd44  dd44, scaled down" in lines


def test_weights_of_routes_and_analyses_are_drawn() -> None:
    """Who has which weight, whether gateways have accepted it; of each metric its verdict and last measurement."""
    sides = {
        side: {"weight": weight, "serviceName": f"hmi-{side}"} for side, weight in (("canary", 20), ("stable", 80))
    }
    metric = {"name": "errors/rate", "verdict": "Running", "successful": 2}
    metric["measurements"] = [{"at": AT, "value": "0.01", "verdict": "Successful"}]
    judged = [{"wave": 5, "verdict": "Running", "metrics": [metric]}]
    lines = drawn(viewed(canary={"weights": sides}, analyses=judged))
    assert "├── routes  canary hmi-canary 20, stable hmi-stable 80, not accepted yet" in lines
    assert "├── analysis of step 5  Running" in lines
    assert "│   └── metric errors/rate  Running, 2 successful, last 0.01 (Successful)" in lines


def test_what_is_measured_still_says_how_it_stands() -> None:
    """Whoever asks why it waits reads of each metric what came out so far, and why one cannot be measured."""
    away = {"at": AT, "value": "", "verdict": "Error", "message": "no connection"}
    metrics = [
        {"name": "errors/rate", "verdict": "Running", "errors": 1, "measurements": [away]},
        {"name": "errors/slow", "verdict": "Running", "successful": 2, "measurements": [{**away, "value": "7"}]},
    ]
    given = viewed("Progressing", analyses=[{"wave": 5, "verdict": "Running", "metrics": metrics}])
    shown = plain_section(standing_section(given, standing(given), NOW))
    assert "Metric errors/rate:  Running, 1 error, last Error: no connection" in shown
    assert "Metric errors/slow:  Running, 2 successful, last 7 (Error)" in shown
    assert "│   ├── metric errors/rate  Running, 1 error, last Error: no connection" in drawn(given)
    ended = {"verdict": "Error", "message": "not measured 5 times in a row: no connection"}
    over = viewed("Failed", analyses=[{"wave": 5, "verdict": "Error", "metrics": [{**metrics[0], **ended}]}])
    assert "\n".join(drawn(over)).count("no connection") == 1


def test_many_pods_are_counted() -> None:
    """Twenty of a revision are shown, those with something wrong first."""
    pods = [pod(f"p-{at:02}", "aa11") for at in range(24)] + [pod("q", "aa11", **waiting("ErrImagePull"))]
    lines = drawn(viewed(), pods=pods)
    at = next(at for at, line in enumerate(lines) if "revision #1" in line)
    assert "pod q  ErrImagePull" in lines[at + 1]
    assert lines[at + 21].endswith("and 5 more pods")


@pytest.mark.parametrize(
    ("given", "state", "why"),
    [
        (pod("p", "a"), "Running", ""),
        (pod("p", "a", **waiting("ImagePullBackOff")), "ImagePullBackOff", ""),
        (
            pod("p", "a", **waiting("CrashLoopBackOff", lastState={"terminated": {"reason": "Error", "exitCode": 2}})),
            "CrashLoopBackOff",
            "last ended with Error, code 2",
        ),
        (
            pod("p", "a", initContainerStatuses=[{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]),
            "Init:CrashLoopBackOff",
            "",
        ),
        (pod("p", "a", containerStatuses=[{"state": {"terminated": {"exitCode": 1}}}]), "Error", "code 1"),
        (pod("p", "a", reason="Evicted", message="disk pressure"), "Evicted", "disk pressure"),
        (
            pod(
                "p",
                "a",
                phase="Pending",
                containerStatuses=[],
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no\nroom"}
                ],
            ),
            "Pending",
            "Unschedulable: no room",
        ),
    ],
)
def test_a_pod_says_what_is_wrong_with_it(given: Any, state: str, why: str) -> None:
    """As kubectl get pods does, and why in one line."""
    assert (pod_of(given).state, pod_of(given).why) == (state, why)


def test_a_pod_that_goes_says_so() -> None:
    """Whatever its containers say still."""
    going = pod("p", "a", **waiting("CrashLoopBackOff"))
    going["metadata"]["deletionTimestamp"] = AT
    assert pod_of(going).state == "Terminating"


def test_a_row_says_how_far_it_is() -> None:
    """In one list with those of set-points, in 80 columns; what has stopped says why."""
    table = rollout_table([row_of(rollout("Progressing"))], wide=False, namespaces=False, now=NOW)
    assert plain_table(table).splitlines()[1] == "hmi    Rollout   Progressing    1/5        20%         5/5   " + AT
    assert width_of(table_for_people(table)) <= 80
    stopped = rollout_table(
        map(row_of, [rollout("Progressing"), rollout("Failed")]), wide=False, namespaces=False, now=NOW
    )
    assert stopped.headers[-1] == "Message"


LOST: dict[str, Any] = {"conditions": [{"type": "Stalled", "status": "True", "reason": "StableLost"}]}
PAUSED = {f"{MARK}/pause": "x"}
LABEL = "if its ReplicaSet is there: give it its label fabgitops.io/rollout=hmi again"
AGAIN = "declare its template again: all goes back to it"
BOTH = "set spec.paused to false in Git, then fabctl rollout resume hmi"
WITHOUT = "do without it: fabctl rollout promote hmi --full"


@pytest.mark.parametrize(
    ("given", "then"),
    [
        (viewed("Failed", **LOST), (LABEL, AGAIN, WITHOUT)),
        (viewed("Failed", abort=True, **LOST), (LABEL, AGAIN, WITHOUT)),
        (
            viewed("Failed", annotations=PAUSED, **LOST),
            (LABEL, AGAIN, "do without it: fabctl rollout resume hmi, then fabctl rollout promote hmi --full"),
        ),
        (
            viewed("Failed", stableRS="unknown", **LOST),
            ("declare the template that is to count, then take it for proven: fabctl rollout promote hmi --full",),
        ),
        (
            viewed("Failed", abort=True, annotations=PAUSED, spec={"paused": True}),
            (
                "change Git: another template is a new revision",
                f"put right what failed, and begin this one again: {BOTH}, then fabctl rollout retry hmi",
            ),
        ),
    ],
)
def test_what_can_be_done_is_what_may_be_said(given: WorkloadView, then: tuple[str, ...]) -> None:
    """What is lost names no abort or retry, which are refused then, and what is paused says what comes first."""
    assert standing(given).next == then


@pytest.mark.parametrize(
    ("given", "why", "then", "code", "over"),
    [
        (viewed(), "until somebody promotes it", "fabctl rollout promote hmi", 0, False),
        (viewed("Progressing", pauseConditions=[]), "step 2", "give it up: fabctl rollout abort hmi", 0, False),
        (viewed("Completed", stableRS="bb22", message=""), "Completed", "nothing", 0, True),
        (viewed("Initializing", stableRS=""), "step 2", "see its pods: fabctl rollout get hmi", 0, False),
        (viewed("Failed", abort=True, cause="too many errors"), "step 2", "fabctl rollout retry hmi", 1, True),
        (viewed("Failed", message="no progress for 600 s"), "no progress", "fabctl rollout abort hmi", 1, True),
        (viewed("Paused", annotations={f"{MARK}/pause": "x"}), "step 2", "fabctl rollout resume hmi", 0, False),
        (viewed("Paused", spec={"paused": True}), "step 2", "set spec.paused to false in Git", 0, False),
        (viewed("Concluded"), "step 2", "fabctl rollout promote hmi", 0, False),
        (viewed("Failed", observedGeneration=1), "not looked at it since it changed", "fabctl doctor", 0, False),
        (viewed("Failed", stableRS="bb22", message="bad spec"), "bad spec", "put right in Git", 1, True),
    ],
)
def test_why_it_stands_there_and_what_can_be_done(
    given: WorkloadView, why: str, then: str, code: int, over: bool
) -> None:
    """Each phase has its answer; what has failed is exit code 1, and what is done or has failed is over."""
    answer = standing(given)
    assert why in answer.why
    assert then in "; ".join(answer.next)
    assert (answer.code, is_over(given)) == (code, over)


def test_the_answer_names_what_judged_and_what_decided() -> None:
    """The step, the weight, what it waits for, a metric that has failed, and the last decision with its input."""
    metric = {"name": "errors/rate", "verdict": "Failed", "message": "0.2 is above 0.1"}
    given = viewed(analyses=[{"wave": 1, "verdict": "Failed", "metrics": [metric]}], outbox=[{}], untold=2)
    shown = plain_section(standing_section(given, standing(given), NOW))
    assert "Revision:            #2 bb22, beside aa11\n" in shown
    assert "Step:                2 of 5\n" in shown
    assert "Weight:              20, set 20\n" in shown
    assert "Waits for:           CanaryPauseStep, since 2026-01-01T23:59:00Z\n" in shown
    assert "Metric errors/rate:  Failed: 0.2 is above 0.1\n" in shown
    assert "Last decision:       StepDone, 2026-01-01T23:59:00Z, Progressing, step 1\n" in shown
    assert "Events:              1 wait for the sink, 2 were dropped, for it took none\n" in shown


def test_a_plan_says_what_the_spec_says() -> None:
    """Each step with how it stands and the weight behind it; how many pods, only where the spec says so."""
    scale = {"setCanaryScale": {"replicas": 3}}
    header = {"headerName": "x-user", "headerValue": {"exact": "test"}}
    route = {"setHeaderRoute": {"name": "beta", "match": [header]}}
    steps = [*STEPS[:3], scale, route, {"setHeaderRoute": {"name": "beta"}}, {"setCanaryScale": {"weight": 25}}]
    found = planned(viewed(strategy={"canary": {"steps": steps}}))
    assert [(each.state, each.does, each.weight, each.pods) for each in found] == [
        ("done", "setWeight 20", "20 %", "by the weight"),
        ("under way", "pause until promoted", "20 %", "by the weight"),
        ("not begun", "setWeight 60", "60 %", "by the weight"),
        ("not begun", "setCanaryScale 3 pods", "60 %", "3 pods"),
        ("not begun", "setHeaderRoute beta: x-user is test", "60 %", "3 pods"),
        ("not begun", "setHeaderRoute beta taken away", "60 %", "3 pods"),
        ("not begun", "setCanaryScale 25 % of replicas", "60 %", "25 % of replicas"),
    ]
    assert {each.state for each in planned(viewed("Failed", abort=True))} == {"given up"}
    assert {each.state for each in planned(viewed("Completed", stableRS="bb22"))} == {"done"}


@pytest.mark.parametrize(
    ("strategy", "lines"),
    [
        ({"simple": {"maxSurge": 1}}, ["Pods at a time:  maxSurge 1, maxUnavailable 25%"]),
        (
            {
                "blueGreen": {
                    "activeService": "hmi",
                    "autoPromotionEnabled": False,
                    "previewReplicaCount": 1,
                    "prePromotionAnalysis": {"templates": [{"templateName": "smoke"}]},
                }
            },
            [
                "Active Service:   hmi",
                "New version:      1 pod beside the old ones",
                "Analysis before:  smoke",
                "Goes over:        when somebody promotes it",
                "Old version:      stays for 30 s",
            ],
        ),
        (
            {
                "abTesting": {
                    "match": {"cookie": {"name": "variant", "value": "b"}},
                    "duration": 3600,
                    "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}, {"template": {}}]}},
                }
            },
            [
                "Who takes part:  cookie variant is b",
                "New version:     5 pods",
                "For:             3600 s",
                "Routes:          HTTPRoute hmi, HTTPRoute of its own",
            ],
        ),
    ],
)
def test_a_plan_of_another_way_is_told_in_words(strategy: Any, lines: list[str]) -> None:
    """What is at a time, who takes part, what lets it go over; what is not said is as the definitions have it."""
    shown = plain_sections(plan_sections(viewed(strategy=strategy)))
    assert not [line for line in lines if f"{line}\n" not in shown], shown


def test_a_history_has_revisions_and_decisions() -> None:
    """The newest first: number, what it is, images, why it was made; of many decisions the last ten, or all."""
    given = viewed(decisions=[{**DECISION, "rule": f"rule-{at}"} for at in range(12)])
    found = revisions("u", SETS)
    shown = plain_sections(history_sections(given, found, (), NOW, wide=False))
    assert shown.splitlines()[1:4] == [
        "  NUMBER   HASH   IS       IMAGES           CREATED                CAUSE",
        f"       2   bb22   canary   registry/hmi:2   {AT}   -",
        f"       1   aa11   stable   registry/hmi:1   {AT}   first",
    ]
    assert ("rule-11" in shown, "rule-1 " in shown, "2 older decisions" in shown) == (True, False, True)
    assert "rule-0" in plain_sections(history_sections(given, found, (), NOW, wide=True))


def test_a_word_that_was_heard_is_known() -> None:
    """As the operator notes it."""
    assert viewed(heard=["promote=bb22/1"]).has_heard(f"{MARK}/promote", "bb22/1")
    assert not viewed(heard=["promote=bb22/1"]).has_heard(f"{MARK}/abort", "bb22/1")


def test_what_a_pause_would_do() -> None:
    """To a workload: pods are healed all the same, and where nothing is under way what comes waits."""
    rows = paused_table([viewed("Progressing"), viewed("Completed", stableRS="bb22")], "hot", namespaces=False).rows
    assert [row[-1].partition(":")[0] for row in rows] == [
        "no step begins; pods that fail are healed all the same",
        "nothing is under way; what comes is held",
    ]


@pytest.mark.parametrize("junk", JUNK)
def test_whatever_it_holds_is_shown(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, disturb nothing."""
    fields = (*rollout()["status"], "analyses", "canary", "blueGreen", "conditions", "outbox", "heard", "abortedAt")
    whole = rollout(**dict.fromkeys(fields, junk))
    whole["spec"] |= dict.fromkeys(("replicas", "template", "paused"), junk)
    steps = [junk, *({name: junk} for name in ("setWeight", "pause", "setCanaryScale", "setHeaderRoute", "analysis"))]
    inner = rollout(
        strategy={"canary": {"steps": steps, "trafficRouting": {"gatewayAPI": {"routes": [junk]}}, "analysis": junk}},
        canary={"weights": {"canary": junk, "stable": {"weight": junk, "serviceName": junk}}},
        analyses=[{"metrics": [dict.fromkeys(("name", "verdict", "measurements"), junk)]}, junk],
        pauseConditions=[junk, {"reason": junk, "startTime": junk}],
        decisions=[dict.fromkeys(DECISION, junk), junk],
    )
    ways = [rollout(strategy={way: junk}) for way in ("simple", "canary", "blueGreen", "abTesting")]
    fields = ("previewReplicaCount", "autoPromotionSeconds", "replicas", "match", "duration", "activeService")
    ways += [rollout(strategy={way: dict.fromkeys(fields, junk)}) for way in ("blueGreen", "abTesting")]
    set_ = replica_set(1, "aa11", 1)
    set_["metadata"] |= {"annotations": {f"{MARK}/revision": junk}, "labels": {HASH: junk}}
    set_["spec"], set_["status"] = {"replicas": junk, "template": junk}, junk
    pods = [pod("p", "aa11", phase=junk, reason=junk, containerStatuses=junk, conditions=junk), {"metadata": junk}]
    for body in (whole, inner, *ways, {"metadata": junk, "spec": junk, "status": junk}):
        given = workload_view(body)
        found = revisions("u", [set_, {"metadata": junk}], pods)
        sections = [standing_section(given, standing(given), NOW), *plan_sections(given)]
        sections += history_sections(given, found, (), NOW, wide=True)
        shown = plain_sections(sections) + plain_table(workload_decisions(given.decisions, NOW, 5))
        shown += "\n".join(each.plain for each in tree(lineage(given, found, NOW), wide=True))
        shown += plain_table(rollout_table([row_of(body)], wide=True, namespaces=True, now=NOW))
        assert all(character.isprintable() or character == "\n" for character in shown)
