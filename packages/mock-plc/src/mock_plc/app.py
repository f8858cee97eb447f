"""The command line of mock-plc, and the one place where an error becomes a line and an exit code."""

import logging
import secrets
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from cyclopts.types import NonNegativeInt

MAX_WORD = 65535


def _within(low: float, high: float) -> Parameter:
    def check(_: object, value: float) -> None:
        if not low <= value <= high:
            raise ValueError(f"It must be {low} to {high}.")

    return Parameter(validator=check)


Word = Annotated[int, _within(0, MAX_WORD)]

app = App(
    name="mock-plc",
    version=lambda: version("mock-plc"),
    help_format="plaintext",
    help_epilogue="What happens is told on standard error, and begins with 'listening on HOST:PORT' when it is ready. "
    "Ctrl-C or SIGTERM ends it. Exit codes: 1 it cannot listen, 2 wrong usage.",
)


@app.default
def serve(
    *,
    bind: str = "0.0.0.0",  # noqa: S104 - a PLC is there for others to reach; the help says how to keep it to oneself
    port: Word = 5502,
    value: Word = 2500,
    register: Annotated[tuple[str, ...], Parameter(negative="", show_default=lambda _: "4001")] = ("4001",),
    chaos: Annotated[bool, Parameter(negative="")] = False,
    chaos_interval: Annotated[float, _within(0.01, 86400)] = 10.0,
    max_drift: Annotated[int, _within(1, MAX_WORD)] = 500,
    seed: NonNegativeInt | None = None,
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Serve holding registers over Modbus TCP, to every unit id, and let them drift if asked to.

    Modbus has no authentication: whoever reaches the port can write. To keep it to this machine: --bind 127.0.0.1

    For example: mock-plc --chaos --register 4001 --register 4002=70

    Args:
        bind: Address to listen on.
        port: TCP port to listen on, 0 to 65535; 0 takes a free one.
        value: What registers without a value of their own hold at the start, 0 to 65535.
        register: ADDRESS or ADDRESS=VALUE of a holding register, may be given several times. Addresses are 0-based as
            on the wire: 40001 on a drawing is 0.
        chaos: Drift: every --chaos-interval seconds each register moves by 1 to --max-drift, up or down.
        chaos_interval: Seconds between two drifts, 0.01 to 86400.
        max_drift: How far a register moves at most in one drift, 1 to 65535. It stops at 0 and 65535, never wraps.
        seed: Makes the drift repeatable.
        verbose: Tell of each read, write and refused request as well.
    """
    # Imported here so that --help and --version load neither asyncio nor a Modbus library.
    from mock_plc.device import Device  # noqa: PLC0415
    from mock_plc.plc import run  # noqa: PLC0415
    from mock_plc.server import ListenError  # noqa: PLC0415
    from mock_plc.simple import Chaos  # noqa: PLC0415

    _log(verbose)
    try:
        device = Device(parse_registers(register, value))
    except ValueError as error:
        _complain(f"Invalid value for --register: {error} (see: mock-plc --help)")
        return 2
    drift = Chaos(chaos_interval, max_drift, secrets.randbelow(1 << 32) if seed is None else seed) if chaos else None
    try:
        run(device, bind, port, drift, verbose=verbose)
    except ListenError as error:
        _complain(str(error))
        return 1
    return 0


def parse_registers(given: Iterable[str], default: int) -> dict[int, int]:
    """Return addresses and values from texts like `4001` and `4001=2500`.

    Raises:
        ValueError: A text is neither, a number is outside 0 to 65535, or an address is there twice.
    """
    registers: dict[int, int] = {}
    for text in given:
        address, equals, value = text.partition("=")
        number = _word(address, text)
        if number in registers:
            raise ValueError(f"{number} is given twice.")
        registers[number] = _word(value, text) if equals else default
    return registers


def _word(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdecimal() and int(digits) <= MAX_WORD):
        raise ValueError(f'"{text}" is neither ADDRESS (4001) nor ADDRESS=VALUE (4001=2500), each 0 to {MAX_WORD}.')
    return int(digits)


def _log(verbose: bool) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("mock_plc").setLevel(logging.DEBUG if verbose else logging.INFO)


def _complain(message: str) -> None:
    sys.stderr.write(f"mock-plc: {' '.join(message.split())}\n")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        code = app(exit_on_error=False, print_error=False, result_action="return_int_as_exit_code_else_zero")
    except CycloptsError as error:
        _complain(f"{error} (see: mock-plc --help)")
        code = 2
    sys.exit(code)
