"""From flags to PLCs that run: what each flag stands for, and what is refused."""

import os
import secrets
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from mock_plc.control.address import TOKEN_VARIABLE, Address
from mock_plc.device import MAX_WORD, Device
from mock_plc.errors import UsageError
from mock_plc.faults.model import Fault
from mock_plc.flags import Controls, Network, Registers, Trouble
from mock_plc.memory import Plc
from mock_plc.net.transport import Transport
from mock_plc.plc import Settings, serve
from mock_plc.simple import Chaos, SimplePlc

DEFAULT_REGISTERS = ("4001",)
_DEFAULT = 2500


def run(
    registers: Registers, network: Network, trouble: Trouble, controls: Controls, *, seed: int | None, verbose: bool
) -> None:
    """Serve what the flags ask for, until SIGINT or SIGTERM.

    Raises:
        MockPlcError: That cannot be.
    """
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    served = _described(registers, trouble, seed) or _listed(registers, trouble, seed)
    context, made = _tls(network)
    settings = Settings(
        host=network.bind,
        port=network.port,
        holding=served.holding,
        transport=Transport(network.transport),
        faults=[*served.faults, *parse_faults(trouble.fault)],
        seed=seed,
        control=control_address(controls.control),
        token=control_token(controls),
        tls=context,
        verbose=verbose,
        notes=[*(f"{note}; to repeat it: --seed {seed}" for note in (*served.notes, *notes_of(trouble))), *made],
    )
    serve(served.plcs, settings)


@dataclass(frozen=True, slots=True)
class _Served:
    """What is served: `holding` says it in words, `notes` what of it is by chance."""

    plcs: Sequence[Plc]
    holding: str
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


def _listed(registers: Registers, trouble: Trouble, seed: int) -> _Served:
    """Return PLCs that hold the registers that the flags list."""
    held = parse_registers(
        registers.register or DEFAULT_REGISTERS, _DEFAULT if registers.value is None else registers.value
    )
    plcs = [SimplePlc(Device(held), chaos_of(trouble, seed + number)) for number in range(registers.count)]
    return _Served(plcs, "holding registers " + ", ".join(f"{each}={value}" for each, value in sorted(held.items())))


def _described(registers: Registers, trouble: Trouble, seed: int) -> _Served | None:
    """Return PLCs that are as a device file says, if there is one."""
    if registers.device is None:
        return None
    for flag, given in (("--register", registers.register), ("--value", registers.value is not None)):
        if given:
            raise UsageError(f"{flag} has no effect with --device; put the register into {registers.device}.")
    from mock_plc.machine.machine import Machine  # noqa: PLC0415 - what reads YAML is slow to import
    from mock_plc.spec.reading import load  # noqa: PLC0415

    device = load(registers.device)
    plcs = [Machine(device, f"{seed}/{number}", chaos_of(trouble, seed)) for number in range(registers.count)]
    notes = [f"{registers.device} leaves something to chance"] if device.by_chance else []
    return _Served(plcs, f"being {registers.device}: {device}", device.faults, notes)


def chaos_of(trouble: Trouble, seed: int) -> Chaos | None:
    """Return how all drift, if they do."""
    return Chaos(trouble.chaos_interval, trouble.max_drift, seed) if trouble.chaos else None


def notes_of(trouble: Trouble) -> list[str]:
    """Return what the flags leave to chance, in words."""
    notes = []
    if trouble.chaos:
        notes.append(f"chaos every {trouble.chaos_interval:g} s by up to {trouble.max_drift}")
    if trouble.fault:
        notes.append(f"faults {' '.join(trouble.fault)}")
    return notes


def parse_registers(given: Iterable[str], default: int) -> dict[int, int]:
    """Return addresses and values from texts like `4001` and `4001=2500`.

    Raises:
        UsageError: A text is neither, a number is outside 0 to 65535, or an address is there twice.
    """
    found: dict[int, int] = {}
    for text in given:
        address, equals, value = text.partition("=")
        number = _word(address, text)
        if number in found:
            raise UsageError(f"Invalid value for --register: {number} is given twice.")
        found[number] = _word(value, text) if equals else default
    return found


def _word(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdecimal() and int(digits) <= MAX_WORD):
        raise UsageError(
            f'Invalid value for --register: "{text}" is neither ADDRESS (4001) nor ADDRESS=VALUE (4001=2500), '
            f"each 0 to {MAX_WORD}."
        )
    return int(digits)


def parse_faults(given: Iterable[str]) -> list[Fault]:
    """Return faults from texts like `delay:2s,p=0.1`.

    Raises:
        UsageError: A text is none.
    """
    return [_fault(text) for text in given]


def _fault(text: str) -> Fault:
    try:
        return Fault.model_validate(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "".join(f"{part}: " for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise UsageError(f'Invalid value for --fault: "{text}": {where}{reason}') from None


def control_address(text: str | None) -> Address | None:
    """Return where the control API is to be, if there is to be one.

    Raises:
        UsageError: The text is no address.
    """
    try:
        return None if text is None else Address.parse(text)
    except ValueError as error:
        raise UsageError(f"Invalid value for --control: {error}") from None


def control_token(controls: Controls) -> str | None:
    """Return the token that the control API wants, if it wants one.

    Raises:
        UsageError: Its file cannot be read, is empty, or has no use.
    """
    file = controls.control_token_file
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    if controls.control is None:
        raise UsageError("--control-token-file has no effect without --control.")
    try:
        token = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Invalid value for --control-token-file: {file} cannot be read: {error}.") from None
    if not token:
        raise UsageError(f"Invalid value for --control-token-file: {file} is empty.")
    return token


def _tls(network: Network) -> tuple[ssl.SSLContext | None, list[str]]:
    """Return the context for TLS, if that is asked for, and what to tell of files that were made for it."""
    certificate, key, made = network.tls_cert, network.tls_key, network.tls_make
    if Transport(network.transport) is not Transport.TLS:
        if certificate or key or made or network.tls_client_ca:
            raise UsageError("The --tls- flags have no effect without --transport tls.")
        return None, []
    from mock_plc.net import tls  # noqa: PLC0415 - its library is slow to import, and seldom needed

    if made and not (certificate or key):
        names = ", ".join(file.name for file in tls.make(made, [network.bind]))
        note = f"CA and certificates for {tls.LIFETIME.days} days in {made}: {names}"
        return tls.context(made / tls.CERTIFICATE, made / tls.KEY, network.tls_client_ca), [note]
    if certificate and key and not made:
        return tls.context(certificate, key, network.tls_client_ca), []
    raise UsageError("--transport tls needs either --tls-cert and --tls-key, or --tls-make DIRECTORY.")
