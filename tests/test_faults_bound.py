"""Every fault of mock-plc over what is given once, written whole or not at all, or written though it holds.

The map has a command whose value is edited as the fault begins, a group of which one register drifts, and a word and a
bit that are repeated each second. Each case is played once, all at a time.
"""

import pytest
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.control.plc.reasons import PlcReason
from mock_plc.net.transport import Transport
from mock_plc.wire import pdu

from .suffering import KEY, Case, Play, played
from .test_faults_played import LEFT_OUT, OF_THE_DEVICE, ON_REQUESTS, SOME_CODES, aimed
from .witness import Asked

TRANSPORTS = (Transport.TCP, Transport.RTU_OVER_TCP)
CASES = [
    Case(transport, fault, "bound")
    for transport in TRANSPORTS
    for each in (*ON_REQUESTS, "exception:5", *SOME_CODES)
    if each not in LEFT_OUT[transport]
    for fault in aimed(each)
] + [Case(Transport.TCP, fault, "bound") for fault in OF_THE_DEVICE]
each_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest) -> dict[Case, Play]:
    """Play the cases once for all tests."""
    return played(request, CASES)


def registers(play: Play, *names: str) -> list[Register]:
    """Return registers of the map by their names."""
    return [each for each in play.spec.registers_wanted if each.name in names]


def writes_to(play: Play, *names: str) -> list[Asked]:
    """Return the writes that arrived at one of these registers, or at a part of it."""
    places = [(each.place[0].value, each.place[1], each.size) for each in registers(play, *names)]
    wanted = [(table, set(range(first, first + size))) for table, first, size in places]
    return [asked for asked in play.log if asked.writes and any(_meets(asked, *place) for place in wanted)]


def _meets(asked: Asked, table: str, addresses: set[int]) -> bool:
    about = pdu.subject(asked.request.pdu)
    row = set(range(about.address, about.address + about.count))
    return about.table is not None and about.table.value == table and bool(row & addresses)


@each_case
def test_the_state_ends_right(case: Case, plays: dict[Case, Play]) -> None:
    """When the fault has gone all is in sync again, and a repetition was no drift, no correction and no history."""
    play = plays[case]
    assert not play.stuck
    assert play.hits
    status, reasons = play.host.last, play.host.reasons(KEY)
    assert status.in_sync
    assert not any(each.drifted_since for each in status.registers)
    assert status.drift_events == reasons.count(PlcReason.DRIFT_DETECTED)
    assert status.corrections_applied == reasons.count(PlcReason.DRIFT_CORRECTED) == status.drift_events
    assert PlcReason.DRIFT_RESOLVED not in reasons


@each_case
def test_a_command_is_given_once(case: Case, plays: dict[Case, Play]) -> None:
    """Of each value that Git had, no more than one write went out that the device may have carried out."""
    play = plays[case]
    given = [asked for asked in writes_to(play, "start") if asked.open]
    values = [asked.written(0) for asked in given]
    assert values in ([(3,), (4,)], [(3,)])
    assert [asked.truth["start"] for asked in play.log if asked.truth["start"] not in {(0,), (3,), (4,)}] == []


@each_case
def test_no_group_is_written_in_part(case: Case, plays: dict[Case, Play]) -> None:
    """Each write that meets one of the group is of all of it, with the value of each, in one request."""
    play = plays[case]
    group = sorted(registers(play, "begin", "end", "enable"), key=lambda each: each.place[1])
    whole = tuple(word for each in group for word in each.encoded or ())
    written = writes_to(play, "begin", "end", "enable")
    assert written
    assert {asked.written(0) for asked in written} == {whole}
    assert {pdu.subject(asked.request.pdu).address for asked in written} == {120}


@each_case
def test_what_is_repeated_is_what_git_wants(case: Case, plays: dict[Case, Play]) -> None:
    """No write of it is of another value, and none gives other bits another; each play ends with one of each."""
    play = plays[case]
    assert {asked.written(0) for asked in writes_to(play, "limit")} == {(30,)}
    bits = [asked.written(asked.before["fan"][0])[0] for asked in writes_to(play, "fan")]
    assert set(bits) == {1 << 4}


KEY_AT, WIDTH_AT, SAVE_AT = 140, 141, 142


@each_case
def test_nothing_comes_between_an_unlock_and_its_write(case: Case, plays: dict[Case, Play]) -> None:
    """What is locked is written right after its key, and saved right after that: nothing else is asked in between."""
    play = plays[case]
    asked = [(pdu.subject(each.request.pdu).address if each.writes else None) for each in play.log]
    assert WIDTH_AT in asked
    for at, address in enumerate(asked):
        if address == WIDTH_AT:
            assert asked[at - 1] == KEY_AT, play.log[at]
        if address == SAVE_AT:
            assert asked[at - 1] == WIDTH_AT, play.log[at]
    assert {each.written(0) for each in writes_to(play, "width")} == {(80,)}


@each_case
def test_what_is_read_elsewhere_is_written_only_where_that_is_wrong(case: Case, plays: dict[Case, Play]) -> None:
    """It goes out by its value, and only where the other place showed something else."""
    play = plays[case]
    written = [asked for asked in play.log if asked.writes and pdu.subject(asked.request.pdu).address == 150]
    assert {asked.written(0) for asked in written} == {(2,)}
    assert play.log[-1].truth["mode"] == (2,)


@each_case
def test_nothing_is_written_between_a_write_in_doubt_and_its_proof(case: Case, plays: dict[Case, Play]) -> None:
    """A write whose outcome is open is followed by a reading, a repetition as any other.

    A command is its own end, and the steps of what is unlocked follow each other once each is confirmed.
    """
    play = plays[case]
    commands = {id(asked) for asked in writes_to(play, "start")}
    for asked, after in zip(play.log, play.log[1:], strict=False):
        steps = tuple(pdu.subject(each.request.pdu).address for each in (asked, after))
        follows = asked.told_right and steps in {(KEY_AT, WIDTH_AT), (WIDTH_AT, SAVE_AT)}
        if asked.writes and asked.open and id(asked) not in commands and not follows:
            assert not after.writes, (asked, after)
