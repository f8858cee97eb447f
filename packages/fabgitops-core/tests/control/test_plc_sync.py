"""What a request to sync does, and what it never does."""

from collections.abc import Callable

import pytest
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.commands import Read

from .conftest import LOST, Story, spec

Begin = Callable[..., Story]


def test_a_sync_is_handled_when_its_pass_has_ended(story: Begin) -> None:
    """A sync on demand is echoed by the pass that began after it, not by one under way."""
    asked = story().due()
    asked.declare(spec(), request=SyncRequest("t1", force=False), same=True).reads(2500)
    assert asked.status.last_handled_reconcile_at is None
    asked.due()
    assert isinstance(asked.request, Read)
    assert asked.request.urgent
    asked.reads(2500)
    assert asked.status.last_handled_reconcile_at == "t1"


def test_a_sync_is_served_once(story: Begin) -> None:
    """The same request seen again, as every watch event shows it, leads to no further pass."""
    request = SyncRequest("t1", force=True)
    asked = story(auto_correct=False).declare(spec(auto_correct=False), request=request, same=True)
    asked.passes(2311, 2500)
    asked.declare(spec(auto_correct=False), request=request, same=True)
    assert asked.last == ()
    asked.passes(2311)
    assert asked.request is None


def test_a_forced_sync_corrects_once(story: Begin) -> None:
    """A forced sync corrects although autoCorrect is false, once."""
    forced = story(auto_correct=False).passes(2311)
    forced.declare(spec(auto_correct=False), request=SyncRequest("t1", force=True), same=True)
    forced.passes(2311, 2500)
    assert forced.status.corrections_applied == 1
    assert forced.status.last_handled_reconcile_at == "t1"
    assert forced.status.drift_events == 1


def test_a_plain_sync_does_not_correct(story: Begin) -> None:
    """A sync without force looks, and leaves alone what autoCorrect leaves alone."""
    plain = story(auto_correct=False)
    plain.declare(spec(auto_correct=False), request=SyncRequest("t1", force=False), same=True).passes(2311)
    assert plain.request is None
    assert plain.status.last_handled_reconcile_at == "t1"


def test_a_forced_sync_tries_an_open_circuit(story: Begin) -> None:
    """A forced sync tries although the circuit is open; a plain one is answered with the reason."""
    gate = Gate(30.0, LOST.message)
    plain = story().declare(spec(), request=SyncRequest("t1", force=False), same=True).due(gate)
    assert plain.request is None
    assert plain.status.last_handled_reconcile_at == "t1"
    forced = plain.declare(spec(), request=SyncRequest("t2", force=True), same=True).due(gate)
    assert isinstance(forced.request, Read)


def test_a_sync_while_the_circuit_is_open_lets_refused_addresses_be_asked_again(story: Begin) -> None:
    """Whoever asks for a sync while the device is away has every register read as soon as it is back."""
    registers = [{"name": "here", "address": 10}, {"name": "late", "address": 20}]
    told = story(target_register=None, target_value=None, registers=registers)
    told.device.refuses = {(1, Table.HOLDING, 20): 0x02}
    told.polled().polled()
    told.device.refuses = {}
    told.declare(told.spec, request=SyncRequest("t1", force=False), same=True).due(Gate(30.0, LOST.message))
    assert told.request is None
    told.polled()
    assert (told.register("here").error, told.register("late").error) == (None, None)


def test_a_forced_sync_never_overrides_suspend(story: Begin) -> None:
    """A sync of a suspended resource is answered, does nothing, and is not kept for later."""
    resting = story(suspend=True)
    resting.declare(spec(suspend=True), request=SyncRequest("t1", force=True), same=True)
    assert resting.status.last_handled_reconcile_at == "t1"
    assert resting.due().request is None
    resting.declare(spec(auto_correct=False), request=SyncRequest("t1", force=True)).passes(2311)
    assert resting.request is None


def test_a_force_is_meant_for_the_spec_that_stood_then(story: Begin) -> None:
    """A forced sync under way does not correct what an edit named meanwhile."""
    forced = story(auto_correct=False)
    forced.declare(spec(auto_correct=False), request=SyncRequest("t1", force=True), same=True).due()
    forced.declare(spec(auto_correct=False, target_value=99)).reads(2311)
    assert forced.request is None


@pytest.mark.parametrize("writing", [False, True])
def test_a_sync_under_way_is_answered_when_its_resource_is_suspended(story: Begin, writing: bool) -> None:
    """A resource suspended while its sync is served answers the sync with that at once, and does not serve it later."""
    asked = story().declare(spec(), request=SyncRequest("t1", force=True), same=True).due()
    if writing:
        asked.reads(2311)
    asked.declare(spec(suspend=True), request=SyncRequest("t1", force=True))
    assert asked.status.last_handled_reconcile_at == "t1"
    assert asked.condition("Ready") == ("Unknown", "Suspended")
    asked.withdraws() if writing else asked.reads(2311)
    asked.declare(spec(auto_correct=False), request=SyncRequest("t1", force=True)).passes(2311)
    assert asked.request is None
    assert asked.status.last_handled_reconcile_at == "t1"


def test_a_sync_under_way_is_answered_when_its_spec_is_spoilt(story: Begin) -> None:
    """A spec that becomes invalid while its sync is served answers the sync with that."""
    asked = story().declare(spec(), request=SyncRequest("t1", force=False), same=True).due()
    asked.declare(None, problem="bad", request=SyncRequest("t1", force=False))
    assert asked.status.last_handled_reconcile_at == "t1"
