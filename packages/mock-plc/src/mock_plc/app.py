"""The command line of mock-plc, and the one place where an error becomes a line and an exit code."""

import sys
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError
from cyclopts.types import NonNegativeInt

from mock_plc import streams
from mock_plc.errors import MockPlcError
from mock_plc.flags import CONTROLS, NETWORK, REGISTERS, TROUBLE, Controls, Network, Registers, Trouble

app = App(
    name="mock-plc",
    version=lambda: version("mock-plc"),
    help_format="plaintext",
    help_epilogue="What happens is told on standard error, and begins with 'listening on HOST:PORT' when it is ready. "
    "Ctrl-C or SIGTERM ends it. Exit codes: 1 it cannot listen, 2 wrong usage or a wrong device file.",
)
app.command("mock_plc.files:check", name="check", help="Check device files, and say of each mistake where it is.")
app.command("mock_plc.files:example", name="example", help="Print a device file with all that can stand in one.")
app.command(
    "mock_plc.health:healthy",
    name="healthy",
    help="Check that a mock-plc listens on this machine or in this container.",
)
app.command("mock_plc.twin.app:twin", name="twin")
app.command(
    "mock_plc.ctl.app:app", name="ctl", help="Look at a running mock-plc, change it, make it misbehave (see --control)."
)


@app.default
def serve(
    *,
    seed: NonNegativeInt | None = None,
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
    registers: Registers = REGISTERS,
    network: Network = NETWORK,
    trouble: Trouble = TROUBLE,
    controls: Controls = CONTROLS,
) -> None:
    """Serve registers, or a whole device (--device), over Modbus, and let it drift and misbehave if asked to.

    Modbus has no authentication: whoever reaches the port can write. To keep it to this machine: --bind 127.0.0.1

    For example: mock-plc example > plc.yaml; mock-plc --device plc.yaml

    Or in short: mock-plc --chaos --register 4001 --register 4002=70 --fault delay:2s,p=0.1,on=write

    Args:
        seed: Makes drift and faults repeatable.
        verbose: Tell of each read, write, refused request and fault as well.
        registers: What is served.
        network: Where and how.
        trouble: What goes wrong.
        controls: How it is controlled.
    """
    # Imported here so that --help, --version and ctl load neither asyncio nor what serves.
    from mock_plc.options import run  # noqa: PLC0415

    streams.log(verbose)
    run(registers, network, trouble, controls, seed=seed, verbose=verbose)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    streams.make_whole()
    try:
        sys.exit(run())
    finally:
        streams.settle()


def run() -> int:
    """Run the command line and return its exit code."""
    try:
        _run()
    except CycloptsError as error:
        _complain(f"{_told(error)} (see: {' '.join(['mock-plc', *(error.command_chain or ())])} --help)")
        return 2
    except MockPlcError as error:
        for line in str(error).splitlines():
            _complain(line)
        return error.code
    except BrokenPipeError:  # who reads has seen enough
        return 141  # what a shell reports of a program that SIGPIPE ended
    except OSError as error:
        _complain(f"the output cannot be written: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run() -> None:
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False, result_action="return_value")
    except SystemExit as end:  # rich, which prints the help, makes this of a pipe that nobody reads
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    sys.stdout.flush()


def _told(error: CycloptsError) -> str:
    """Return what is wrong with the command line, in our words where those of the library are about itself."""
    if isinstance(error, UnusedCliTokensError):
        return f"unexpected arguments: {' '.join(error.unused_tokens or ())}"
    return str(error)


def _complain(message: str) -> None:
    streams.complain(f"mock-plc: {streams.printable(' '.join(message.split()))}")
