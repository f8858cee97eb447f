"""What a device says of itself: FC43/14, page by page."""

import pytest
from fabgitops_core.control.plc.requests import IdentityPlan
from fabgitops_core.engine.device_errors import BadReply, Refused
from fabgitops_core.modbus.pool import ModbusDevice

from .asking import ENOUGH_SECS, UNIT, failing
from .peer import Peer, reframed, sending

HEAD = bytes([0x2B, 0x0E, 1, 1])


@pytest.mark.parametrize("page", [1, 2, 9])
async def test_an_identification_is_put_together_from_its_pages(device: ModbusDevice, peer: Peer, page: int) -> None:
    """However many replies a device spreads its objects over, all of them are asked for, and each once."""
    peer.page = page
    peer.identity |= {3: b"https://acme.example", 4: b"Pump", 128: b"not regular"}
    basic = await device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS)
    assert basic.objects == {0: "ACME", 1: "X1", 2: "1.2"}
    assert len(peer.requests) == -(-3 // page)


async def test_the_regular_objects_are_there_for_who_asks(device: ModbusDevice, peer: Peer) -> None:
    """With `regular` the further objects come as well."""
    peer.identity |= {3: b"https://acme.example", 4: b"Pump"}
    objects = await device.identify(IdentityPlan(peer.endpoint, UNIT, regular=True), timeout=ENOUGH_SECS)
    assert objects.objects == {0: "ACME", 1: "X1", 2: "1.2", 3: "https://acme.example", 4: "Pump"}
    assert peer.bodies[0] == bytes([UNIT, 0x2B, 0x0E, 2, 0])


async def test_padding_is_dropped_and_strange_bytes_are_shown(device: ModbusDevice, peer: Peer) -> None:
    """Zeros and blanks after a name are not part of it, and a byte that is not ASCII does not vanish."""
    peer.identity = {0: b"ACME  \0\0", 1: b" X1", 2: b"1.\xb2"}
    objects = await device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS)
    assert objects.objects == {0: "ACME", 1: " X1", 2: r"1.\xb2"}


async def test_a_device_without_identification_refuses(device: ModbusDevice, peer: Peer) -> None:
    """Exception 01 comes out as a refusal with its code, in words that name what was asked."""
    peer.script.append(sending(lambda reply: reframed(reply, b"\xab\1")))
    error = await failing(device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS))
    assert isinstance(error, Refused)
    assert error.code == 1
    what = "answered the read of its identification with exception 01 (illegal function)"
    assert str(error) == f"{peer.endpoint} unit 7 {what}"


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"\0\0",
        b"\1\0\1\0\1A",
        b"\0\0\2\0\1A",
        b"\0\0\1\0\1A\0",
        b"\0\0\1\0\2A",
        b"\0\0\2\0\1A\0\1B",
        b"\xff\0\1\0\1A",
        b"\xff\0\0",
    ],
    ids=[
        "nothing",
        "a byte less than a head",
        "more follows 1",
        "an object less than counted",
        "a byte more",
        "a text that ends early",
        "an object twice",
        "more to follow that was there already",
        "more to follow and no step ahead",
    ],
)
async def test_an_identification_that_is_not_well_formed_is_not_believed(
    device: ModbusDevice, peer: Peer, rest: bytes
) -> None:
    """A reply whose objects do not fill it exactly, or that would be asked for without end, is a BadReply."""
    peer.script.append(sending(lambda reply: reframed(reply, HEAD + rest)))
    error = await failing(device.identify(IdentityPlan(peer.endpoint, UNIT), timeout=ENOUGH_SECS))
    assert type(error) is BadReply
    assert len(peer.requests) == 1
