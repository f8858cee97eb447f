"""Adoption and approval: what waits for a yes, which yes counts, and how long."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import APPROVE, APPROVED_BY
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.plc.auditing import audited
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import START, Story, change_of, spec
from .mapping import spec as map_spec

MANUAL = {"correction": {"approval": "Manual"}}
OBSERVED = {"adoption": "Observe"}


def told(wanted: IndustrialPLCSpec, approved: str = "", by: str = "alice", uid: str = "u-1", **more: Any) -> Story:
    """Return the story of a resource that was just made."""
    return tells(Story(), wanted, approved, by, uid, **more)


def tells(
    story: Story, wanted: IndustrialPLCSpec, approved: str = "", by: str = "alice", uid: str = "u-1", **more: Any
) -> Story:
    """Declare a resource with annotations."""
    annotations = {APPROVE: approved, APPROVED_BY: by} if approved else {}
    event: Declared[Any, Any] = Declared(
        story.at, story.generation, wanted, annotations=annotations, uid=uid, **{"status": None, **more}
    )
    return story.tell(event)


def digest(story: Story) -> str:
    """Return what the status asks somebody to agree to."""
    assert story.status.plan is not None
    return story.status.plan.digest


def written(story: Story) -> int:
    """Return how many writes were asked for."""
    return len([each for each in story.all if isinstance(each, Write)])


def test_a_plan_waits_for_a_yes() -> None:
    """With approval Manual a drift is not written; the status says what would be, and waits."""
    story = told(spec(**MANUAL)).passes(2311)
    assert written(story) == 0
    assert story.condition("Ready") == ("False", "Held")
    assert story.condition("Correcting") == ("False", "AwaitingApproval")
    plan = story.status.plan
    assert plan is not None
    assert [(each.register_name, each.address, each.before, each.after) for each in plan.changes] == [
        ("target", 4001, "0x0907", "0x09C4")
    ]
    assert plan.approved_by is None
    assert story.passes(2311).notices == ["DriftDetected", "CorrectionHeld"]


def test_the_record_of_a_write_says_who_agreed_to_it() -> None:
    """What is known of an approved write names the digest and who agreed; of one that needs no yes it names nobody."""
    story = told(spec(**MANUAL)).passes(2311)
    agreed = digest(story)
    tells(story, story.spec, agreed).due().reads(2311)
    assert isinstance(story.request, Write)
    assert audited(story.state, story.request.change, story.at).approval == (agreed, "alice")
    free = told(spec()).due().reads(2311)
    assert isinstance(free.request, Write)
    assert audited(free.state, free.request.change, free.at).approval is None


def test_what_is_approved_is_looked_at_at_once_and_written() -> None:
    """A yes to the digest in the status begins a pass, which writes, and names who agreed."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, digest(story))
    assert story.wake is not None
    assert story.wake.after == 0.0
    story.due().reads(2311)
    assert isinstance(story.request, Write)
    assert story.status.plan is not None
    assert story.status.plan.approved_by == "alice"
    story.writes().reads(2500)
    assert story.condition("Ready") == ("True", "InSync")
    assert story.status.plan is None


@pytest.mark.parametrize("approved", ["", "0" * 16])
def test_no_other_yes_counts(approved: str) -> None:
    """Nothing is written by no yes, nor by one to something else."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, approved).passes(2311)
    assert written(story) == 0


def test_a_yes_lapses_when_the_register_holds_something_else() -> None:
    """What was agreed to with one value read is not written over another."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, digest(story)).passes(2312)
    assert written(story) == 0


def test_a_yes_lapses_when_git_wants_something_else() -> None:
    """What was agreed to is not written any more once another value is wanted."""
    story = told(spec(**MANUAL)).passes(2311)
    story.generation += 1
    tells(story, spec(**MANUAL, target_value=2600), digest(story)).passes(2311)
    assert written(story) == 0


def test_a_yes_is_used_up_by_the_correction() -> None:
    """A second drift to the same value takes a new yes, although the annotation still stands."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, digest(story)).passes(2311, 2500)
    story.passes(2311)
    assert written(story) == 1
    assert story.condition("Correcting") == ("False", "AwaitingApproval")


def test_a_yes_that_is_taken_back_stops_the_write_that_waits_for_its_turn() -> None:
    """The annotation is looked at right before the bytes."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, digest(story)).due().reads(2311)
    assert still_wanted(story.state, change_of(story.spec), story.at)
    tells(story, story.spec)
    assert not still_wanted(story.state, change_of(story.spec), story.at)


