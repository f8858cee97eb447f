"""A permit: the words by which a PLC is let go over to what Git wants of it, and taken back."""

from typing import NamedTuple

MANUAL = "manual"
"""The uid in a permit that somebody gives by hand, where no rollout does."""

_RESTORE = "restore"
_LONGEST = 128
"""Characters of a permit: what is acted on stands in a status."""
_ROUND_DIGITS = 9
"""Digits of a round: a status holds no greater number than 2⁶³."""


class Permit(NamedTuple):
    """A permit, written `UID/ROUND/HASH`, or `UID/ROUND/HASH/restore`.

    `uid` is that of the SetpointRollout that gives it, or `MANUAL`. `round` counts the changes that a rollout has begun
    from rest: what a PLC held before is kept for one round. `hash` names the words that Git wants (16 hexadecimal
    digits): the permit is for these and for no others. With `restore` what they replaced in this round is put back.
    """

    uid: str
    round: int
    hash: str
    restore: bool = False

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.uid}/{self.round}/{self.hash}" + (f"/{_RESTORE}" if self.restore else "")


def permit_of(text: str) -> Permit | None:
    """Return the permit that a text is; None for what is none: it allows nothing.

    There is one way to write it: a round with zeros before it, or of more than nine digits, is none.
    """
    parts = text.split("/") if len(text) <= _LONGEST else []
    if len(parts) not in {3, 4} or not all(parts) or not parts[1].isdecimal() or not parts[1].isascii():
        return None
    if len(parts) == 4 and parts[3] != _RESTORE:
        return None
    if len(parts[1]) > _ROUND_DIGITS:
        return None
    permit = Permit(parts[0], int(parts[1]), parts[2], restore=len(parts) == 4)
    return permit if str(permit) == text else None
