"""For how long it has not been known what is declared."""

from types import SimpleNamespace

import pytest
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_operator.hosting import hearing as module
from fabgitops_operator.hosting.hearing import Hearing, Scope

SCOPE = Scope(INDUSTRIAL_PLC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that hearing goes by, to be set."""
    now = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def lost(hearing: Hearing) -> bool:
    """Return whether writes wait, where there is something to write."""
    return bool(hearing.lost(lambda _scope: True))


def test_what_was_declared_last_is_enforced_for_the_grace(clock: list[float]) -> None:
    """It counts from the last moment at which it was known: a watch that stood, or a listing."""
    hearing = Hearing([SCOPE], 60.0, 600.0)
    hearing.heard(SCOPE)
    clock[0] += 5000
    assert not lost(hearing)
    hearing.unheard(SCOPE, "away", refused=False)
    hearing.unlisted(SCOPE, "away", refused=False)
    clock[0] += 599
    assert not lost(hearing)
    clock[0] += 1
    assert lost(hearing)
    assert not hearing.lost(lambda _scope: False)
    hearing.listed(SCOPE)
    assert not lost(hearing)
    clock[0] += 300
    hearing.unlisted(SCOPE, "away", refused=False)
    clock[0] += 599
    assert lost(hearing), "the listing was 899 s ago"


def test_a_watch_over_which_nothing_can_be_listed_proves_nothing(clock: list[float]) -> None:
    """A connection that nobody ended may be dead: once a listing fails, the time counts, whatever the watch seems."""
    hearing = Hearing([SCOPE], 60.0, 600.0)
    hearing.heard(SCOPE)
    clock[0] += 5000
    hearing.unlisted(SCOPE, "no answer", refused=False)
    clock[0] += 600
    assert lost(hearing)
    hearing.listed(SCOPE)
    assert not lost(hearing)


def test_without_a_grace_it_is_enforced_for_good(clock: list[float]) -> None:
    """Without a cluster what is declared is on the same machine."""
    hearing = Hearing([SCOPE], 60.0)
    hearing.unheard(SCOPE, "away", refused=False)
    clock[0] += 10**9
    assert not lost(hearing)


def test_of_a_kind_that_is_not_there_nothing_is_missed(clock: list[float]) -> None:
    """It keeps nobody from being ready or writing, and no metric says that its watch is down, until it is there."""
    hearing = Hearing([SCOPE], 60.0, 600.0)
    hearing.absent(SCOPE, "the API server does not serve this kind")
    clock[0] += 5000
    assert (hearing.up, hearing.not_ready(), hearing.kinds_up(), hearing.overlooked()) == (True, "", {}, [])
    assert not lost(hearing)
    assert not hearing.hold(lambda _scope: True)
    hearing.listed(SCOPE)
    assert hearing.overlooked() == [SCOPE]
    hearing.unheard(SCOPE, "away", refused=False)
    assert hearing.kinds_up() == {SCOPE.kind.name: False}
    assert "away" in hearing.not_ready()
