"""A revision that somebody accepts on the machine itself, whatever vanishes with it: `standalone accept REVISION`.

It is a file in the state, because the operator that runs keeps the database to itself.
"""

from pathlib import Path

from fabgitops_operator.standalone.files import put
from fabgitops_operator.standalone.source.allowing import ANY, COMMIT, Allowance

_ACCEPTED = "accepted"


def accept(folder: Path, revision: str) -> None:
    """Note in the state that a revision is taken whatever vanishes with it; it is looked at with the next look.

    Args:
        folder: What the source keeps in the state (`Settings.folder`).
        revision: The revision, or at least seven of its first digits.

    Raises:
        ValueError: That names no revision.
        OSError: It cannot be written.
    """
    if not COMMIT.fullmatch(revision):
        raise ValueError(f"{revision!r} names no revision: at least 7 of the digits 0-9 and a-f that the status shows")
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / _ACCEPTED, f"{revision}\n".encode(), 0o600)


def accepted(folder: Path, revision: str) -> Allowance | None:
    """Return what somebody allowed for a revision on this machine."""
    try:
        said = (folder / _ACCEPTED).read_text().strip()
    except FileNotFoundError:
        return None
    return Allowance(ANY) if COMMIT.fullmatch(said) and revision.startswith(said) else None
