"""Before something is changed: what was shown is done when a person says yes on a terminal, or --yes was given."""

import sys
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from fabctl.errors import UsageError
from fabctl.fields import text
from fabctl.render.shapes import print_line
from fabctl.start import at_once

DECLINED = 1
"""The exit code when a person says no."""

LONGEST_REASON = 256
"""Characters of a reason."""


def reason_of(given: str, example: str) -> str:
    """Return the reason that is given with --reason in one line.

    Args:
        given: What was given.
        example: What might be, for whoever gave nothing.

    Raises:
        UsageError: It is none, or too long, or has what would command a terminal.
    """
    reason = " ".join(given.split())
    if not reason:
        raise UsageError(f'--reason says nothing: give one that others understand, as in --reason "{example}"')
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise UsageError(f"--reason is to be a line of at most {LONGEST_REASON} characters that can be printed")
    return reason


@dataclass(frozen=True, slots=True)
class Deed:
    """What would be done to what was just shown; texts are for people, and may quote what others wrote."""

    question: str
    """Without its question mark, as in "Suspend mixer, oven in line-3"."""
    undone: str
    """The line for when it is not done, as in "mixer: nothing was suspended"."""
    command: str
    """The command line that would do it with --yes behind it."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whether to ask, and whether to do anything at all."""

    yes: Annotated[
        bool,
        Parameter(
            alias="-y", negative="", help="Do it without being asked; needed where there is no terminal to ask on."
        ),
    ] = False
    dry_run: Annotated[bool, Parameter(negative="", help="Show what would be done, and do nothing.")] = False

    def declined(self, deed: Deed) -> int | None:
        """Return None when it is to be done, else the exit code: 0 in a dry run, 1 when a person says no.

        That nothing was done is then said on standard output.

        Raises:
            UsageError: There is no terminal to ask on, and no --yes.
        """
        if self.dry_run:
            print_line(text(f"{deed.undone} (--dry-run)"))
            return 0
        if self.yes or _says_yes(deed):
            return None
        print_line(text(deed.undone))
        return DECLINED


def _says_yes(deed: Deed) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"there is no terminal to ask on: {deed.command} --yes does what is shown")
    with at_once():
        sys.stderr.write(text(f"{deed.question}? [y/N] "))
        sys.stderr.flush()
        said = sys.stdin.readline()
    return said.strip().lower() in {"y", "yes"}


ASKING = Asking()
