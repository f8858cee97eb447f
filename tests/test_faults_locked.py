"""Every fault of mock-plc over a register that is unlocked before it is written, and saved after it.

The map has another register besides, and both drift as the fault begins. Each case is played once, all at a time.
"""

import pytest
from fabgitops_core.control.plc.reasons import PlcReason
from mock_plc.net.transport import Transport
from mock_plc.wire import pdu

from .suffering import KEY, Case, Play, played
from .test_faults_played import LEFT_OUT, ON_REQUESTS, SOME_CODES, aimed
from .witness import Asked

STEP = [224, 3, 200, 230]
CASES = [
    Case(Transport.TCP, fault, "locked")
    for each in (*ON_REQUESTS, "exception:5", *SOME_CODES)
    if each not in LEFT_OUT[Transport.TCP] | {"restart"}  # after which it holds what was saved, with no write of ours
    for fault in aimed(each)
    if not fault.endswith("on=read")
]
each_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest) -> dict[Case, Play]:
    """Play the cases once for all tests."""
    return played(request, CASES)


def address_of(asked: Asked) -> int:
    """Return where a request reads or writes."""
    return pdu.subject(asked.request.pdu).address


@each_case
def test_the_state_ends_right(case: Case, plays: dict[Case, Play]) -> None:
    """When the fault has gone all is in sync, saved, and counted once, and nothing is left open."""
    play = plays[case]
    assert not play.stuck
    assert play.hits
    status, reasons = play.host.last, play.host.reasons(KEY)
    assert status.in_sync
    assert not any(each.drifted_since or each.unfinished or each.unverified_write for each in status.registers)
    assert status.corrections_applied == reasons.count(PlcReason.DRIFT_CORRECTED) == status.drift_events
    assert PlcReason.DRIFT_RESOLVED not in reasons


@each_case
def test_a_write_follows_its_unlock_at_once(case: Case, plays: dict[Case, Play]) -> None:
    """Nothing arrives between the entries of a step, and none without all before it."""
    log = plays[case].log
    for at, asked in enumerate(log):
        if asked.writes and (place := address_of(asked)) in STEP:
            before = STEP[: STEP.index(place)]
            there = log[at - len(before) : at]
            assert [address_of(each) for each in there] == before, (at, place)
            assert all(each.writes for each in there)


@each_case
def test_the_last_write_of_it_was_saved(case: Case, plays: dict[Case, Play]) -> None:
    """However often it went wrong, in the end the whole step was made."""
    places = [address_of(each) for each in plays[case].log if each.writes]
    steps = [place for place in places if place in STEP]
    assert steps[-len(STEP) :] == STEP
