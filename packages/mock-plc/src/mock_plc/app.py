"""The command line of mock-plc."""

import asyncio
import logging
import sys
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.types import NonNegativeInt
from cyclopts.validators import Number

Word = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]

app = App(name="mock-plc", version=lambda: version("mock-plc"), help_format="plaintext")


@app.default
def serve(
    *,
    bind: str = "0.0.0.0",  # noqa: S104 - a PLC is there for others to reach; the help says how to keep it to oneself
    port: Word = 5502,
    value: Word = 2500,
    register: tuple[str, ...] = ("4001",),
    chaos: bool = False,
    chaos_interval: Annotated[float, Parameter(validator=Number(gt=0))] = 10.0,
    max_drift: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 500,
    seed: NonNegativeInt | None = None,
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Serve holding registers over Modbus TCP, and let them drift if asked to.

    Modbus has no authentication: whoever reaches the port can write. To keep it to this machine: --bind 127.0.0.1.

    Example: mock-plc --chaos --register 4001 --register 4002=70

    Args:
        bind: Address to listen on.
        port: TCP port to listen on; 0 takes a free one.
        value: What registers without a value of their own hold at the start, 0 to 65535.
        register: Address of a holding register, 0-based as on the wire, or address=value; may be given several times.
        chaos: Drift: every --chaos-interval seconds each register moves by up to --max-drift.
        chaos_interval: Seconds between two drifts.
        max_drift: How far a register moves at most in one drift, 1 to 65535.
        seed: Makes the drift repeatable.
        verbose: Tell of each read and write as well.
    """
    # Imported here so that --help and --version need no Modbus library.
    from mock_plc.device import Device, parse_registers  # noqa: PLC0415
    from mock_plc.plc import Chaos, run  # noqa: PLC0415
    from mock_plc.server import PortInUseError  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("mock_plc").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    try:
        device = Device(dict(parse_registers(list(register), value)))
    except ValueError as error:
        return _complain(f"--register: {error}", code=2)
    try:
        asyncio.run(run(device, bind, port, Chaos(chaos_interval, max_drift, seed) if chaos else None))
    except PortInUseError as error:
        return _complain(str(error), code=1)
    return 0


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"mock-plc: {message}\n")
    return code


def main() -> None:
    """Run the command line."""
    app()
