"""What registers do by themselves."""

import math
import statistics
from itertools import pairwise

import pytest

from .running import device


def test_a_register_holds_its_value() -> None:
    """Without a behaviour, and with `fixed`, a register never moves by itself."""
    plc = device("- {name: a, address: 0, value: 7}\n- {name: b, address: 1, value: 8, behaviours: {fixed: true}}")
    assert (plc.at(1000)["a"], plc["b"]) == (7, 8)
    assert plc.machine.tick(plc.now) is None


def test_drift_always_moves_within_its_reach() -> None:
    """A drift moves by at least one step of the register and at most `max`, and never leaves what the type holds."""
    plc = device(
        "- {name: a, address: 0, type: int16, scale: 0.1, value: 0, behaviours: {drift: {max: 500, interval: 2s}}}"
    )
    walk = [0.0, *map(float, plc.walk("a", 2000, 2))]
    moves = [abs(after - before) for before, after in pairwise(walk)]
    assert min(moves) >= 0.1 - 1e-9
    assert 400 < max(moves) <= 500 + 1e-9
    assert -3276.8 <= min(walk) < -3000 < 3000 < max(walk) <= 3276.7


def test_drift_of_a_float_moves_by_fractions() -> None:
    """A float drifts by fractions as well."""
    plc = device("- {name: a, address: 0, type: float64, value: 1, behaviours: {drift: {max: 0.5, interval: 1s}}}")
    before, after = plc["a"], plc.at(1)["a"]
    assert 0 < abs(float(after) - float(before)) <= 0.5


def test_drift_keeps_within_clamps() -> None:
    """A drift stays within the clamps of its register."""
    plc = device(
        "- {name: a, address: 0, value: 50, behaviours: {drift: {max: 30, interval: 1s}, clamps: {min: 40, max: 60}}}"
    )
    walk = plc.walk("a", 200)
    assert (min(map(float, walk)), max(map(float, walk))) == (40, 60)


def test_sine_swings_around_its_value() -> None:
    """A sine is at its value, its top, its value and its bottom, each a quarter of its period later."""
    plc = device("- {name: a, address: 0, type: float64, value: 20, behaviours: {sine: {amplitude: 5, period: 60}}}")
    assert plc.walk("a", 4, 15) == [pytest.approx(each) for each in (25, 20, 15, 20)]


def test_phase_shifts_a_sine() -> None:
    """Three sines 120 degrees apart, as the phases of a mains, add up to nothing."""
    sine = "type: float64, behaviours: {sine: {amplitude: 325, period: 10, phase: %d}}"
    plc = device("\n".join(f"- {{name: l{n}, address: {4 * n}, {sine % (120 * n)}}}" for n in range(3)))
    plc.at(3)
    assert sum(float(plc[f"l{n}"]) for n in range(3)) == pytest.approx(0, abs=1e-9)
    assert abs(float(plc["l1"])) > 100


@pytest.mark.parametrize(
    ("then", "held"), [("stay", [55, 100, 100, 100]), ("repeat", [55, 10, 55, 10]), ("back", [55, 100, 55, 10])]
)
def test_ramp_goes_straight(then: str, held: list[int]) -> None:
    """A ramp is halfway at half its time, and then stays, repeats or goes back, as it is told to."""
    plc = device(f"- {{name: a, address: 0, value: 10, behaviours: {{ramp: {{to: 100, over: 10s, then: {then}}}}}}}")
    assert plc.walk("a", 4, 5) == held


def test_follows_its_setpoint_by_first_order() -> None:
    """After tau a register has gone 63.2 % of the way to its set-point, after three tau 95 %, from wherever it was."""
    plc = device(
        "- {name: sp, address: 0, value: 100}\n"
        "- {name: pv, table: input, address: 0, type: float64, behaviours: {follows: {setpoint: sp, tau: 10}}}"
    )
    assert plc.at(10)["pv"] == pytest.approx(100 * (1 - math.exp(-1)))
    assert plc.at(20)["pv"] == pytest.approx(100 * (1 - math.exp(-3)))
    plc.write(0, 0)
    before = float(plc["pv"])
    assert plc.at(10)["pv"] == pytest.approx(before * math.exp(-1))


def test_follows_all_the_way_in_whole_numbers() -> None:
    """A register of whole numbers gets to its set-point too, although each step is less than one."""
    plc = device(
        "- {name: sp, address: 0, value: 5}\n- {name: pv, address: 1, behaviours: {follows: {setpoint: sp, tau: 100s}}}"
    )
    assert plc.at(1000)["pv"] == 5


