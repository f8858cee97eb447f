"""What stays is put out of the garbage collector's way."""

import gc
from collections.abc import Iterator

import pytest
from fabgitops_operator.hosting.lasting import EVERY, Lasting, without_collecting


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Leave the collector as it was found."""
    yield
    gc.enable()


@pytest.fixture
def put_aside(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return what grows by one each time that something is put aside."""
    times: list[None] = []
    monkeypatch.setattr(gc, "freeze", lambda: times.append(None))
    return times


def test_it_is_put_aside_while_it_grows(put_aside: list[None]) -> None:
    """Of many resources that come one after the other each batch is put aside, and what is less than one is not."""
    lasting = Lasting()
    for count in range(1, 3 * EVERY + EVERY // 2):
        lasting.grown_to(count)
    assert len(put_aside) == 3


def test_what_comes_and_goes_is_left_to_the_collector(put_aside: list[None]) -> None:
    """A resource that is made anew again and again puts nothing aside: garbage of that time would stay for ever."""
    lasting = Lasting()
    for count in (*range(1, EVERY + 1), *[EVERY - 1, EVERY] * EVERY * 2):
        lasting.grown_to(count)
    assert len(put_aside) == 1


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_put_off_and_then_as_it_was(was_on: bool) -> None:
    """While much is made nothing is collected; afterwards it is on only if it was, also where that has failed."""
    gc.enable() if was_on else gc.disable()

    def fail() -> None:
        assert not gc.isenabled()
        raise KeyError

    with pytest.raises(KeyError), without_collecting():
        fail()
    assert gc.isenabled() is was_on
