"""No fence: for an operator that somebody else sees to it there is one of."""

import asyncio


class Alone:
    """Stands in for a `ports.Fence` that is always held."""

    held = True

    def __str__(self) -> str:
        """Return how people find it: nowhere."""
        return ""

    def why_not(self) -> str:
        """Return why no write may be sent now: nothing speaks against one."""
        return ""

    def may_have_passed(self) -> bool:
        """Return whether another may write by now: there is none."""
        return False

    async def acquire(self) -> None:
        """Go on."""

    async def lost(self) -> None:
        """Wait until it is lost: for ever."""
        await asyncio.Event().wait()

    async def release(self) -> None:
        """Have nothing to give up."""
