"""The shipped fake of the device port: it behaves as the real one does where a test looks."""

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, IdentityPlan, Link, ReadPlan, Table
from fabgitops_core.engine.device_errors import NoReply, Refused, UnitUnreachable, Withdrawn
from fabgitops_core.engine.ports import Device
from fabgitops_core.testing.devices import FakeDevices

ENDPOINT = Endpoint("10.0.0.5", 502)


@pytest.fixture
def devices() -> FakeDevices:
    """PLCs in memory."""
    return FakeDevices()


async def _read(device: Device, unit: int, table: Table, address: int, count: int = 1) -> tuple[int, ...]:
    return await device.read(ReadPlan(ENDPOINT, unit, address, count, table), timeout=1)


async def _write(device: Device, change: Change, *, wanted: bool = True) -> None:
    await device.write(change, timeout=1, wanted=lambda: wanted)


async def test_each_unit_and_table_has_places_of_its_own(devices: FakeDevices) -> None:
    """The same address is another place in another table and at another unit behind the same gateway."""
    device, plc = devices.open(ENDPOINT), devices[ENDPOINT]
    plc[7] = 11
    plc.table(2)[7] = 22
    plc.table(1, Table.COIL)[7] = 1
    assert await _read(device, 1, Table.HOLDING, 7, 2) == (11, 0)
    assert await _read(device, 2, Table.HOLDING, 7) == (22,)
    assert await _read(device, 1, Table.COIL, 6, 3) == (0, 1, 0)
    assert await _read(device, 1, Table.INPUT, 7) == (0,)
    assert plc.reads == 4


async def test_what_is_written_is_held(devices: FakeDevices) -> None:
    """Words, coils and bits of a word are written as the real port writes them, and remembered in order."""
    device, plc = devices.open(ENDPOINT, Link(idle_close=5)), devices[ENDPOINT]
    plc[3] = 0x00AA
    changes = [
        Change(ENDPOINT, 1, 3, (0x5500,), mask=0xFF0F),
        Change(ENDPOINT, 1, 4, (1, 2)),
        Change(ENDPOINT, 1, 4, (1,), Table.COIL),
    ]
    for change in changes:
        await _write(device, change)
    assert (plc[3], plc[4], plc[5], plc.table(1, Table.COIL)[4]) == (0x55A0, 1, 2, 1)
    assert (plc.writes, plc.links) == (changes, [Link(idle_close=5)])


async def test_places_and_units_answer_with_the_exceptions_that_a_test_sets(devices: FakeDevices) -> None:
    """A request that touches a bad place is refused as a whole, and a unit that is gone by its gateway."""
    device, plc = devices.open(ENDPOINT), devices[ENDPOINT]
    plc.exceptions[1, Table.HOLDING, 12] = 2
    plc.unit_exceptions[9] = 0x0B
    assert await _read(device, 1, Table.HOLDING, 10, 2) == (0, 0)
    for request in (_read(device, 1, Table.HOLDING, 10, 3), _write(device, Change(ENDPOINT, 1, 11, (1, 1)))):
        with pytest.raises(Refused) as refused:
            await request
        assert refused.value.code == 2
    with pytest.raises(UnitUnreachable):
        await _read(device, 9, Table.INPUT, 0)
    assert plc.writes == []


async def test_a_unit_says_who_it_is_when_it_was_told(devices: FakeDevices) -> None:
    """A unit without an identity refuses as devices without FC43 do."""
    device, plc = devices.open(ENDPOINT), devices[ENDPOINT]
    plc.identities[4] = {0: "ACME", 1: "X1", 2: "1.2"}
    identified = await device.identify(IdentityPlan(ENDPOINT, 4), timeout=1)
    assert identified == (plc.identities[4], plc.connection)
    with pytest.raises(Refused) as refused:
        await device.identify(IdentityPlan(ENDPOINT, 5), timeout=1)
    assert refused.value.code == 1


async def test_errors_come_in_the_order_of_the_script(devices: FakeDevices) -> None:
    """Each scripted error is raised once; one that leaves a write open is raised after the write was done."""
    device, plc = devices.open(ENDPOINT), devices[ENDPOINT]
    plc.read_errors = [None, NoReply("once")]
    assert await _read(device, 1, Table.HOLDING, 0) == (0,)
    with pytest.raises(NoReply):
        await _read(device, 1, Table.HOLDING, 0)
    plc.write_errors = [NoReply("perhaps"), Refused("no", 4)]
    for error, value in ((NoReply, 5), (Refused, 6)):
        with pytest.raises(error):
            await _write(device, Change(ENDPOINT, 1, 0, (value,)))
    with pytest.raises(Withdrawn):
        await _write(device, Change(ENDPOINT, 1, 0, (7,)), wanted=False)
    assert plc[0] == 5
