"""From flags to PLCs that run: what each flag stands for, and what is refused."""

import os
import secrets
import ssl
from collections.abc import Iterable

from pydantic import ValidationError

from mock_plc.control.address import TOKEN_VARIABLE, Address
from mock_plc.device import MAX_WORD, Device
from mock_plc.errors import UsageError
from mock_plc.faults.model import Fault
from mock_plc.flags import Controls, Network, Registers, Trouble
from mock_plc.net.transport import Transport
from mock_plc.plc import Settings, serve
from mock_plc.simple import Chaos, SimplePlc


def run(
    registers: Registers, network: Network, trouble: Trouble, controls: Controls, *, seed: int | None, verbose: bool
) -> None:
    """Serve what the flags ask for, until SIGINT or SIGTERM.

    Raises:
        MockPlcError: That cannot be.
    """
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    held = parse_registers(registers.register, registers.value)
    context, made = _tls(network)
    settings = Settings(
        host=network.bind,
        port=network.port,
        holding="holding registers " + ", ".join(f"{address}={value}" for address, value in sorted(held.items())),
        transport=Transport(network.transport),
        faults=parse_faults(trouble.fault),
        seed=seed,
        control=_control(controls.control),
        token=_token(controls),
        tls=context,
        verbose=verbose,
        notes=[*_repeatable(trouble, seed), *made],
    )
    serve([SimplePlc(Device(held), _chaos(trouble, seed + number)) for number in range(registers.count)], settings)


def _chaos(trouble: Trouble, seed: int) -> Chaos | None:
    return Chaos(trouble.chaos_interval, trouble.max_drift, seed) if trouble.chaos else None


def _repeatable(trouble: Trouble, seed: int) -> list[str]:
    notes = []
    if trouble.chaos:
        notes.append(f"chaos every {trouble.chaos_interval:g} s by up to {trouble.max_drift}")
    if trouble.fault:
        notes.append(f"faults {' '.join(trouble.fault)}")
    return [f"{note}; to repeat it: --seed {seed}" for note in notes]


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


def _control(text: str | None) -> Address | None:
    try:
        return None if text is None else Address.parse(text)
    except ValueError as error:
        raise UsageError(f"Invalid value for --control: {error}") from None


def _token(controls: Controls) -> str | None:
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
