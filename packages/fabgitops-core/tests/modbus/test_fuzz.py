"""Whatever bytes come back: only a device's errors come out, and what is believed was a valid reply."""

import asyncio
import random
import secrets
from collections import Counter
from dataclasses import replace

import pytest
from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.engine.device_errors import DeviceError
from fabgitops_core.modbus import reaching
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.modbus.wire import Wire
from hypothesis import settings

from .asking import KINDS, READS
from .judge import believable
from .memory import wire_to
from .peer import Peer, checksum, reframed

SEED = 20260101 if settings().derandomize else secrets.randbits(32)
REPLIES = 200 * settings().max_examples
"""For each of three ways of framing."""
AT_ONCE = 200
HASTE_SECS = 0.001
LIMIT_SECS = 1000


class Liar:
    """A device that damages its replies, by the dice."""

    def __init__(self, peer: Peer, dice: random.Random) -> None:
        self.peer = peer
        self.dice = dice
        self.sent: list[bytes] = []
        self.proper: list[bytes] = []
        self.honest = False

    def answer(self, request: bytes) -> tuple[list[bytes], bool]:
        """Return what comes back for a request, in pieces, and whether the connection is closed then."""
        proper = self.peer.proper(request)
        if self.honest:
            return [proper], False
        damaged = self.damaged(proper)
        self.proper.append(proper)
        self.sent.append(damaged)
        if not damaged:
            return [], self.dice.random() < 0.5
        cut = self.dice.randrange(len(damaged)) if self.dice.random() < 0.3 else 0
        # Cut where the proper reply ends, it is one that is believed, and then something that nobody asked for.
        whole = cut in (0, len(proper)) or self.peer.endpoint.transport is Transport.UDP
        return [damaged] if whole else [damaged[:cut], damaged[cut:]], self.dice.random() < 0.3

    def damaged(self, reply: bytes) -> bytes:
        """Return a reply with something done to it: to its bytes, or to what is in a frame that is well formed."""
        dice, roll = self.dice, self.dice.randrange(8)
        if roll == 0:
            return dice.randbytes(dice.randrange(300))
        if roll == 1:
            return reply[: dice.randrange(len(reply))]
        if roll == 2:
            return reply + dice.choice([reply, dice.randbytes(dice.randrange(1, 20))])
        if roll == 3:
            return self.framed(reply, self.pdu(reply)[:1] + dice.randbytes(dice.randrange(12)))
        if roll == 4:
            return self.framed(reply, bytes([self.pdu(reply)[0] | 0x80]) + dice.randbytes(dice.randrange(3)))
        changed = bytearray(self.pdu(reply) if roll < 7 else reply)
        for _ in range(dice.randrange(4)):
            changed[dice.randrange(len(changed))] = dice.choice([0, 1, 2, 127, 255, dice.randrange(256)])
        return self.framed(reply, bytes(changed)) if roll < 7 else bytes(changed)

    def pdu(self, reply: bytes) -> bytes:
        """Return what is in a frame."""
        return reply[1:-2] if self.peer.rtu else reply[7:]

    def framed(self, reply: bytes, pdu: bytes) -> bytes:
        """Return a frame that is well formed around a PDU."""
        if self.peer.rtu:
            return reply[:1] + pdu + checksum(reply[:1] + pdu)
        return reframed(reply, pdu)


@pytest.mark.hypothesis
@pytest.mark.parametrize("transport", [Transport.TCP, Transport.RTU_OVER_TCP, Transport.UDP])
async def test_no_bytes_are_believed_that_are_not_the_reply(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of thousands of damaged and random replies ends in a DeviceError or is a valid reply; none hangs."""
    print(f"SEED = {SEED}")
    liars: dict[Endpoint, Liar] = {}
    outcomes: Counter[str] = Counter()
    memory = Peer(Endpoint("liar", 1))

    async def connect(endpoint: Endpoint, *_how: object) -> tuple[Wire, str]:
        return wire_to(endpoint, liars[endpoint].answer), endpoint.host

    async def lied_to(number: int) -> None:
        dice = random.Random(f"{SEED} {transport} {number}")  # noqa: S311 - the same dice each time
        endpoint = Endpoint("liar", number, transport)
        liar = liars[endpoint] = Liar(replace(memory, endpoint=endpoint), dice)
        device = devices.open(endpoint)
        for _ in range(REPLIES // AT_ONCE):
            liar.sent, liar.proper = [], []
            kind = dice.choice(list(KINDS))
            try:
                answer = await KINDS[kind](device, liar.peer, HASTE_SECS)
            except DeviceError as error:
                outcomes[type(error).__name__] += 1
                if kind in READS and liar.sent[0] == b"":
                    del liar.sent[1:]  # a reading is sent once more when the connection closed without a byte
            else:
                outcomes["believed"] += 1
                if kind in READS and liar.sent[0] == b"":
                    del liar.sent[0], liar.proper[0]
                assert believable(liar.sent, liar.proper, answer, rtu=liar.peer.rtu), (kind, liar.sent, answer)
            assert len(liar.sent) == 1 or kind == "identify", "nothing is sent again, whatever comes back"
        liar.honest = True
        assert await KINDS["read inputs"](device, liar.peer, LIMIT_SECS) == tuple(memory.inputs[4001:4003])

    monkeypatch.setattr(reaching, "connect", connect)
    devices = ModbusDevices()
    async with asyncio.timeout(LIMIT_SECS):
        await asyncio.gather(*(lied_to(number) for number in range(1, AT_ONCE + 1)))
    await devices.close()
    assert outcomes.total() == REPLIES
    assert min(outcomes[each] for each in ("believed", "BadReply", "Refused", "NoReply", "ConnectionLost")) > 100
