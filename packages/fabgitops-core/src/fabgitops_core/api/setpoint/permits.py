"""A permit: the words by which a PLC is let go over to what Git wants of it, and taken back."""

from typing import NamedTuple

MANUAL = "manual"
"""The uid in a permit that somebody gives by hand, where no rollout does."""

_RESTORE = "restore"
_LONGEST = 128
"""Characters of a permit: what is acted on stands in a status."""
_DIGITS = 9
"""Digits of a round and of a turn: a status holds no greater number than 2⁶³."""


class Permit(NamedTuple):
    """A permit, written `UID/ROUND/HASH`, `UID/ROUND/HASH/TURN`, or `UID/ROUND/HASH/restore`.

    `uid` is that of the SetpointRollout that gives it, or `MANUAL`. `round` counts the changes that a rollout has begun
    from rest: what a PLC held before is kept for one round. `hash` names the words that Git wants (16 hexadecimal
    digits): the permit is for these and for no others. With `restore` what they replaced in this round is put back.
    `turn` is written from 2 on: one that was for other words in between counts no more, and another says the same anew.
    """

    uid: str
    round: int
    hash: str
    restore: bool = False
    turn: int = 1

    def __str__(self) -> str:
        """Return it as it is written."""
        last = _RESTORE if self.restore else str(self.turn)
        return f"{self.uid}/{self.round}/{self.hash}" + (f"/{last}" if self.restore or self.turn > 1 else "")

    def after(self, spent: str) -> "Permit":
        """Return this permit, in another turn than one that says the same and is spent."""
        last = permit_of(spent)
        return self if last is None or last._replace(turn=1) != self else self._replace(turn=last.turn + 1)


def permit_of(text: str) -> Permit | None:
    """Return the permit that a text is; None for what is none: it allows nothing.

    There is one way to write it: a round with zeros before it, or of more than nine digits, is none.
    """
    parts = text.split("/") if len(text) <= _LONGEST else []
    if len(parts) not in {3, 4} or not all(parts) or not _is_count(parts[1]):
        return None
    last = parts[3] if len(parts) == 4 else "1"
    if last != _RESTORE and not _is_count(last):
        return None
    restore = last == _RESTORE
    permit = Permit(parts[0], int(parts[1]), parts[2], restore, 1 if restore else int(last))
    return permit if str(permit) == text else None


def _is_count(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= _DIGITS
