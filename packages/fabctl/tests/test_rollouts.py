"""What rollouts say: tables, plans, why one has stopped, its tree, and what PLCs say that are led."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.branching import branches, looked_at
from fabctl.explaining import explained
from fabctl.house import house
from fabctl.model import view
from fabctl.names import PLC, ROLLOUT
from fabctl.outcome import outcome
from fabctl.releases import held, release_of
from fabctl.render.description import description
from fabctl.render.pausing import paused_table, resumed_table, rollouts_shortly
from fabctl.render.rollouts import answer_section, decisions_table, rollout_table
from fabctl.render.shapes import plain_section, plain_sections, plain_table, table_for_people, width_of
from fabctl.render.tables import status_table
from fabctl.render.tree import tree
from fabctl.render.waves import changes, plan_sections, release_section
from fabctl.rollouts import RolloutView, rollout_view, selector_of
from fabctl.rows import row_of

Make = Callable[..., dict[str, Any]]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
AT = "2026-01-01T23:59:00Z"
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"
WAVES = [
    {"wave": 1, "members": 1, "total": 1, "names": ["press-1"]},
    {"wave": 2, "members": 4, "total": 5, "names": ["press-2", "press-3", "press-4", "press-5"]},
]
PLAN = {"hash": "77aa", "size": 5, "changes": 5, "waves": WAVES, "since": AT}
DECISION = {
    "at": AT,
    "stage": "Releasing",
    "wave": 2,
    "input": "press-2 Failed",
    "rule": "failed",
    "outcome": "it is put back",
    "revision": "5f2c",
}


def rollout(phase: str = "Releasing", **more: Any) -> dict[str, Any]:
    """Return a rollout in its second wave of two; `annotations` and `spec` are added to it, the rest to its status."""
    metadata = {"name": "recipe", "namespace": "plant", "uid": "u", "generation": 2, "creationTimestamp": AT}
    spec = {"selector": {"matchLabels": {"line": "3"}}, **more.pop("spec", {})}
    status = {
        "phase": phase,
        "message": "wave 2 of 2: 1 of 4 proven",
        "revision": "5f2c",
        "round": 3,
        "wave": 2,
        "waves": 2,
        "progress": "2/2",
        "releasedText": "2/5",
        "members": {"total": 5, "released": 2, "held": 3},
        "plan": PLAN,
        "observedGeneration": 2,
        **more,
    }
    metadata["annotations"] = status.pop("annotations", {})
    return {"metadata": metadata, "spec": spec, "status": status}


def viewed(phase: str = "Releasing", **more: Any) -> RolloutView:
    """Return what such a rollout says."""
    return rollout_view(rollout(phase, **more))


def led(plc: Make, name: str = "mixer", wanted: str = "bb", **release: Any) -> dict[str, Any]:
    """Return a PLC that a rollout leads, with one register that is held."""
    register = {"name": "speed", "place": "holding 1", "desired": "2500", "actual": "2500", "unit": "rpm"}
    pending = {"pending": "2600"} if wanted != "aa" else {}
    body = plc(
        "InSync",
        "True",
        inSync=True,
        registers=[register | pending],
        release={"rollout": "recipe", "uid": "u", "wanted": wanted, "released": "aa", **release},
    )
    body["metadata"]["name"] = name
    return body


def test_a_row_says_how_far_it_is() -> None:
    """Kind, phase, wave and how many hold what Git wants, in 80 columns; why, where one has stopped."""
    table = rollout_table([row_of(rollout())], wide=False, namespaces=False, now=NOW)
    assert plain_table(table).splitlines() == [
        "NAME     KIND              PHASE       STEP   RELEASED   AVAILABLE   CREATED",
        "recipe   SetpointRollout   Releasing    2/2        2/5           -   2026-01-01T23:59:00Z",
    ]
    assert width_of(table_for_people(table)) <= 80
    stopped = rollout_table(map(row_of, [rollout(), rollout("Aborted")]), wide=False, namespaces=False, now=NOW)
    assert stopped.headers[-1] == "Message"
    wide = plain_table(rollout_table([row_of(rollout(decisions=[DECISION]))], wide=True, namespaces=True, now=NOW))
    row = ["plant", "recipe", "SetpointRollout", "Releasing", "2/2", "2/5", "-", AT, "5f2c", "0", "0"]
    assert wide.splitlines()[1].split()[:11] == row
    assert wide.splitlines()[1].endswith("failed     wave 2 of 2: 1 of 4 proven")


@pytest.mark.parametrize(
    ("generation", "phase"), [(1, "UPDATING"), (2, "Releasing"), (3, "Releasing"), (None, "Pending")]
)
def test_a_status_of_an_older_spec_is_not_believed(generation: int | None, phase: str) -> None:
    """Nor is one that there is none of yet."""
    assert viewed(observedGeneration=generation).phase == phase


@pytest.mark.parametrize(
    ("given", "why", "then", "code"),
    [
        (viewed(), "1 of 4 proven", "it goes on by itself", 0),
        (viewed(waitingFor=[{"name": "press-3", "why": "away"}]), "proven", "fabctl describe press-3", 0),
        (viewed("Done", message=""), "Done", "nothing", 0),
        (viewed("Done", members={"skipped": 2}), "proven", "caught up", 0),
        (viewed("Watching"), "proven", "nothing", 0),
        (viewed("Aborted", message="press-2 failed"), "press-2 failed", "fabctl rollout retry recipe", 1),
        (viewed("Restoring"), "proven", "put back, last first", 1),
        (viewed("Paused", pausedFor="the wave has a pause"), "has a pause", "fabctl rollout promote recipe", 0),
        (viewed("Paused", failed=[{"name": "a", "why": "b"}]), "proven", "fabctl rollout retry recipe", 0),
        (viewed("Paused", pausedBy="Failure"), "proven", "go on all the same: fabctl rollout promote recipe", 0),
        (viewed("Paused", pausedBy="Inconclusive"), "proven", "fabctl rollout abort recipe", 0),
        (viewed("Paused", annotations={"rollout.fabgitops.io/pause": "x"}), "p", "fabctl rollout resume recipe", 0),
        (viewed("Paused", spec={"paused": True}), "proven", "set spec.paused to false in Git", 0),
        (viewed("Planning", spec={"approval": "Manual"}), "proven", "fabctl rollout approve recipe", 0),
        (viewed(observedGeneration=1), "not looked at it since it changed", "fabctl doctor", 0),
    ],
)
def test_why_it_stands_there_and_what_can_be_done(given: RolloutView, why: str, then: str, code: int) -> None:
    """Each phase has its answer; what was given up or is put back is exit code 1."""
    answer = explained(given)
    assert why in answer.why
    assert then in "; ".join(answer.next)
    assert answer.code == code


def test_what_is_stalled_says_so() -> None:
    """Two rollouts on one PLC: the condition's message is why, Git has to be changed, exit code 1."""
    stalled = {"type": "Stalled", "status": "True", "reason": "Overlap", "message": "press-1 is selected by other"}
    answer = explained(viewed("Watching", conditions=[stalled]))
    assert (answer.why, answer.code) == ("press-1 is selected by other", 1)
    assert "one rollout alone selects each PLC" in answer.next[0]


