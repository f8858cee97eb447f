"""The circuit breaker: when it opens, for how long, who probes, what closes it."""

import pytest
from fabgitops_core.control.breaker import (
    CLOSED,
    PASS,
    THRESHOLD,
    Breaker,
    Circuit,
    Gate,
    circuit,
    failed,
    gate,
    tried,
)
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from fabgitops_core.engine.circuits import Circuits
from hypothesis import given
from hypothesis import strategies as st

DEVICE = DeviceId(Endpoint("10.0.0.5", 502), 1)


def after(failures: int, now: float = 0.0, chance: float = 0.0) -> Breaker:
    """Return a breaker after so many failures in a row."""
    breaker = CLOSED
    for _ in range(failures):
        breaker = failed(breaker, now, "refused", chance)
    return breaker


def test_it_opens_at_the_third_failure() -> None:
    """Two failures in a row hold nothing back; the third opens the circuit."""
    assert THRESHOLD == 3
    assert gate(after(2), 0.0) == PASS
    assert circuit(after(2), 0.0) is Circuit.CLOSED
    assert gate(after(3), 0.0) == Gate(2.0, "refused")
    assert circuit(after(3), 0.0) is Circuit.OPEN


@pytest.mark.parametrize(("failures", "wait"), [(3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 60), (9, 60), (5000, 60)])
def test_it_waits_twice_as_long_each_time_up_to_a_minute(failures: int, wait: float) -> None:
    """The wait doubles with each failure and is never longer than 60 seconds."""
    assert gate(after(failures), 0.0).wait == wait


@given(failures=st.integers(3, 40), chance=st.floats(0, 1), now=st.floats(0, 1e6))
def test_jitter_only_shortens_by_up_to_a_fifth(failures: int, chance: float, now: float) -> None:
    """Chance takes up to a fifth off a wait and never adds to it."""
    longest = after(failures).retry_at
    wait = after(failures, now, chance).retry_at - now
    assert longest * 0.8 - 1e-6 <= wait <= longest + 1e-6


def test_when_time_is_up_one_probes() -> None:
    """A circuit whose time is up lets one request pass and holds the others back until that one is over."""
    breaker = after(3)
    assert circuit(breaker, 2.0) is Circuit.HALF_OPEN
    assert gate(breaker, 2.0) == PASS
    probing = tried(breaker, 2.0, 6.0)
    assert gate(probing, 2.0) == Gate(6.0, "refused")
    assert gate(probing, 8.0) == PASS


def test_a_failed_probe_opens_it_for_longer() -> None:
    """A probe that fails opens the circuit again, for twice the time."""
    assert gate(failed(tried(after(3), 2.0, 6.0), 3.0, "silent", 0.0), 3.0) == Gate(4.0, "silent")


def test_trying_a_closed_circuit_holds_nobody_back() -> None:
    """While the circuit is closed a request that passes does not bar another."""
    assert gate(tried(after(2), 0.0, 6.0), 0.0) == PASS


def test_one_success_closes_it() -> None:
    """One answer closes the circuit and forgets the failures before it."""
    now = 0.0
    circuits = Circuits(lambda: now, lambda: 0.0)
    assert [circuits.failed(DEVICE, "refused") for _ in range(3)] == [0.0, 0.0, 2.0]
    now = 2.0
    circuits.tried(DEVICE, 6.0)
    circuits.answered(DEVICE)
    assert circuits.gate(DEVICE) == PASS
    assert circuits.failed(DEVICE, "refused") == 0.0


def test_devices_behind_one_gateway_have_each_their_own() -> None:
    """A unit that does not answer bars no other unit behind the same gateway."""
    circuits = Circuits(lambda: 0.0, lambda: 0.0)
    for _ in range(3):
        circuits.failed(DEVICE, "refused")
    assert circuits.gate(DEVICE).wait == 2.0
    assert circuits.gate(DeviceId(DEVICE.endpoint, 2)) == PASS
