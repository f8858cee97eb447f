"""Everything that can go wrong, named by what the user can do about it; each text is one line.

FabctlError
├── UsageError      the command line makes no sense
├── NoConfig        it is not known where the API server is, or who we are
├── Unreachable     the API server is away or overloaded: the same may succeed later
├── Denied          we may not do this (401, 403)
├── NotInstalled    the cluster has no IndustrialPLC
├── UnknownPLC      there is none of this name
├── Refused         the API server refuses this request for what it says
└── Unhandled       the operator did not answer, or could not do what was asked
"""

from fabctl.fields import text


class FabctlError(Exception):
    """What was asked could not be done; the text is one line for the user, fit for a terminal."""

    code = 1

    def __init__(self, message: str) -> None:
        """Keep what is to be said; servers, files and command lines that it quotes may hold anything."""
        super().__init__(" ".join(text(message).split()))


class UsageError(FabctlError):
    """The command line makes no sense."""

    code = 2


class NoConfig(FabctlError):
    """It is not known where the API server is, or who we are."""


class Unreachable(FabctlError):
    """The API server is away or overloaded: the same may succeed later."""


class Denied(FabctlError):
    """We may not do this."""


class NotInstalled(FabctlError):
    """The cluster has no IndustrialPLC."""


class UnknownPLC(FabctlError):
    """There is none of this name."""


class Refused(FabctlError):
    """The API server refuses this request for what it says."""


class Unhandled(FabctlError):
    """The operator did not answer."""
