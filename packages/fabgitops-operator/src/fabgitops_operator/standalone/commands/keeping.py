"""Commands that look after the state."""

from fabgitops_operator.standalone.commands.telling import told
from fabgitops_operator.standalone.settings import Kept, source_folder
from fabgitops_operator.streams import say


def accept(revision: str, /, kept: Kept | None = None) -> int:
    """Let a revision be taken although much vanishes with it, or all.

    fabgitops-operator standalone accept 3f9c2a1

    The operator that runs takes it with its next look at the source. What vanishes is let go of: nothing is written to
    a device for that, but nothing looks at it any more.

    Args:
        revision: The revision that is held back, as the log and /readyz name it, or at least seven digits of it.
        kept: Where the state is.
    """
    from fabgitops_operator.standalone.source.accepting import accept as note  # noqa: PLC0415

    def work() -> None:
        note(source_folder((kept or Kept()).state), revision)
        say(f"{revision} is accepted: it is taken with the next look at the source\n")

    return told(work, ValueError, OSError)