def test_every_register_of_an_approved_plan_is_written() -> None:
    """A yes covers the whole plan, though it shrinks while it is carried out."""
    two = [{"name": "a", "address": 1, "value": 1}, {"name": "b", "address": 2, "value": 2}]
    story = told(spec(target_register=None, target_value=None, registers=two, **MANUAL)).polled()
    assert written(story) == 0
    tells(story, story.spec, digest(story)).polled()
    assert written(story) == 2
    assert story.condition("Ready") == ("True", "InSync")


def test_a_forced_sync_needs_a_yes_too() -> None:
    """Force goes past the mode, never past an approval; the sync goes on waiting for it."""
    story = told(spec(**MANUAL)).passes(2311)
    tells(story, story.spec, request=SyncRequest("now", force=True)).passes(2311)
    assert written(story) == 0
    assert story.status.last_handled_reconcile_at is None


def test_a_restart_in_between_changes_nothing() -> None:
    """What was asked before a crash can be agreed to after it, and a plan keeps the time since which it stands."""
    story = told(spec(**MANUAL)).passes(2311)
    asked, since = digest(story), story.status.plan and story.status.plan.since
    revived = told(story.spec, asked, status=story.published[-1])
    revived.due().reads(2311)
    assert isinstance(revived.request, Write)
    assert revived.status.plan is not None
    assert revived.status.plan.since == since


def test_a_yes_holds_over_a_restart_whatever_the_fraction_of_a_second_was() -> None:
    """A status keeps whole seconds, so no digest may go by less: the yes would lapse with each restart."""
    story = tells(Story(at=START + timedelta(microseconds=123456)), spec(**MANUAL)).passes(2311)
    stored = IndustrialPLCStatus.model_validate_json(story.published[-1].model_dump_json(by_alias=True))
    revived = told(story.spec, digest(story), status=stored).due().reads(2311)
    assert isinstance(revived.request, Write)


@pytest.mark.parametrize(
    "guard",
    [
        {"confirmReads": 3},
        {"windows": [{"type": "allow", "schedule": "0 5 * * *", "duration": "1h"}]},
        {"approval": "Manual", "windows": [{"type": "deny", "schedule": "0 0 * * *", "duration": "1h"}]},
    ],
)
def test_who_adopts_a_device_sees_what_would_be_written_later_too(guard: dict[str, Any]) -> None:
    """What another guard holds for now goes out by the same yes once that is over, so the plan shows it."""
    story = told(spec(**OBSERVED, correction=guard)).passes(2311)
    assert story.status.plan is not None
    assert [each.after for each in story.status.plan.changes] == ["0x09C4"]


def test_a_stranger_is_not_adopted() -> None:
    """While the device is not the one that spec.identity names there is nothing to agree to."""
    story = told(spec(**OBSERVED, identity={"vendor": "Acme"}))
    story.device.holding(4001, 2311).identity = {0: "Other"}
    assert story.polled().status.plan is None
    story.device.identity = {0: "Acme"}
    assert len(digest(story.polled())) == 16
    story.device.holding(4001, 2500)
    assert story.polled().status.plan is not None


def test_a_new_resource_only_reports_until_its_device_is_approved() -> None:
    """With adoption Observe a drift is told and not written before somebody agrees once; later drifts are corrected."""
    story = told(spec(**OBSERVED)).passes(2311)
    assert story.condition("Correcting") == ("False", "AwaitingAdoption")
    assert story.notices == ["DriftDetected", "CorrectionHeld"]
    tells(story, story.spec, digest(story)).passes(2311, 2500)
    assert story.status.adopted_at is not None
    story.passes(2311, 2500)
    assert written(story) == 2
    assert story.status.plan is None


