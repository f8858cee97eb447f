"""Conditions keep the time of their last change."""

from datetime import UTC, datetime, timedelta

from fabgitops_core.api.conditions import Condition, ConditionStatus, renewed
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, Phase

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BEFORE + timedelta(hours=1)


def ready(status: ConditionStatus, at: datetime, reason: str = "Said", kind: str = "Ready") -> Condition:
    """Return a condition."""
    return Condition(type=kind, status=status, reason=reason, last_transition_time=at)


def test_the_same_status_keeps_its_time() -> None:
    """A condition whose status stays the same keeps its transition time, although its reason changes."""
    (new,) = renewed([ready(ConditionStatus.FALSE, BEFORE)], [ready(ConditionStatus.FALSE, NOW, "Other")])
    assert (new.last_transition_time, new.reason) == (BEFORE, "Other")


def test_another_status_takes_the_new_time() -> None:
    """A condition whose status changes has the time of that change."""
    (new,) = renewed([ready(ConditionStatus.TRUE, BEFORE)], [ready(ConditionStatus.UNKNOWN, NOW)])
    assert new.last_transition_time == NOW


def test_types_do_not_mix() -> None:
    """A condition of another type lends its time to nobody, and one that is said no more is gone."""
    (new,) = renewed([ready(ConditionStatus.TRUE, BEFORE, kind="InSync")], [ready(ConditionStatus.TRUE, NOW)])
    assert (new.type, new.last_transition_time) == ("Ready", NOW)


def test_copies_share_what_each_need_not_have() -> None:
    """Copies with the same fields set share the set that says so, and changing a copy leaves the original as it was."""
    one = IndustrialPLCStatus(message="a").model_copy(update={"phase": Phase.FAILED})
    two = IndustrialPLCStatus(message="b").model_copy(update={"phase": Phase.CONNECTED})
    assert one.model_fields_set is two.model_fields_set
    assert one.model_fields_set == {"message", "phase"}
    three = two.model_copy(update={"endpoint": "10.0.0.5:502"})
    assert three.model_fields_set == {"message", "phase", "endpoint"}
    assert two.model_fields_set == {"message", "phase"}
    assert three.model_dump(exclude_unset=True).keys() == {"message", "phase", "endpoint"}


def test_what_was_read_shares_it_as_well() -> None:
    """Models that were validated with the same fields set share the set that says so, and those inside them, too."""
    said = [{"message": text, "registers": [{"name": "target", "actual": text}]} for text in ("a", "b")]
    one, two = (IndustrialPLCStatus.model_validate(each) for each in said)
    assert one.model_fields_set is two.model_fields_set
    assert one.registers[0].model_fields_set is two.registers[0].model_fields_set
    assert one.model_dump(mode="json", exclude_unset=True) == said[0]
    assert two.model_dump(mode="json", exclude_unset=True) == said[1]