def test_the_answer_names_what_failed_and_what_decided() -> None:
    """Failed PLCs with why and how many more, the last decision with its rule and input, and what to do next."""
    given = viewed(
        "Aborted",
        members={"failed": 3},
        failed=[{"name": "press-2", "why": "write refused"}],
        skipped=["press-9"],
        decisions=[DECISION],
        givenUp="Failed",
        cause="1 of 4 PLCs has failed",
        finishedAt=AT,
    )
    shown = plain_section(answer_section(given, explained(given), NOW))
    assert "Cause:          Failed: 1 of 4 PLCs has failed\n" in shown
    assert "Wave:           2 of 2\n" in shown
    assert "Failed:         press-2: write refused; and 2 more\n" in shown
    assert "Passed over:    press-9\n" in shown
    assert "Last decision:  failed, 2026-01-01T23:59:00Z, Releasing, wave 2\n" in shown
    assert "By:             press-2 Failed\nSo:             it is put back\n" in shown
    assert "Next:           change Git" in shown


def test_a_cause_is_said_once() -> None:
    """Where the operator's sentence has it already, only the rule is added."""
    given = viewed("Aborted", givenUp="Failed", cause="press-2 failed", message="revision 5f2c: press-2 failed")
    assert "Cause:     Failed\n" in plain_section(answer_section(given, explained(given), NOW))


