"""Everything that can go wrong, named by what the user can do about it; each text is one line, each has an exit code.

FabctlError
├── UsageError      2  the command line makes no sense
├── NoConfig        5  it is not known where the API server is, or who we are
├── Unreachable     5  the API server is away or overloaded: the same may succeed later
├── Denied          4  we may not do this (401, 403)
├── NotInstalled    3  the cluster has no IndustrialPLC
├── UnknownPLC      3  there is none of this name
├── Refused         1  the API server refuses this request for what it says
│   └── NotTaken    8  it refuses an experiment, or our rules or the ChaosPolicy do: nothing was begun
├── Lacking         1  fabctl was installed without what this needs
└── Unhandled       1  the operator could not do what was asked
    └── Late        6  the operator did not answer in time
"""

from fabctl.fields import text

FAILED = 1
TIMED_OUT = 6
"""Exit codes that a command returns itself, where it has said of each of several PLCs what is wrong."""
INCONCLUSIVE, REFUSED = 7, 8
"""Exit codes for what an experiment showed, where that is neither Passed (0) nor Failed (1)."""

EXIT_CODES = {
    "0": "done, and as it should be",
    "1": "failed, or of several PLCs one: standard error says which, and why; so has an experiment, by its verdict",
    "2": "the command line makes no sense",
    "3": "not found: no such PLC, template or rack, or no definitions in the cluster",
    "4": "not allowed: who you are is not known, or may not do this",
    "5": "the cluster is not reached: no kubeconfig, no such context, no answer",
    "6": "not in time: `--timeout` passed before it was as wanted",
    "7": "an experiment showed nothing, its verdict is Inconclusive (`chaos run --wait`, `chaos get -w`)",
    "8": "an experiment is refused, by what it says or by the ChaosPolicy: nothing was begun (`chaos`)",
    "130, 141, 143": "ended by Ctrl-C, also what goes on until then (`watch`, `-w`; `q` ends the dashboard with 0), "
    "by a pipe that nobody reads, by SIGTERM",
}
"""What each exit code says, in Markdown."""


class FabctlError(Exception):
    """What was asked could not be done; the text is one line for the user, fit for a terminal."""

    code = FAILED

    def __init__(self, message: str) -> None:
        """Keep what is to be said; servers, files and command lines that it quotes may hold anything."""
        super().__init__(" ".join(text(message).split()))


class UsageError(FabctlError):
    """The command line makes no sense."""

    code = 2


class NoConfig(FabctlError):
    """It is not known where the API server is, or who we are."""

    code = 5


class Unreachable(FabctlError):
    """The API server is away or overloaded: the same may succeed later."""

    code = 5


class Denied(FabctlError):
    """We may not do this."""

    code = 4


class NotInstalled(FabctlError):
    """The cluster has no IndustrialPLC."""

    code = 3


class UnknownPLC(FabctlError):
    """There is none of this name."""

    code = 3


class Refused(FabctlError):
    """The API server refuses this request for what it says."""


class NotTaken(Refused):
    """An experiment is refused: nothing was begun."""

    code = REFUSED


class Lacking(FabctlError):
    """It was installed without what this needs."""


class Unhandled(FabctlError):
    """The operator could not do what was asked."""


class Late(Unhandled):
    """The operator did not answer in time."""

    code = TIMED_OUT
