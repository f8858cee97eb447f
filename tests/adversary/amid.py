"""What may happen in the middle of a pass, while a request waits for its answer, and what may become of a request."""

from collections.abc import Callable

from .operators import Operator
from .scene import Scene

FATES = ("lost", "refused", "busy", "silent", "vanishes", "withdrawn", "slow", "unsaved")
"""No connection, two exceptions, a write that is carried out or not and never answered, given up, sent late, or not
saved."""

LAPSES_SECS = 50.0
"""In which a Lease is no proof any more that nobody else writes, and may not have passed yet."""
CONTESTED = {"speed": "plant/rival", "level": "plant/rival"}


def _killed(_: Scene, leader: Operator) -> None:
    leader.dies()


def _lapsed(scene: Scene, _: Operator) -> None:
    scene.world.clock.goes_on(LAPSES_SECS)


def _edited(scene: Scene, _: Operator) -> None:
    scene.edited(speed=14 - scene.world.speed)


def _rekeyed(scene: Scene, _: Operator) -> None:
    scene.edited(key=15 - scene.world.key)


def _suspended(scene: Scene, _: Operator) -> None:
    scene.edited(suspend=not scene.world.suspend)


def _annotated(scene: Scene, _: Operator) -> None:
    scene.edited(annotated=not scene.world.annotated)


def _contested(scene: Scene, _: Operator) -> None:
    scene.contested({} if scene.world.rivals else CONTESTED)


def _forced(scene: Scene, _: Operator) -> None:
    scene.synced(force=True)


def _drifts(scene: Scene, _: Operator) -> None:
    scene.world.plant.drifts("speed")


def _turns(scene: Scene, _: Operator) -> None:
    scene.world.plant.turns(True)


def _opened(scene: Scene, _: Operator) -> None:
    scene.world.press, scene.world.press_read = "open", scene.world.clock.run


def _approved(scene: Scene, _: Operator) -> None:
    scene.approves("this")


def _unapproved(scene: Scene, _: Operator) -> None:
    scene.approves("none")


def _unstored(scene: Scene, _: Operator) -> None:
    scene.refuses = True


def _set_back(scene: Scene, _: Operator) -> None:
    scene.world.clock.is_set(-5000.0)


def _set_forward(scene: Scene, _: Operator) -> None:
    scene.world.clock.is_set(5000.0)


AMID_A_PASS: dict[str, Callable[[Scene, Operator], None]] = {
    "killed": _killed,
    "lapsed": _lapsed,
    "edited": _edited,
    "rekeyed": _rekeyed,
    "suspended": _suspended,
    "annotated": _annotated,
    "contested": _contested,
    "forced": _forced,
    "drifts": _drifts,
    "turns": _turns,
    "opened": _opened,
    "approved": _approved,
    "unapproved": _unapproved,
    "unstored": _unstored,
    "set back": _set_back,
    "set forward": _set_forward,
}
