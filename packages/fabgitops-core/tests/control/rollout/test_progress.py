"""A rollout that does not get on is found in time, and one that waits, or proves its pods, is left in peace."""

from datetime import UTC, datetime, timedelta

import pytest
from fabgitops_core.control.rollout.pods.progress import Progress, advanced, due, known, left_to_do, resting
from fabgitops_core.control.rollout.pods.sides import NOBODY, Side

START = datetime(2026, 11, 29, 20, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """Return the moment so many seconds after the start."""
    return START + timedelta(seconds=seconds)


def side(present: int, ready: int = 0, available: int = 0) -> Side:
    """Return a revision as it stands."""
    return Side(present, available, present, ready)


def standing(canary: Side, wanted: int = 2) -> list[tuple[int, Side]]:
    """Return a canary beside a stable side that has all it is to have."""
    return [(wanted, canary), (4, side(4, 4, 4))]


def test_pods_that_never_come_up_are_given_up() -> None:
    """Without any progress the time of the first look counts, however often one looks."""
    progress = None
    for seconds in range(0, 600, 50):
        progress = advanced(progress, "b/0/25", standing(side(2)), after(seconds))
    assert progress is not None
    assert progress.at == START
    assert due(progress, 600, 0, [side(2)]) == after(600)


@pytest.mark.parametrize("better", [side(1), side(2), side(1, 1), side(1, 1, 1)])
def test_each_pod_that_comes_nearer_is_progress(better: Side) -> None:
    """A pod that is made, becomes ready, or available, lets the deadline begin anew."""
    before = advanced(None, "b/0/25", standing(NOBODY), START)
    assert advanced(before, "b/0/25", standing(better), after(60)).at == after(60)


def test_a_pod_that_goes_is_progress_where_it_should() -> None:
    """Pods of a side that is to shrink count as well."""
    before = advanced(None, "b", [(0, side(3, 3, 3))], START)
    assert advanced(before, "b", [(0, side(2, 2, 2))], after(60)).at == after(60)
    assert advanced(before, "b", [(0, side(4, 3, 3))], after(60)) == before


def test_pods_that_come_up_and_go_down_get_nowhere() -> None:
    """A pod that crashes again and again is progress the first time alone."""
    progress = advanced(None, "b", standing(side(2)), START)
    for seconds in range(10, 600, 20):
        progress = advanced(progress, "b", standing(side(2, 1)), after(seconds))
        progress = advanced(progress, "b", standing(side(2)), after(seconds + 10))
    assert progress.at == after(10)


@pytest.mark.parametrize("place", ["c/0/25", "b/1/25", "b/0/50"])
def test_another_revision_step_or_weight_is_progress(place: str) -> None:
    """Another revision, step or weight lets the deadline begin anew, though no pod has changed."""
    before = advanced(None, "b/0/25", standing(side(2)), START)
    assert advanced(before, place, standing(side(2)), after(60)) == (place, (2, 4), 4, after(60))


def test_another_size_is_neither_progress_nor_standstill() -> None:
    """A workload that is scaled up and down all the time is given up in time, and measured by its new size."""
    progress = advanced(None, "b", standing(side(2), 2), START)
    progress = advanced(progress, "b", standing(side(2), 8), after(60))
    assert progress.at == START
    progress = advanced(progress, "b", standing(side(3), 8), after(70))
    assert progress.at == after(70)
    assert advanced(progress, "b", standing(side(2), 2), after(90)).at == after(70)


def test_what_was_complete_has_all_its_time() -> None:
    """When all was there, the deadline begins as something is missing: by a larger size, or a pod that is gone."""
    complete = advanced(None, "b", standing(side(2, 2, 2)), START)
    assert complete.left == 0
    assert advanced(complete, "b", standing(side(2, 2, 2), 4), after(5000)).at == after(5000)
    assert advanced(complete, "b", standing(side(2, 1, 1)), after(5000)).at == after(5000)
    assert advanced(complete, "b", standing(side(2, 2, 2)), after(5000)).at == START


def test_a_pause_is_no_lack_of_progress() -> None:
    """While it waits for a time, a person or an analysis no deadline counts, and it begins anew afterwards."""
    before = advanced(None, "b/1/25", standing(side(2)), START)
    paused = resting(before, "b/1/25")
    assert due(paused, 600, 0, [side(2)]) is None
    assert resting(paused, "b/1/25") == paused
    assert advanced(paused, "b/1/25", standing(side(2)), after(9000)).at == after(9000)
    assert resting(None, "b").at is None


def test_the_time_for_proof_is_granted() -> None:
    """While pods are ready and prove themselves for minReadySeconds, these are added; after that they are not."""
    progress = Progress("b", (2,), 2, START)
    assert due(progress, 600, 300, [side(2, 2, 0)]) == after(900)
    assert due(progress, 600, 300, [side(2, 0, 0)]) == after(600)
    assert due(progress, 600, 300, [side(2, 2, 2)]) == after(600)


def test_a_clock_that_went_back_does_not_hold_the_deadline() -> None:
    """A time of progress that lies ahead is taken as now."""
    before = advanced(None, "b", standing(side(2)), after(3600))
    assert advanced(before, "b", standing(side(2)), START).at == START
    assert advanced(before, "b", standing(side(2), 3), START).at == START


def test_what_is_missing_counts_each_thing() -> None:
    """A pod that is not there is not ready nor available either; one too many is one to go."""
    assert left_to_do([(2, NOBODY)]) == 6
    assert left_to_do([(2, side(2, 1, 0))]) == 3
    assert left_to_do([(2, side(3, 3, 3)), (0, side(1))]) == 2
    assert left_to_do([(2, Side(2, 2, 2))]) == 0


def test_progress_survives_in_the_status() -> None:
    """What the status keeps tells a later process the same, and what somebody else wrote there tells nothing."""
    for progress in (Progress("b/1 x\n/25", (2, 4, 0), 7, START), Progress("", (), 0, None)):
        assert known(progress.mark, progress.at) == progress
    for mark in ("", "x", "1", "-1 2 b", "1 2;3 b", "1 ٢ b"):
        assert known(mark, START) is None
