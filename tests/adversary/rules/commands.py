"""What is given as a command must not be given twice: a counter would count two."""

from ..rule import Rule, Words
from ..world import COMMAND, World


class Commands(Rule):
    """A command is given once for each value that is wanted, or once more for a forced sync."""

    name = "commands"

    def __init__(self) -> None:
        self.given: Words = ()

    def started(self, world: World, *, forged: bool) -> None:
        """Go on from the status, unless somebody has forged it."""
        if forged:
            self.given = ()

    def changed(self, world: World) -> None:
        """Let another value be given."""
        if world.valid and self.given != (world.remote,):
            self.given = ()

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Take it as given, unless the device has refused it."""
        if name == COMMAND and not refused:
            self.given = words

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say that it was given."""
        twice = name == COMMAND and words == self.given and not world.forces(name)
        return f"{words} is given twice" if twice else ""
