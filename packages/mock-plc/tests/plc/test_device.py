"""What a device holds, and what it refuses to hold."""

import pytest
from mock_plc.device import Access, Device


@pytest.mark.parametrize("registers", [{}, {-1: 0}, {65536: 0}, {0: -1}, {0: 65536}])
def test_device_refuses_what_modbus_cannot_carry(registers: dict[int, int]) -> None:
    """A device without registers, or with an address or a value that is no unsigned word, cannot be made."""
    with pytest.raises(ValueError, match=r"register|value"):
        Device(registers)


def test_drift_is_refused_where_it_cannot_be_served() -> None:
    """A register that is not there, or a value that is no word, cannot be set behind the server's back."""
    plc = Device({4001: 2500})
    with pytest.raises(KeyError):
        plc[4002] = 1
    with pytest.raises(ValueError, match="65535"):
        plc[4001] = 65536
    assert plc.registers == {4001: 2500}


def test_two_devices_share_nothing() -> None:
    """Devices made of the same registers drift each by itself."""
    registers = {4001: 2500}
    one, other = Device(registers), Device(registers)
    one[4001] = 2311
    assert (other[4001], registers) == (2500, {4001: 2500})


def test_refused_requests_are_not_counted() -> None:
    """What a hook refuses is neither counted nor written."""
    plc = Device({4001: 2500}, on_read=lambda _: 6, on_write=lambda _: 6)
    assert (plc.read(1, 4001, 1), plc.write(1, 4001, (7,))) == (6, 6)
    assert (plc.reads, plc.writes, plc[4001]) == (0, [], 2500)


def test_writes_are_kept_with_what_was_there_before() -> None:
    """Each write is kept in order, with its unit id, its values and those it replaced."""
    plc = Device({4001: 2500, 4002: 70})
    plc.write(3, 4001, (1, 2))
    assert plc.writes == [Access(3, 4001, (1, 2), before=(2500, 70))]