def test_decisions_stand_with_the_newest_first() -> None:
    """When, where it stood, and by which rule."""
    rows = decisions_table(viewed(decisions=[DECISION, {**DECISION, "rule": "restore", "wave": 0}]).decisions, NOW).rows
    assert [(row[2], row[3]) for row in rows] == [("-", "restore"), ("2", "failed")]


def test_a_plan_shows_waves_and_what_changes(plc: Make) -> None:
    """Before anything happens: who is in which wave, and of each PLC that is held what it holds and Git wants."""
    given = viewed("Planning", spec={"approval": "Manual", "freeze": [{}]})
    assert given.plan is not None
    waiting = held([led(plc, "press-1"), led(plc, "press-2", wanted="aa"), plc()])
    shown = plain_sections(plan_sections(given, given.plan, waiting, wide=False))
    assert "Approval:            waits for a yes: fabctl rollout approve recipe\n" in shown
    assert "Waves (5 of 5 PLCs change, in 2 waves):\n" in shown
    assert "     2      4       5   press-2, press-3, press-4 and 1 more\n" in shown
    assert "Changes (1 PLC held):\n" in shown
    assert "press-1   speed      holding 1   2500 rpm   2500 rpm   2600 rpm\n" in shown
    many = held([led(plc, f"press-{number}") for number in range(25)])
    assert "and more:  5 PLCs: -o wide shows all" in plain_sections(plan_sections(given, given.plan, many, wide=False))
    assert "and more" not in plain_sections(plan_sections(given, given.plan, many, wide=True))


def test_a_tree_shows_waves_plcs_analyses_and_decisions(plc: Make) -> None:
    """Each PLC in its wave with what it holds and wants; more than are named are counted."""
    metrics = [{"name": "ok/temp", "verdict": "Running", "successful": 3, "measurements": [{"value": "7"}]}]
    given = viewed(
        analyses=[{"wave": 0, "verdict": "Running", "metrics": metrics}],
        decisions=[DECISION],
        plan={**PLAN, "waves": [WAVES[0], {**WAVES[1], "members": 6}]},
    )
    plcs = [led(plc, "press-1", wanted="aa", provenAt=AT), led(plc, "press-2"), plc()]
    lines = [each.plain for each in tree(branches(given, plcs, NOW), wide=False)]
    assert lines == [
        "rollout recipe  Releasing, wave 2 of 2, 2/5 released, wave 2 of 2: 1 of 4 proven",
        "├── wave 1  1 PLC, done",
        "│   └── PLC press-1  proven, SYNCED",
        "├── wave 2  6 PLCs, under way",
        "│   ├── PLC press-2  held, speed 2500 rpm → 2600 rpm, SYNCED",
        "│   ├── PLC press-3  not there",
        "│   ├── PLC press-4  not there",
        "│   ├── PLC press-5  not there",
        "│   └── and 2 more",
        "├── analysis of all waves  Running",
        "│   └── metric ok/temp  Running, 3 successful",
        "└── decision 2026-01-01T23:59:00Z  Releasing, failed, it is put back",
    ]


