"""What a guard promises, as people are told it in docs/guards.md, written down without a look at the guard."""

from typing import Any

from hypothesis import strategies as st

from .world import World

Words = tuple[int, ...]
NEVER: st.SearchStrategy[Any] = st.nothing()


class Rule:
    """What one guard promises of each write that reaches the device.

    It hears what happens and keeps what it needs by itself. `chosen` draws how the user sets the guard, where they do.
    """

    name = ""
    chosen: st.SearchStrategy[Any] = NEVER

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return what of the spec says what was chosen."""
        return {}

    def started(self, world: World, *, forged: bool) -> None:
        """Hear that a process began, with a status that somebody has `forged`, or that could not be stored lately."""

    def changed(self, world: World) -> None:
        """Hear that what is wanted has changed."""

    def freed(self, world: World) -> None:
        """Hear that a rival wants a register no longer."""

    def synced(self, world: World) -> None:
        """Hear that somebody asked for a sync."""

    def looked(self, world: World) -> None:
        """Hear that a pass has read what it could."""

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Hear that a write of a register has reached the device, or may have; one that is `refused` was not taken."""

    def proven(self, world: World, name: str) -> None:
        """Hear that a correction of a register was proven."""

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Return what speaks against a write of a register that reaches the device now, or nothing."""
        raise NotImplementedError
