"""What is counted of racks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.rack.rack import RACK
from fabgitops_core.api.rack.rackstatus import Pending, Phase, RackStatus, TemplateStatus
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Applied, ApplyFailed, Declared, Deleted, Event, Surveyed
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

AT = datetime(2026, 11, 29, tzinfo=UTC)
KEY = Key(RACK.name, "plant", "rack-01")
BLADE = Child(Key("Blade", "plant", "rack-01-c0s0"), "u1", 7)


class Told:
    """Metrics of racks, told what a test tells."""

    def __init__(self) -> None:
        self.metrics = Metrics(RackMetrics())
        self.happens(Declared(AT, 1, None))

    def happens(self, event: Event, *statuses: ApiModel) -> None:
        """Let something happen to rack-01, after which it stands so."""
        self.metrics.happened(KEY, event, tuple(Publish(status) for status in statuses))

    def value(self, name: str, **labels: Any) -> float:
        """Return the sum of the samples of a name that have these labels."""
        text = generate_latest(self.metrics.registry).decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


@pytest.fixture
def told() -> Told:
    """Return metrics that know of a Rack."""
    return Told()


def test_what_is_made_is_counted_by_kind(told: Told) -> None:
    """A part that is made is there at once, also before the next pass sees it; one that is deleted is not."""
    told.happens(Surveyed(AT, {}))
    told.happens(Applied(AT, BLADE, created=True))
    assert told.value("fabgitops_rack_children", kind="Blade") == 1
    assert told.value("fabgitops_rack_children_created_total", kind="Blade") == 1
    told.happens(Surveyed(AT, {BLADE.key: BLADE}))
    assert told.value("fabgitops_rack_children", kind="Blade") == 1
    told.happens(Deleted(AT, BLADE.key, BLADE.uid))
    assert told.value("fabgitops_rack_children") == 0
    assert told.value("fabgitops_rack_children_deleted_total", kind="Blade") == 1


@pytest.mark.parametrize(("plan", "healed"), [("a", 1), ("b", 0)])
def test_what_a_settled_plan_makes_is_healed(told: Told, plan: str, healed: int) -> None:
    """By a plan of which all was there before nothing is new; by another one what is made is growth."""
    told.happens(Surveyed(AT, {}), RackStatus(phase=Phase.READY, template=_template("a")))
    told.happens(Surveyed(AT, {}), RackStatus(phase=Phase.PROVISIONING, template=_template(plan)))
    told.happens(Applied(AT, BLADE, created=True))
    assert told.value("fabgitops_rack_children_healed_total") == healed


def _template(plan: str) -> TemplateStatus:
    return TemplateStatus(name="two", plan_hash=plan)


def test_the_first_failure_is_what_a_pass_came_to(told: Told) -> None:
    """A pass has one result, and the next one its own."""
    told.happens(Surveyed(AT, {}))
    for kind in (ObjectFailureKind.REFUSED, ObjectFailureKind.AWAY):
        told.happens(ApplyFailed(AT, BLADE.key, ObjectFailure(kind, "no")))
    told.metrics.passed(KEY, 0.5)
    told.happens(Surveyed(AT, {}))
    told.metrics.passed(KEY, 0.5)
    assert told.value("fabgitops_rack_passes_total", result="refused") == 1
    assert told.value("fabgitops_rack_passes_total", result="ok") == 1
    assert told.value("fabgitops_rack_pass_seconds_count") == 2


def test_phases_and_what_waits_go_with_the_rack(told: Told) -> None:
    """Each phase has a series, zero where none stands so; what waits for a yes is summed."""
    waiting = RackStatus(phase=Phase.READY, pending=Pending(removals=3, names=("rack-01-c1",)))
    told.happens(Surveyed(AT, {}), waiting)
    assert told.value("fabgitops_racks", phase="Ready") == told.value("fabgitops_racks") == 1
    assert told.value("fabgitops_rack_held_removals") == 3
    told.metrics.forgotten(KEY)
    told.happens(Surveyed(AT, {}), waiting)
    assert told.value("fabgitops_racks") == told.value("fabgitops_rack_held_removals") == 0


def test_the_operator_of_racks_says_nothing_of_plcs(told: Told) -> None:
    """A count of PLCs that is none of its business would be read as a plant without any."""
    assert "managed_plcs" not in generate_latest(told.metrics.registry).decode()


def test_each_rack_says_whether_it_is_ready(told: Told) -> None:
    """A Rack is 1 with the reason of its condition Ready, 0 while that is not true, and Pending before it is known."""
    assert told.value("fabgitops_rack_ready", reason="Pending") == 0
    for reason, status in (("TemplateNotFound", ConditionStatus.FALSE), ("ReconcileSuccess", ConditionStatus.TRUE)):
        ready = Condition(type="Ready", status=status, reason=reason, message="", last_transition_time=AT)
        told.happens(Surveyed(AT, {}), RackStatus(conditions=(ready,)))
        samples = [told.value("fabgitops_rack_ready", namespace="plant", rack_name="rack-01", reason=reason)]
        assert samples == [status is ConditionStatus.TRUE]
