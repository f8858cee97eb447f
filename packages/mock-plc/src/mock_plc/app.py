"""The command line of mock-plc, and the one place where an error becomes a line and an exit code."""

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from cyclopts.types import NonNegativeInt

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

    _log(verbose)
    run(registers, network, trouble, controls, seed=seed, verbose=verbose)


def _log(verbose: bool) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s mock_plc: %(message)s", level=logging.WARNING)
    logging.getLogger("mock_plc").setLevel(logging.DEBUG if verbose else logging.INFO)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_run())


def _run() -> int:
    try:
        app(exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        _complain(f"{error} (see: {' '.join(['mock-plc', *(error.command_chain or ())])} --help)")
        return 2
    except MockPlcError as error:
        for line in str(error).splitlines():
            _complain(line)
        return error.code
    except BrokenPipeError:
        # Who reads has seen enough. What is still buffered must not be tried again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # what a shell reports of a program that SIGPIPE ended
    except KeyboardInterrupt:
        return 130
    return 0


def _complain(message: str) -> None:
    sys.stderr.write(f"mock-plc: {' '.join(message.split())}\n")
