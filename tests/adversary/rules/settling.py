"""What was changed a moment ago may be half of a commit."""

from ..rule import Rule, Words
from ..world import World

SETTLE_SECS = 5.0


class Settling(Rule):
    """What is wanted has stood for the seconds that it must, or somebody asked for it since."""

    name = "settling"

    def __init__(self) -> None:
        self.meant = False

    def started(self, world: World, *, forged: bool) -> None:
        """Begin anew: who begins does not know since when it stands, but for a sync that nobody has answered."""
        self.meant = world.asked

    def changed(self, world: World) -> None:
        """Begin anew."""
        self.meant = False

    def freed(self, world: World) -> None:
        """Begin anew: the commit that took a rival away may have more to say."""
        self.meant = False

    def synced(self, world: World) -> None:
        """Take it as meant."""
        self.meant = True

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what has not settled."""
        waited = world.clock.lived - world.changed_at
        return "" if self.meant or waited >= SETTLE_SECS else f"changed {waited:g} s ago"
