"""The operator's session against Modbus stacks that we did not write."""

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme
from fabgitops_core.control.plc.requests import (
    Change,
    Endpoint,
    IdentityPlan,
    Link,
    ReadPlan,
    Table,
    TlsRef,
    Transport,
    WriteFunction,
)
from fabgitops_core.engine.device_errors import ConnectionLost, DeviceError, Refused, Unreachable
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices
from fabgitops_core.modbus.tls import tls_context

from .servers import build_libmodbus, build_simonvetter, serving

pytestmark = pytest.mark.interop
TIMEOUT_SECS = 10.0
UNIT = 1


@pytest.fixture(scope="session")
def libmodbus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that serves with libmodbus."""
    return build_libmodbus(tmp_path_factory.mktemp("libmodbus"))


@pytest.fixture(scope="session")
def simonvetter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that serves with github.com/simonvetter/modbus."""
    return build_simonvetter(tmp_path_factory.mktemp("simonvetter"))


@pytest.fixture(params=["libmodbus", "simonvetter"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """Where one of the servers is reached over TCP."""
    with serving(request.getfixturevalue(request.param)) as port:
        yield Endpoint("127.0.0.1", port)


@pytest.fixture
async def devices() -> AsyncIterator[ModbusDevices]:
    """The pool under test."""
    devices = ModbusDevices()
    yield devices
    await devices.close()


async def _write(
    device: ModbusDevice,
    endpoint: Endpoint,
    table: Table,
    values: tuple[int, ...],
    function: WriteFunction = WriteFunction.AUTO,
    mask: int | None = None,
) -> None:
    change = Change(endpoint, UNIT, 3, values, table, function, mask)
    await device.write(change, timeout=TIMEOUT_SECS, wanted=lambda: True)


async def _read(device: ModbusDevice, endpoint: Endpoint, table: Table, count: int) -> tuple[int, ...]:
    return await device.read(ReadPlan(endpoint, UNIT, 3, count, table), timeout=TIMEOUT_SECS)


async def test_all_tables_are_read(devices: ModbusDevices, endpoint: Endpoint) -> None:
    """What a foreign server holds in its read-only tables comes out as it is, bit by bit and word by word."""
    device = devices.open(endpoint)
    assert await _read(device, endpoint, Table.INPUT, 125) == tuple(range(1003, 1128))
    bits = tuple(int(place % 3 == 0) for place in range(3, 16))
    assert await _read(device, endpoint, Table.DISCRETE, 13) == bits


@pytest.mark.parametrize("function", [WriteFunction.AUTO, WriteFunction.MULTIPLE])
@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Table.HOLDING, (65535,)),
        (Table.HOLDING, tuple(range(40000, 40123))),
        (Table.COIL, (1,)),
        (Table.COIL, (1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1)),
    ],
)
async def test_what_is_written_is_read_back(
    devices: ModbusDevices, endpoint: Endpoint, table: Table, values: tuple[int, ...], function: WriteFunction
) -> None:
    """A foreign server confirms FC05, FC06, FC15 and FC16, and then holds what was written and nothing else."""
    device = devices.open(endpoint)
    await _write(device, endpoint, table, values, function)
    assert await _read(device, endpoint, table, len(values) + 1) == (*values, 0)


async def test_bits_of_a_word_are_written(devices: ModbusDevices, endpoint: Endpoint) -> None:
    """Bits are changed by reading and writing at every server."""
    device = devices.open(endpoint)
    await _write(device, endpoint, Table.HOLDING, (0x00AA,))
    await _write(device, endpoint, Table.HOLDING, (0x5500,), mask=0xFF0F)
    assert await _read(device, endpoint, Table.HOLDING, 1) == (0x55A0,)


async def test_bits_are_written_by_the_device_where_it_can(
    devices: ModbusDevices, endpoint: Endpoint, request: pytest.FixtureRequest
) -> None:
    """FC22 is confirmed by libmodbus; the Go server lacks it and refuses, and the word stays."""
    device = devices.open(endpoint)
    await _write(device, endpoint, Table.HOLDING, (0x00AA,))
    by_mask = _write(device, endpoint, Table.HOLDING, (0x5500,), WriteFunction.MASK, 0xFF0F)
    if request.node.callspec.params["endpoint"] == "libmodbus":
        await by_mask
        assert await _read(device, endpoint, Table.HOLDING, 1) == (0x55A0,)
    else:
        with pytest.raises(Refused) as refused:
            await by_mask
        assert refused.value.code == 1
        assert await _read(device, endpoint, Table.HOLDING, 1) == (0x00AA,)


async def test_an_address_that_is_not_there_is_refused(devices: ModbusDevices, endpoint: Endpoint) -> None:
    """Exception 02 of a foreign server is a refusal with its code, for every table, and keeps the connection."""
    device = devices.open(endpoint)
    for table in Table:
        with pytest.raises(Refused) as refused:
            await device.read(ReadPlan(endpoint, UNIT, 199, 2, table), timeout=TIMEOUT_SECS)
        assert refused.value.code == 2
    assert (await _read(device, endpoint, Table.INPUT, 1)) == (1003,)


async def test_a_server_without_identification_says_so(devices: ModbusDevices, endpoint: Endpoint) -> None:
    """Neither server knows FC43: one refuses it, and whatever the other does is an error and not an identity."""
    with pytest.raises(DeviceError):
        await devices.open(endpoint).identify(IdentityPlan(endpoint, UNIT), timeout=1.0)


async def test_a_foreign_server_is_reached_over_tls(simonvetter: Path, tmp_path: Path) -> None:
    """Go's TLS and ours agree when both sides show the certificates that the other wants, and not otherwise."""
    ca = trustme.CA()
    server, client = ca.issue_cert("127.0.0.1"), ca.issue_cert("operator.example")
    server.cert_chain_pems[0].write_to_path(tmp_path / "tls.crt")
    server.private_key_pem.write_to_path(tmp_path / "tls.key")
    ca.cert_pem.write_to_path(tmp_path / "ca.crt")
    authority, chain, key = (
        blob.bytes().decode() for blob in (ca.cert_pem, client.cert_chain_pems[0], client.private_key_pem)
    )

    async def provider(ref: TlsRef) -> ssl.SSLContext:
        return tls_context(ca=authority, certificate=chain, key=key) if ref.secret else tls_context(ca=authority)

    devices = ModbusDevices(tls=provider)
    with serving(simonvetter, tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt") as port:
        endpoint = Endpoint("127.0.0.1", port, Transport.TLS)
        device = devices.open(endpoint, Link(tls=TlsRef(secret="plc-tls")))  # noqa: S106
        await _write(device, endpoint, Table.HOLDING, (1, 2, 3))
        assert await _read(device, endpoint, Table.HOLDING, 4) == (1, 2, 3, 0)
        with pytest.raises((ConnectionLost, Unreachable)):
            await _read(devices.open(endpoint), endpoint, Table.HOLDING, 4)
    await devices.close()
