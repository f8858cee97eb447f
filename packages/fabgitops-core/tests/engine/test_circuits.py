"""Circuit breakers of devices that share an endpoint: what counts, and who is tried when."""

import pytest
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from fabgitops_core.engine.circuits import PATIENCE_SECS, Circuits

GATEWAY = Endpoint("10.0.0.5", 502)
ONE, TWO, THREE, FOUR = (DeviceId(GATEWAY, unit) for unit in (1, 2, 3, 4))
ELSEWHERE = DeviceId(Endpoint("10.0.0.6", 502), 1)
TOOK = 3.0


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the clock."""
    return Clock()


@pytest.fixture
def circuits(clock: Clock) -> Circuits:
    """Return circuits without chance."""
    return Circuits(clock, lambda: 0.0)


def silence(circuits: Circuits, clock: Clock, device: DeviceId) -> None:
    """Let an attempt take its time in vain."""
    circuits.tried(device, 2 * TOOK)
    began = clock.now
    clock.now += TOOK
    circuits.failed(device, "silent", began)


def test_what_began_before_the_circuit_opened_does_not_open_it_for_longer(circuits: Circuits, clock: Clock) -> None:
    """Requests that were on their way when the third failed say nothing new; the next probe that fails does."""
    for _ in range(3):
        circuits.failed(ONE, "refused")
    clock.now += 0.5
    for _ in range(20):
        circuits.failed(ONE, "refused", clock.now - 1.0)
    assert circuits.gate(ONE).wait == 1.5
    assert circuits.troubled()[ONE].failures == 3
    clock.now += 1.5
    circuits.tried(ONE, 6.0)
    assert circuits.failed(ONE, "refused", clock.now) == 4.0


def test_a_probe_that_was_no_attempt_leaves_the_next_to_be_one(circuits: Circuits, clock: Clock) -> None:
    """A half-open circuit whose probe was only told of another's failure lets the next one through."""
    for _ in range(3):
        circuits.failed(ONE, "refused")
    clock.now += 2.0
    circuits.tried(ONE, 6.0)
    assert circuits.gate(ONE).wait == 6.0
    circuits.untried(ONE)
    assert circuits.gate(ONE) == PASS
    assert circuits.troubled()[ONE].failures == 3


def test_after_an_attempt_in_vain_the_doubtful_leave_the_connection_to_others(circuits: Circuits, clock: Clock) -> None:
    """For half as long as it took no doubtful unit of the endpoint is tried; who is not, and other endpoints, are."""
    silence(circuits, clock, ONE)
    gate = circuits.gate(TWO, doubtful=True)
    assert gate.wait == TOOK / 2
    assert gate.cause.startswith("10.0.0.5:502 unit 2 waits to be asked: ")
    assert circuits.gate(TWO) == PASS
    assert circuits.gate(ELSEWHERE, doubtful=True) == PASS
    clock.now += TOOK / 2
    assert circuits.gate(TWO, doubtful=True) == PASS


def test_the_doubtful_are_tried_one_after_the_other(circuits: Circuits, clock: Clock) -> None:
    """Who waited longest is next, so that a unit which is well is found however many before it are silent."""
    silence(circuits, clock, ONE)
    assert all(circuits.gate(device, doubtful=True).wait for device in (TWO, THREE, FOUR))
    clock.now += TOOK / 2
    tried = []
    for _ in range(8):
        for device in (ONE, TWO, THREE, FOUR):
            if circuits.troubled().get(device) and circuits.troubled()[device].failures >= 3:
                circuits.answered(device)  # only the turns are looked at here
            if not circuits.gate(device, doubtful=True).wait:
                silence(circuits, clock, device)
                tried.append(device)
        clock.now += TOOK / 2
    assert tried == [TWO, THREE, FOUR, ONE, TWO, THREE, FOUR, ONE]


def test_one_that_failed_twice_in_a_row_is_doubtful_for_everybody(circuits: Circuits, clock: Clock) -> None:
    """A single failure is a mishap: nobody is told of a rest for that; after two in a row the unit waits its turn."""
    circuits.failed(TWO, "silent", clock.now)
    silence(circuits, clock, ONE)
    assert circuits.gate(TWO) == PASS
    circuits.failed(TWO, "silent", clock.now)
    assert circuits.gate(TWO).cause == "silent"


def test_a_device_alone_at_its_endpoint_has_no_rest(circuits: Circuits, clock: Clock) -> None:
    """Where no other unit waits, a device's own circuit is all that holds it back."""
    silence(circuits, clock, ONE)
    silence(circuits, clock, ONE)
    assert circuits.gate(ONE) == PASS


def test_who_does_not_come_back_is_not_waited_for(circuits: Circuits, clock: Clock) -> None:
    """A unit that was told to wait, and is gone or not asked for any more, holds up nobody for ever."""
    silence(circuits, clock, ONE)
    assert circuits.gate(TWO, doubtful=True).wait
    assert circuits.gate(THREE, doubtful=True).wait
    clock.now += TOOK
    assert circuits.gate(THREE, doubtful=True).wait, "two is first"
    circuits.forget(TWO)
    assert circuits.gate(THREE, doubtful=True) == PASS
    silence(circuits, clock, THREE)
    assert circuits.gate(FOUR, doubtful=True).wait
    clock.now += PATIENCE_SECS + 1
    assert circuits.gate(ONE, doubtful=True) == PASS


def test_nothing_is_kept_of_who_is_gone(circuits: Circuits, clock: Clock) -> None:
    """Once no resource names a silent unit any more, the others do not rest for it."""
    silence(circuits, clock, ONE)
    circuits.forget(ONE)
    assert not circuits.troubled()
    assert circuits.gate(TWO, doubtful=True) == PASS
