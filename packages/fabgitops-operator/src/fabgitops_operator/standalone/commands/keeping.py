"""Commands that look after the state."""

from pathlib import Path

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


def check(kept: Kept | None = None, *, free: bool = False) -> int:
    """Look through the state: each page of the file, each object in it; also while the operator runs.

    fabgitops-operator standalone check
    fabgitops-operator standalone check --free

    Ends with 1 when something is wrong with it.

    Args:
        kept: Where the state is.
        free: Give up the reserve first, to have room on a disk that is full. The next start with room makes it anew.
    """
    from fabgitops_operator.standalone.store import StateError, checking, reserve  # noqa: PLC0415

    folder = (kept or Kept()).state

    def work() -> None:
        if free:
            say(f"{reserve.free(folder)} bytes of {folder} are free again\n")
        found = checking.check(folder)
        say(f"{found}\n")
        if found.troubles:
            raise StateError(f"the state {found.path} is damaged: {'; '.join(found.troubles)}; restore a backup")

    return told(work, StateError, OSError)


def backup(file: Path, /, kept: Kept | None = None) -> int:
    """Copy the state into one file, as it is at one moment; also while the operator runs.

    fabgitops-operator standalone backup /mnt/backup/line-a.db

    Args:
        file: The file, which is not there yet; it is whole or not there.
        kept: Where the state is.
    """
    from fabgitops_operator.standalone.store import StateError, copying  # noqa: PLC0415

    def work() -> None:
        copying.backup((kept or Kept()).state, file)
        say(f"{file}\n")

    return told(work, StateError, OSError)


def restore(file: Path, /, kept: Kept | None = None) -> int:
    """Put a backup in the place of the state, and keep what was there beside it; the operator must not run.

    fabgitops-operator standalone restore /mnt/backup/line-a.db

    Args:
        file: The backup.
        kept: Where the state is.
    """
    from fabgitops_operator.standalone.files import give  # noqa: PLC0415
    from fabgitops_operator.standalone.store import StateError, copying  # noqa: PLC0415

    def work() -> None:
        folder = (kept or Kept()).state
        before = copying.restore(folder, file)
        give(folder)
        say(f"restored{f'; what was there is kept as {before}' if before else ''}\n")

    return told(work, StateError, OSError)