def test_what_falls_back_holds_what_is_written_for_its_time() -> None:
    """A limit lapses so long after the last write of it; one that is written again before that does not."""
    plc = device(
        "- {name: limit, address: 0, value: 100, behaviours: {fallsBack: {after: 6s, to: 100}}}\n"
        "- {name: fan, table: coil, address: 0, value: true, behaviours: {fallsBack: {after: 3s, to: 0}}}"
    )
    plc.write(0, 30)
    assert plc.at(5)["limit"] == 30
    plc.write(0, 30)
    assert plc.at(5.5)["limit"] == 30
    assert plc.at(0.5)["limit"] == 100
    assert plc["fan"] is False


def test_counter_wraps_at_its_end() -> None:
    """A counter goes from the highest value of its type to the lowest."""
    plc = device("- {name: a, address: 0, value: 65533, behaviours: {counter: {step: 2}}}")
    assert plc.walk("a", 3) == [65535, 1, 3]
    plc = device("- {name: a, address: 0, type: bcd16, value: 9999, behaviours: {counter: 1}}")
    assert plc.walk("a", 2) == [0, 1]


def test_a_long_counter_loses_no_digits() -> None:
    """A counter of 64 bits is exact where a float would not be."""
    start = 2**63 + 1
    plc = device(f"- {{name: a, address: 0, type: uint64, value: {start}, behaviours: {{counter: {{step: 1}}}}}}")
    assert plc.walk("a", 2) == [start + 1, start + 2]


def test_a_slow_counter_counts_fractions() -> None:
    """A counter whose step is less than its register can show gets on all the same."""
    plc = device("- {name: a, address: 0, behaviours: {counter: {step: 0.25}}}")
    assert plc.at(40)["a"] == 10


def test_toggle_changes_each_time() -> None:
    """A toggling bit is true and false in turn, in a word as well, whose other bits it leaves alone."""
    plc = device(
        "- {name: a, table: discrete, address: 0, behaviours: {toggle: 500ms}}\n"
        "- {name: b, address: 1, type: bit, bit: 4, behaviours: {toggle: 500ms}}\n"
        "- {name: c, address: 1, type: bit, bit: 0, value: true}"
    )
    assert plc.walk("a", 4, 0.5) == [True, False, True, False]
    assert [plc.at(0.5).words(1) for _ in range(4)] == [[0x11], [0x01], [0x11], [0x01]]


def test_noise_surrounds_what_it_disturbs() -> None:
    """Noise has its value as its mean and its deviation as its own, and does not wander off."""
    plc = device("- {name: a, address: 0, type: float64, value: 20, behaviours: {noise: 0.5}}")
    walk = [float(each) for each in plc.walk("a", 2000)]
    assert statistics.mean(walk) == pytest.approx(20, abs=0.05)
    assert statistics.stdev(walk) == pytest.approx(0.5, rel=0.1)


def test_noise_does_not_disturb_the_movement_below() -> None:
    """A ramp with noise ends at its end all the same."""
    plc = device("- {name: a, address: 0, type: float64, behaviours: {ramp: {to: 100, over: 10s}, noise: 0.1}}")
    walk = [float(each) for each in plc.walk("a", 100)]
    assert statistics.mean(walk[10:]) == pytest.approx(100, abs=0.1)
    assert len(set(walk)) == 100


def test_what_is_written_is_where_it_goes_on() -> None:
    """A movement goes on from what a client has written."""
    plc = device("- {name: a, address: 0, behaviours: {counter: 1}}\n- {name: b, address: 1, behaviours: {noise: 1}}")
    plc.at(3)
    plc.write(0, 500, 900)
    assert plc.at(2)["a"] == 502
    assert float(plc["b"]) == pytest.approx(900, abs=10)


def test_words_without_meaning_do_not_stop_a_movement() -> None:
    """A client that writes what is no number, as NaN, does not make the process forget where it was."""
    plc = device("- {name: a, address: 0, type: float32, value: 5, behaviours: {counter: 1}}")
    plc.at(1)
    plc.write(0, 0x7FC0, 0x0000)
    assert plc["a"] == "nan"
    assert plc.at(1)["a"] == 7


def test_a_seed_repeats_everything() -> None:
    """The same seed gives the same values, another seed others, and one register more changes no other's."""
    a = "- {name: a, address: 0, value: 500, behaviours: {drift: {max: 100, interval: 1s}}}\n"
    b = "- {name: b, address: 1, value: 500, behaviours: {drift: {max: 100, interval: 1s}}}\n"
    walk = device(a, seed=7).walk("a", 50)
    assert device(a, seed=7).walk("a", 50) == walk
    assert device(b + a, seed=7).walk("a", 50) == walk
    assert device(b + a, seed=7).walk("b", 50) != walk
    assert device(a, seed=8).walk("a", 50) != walk


def test_a_machine_that_was_held_up_does_not_catch_up() -> None:
    """After a pause, as of a laptop that slept, a register takes one step, and not all that it has missed."""
    plc = device("- {name: a, address: 0, behaviours: {counter: 1}}")
    plc.now += 3600
    plc.machine.tick(plc.now)
    assert plc["a"] == 1
    assert plc.at(2)["a"] == 3
