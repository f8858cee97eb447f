"""The command line: the commands by name, and the one place where an error becomes a line and an exit code."""

import signal
import sys

from cyclopts import App, CycloptsError, UnusedCliTokensError

from fabctl import own_version, streams
from fabctl.defaults import take_in
from fabctl.errors import FabctlError
from fabctl.fields import text
from fabctl.leading import behind_the_command
from fabctl.start import INTERRUPTED, interruptible, over

_EPILOGUE = (
    "Data goes to standard output, all else to standard error. Exit codes: 1 failed, "
    "2 wrong usage, 3 not found, 4 not allowed, 5 cluster not reachable, 6 not in time."
)

app = App(
    name="fabctl",
    version=own_version,
    help="Git vs. reality: what PLCs must hold, what they do hold, and one pass now for those that differ.",
    help_format="plaintext",
    help_epilogue=_EPILOGUE,
)

# By import string: what a command needs is imported when it runs, and not for the help of all.
_COMMANDS = (
    ("get-status", "status", "Show Git vs. reality: target, actual value, status and drifts."),
    ("list", None, "List what Git declares: where each PLC is, its register or map, and its target."),
    ("describe", None, "Show all that is known of one PLC: spec, registers, status, conditions, Events."),
    ("events", None, "Show what happened to PLCs, the newest last."),
    ("sync", None, "Have the operator look at the PLC now, and say what came of it."),
    ("approve", None, "Approve the writes that PLCs wait with, after showing each."),
    ("history", None, "Show the last corrections of PLCs, the newest first."),
    ("suspend", None, "Leave PLCs alone, neither read nor written, until fabctl resume."),
    ("resume", None, "Look after PLCs again that fabctl suspend left alone."),
    ("templates", None, "List templates: which are valid, and how many PLCs use each."),
    ("wait", None, "Wait until PLCs are in sync, ready or deleted, and say of each when it is."),
    ("watch", None, "Show Git vs. reality again and again, until Ctrl-C."),
    ("top", None, "Show which PLCs are slowest, drift most and fail most, by the operator's metrics."),
    ("tree", None, "Draw what stands in what, and how each stands: of a rack, a template, a PLC or a rollout."),
    ("diff", None, "Show what applying manifests would change, and what it would write to which device."),
    (
        "validate",
        None,
        "Say all that is wrong with manifests, with file, line and column.",
    ),
    ("init", None, "Make a Git repository for a plant: base, lines, CI that validates and compares, README."),
    ("export", None, "Print PLCs as the manifests that would make them, for a Git repository."),
    ("doctor", None, "Look for what is wrong between here and the PLCs, and say how to mend it."),
    ("completion", None, "Print what a shell has to read to complete commands, options and names."),
    ("version", None, "Print the versions of fabctl, the operator and the definitions."),
)
for _name, _alias, _help in _COMMANDS:
    _function = _name.replace("-", "_")
    app.command(f"fabctl.commands.{_function}:{_function}", name=_name, alias=_alias, help=_help)

_CALLED = {alias: name for name, alias, _ in _COMMANDS if alias}

app.command(
    "fabctl.commands.importing:import_",
    name="import",
    help="Print manifests that want what devices hold now, of PLCs that are only observed.",
)
app.command("fabctl.commands.completion:complete", name="__candidates", show=False)


def _group(name: str, about: str, commands: tuple[tuple[str, str], ...]) -> None:
    """Take a command in that has commands of its own, each with its help, in a package of its name."""
    group = App(name=name, help=about, help_format="plaintext")
    for each, said in commands:
        group.command(f"fabctl.commands.{name}.{each}:{each}", name=each, help=said)
    app.command(group)


_RACK_COMMANDS = (
    ("list", "List racks: where each stands, how many parts are there, and what waits for a yes."),
    ("describe", "Show all that is known of a rack: spec, parts, what waits, conditions, Events."),
    ("approve", "Agree to what a changed template takes away from a rack, after showing what that is."),
    ("locate", "Switch the light by which a machine is found, and say when it is as wanted."),
)
_group("rack", "Racks: how they stand, and what waits for a yes.", _RACK_COMMANDS)

_BRAKE_COMMANDS = (
    ("status", "Show whether the fleet brake of an operator holds all corrections, since when, and why."),
    ("release", "Let the fleet brake go: what it holds is corrected."),
)
_group("brake", "The fleet brake: whether all corrections are held, and an end of that.", _BRAKE_COMMANDS)