def test_a_device_that_holds_what_it_must_can_be_adopted() -> None:
    """A plan without changes stands in the status of a device in sync that nobody has approved yet."""
    story = told(spec(**OBSERVED)).passes(2500)
    assert story.status.plan is not None
    assert story.status.plan.changes == ()
    tells(story, story.spec, digest(story)).passes(2500)
    assert story.status.adopted_at is not None
    assert story.published[-1].plan is None
    story.due().reads(2311)
    assert isinstance(story.request, Write)


@pytest.mark.parametrize("changes", [{"port": 1502}, {"unit_id": 2}, {"device_address": "10.0.0.6"}])
def test_another_device_is_adopted_anew(changes: dict[str, Any]) -> None:
    """A spec that names another machine asks once more before anything is written there."""
    story = told(spec(**OBSERVED)).passes(2500)
    tells(story, story.spec, digest(story)).passes(2500)
    story.generation += 1
    tells(story, spec(**OBSERVED, **changes)).passes(2311)
    assert written(story) == 0
    assert story.condition("Correcting") == ("False", "AwaitingAdoption")


def test_a_resource_made_anew_is_adopted_anew() -> None:
    """A status that was restored onto another object adopts nothing for it."""
    story = told(spec(**OBSERVED)).passes(2500)
    tells(story, story.spec, digest(story)).passes(2500)
    restored = told(story.spec, uid="u-2", status=story.published[-1]).passes(2311)
    assert written(restored) == 0
    same = told(story.spec, uid="u-1", status=story.published[-1]).due().reads(2311)
    assert isinstance(same.request, Write)


def test_a_crash_after_the_first_record_does_not_forget_the_adoption() -> None:
    """The record before the first write says that the device is adopted."""
    story = told(spec(**OBSERVED)).passes(2311)
    tells(story, story.spec, digest(story)).due().reads(2311)
    assert story.state.stage is Stage.WRITING
    assert story.published[-1].adopted_at is not None


def test_a_wandering_value_is_not_told_at_every_poll() -> None:
    """A register that holds something else at each poll makes a new plan each time, told at most every half minute."""
    story = told(spec(**MANUAL)).passes(2311)
    before = len(story.published)
    for value in range(2300, 2310):
        story.passes(value)
    assert len(story.published) <= before + 1


def test_a_command_takes_a_yes_each_time() -> None:
    """A command that was given with a yes and is forced once more takes another."""
    one = [{"name": "start", "address": 1, "value": 1, "write": {"verify": False}}]
    story = told(spec(target_register=None, target_value=None, registers=one, **MANUAL)).polled()
    tells(story, story.spec, digest(story)).polled()
    assert written(story) == 1
    for times, token in enumerate(("again", "and again"), 1):
        tells(story, story.spec, story.state.approved, request=SyncRequest(token, force=True)).polled()
        assert written(story) == times
        tells(story, story.spec, digest(story), request=SyncRequest(token, force=True)).polled()
        assert written(story) == times + 1


def test_a_changed_annotation_is_news() -> None:
    """The annotations of an approval are among those whose change is looked at."""
    assert {APPROVE, APPROVED_BY} <= set(INDUSTRIAL_PLC.annotations)


@pytest.mark.parametrize(
    "more",
    [
        {"write": {"before": [{"address": 7, "value": 1}]}},
        {"write": {"before": [{"address": 7, "value": 2}]}},
        {"write": {"after": [{"address": 7, "value": 1}]}},
        {"write": {"before": [{"address": 7, "valueFrom": {"secretKeyRef": {"name": "lock", "key": "word"}}}]}},
        {"group": "both"},
    ],
)
def test_a_yes_is_for_what_goes_out_with_a_change_too(more: dict[str, Any]) -> None:
    """An unlock, a save, and being written with others were looked at by whoever agreed; another one was not."""

    def wanted(**fields: Any) -> IndustrialPLCSpec:
        both = ({"name": name, "address": at, "value": 60, **fields} for at, name in enumerate("ab"))
        return map_spec(*both, **MANUAL)

    plans = [told(each).polled().status.plan for each in (wanted(), wanted(**more))]
    assert plans[0] is not None
    assert plans[1] is not None
    assert plans[0].changes == plans[1].changes
    assert plans[0].digest != plans[1].digest
    agreed = told(wanted(**more), plans[0].digest).polled()
    assert written(agreed) == 0
    assert written(tells(agreed, wanted(**more), plans[1].digest).polled()) > 0