def test_of_very_many_plcs_those_that_matter_are_drawn(plc: Make) -> None:
    """Of the wave that is under way, which are fetched, and with why those that have failed or are waited for."""
    given = viewed(
        members={"total": 101},
        failed=[{"name": "press-9", "why": "write refused"}],
        waitingFor=[{"name": "press-2", "why": "away"}],
    )
    assert looked_at(given) == ("press-2", "press-3", "press-4", "press-5")
    assert looked_at(viewed(members={"total": 100})) is None
    lines = [each.plain for each in tree(branches(given, [led(plc, "press-2")], NOW), wide=False)]
    assert lines[1:] == [
        "├── wave 1  1 PLC, done",
        "├── wave 2  4 PLCs, under way",
        "│   ├── PLC press-2  held, speed 2500 rpm → 2600 rpm, SYNCED",
        "│   ├── PLC press-3  not there",
        "│   ├── PLC press-4  not there",
        "│   └── PLC press-5  not there",
        "├── failed",
        "│   └── PLC press-9  write refused",
        "└── waited for",
        "    └── PLC press-2  away",
    ]


def test_events_that_nobody_took_are_told() -> None:
    """Those that wait, and those that were dropped."""
    given = viewed(outbox=[{}, {}], untold=3)
    shown = plain_section(answer_section(given, explained(given), NOW))
    assert "Events:    2 wait for the sink, 3 were dropped, for it took none\n" in shown


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ({"matchLabels": {"line": "3", "hall": "A"}}, "line=3,hall=A"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b", "c"]}]}, "a in (b,c)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, "a notin (b)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
        ({"matchLabels": {"x": "1"}, "matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "x=1,!a"),
        ({}, ""),
    ],
)
def test_a_selector_is_said_as_the_api_server_takes_it(selector: dict[str, Any], said: str) -> None:
    """Labels and expressions, all of which must hold."""
    assert selector_of(rollout(spec={"selector": selector})) == said


@pytest.mark.parametrize(
    ("spent", "next_"),
    [
        ("", "manual/0/bb"),
        ("manual/0/aa", "manual/0/bb"),
        ("u1/3/bb", "manual/0/bb"),
        ("manual/0/bb", "manual/0/bb/2"),
        ("manual/0/bb/2", "manual/0/bb/3"),
    ],
)
def test_a_permit_by_hand_that_is_spent_is_given_in_its_next_turn(plc: Make, spent: str, next_: str) -> None:
    """What stands there and is for nothing any more would let nothing go, were it written once more."""
    body = led(plc)
    body["status"]["release"]["spent"] = spent
    found = release_of(body)
    assert found is not None
    assert found.permit_by_hand == next_


def test_a_plc_says_what_it_holds_and_wants(plc: Make) -> None:
    """In its description, with the command that releases it by hand; the permit names what Git wants and no more."""
    body = led(plc, reason="HeldByRollout", message="wants speed 2600, holds 2500; wave 3 of 5")
    found = release_of(body)
    assert found is not None
    assert found.permit_by_hand == "manual/0/bb"
    shown = plain_section(release_section(found, NOW))
    assert "Message:       wants speed 2600, holds 2500; wave 3 of 5\n" in shown
    assert "speed:         holds 2500 rpm, Git wants 2600 rpm\n" in shown
    assert "To release:    fabctl rollout release mixer\n" in shown
    gone = release_of(led(plc, reason="RolloutGone"))
    assert gone is not None
    assert gone.state == "held: RolloutGone"
    assert plain_table(changes([found], namespaces=True)).splitlines()[1].split()[:3] == ["line-3", "mixer", "speed"]


def test_a_held_plc_is_not_told_to_hold_what_git_wants(plc: Make) -> None:
    """A sync of it says who holds it, and so do the notes of its registers."""
    body = led(plc)
    body["spec"] = {"deviceAddress": "10.0.0.7", "registers": [{"name": "speed", "value": 2600, "unit": "rpm"}]}
    body["status"]["registersInSync"] = "1/1"
    done = outcome(view(body), view(body))
    assert done.sentence == (
        "in sync with what it was released to; rollout recipe holds it at that (fabctl describe mixer)"
    )
    assert "a rollout holds it, Git wants 2600 rpm" in plain_sections(description(view(body), [], NOW))
    corrected = led(plc)
    corrected["status"]["correctionsApplied"] = 1
    assert "it holds again what it was released to" in outcome(view(body), view(corrected)).sentence


def test_a_held_plc_is_marked_in_the_listing(plc: Make) -> None:
    """The column is there only where a PLC is held."""
    assert "HELD BY" not in plain_table(status_table([view(plc())], wide=False, namespaces=False))
    views = [view(led(plc)), view(led(plc, "oven", wanted="aa"))]
    rows = plain_table(status_table(views, wide=False, namespaces=False)).splitlines()
    assert [row.split()[-2:] for row in rows] == [["HELD", "BY"], ["0", "recipe"], ["0", "-"]]


def test_the_house_of_a_rack_shows_who_leads_its_plcs(plc: Make) -> None:
    """Behind the PLCs; a rollout whose name is that of a part takes no PLC in."""
    body = rollout()
    body["metadata"]["name"] = "mix"
    found = [(PLC, [led(plc, "mix-er")]), (ROLLOUT, [body])]
    lines = [each.plain for each in tree(house({"metadata": {"name": "rack-01"}}, found), wide=False)]
    assert lines[1:] == [
        "├── PLC mix-er  SYNCED, held by recipe",
        "└── rollout mix  Releasing, wave 2 of 2, 2/5 released",
    ]


def test_what_pause_and_resume_would_do() -> None:
    """To each rollout as it stands, and which are meant in a question."""
    paused = viewed("Paused", annotations={"rollout.fabgitops.io/pause": "recipe"})
    rows = paused_table([viewed("Restoring"), viewed(), viewed("Done"), paused], "hot", namespaces=True).rows
    assert [row[-1] for row in rows] == [
        "what was released is put back all the same",
        "no wave begins and none goes on: hot",
        "nothing is under way; what comes is held: hot",
        "paused as before; until now for: recipe",
    ]
    assert [row[-1] for row in resumed_table([paused], namespaces=False).rows] == ["goes on; was paused for: recipe"]
    assert rollouts_shortly([paused], "plant") == "recipe in namespace plant"
    assert rollouts_shortly([paused], None) == "plant/recipe"
    assert rollouts_shortly([paused] * 4, None) == "4 rollouts in all namespaces"


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}, [{}]])
def test_whatever_it_holds_is_shown(plc: Make, junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, disturb nothing."""
    fields = (*rollout()["status"], "waitingFor", "failed", "skipped", "analyses", "decisions", "conditions", "outbox")
    inner: dict[str, Any] = {
        "analyses": [{"metrics": [{"measurements": junk, "name": junk}], "wave": junk}, junk],
        "decisions": [dict.fromkeys(DECISION, junk)],
        "plan": dict.fromkeys(PLAN, junk) | {"hash": "a", "waves": [dict.fromkeys(WAVES[0], junk)]},
        "waitingFor": [{"name": junk, "why": junk}],
    }
    whole = rollout(**dict.fromkeys(fields, junk))
    whole["metadata"]["annotations"] = junk
    whole["spec"] = dict.fromkeys(("selector", "waves", "success", "freeze", "analysis", "failurePolicy"), junk)
    plcs = [plc("InSync", "True", release=junk), plc(release=dict.fromkeys(("rollout", "wanted", "permit"), junk))]
    for body in (whole, rollout(**inner), {"metadata": junk, "spec": junk, "status": junk}):
        given = rollout_view(body)
        sections = [answer_section(given, explained(given), NOW)]
        if given.plan:
            sections += plan_sections(given, given.plan, held(plcs), wide=True)
        sections += [release_section(found, NOW) for found in map(release_of, plcs) if found]
        shown = plain_sections(sections) + plain_table(decisions_table(given.decisions, NOW))
        shown += "\n".join(each.plain for each in tree(branches(given, plcs, NOW), wide=True)) + selector_of(body)
        shown += plain_table(rollout_table([row_of(body)], wide=True, namespaces=True, now=NOW))
        assert all(character.isprintable() or character == "\n" for character in shown)