_ROLLOUT_COMMANDS = (
    ("list", "List rollouts: where each stands, in which wave or step, and how much holds what Git wants."),
    ("get", "Draw a rollout: waves and PLCs, or revisions, pods and steps; analyses, decisions; -w until Ctrl-C."),
    ("status", 'Answer "why did it stop?": what it waits for, what failed, what can be done; -w waits.'),
    ("plan", "Show waves or steps of a rollout before anything happens, and what changes in each PLC."),
    ("approve", "Agree to the plan of a rollout that waits for that, after showing it."),
    ("promote", "Let a rollout go on that waits behind a wave or at a step; --full skips all that is left."),
    ("pause", "Stop rollouts where they are, without being asked; --all -A stops all."),
    ("resume", "Let rollouts go on that fabctl rollout pause has stopped."),
    ("abort", "Give up a change: what was released of it is put back, a workload goes back to stable."),
    ("retry", "Begin a change once more that was given up."),
    ("undo", "Go back to an earlier revision of a workload, or say what to revert in Git; --hold rejects it."),
    ("release", "Let PLCs go over to what Git wants by hand, after showing what would be written."),
    ("history", "Show the last decisions of a rollout, the newest first, and revisions of a workload."),
    ("analyze", "Try an AnalysisTemplate over history: how often changes would have failed."),
)
_group(
    "rollout",
    "Rollouts of set-points and of workloads: how a change goes on in waves or steps, and words to it.",
    _ROLLOUT_COMMANDS,
)

_CHAOS_COMMANDS = (
    ("run", "Run the experiment of a file; --wait follows it, and ends as it ends; --dry-run shows what it would hit."),
    ("list", "List experiments: what each does, where it stands, what it showed."),
    ("get", "Draw an experiment: phases, targets with the time that is left, probes, verdict; -w until it is over."),
    ("abort", "End experiments now, without being asked, and wait until they are over."),
    ("stop", "Stop all chaos in the cluster: none begins any more, and all that there are end."),
    ("agents", "Show the agents that inject into pods: which live, and what each can do on its node."),
    ("scenarios", "List what experiments may do; of one print a manifest to begin with."),
)
_group(
    "chaos", "Chaos experiments: run, followed, ended; and whether anything may be injected at all.", _CHAOS_COMMANDS
)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    streams.make_whole()
    try:
        sys.exit(run())
    finally:
        over()
        streams.settle()


def run() -> int:
    """Run the command line and return its exit code."""
    # As an exception it passes all that has something to put back, the cursor of the terminal above all.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        interruptible()
        return _run()
    except CycloptsError as error:
        _complain(_told(error), f" (see: {_command(error)} --help)")
        return 2
    except FabctlError as error:
        _complain(str(error))
        return error.code
    except BrokenPipeError:  # who reads has seen enough
        return 141  # what a shell reports of a program that SIGPIPE ended
    except OSError as error:
        _complain(f"the output cannot be written: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED  # no more needs to be said


def _run() -> int:
    tokens = behind_the_command(sys.argv[1:])
    if tokens == ["--version"]:  # for which cyclopts would read rich
        sys.stdout.write(own_version() + "\n")
        sys.stdout.flush()
        return 0
    take_in()
    if {"--help", "-h"} & {*tokens}:
        _give_examples(tokens)
    try:
        code = app(
            tokens,
            exit_on_error=False,
            print_error=False,
            result_action="return_int_as_exit_code_else_zero",
        )
    except SystemExit as end:  # rich, which prints the help, makes this of a pipe that nobody reads
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    sys.stdout.flush()
    return int(code)


def _give_examples(tokens: list[str]) -> None:
    """Let the help that is asked for end with examples of its command."""
    from fabctl.examples import shown  # noqa: PLC0415 - read for help alone

    chain, _, _ = app.parse_commands(tokens)
    named = " ".join(_CALLED.get(word, word) for word in chain if not word.startswith("-"))
    app.help_epilogue = shown(named) + _EPILOGUE


def _command(error: CycloptsError) -> str:
    return " ".join(["fabctl", *(error.command_chain or ())])


def _told(error: CycloptsError) -> str:
    """Return what is wrong with the command line, in our words where those of the library are about itself."""
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected arguments: {' '.join(error.unused_tokens or ())}"
    return str(error)


def _complain(message: str, hint: str = "") -> None:
    streams.complain(f"fabctl: {' '.join(text(message).split())}{hint}")
