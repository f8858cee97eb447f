"""Rates of writes: none is exceeded in any window, nobody is passed over, and what is not used is given back."""

from fabgitops_core.control.plc.rationing import GRANT_SECS, Rates, Ration
from hypothesis import given
from hypothesis import strategies as st


def test_a_rate_of_two_lets_two_go_in_any_second() -> None:
    """The third waits until a second has passed since the first was sent, and is served then."""
    ration: Ration[str] = Ration(Rates(in_all=2))
    for who, at in (("a", 0.0), ("b", 0.4)):
        assert ration.why_not(who, "host", at) == ""
        ration.sent(who, at)
    assert ration.why_not("c", "host", 0.5) == "no more than 2 write(s) per second go out (--writes-per-second)"
    assert (ration.served(0.99), ration.next()) == ([], 1.0)
    assert ration.served(1.0) == ["c"]
    assert ration.why_not("c", "host", 1.0) == ""


def test_a_rate_below_one_lets_one_go_in_so_long() -> None:
    """A write in four seconds is a rate of a quarter."""
    ration: Ration[str] = Ration(Rates(per_host=0.25))
    assert ration.why_not("a", "host", 0.0) == ""
    ration.sent("a", 0.0)
    why = "no more than 0.25 write(s) per second go to host (--writes-per-second-per-host)"
    assert ration.why_not("a", "host", 3.9) == why
    assert ration.why_not("b", "other", 3.9) == ""
    assert ration.next() == 4.0


def test_a_place_counts_until_its_write_has_ended() -> None:
    """Who was let and has not sent yet keeps others waiting; what he does not send is given to the next at once."""
    ration: Ration[str] = Ration(Rates(in_all=1))
    assert ration.why_not("a", "host", 0.0) == ""
    assert ration.why_not("b", "host", 50.0) != ""
    assert ration.served(50.0) == []
    ration.over("a")
    assert ration.served(50.0) == ["b"]


def test_first_come_first_served_but_for_whose_host_is_busy() -> None:
    """Who waits for a busy host keeps nobody of another waiting, and nobody new goes before who waits."""
    ration: Ration[str] = Ration(Rates(in_all=2, per_host=1))
    assert ration.why_not("a", "one", 0.0) == ""
    assert ration.why_not("b", "one", 0.0) != ""
    assert ration.why_not("c", "two", 0.0) == ""
    assert ration.why_not("d", "two", 0.0) != ""
    ration.sent("a", 0.0)
    ration.sent("c", 0.5)
    assert ration.why_not("e", "one", 1.0) != "", "b came first"
    assert ration.served(1.0) == ["b"]
    assert ration.served(1.5) == ["d"]


def test_who_does_not_come_for_his_place_loses_it() -> None:
    """A place is kept for a while; then the next has it."""
    ration: Ration[str] = Ration(Rates(in_all=1))
    assert ration.why_not("a", "host", 0.0) == ""
    for who in "bc":
        assert ration.why_not(who, "host", 0.0) != ""
    ration.over("a")
    assert ration.served(0.0) == ["b"]
    assert ration.next() == GRANT_SECS
    assert ration.served(GRANT_SECS) == ["c"]


def test_who_leaves_is_not_waited_for() -> None:
    """One that wants nothing any more, or is gone, is out of the line, and has no place."""
    ration: Ration[str] = Ration(Rates(in_all=1))
    for who in "abc":
        ration.why_not(who, "host", 0.0)
    ration.leave("b")
    ration.leave("a")
    assert ration.served(0.0) == ["c"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "send", "give up", "leave", "look"]),
        st.integers(0, 5),
        st.sampled_from([0.0, 0.1, 0.3, 1.0, 4.0]),
    ),
    max_size=80,
)


@given(st.sampled_from([0.0, 0.5, 1.0, 2.5, 3.0]), st.sampled_from([0.0, 0.5, 1.0, 2.0]), STEPS)
def test_no_window_holds_too_many(in_all: float, per_host: float, steps: list[tuple[str, int, float]]) -> None:
    """Whoever asks, sends or changes his mind when, no window of the rate's length holds more than it says."""
    ration: Ration[int] = Ration(Rates(in_all, per_host))
    now, allowed, sent = 0.0, set[int](), list[tuple[float, str]]()
    for step, who, passed in steps:
        now += passed
        host = f"host-{who % 2}"
        if step == "ask":
            if ration.why_not(who, host, now):
                allowed.discard(who)
            else:
                allowed.add(who)
        elif step == "send" and who in allowed:
            allowed.discard(who)
            ration.sent(who, now)
            sent.append((now, host))
        elif step in {"give up", "leave"}:
            allowed.discard(who)
            (ration.over if step == "give up" else ration.leave)(who)
        else:
            ration.served(now)
    _check(in_all, [at for at, _ in sent])
    for host in ("host-0", "host-1"):
        _check(per_host, [at for at, where in sent if where == host])


def _check(rate: float, times: list[float]) -> None:
    if rate > 0:
        most = max(1, int(rate))
        for first, beyond in zip(times, times[most:], strict=False):
            assert beyond - first >= most / rate - 1e-9
