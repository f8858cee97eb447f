"""Two experiments that begin at once never have one target."""

from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_operator.chaos.claims import Claims

A, B = (Key("ChaosExperiment", "line-1", name) for name in "ab")


def spot(uid: str, experiment: str, place: str = "") -> Spot:
    """Return a target of an experiment, injected in itself or elsewhere."""
    return Spot("line-1", f"hmi-{uid}", TargetUid(uid), NodeName("n"), InjectionId(f"{experiment}.{place or uid}"))


def test_a_target_is_one_experiments() -> None:
    """Whoever comes second is told whose a target is, and has none of the others either; later it may have all."""
    claims = Claims(lambda: 0.0)
    assert claims.take(A, [spot("1", "a"), spot("2", "a")]) == ""
    assert claims.take(B, [spot("3", "b"), spot("2", "b")]) == "hmi-2 is a target of line-1/a"
    assert claims.take(A, [spot("1", "a"), spot("3", "a")]) == ""
    assert claims.take(B, [spot("2", "b")]) == ""
    claims.drop(A)
    assert claims.take(B, [spot("1", "b"), spot("3", "b")]) == ""


def test_so_is_a_place() -> None:
    """Two PLCs whose packets leave one pod are not of two experiments: a pod has one injection at a time."""
    claims = Claims(lambda: 0.0)
    assert claims.take(A, [spot("1", "a", "operator")]) == ""
    assert claims.take(B, [spot("2", "b", "operator")]) == "hmi-2 is a target of line-1/a"


def test_who_is_silent_has_nothing() -> None:
    """An experiment that was taken away by force keeps nothing from others when all that it did is over by itself."""
    now = 0.0
    claims = Claims(lambda: now)
    claims.take(A, [spot("1", "a")])
    now = 29.0
    claims.heard(A)
    now = 59.0
    assert claims.take(B, [spot("1", "b")]) != ""
    now = 59.1
    assert claims.take(B, [spot("1", "b")]) == ""
