"""Whatever bytes come back: only a device's errors come out, and what is believed was a valid reply."""

import asyncio
from typing import NamedTuple

from fabgitops_core.engine.errors import DeviceError
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices
from hypothesis import HealthCheck, event, given, seed, settings
from hypothesis import strategies as st

from .asking import READS, WRITES, Ask
from .peer import Exchange, Peer, bound, peer_on

SEED, EXAMPLES = 20260101, 400
HASTE_SECS = 0.02


class Damage(NamedTuple):
    """What happens to a proper reply: bytes overwritten, cut off and added; then silence, or a close."""

    overwritten: list[tuple[int, int]]
    kept: int
    added: bytes
    closes: bool

    def done_to(self, reply: bytes) -> bytes:
        """Return what is left of a reply."""
        damaged = bytearray(reply)
        for at, byte in self.overwritten:
            damaged[at % len(damaged)] = byte
        return bytes(damaged[: self.kept]) + self.added


_OVERWRITTEN = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 255)), max_size=3)
_DAMAGED = st.builds(
    Damage,
    _OVERWRITTEN,
    st.one_of(st.just(300), st.integers(0, 15)),
    st.one_of(st.just(b""), st.binary(max_size=20)),
    st.booleans(),
)
_RANDOM = st.builds(Damage, st.just([]), st.just(0), st.binary(max_size=300), st.booleans())


def _valid(sent: bytes, request: bytes, words: object) -> bool:
    """Judge a reply by the standard alone: header, function, and then length and words, or the request's echo."""
    header = request[:4] + (len(sent) - 6).to_bytes(2, "big") + request[6:8]
    if not sent.startswith(header):
        return False
    if request[7] != 3:
        return sent[8:] == request[8:12]
    count = int.from_bytes(request[10:12], "big")
    values = tuple(int.from_bytes(sent[at : at + 2], "big") for at in range(9, len(sent), 2))
    return sent[8] == 2 * count and len(sent) == 9 + 2 * count and words == (values if count > 1 else values[0])


async def _meet(damage: Damage, ask: Ask, device: ModbusDevice, peer: Peer) -> None:
    sent: list[tuple[bytes, bytes]] = []

    async def damaged(exchange: Exchange) -> None:
        sent.append((damage.done_to(exchange.proper), exchange.request))
        await exchange.send(sent[0][0])
        if damage.closes:
            exchange.close()

    peer.script.append(damaged)
    try:
        words = await ask(device, peer, HASTE_SECS)
    except DeviceError as error:
        event(type(error).__name__)
    else:
        event("believed")
        assert _valid(*sent[0], words)
    assert len(peer.requests) <= 1, "nothing is sent again, whatever comes back"


def test_no_bytes_are_believed_that_are_not_the_reply() -> None:
    """Of 400 damaged and random replies (one seed) none ends in anything but a DeviceError or a valid reply."""

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(_DAMAGED, _RANDOM), st.sampled_from(sorted(READS | WRITES)))
    def example(damage: Damage, kind: str) -> None:
        async def alone() -> None:
            with bound() as listener:
                async with peer_on(listener) as peer:
                    devices = ModbusDevices()
                    try:
                        await _meet(damage, (READS | WRITES)[kind], devices.open(peer.endpoint), peer)
                    finally:
                        await devices.close()

        runner.run(alone())

    with asyncio.Runner() as runner:
        example()
