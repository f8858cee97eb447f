"""A map whose numbers are wrong is refused, or answered in part."""

from fabgitops_core.control.events import FailureKind

from ..rule import Rule, Words
from ..world import COMMAND, World

MOST_PERCENT = 25


class Answers(Rule):
    """Each register was answered for since the process began, and not too many are refused in this pass."""

    name = "answers"

    def __init__(self) -> None:
        self.answered: set[str] = set()

    def started(self, world: World, *, forged: bool) -> None:
        """Know of nothing: an earlier process may have known, and have said so."""

    def looked(self, world: World) -> None:
        """Take note of who has answered, be it with a refusal."""
        self.answered |= set(world.look.shown)
        self.answered |= {name for name, why in world.look.failed.items() if why.kind is FailureKind.REFUSED_FOR_GOOD}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what is not known of the map."""
        compared = [each for each in world.names if each != COMMAND]
        if silent := [each for each in compared if each not in self.answered]:
            return f"no answer yet for {silent}"
        look = world.look
        for_now = {each for each, why in look.failed.items() if why.kind is not FailureKind.REFUSED_FOR_GOOD}
        refused = [each for each in compared if each not in look.shown and each not in for_now]
        many = len(refused) * 100 > len(world.names) * MOST_PERCENT
        return f"{refused} are refused" if many else ""
