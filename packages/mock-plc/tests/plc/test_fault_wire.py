"""Each fault as a client meets it, for a read and for a write."""

import asyncio
import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from mock_plc.faults.model import Fault
from mock_plc.memory import Table
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport
from mock_plc.wire.framing import crc

from .bank import Bank, BankPlc
from .raw import READ, READ_ANSWER, WRITE, WRITE_ANSWER, connected, mbap, parsed, served

BOTH = pytest.mark.parametrize(("asked", "right"), [(READ, READ_ANSWER), (WRITE, WRITE_ANSWER)], ids=["read", "write"])


def held(plc: BankPlc) -> list[int]:
    """Return registers 10 and 11."""
    return plc.bank.read(Table.HOLDING, 10, 2)


@BOTH
async def test_delay(asked: bytes, right: bytes) -> None:
    """A delayed answer comes after its time, right, and those asked for meanwhile come after it and in order."""
    async with served(BankPlc(), "delay:100ms,first=1") as station, connected(station.port) as client:
        began = asyncio.get_running_loop().time()
        for transaction in range(1, 6):
            client.send(asked, transaction)
        assert [await client.frame() for _ in range(5)] == [mbap(right, each) for each in range(1, 6)]
        assert asyncio.get_running_loop().time() - began >= 0.1


@BOTH
async def test_no_reply(asked: bytes, right: bytes) -> None:
    """An answer that is left out never comes, and the next one does; what was asked has been done."""
    plc = BankPlc()
    async with served(plc, "no-reply,first=1") as station, connected(station.port) as client:
        client.send(asked, 1)
        assert await client.ask(asked, 2) == mbap(right, 2)
        assert len(plc.bank.writes) == (2 if asked is WRITE else 0)


async def test_no_reply_to_what_was_never_done() -> None:
    """With executes=no the request is lost and not the answer: nothing is written."""
    plc = BankPlc()
    async with served(plc, "no-reply,first=1,executes=no") as station, connected(station.port) as client:
        client.send(WRITE, 1)
        assert await client.ask(READ, 2) == mbap(READ_ANSWER, 2)
        assert plc.bank.writes == []


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        (WRITE, WRITE_ANSWER),
        (bytes.fromhex("16 000A 0000 0007"), bytes.fromhex("16 000A 0000 0007")),
        (bytes.fromhex("05 000A FF00"), bytes.fromhex("05 000A FF00")),
        (bytes.fromhex("17 000A 0001 000A 0001 02 0007"), bytes.fromhex("17 02 0064")),
    ],
)
async def test_answers_to_what_was_never_done_look_right(asked: bytes, right: bytes) -> None:
    """With executes=no the answer is the one that a write would have had, spoilt as the fault has it."""
    plc = BankPlc()
    async with served(plc, "wrong-unit,executes=no") as station, connected(station.port) as client:
        assert await client.ask(asked) == mbap(right, unit=2)
        assert plc.bank.writes == []


@BOTH
async def test_close(asked: bytes, right: bytes) -> None:
    """The first half of an answer comes, and then the end of the connection; a new one is served."""
    async with served(BankPlc(), "close,first=1") as station:
        async with connected(station.port) as client:
            client.send(asked)
            whole = mbap(right)
            assert await client.rest() == whole[: len(whole) // 2]
        async with connected(station.port) as client:
            assert await client.ask(asked) == mbap(right)


@BOTH
async def test_half(asked: bytes, right: bytes) -> None:
    """The first half of an answer comes, and then nothing more on that connection; a new one is served."""
    plc = BankPlc()
    async with served(plc, "half,first=1") as station, connected(station.port) as client:
        client.send(asked)
        whole = mbap(right)
        assert await client.taken(len(whole) // 2) == whole[: len(whole) // 2]
        station.faults.clear()
        client.send(asked)
        async with connected(station.port) as other:
            assert await other.ask(asked) == mbap(right)
        assert station.counters[asked[0], "silence"] == 1
        assert not client.reader.at_eof()
    assert await client.rest() == b""


@BOTH
async def test_wrong_transaction(asked: bytes, right: bytes) -> None:
    """All of an answer is right but its transaction id, which is the next one."""
    async with served(BankPlc(), "wrong-transaction") as station, connected(station.port) as client:
        assert await client.ask(asked, 65535) == mbap(right, 0)


@BOTH
async def test_no_transaction(asked: bytes, right: bytes) -> None:
    """All of an answer is right but its transaction id, which is 0."""
    async with served(BankPlc(), "no-transaction") as station, connected(station.port) as client:
        assert await client.ask(asked, 513) == mbap(right, 0)


async def test_wrong_echo() -> None:
    """A write is done and confirmed with zeros; a read has nothing that it could repeat wrongly."""
    plc = BankPlc()
    async with served(plc, "wrong-echo") as station, connected(station.port) as client:
        assert await client.ask(WRITE) == mbap(bytes.fromhex("10 0000 0000"))
        assert await client.ask(READ) == mbap(bytes.fromhex("03 04 0007 0008"))


@pytest.mark.parametrize(
    ("fault", "before"),
    [
        ("echo", "01 03 000A 0002"),
        ("foreign", "02 03 0000 0001 | 02 03 02 0007"),
    ],
)
async def test_what_else_a_serial_line_carries(fault: str, before: str) -> None:
    """Over rtuOverTcp the request itself, or what others say to each other, comes before the answer."""
    frames = [bytes.fromhex(each) for each in before.split("|")] + [b"\1" + READ_ANSWER]
    whole = b"".join(each + crc(each).to_bytes(2, "little") for each in frames)
    station = Station(BankPlc(), [Fault.model_validate(fault)], transport=Transport.RTU_OVER_TCP)
    async with listening(station) as port, connected(port) as client:
        asked = b"\1" + READ
        client.writer.write(asked + crc(asked).to_bytes(2, "little"))
        assert await client.taken(len(whole)) == whole


@pytest.mark.parametrize(
    ("fault", "transport"), [("echo", "tcp"), ("foreign", "udp"), ("no-transaction", "rtuOverTcp")]
)
def test_what_a_transport_cannot_have_is_refused(fault: str, transport: str) -> None:
    """A fault that would do nothing is told of, with the reason."""
    with pytest.raises(ValueError, match="has no effect"):
        Station(BankPlc(), [Fault.model_validate(fault)], transport=Transport(transport))


@BOTH
async def test_wrong_unit(asked: bytes, right: bytes) -> None:
    """All of an answer is right but its unit id, which is the next one."""
    async with served(BankPlc(), "wrong-unit") as station, connected(station.port) as client:
        assert await client.ask(asked) == mbap(right, unit=2)


@BOTH
async def test_wrong_function(asked: bytes, right: bytes) -> None:
    """All of an answer is right but its function, which is one that could be meant: 4 for 3, 15 for 16."""
    other = {3: 4, 16: 15}[asked[0]]
    async with served(BankPlc(), "wrong-function") as station, connected(station.port) as client:
        assert await client.ask(asked) == mbap(bytes([other]) + right[1:])


@pytest.mark.parametrize(
    ("asked", "short"), [("03 000A 0002", "03 02 0064"), ("01 0000 0009", "01 01 00"), (WRITE.hex(), "10 000A")]
)
async def test_short_reply(asked: str, short: str) -> None:
    """A read is answered by one register or eight bits less, in a frame that fits; a write's answer lacks its end."""
    async with served(BankPlc(), "short-reply") as station, connected(station.port) as client:
        assert await client.ask(bytes.fromhex(asked)) == mbap(bytes.fromhex(short))


@BOTH
async def test_garbage(asked: bytes, right: bytes) -> None:
    """As many bytes as the answer has come, and are none of it; the same seed gives the same ones."""
    got = []
    for seed in ("7", "7", "8"):
        async with served(BankPlc(), "garbage", seed=seed) as station, connected(station.port) as client:
            client.send(asked)
            got.append(await client.taken(len(mbap(right))))
    assert got[0] == got[1]
    assert len({*got, mbap(right)}) == 3


@BOTH
async def test_late(asked: bytes, right: bytes) -> None:
    """A late answer comes before the next one: the client that gave up on it finds it in its way."""
    async with served(BankPlc(), "late,first=1") as station, connected(station.port) as client:
        client.send(asked, 1)
        assert await client.ask(asked, 2) == mbap(right, 1)
        assert await client.frame() == mbap(right, 2)


async def test_late_by_a_time() -> None:
    """A late answer with a time comes after it, and does not hold up the answers to what is asked meanwhile."""
    async with served(BankPlc(), "late:200ms,on=write") as station, connected(station.port) as client:
        client.send(WRITE, 1)
        assert await client.ask(READ, 2) == mbap(bytes.fromhex("03 04 0007 0008"), 2)
        assert await client.frame() == mbap(WRITE_ANSWER, 1)


@BOTH
@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 8, 10, 11])
async def test_exception(asked: bytes, right: bytes, code: int) -> None:
    """A request is answered by the exception, and not carried out."""
    plc = BankPlc()
    async with served(plc, f"exception:{code}") as station, connected(station.port) as client:
        assert await client.ask(asked) == mbap(bytes((asked[0] | 0x80, code)))
        assert (plc.bank.writes, held(plc)) == ([], [100, 200])
        assert station.counters == {(asked[0], f"exception {code}"): 1}


@pytest.mark.parametrize(
    ("aim", "hit"),
    [
        ("on=read", {"read 10", "coil 10", "read 30"}),
        ("on=write", {"write 10"}),
        ("address=11", {"read 10", "coil 10", "write 10"}),
        ("address=0-10", {"read 10", "coil 10", "write 10"}),
        ("address=12-29", set()),
        ("address=30,function=3", {"read 30"}),
        ("function=15-16", {"write 10"}),
        ("table=coil", {"coil 10"}),
        ("unit=2", set()),
        ("unit=0-1,table=holding,on=read", {"read 10", "read 30"}),
    ],
)
async def test_faults_hit_what_they_are_aimed_at(aim: str, hit: set[str]) -> None:
    """A fault hits requests of its functions, table and unit that touch its addresses, and no others."""
    requests = {"read 10": READ, "coil 10": b"\1\0\x0a\0\2", "write 10": WRITE, "read 30": b"\3\0\x1e\0\1"}
    async with served(BankPlc(), f"exception:busy,{aim}") as station, connected(station.port) as client:
        answers = {name: await client.ask(request) for name, request in requests.items()}
    assert {name for name, answer in answers.items() if answer[7] & 0x80} == hit


async def test_restart_loses_values_and_connections() -> None:
    """A restart ends every connection, and the values are those of the start again."""
    plc = BankPlc()
    async with served(plc, "restart,on=read,first=1") as station:
        async with connected(station.port) as one, connected(station.port) as other:
            assert await one.ask(WRITE) == mbap(WRITE_ANSWER)
            assert held(plc) == [7, 8]
            other.send(READ)
            for client in (one, other):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await client.frame()
        async with connected(station.port) as client:
            assert await client.ask(READ) == mbap(READ_ANSWER)
    assert station.restarts == 1


@pytest.mark.parametrize("faults", [("restart,first=1",), ("delay:1ms,first=1", "restart,on=read")])
async def test_what_waits_behind_a_restart_is_not_done(faults: tuple[str, ...]) -> None:
    """What a client sent after the request that met a restart is lost with its connection, and never done."""
    plc = BankPlc()
    async with served(plc, *faults) as station, connected(station.port) as client:
        client.writer.write(mbap(WRITE if len(faults) > 1 else READ, 1) + mbap(READ, 2) + mbap(WRITE, 3))
        with suppress(ConnectionResetError):
            await client.rest()
        async with connected(station.port) as other:
            assert await other.ask(b"\5\0\0\0\0") == mbap(b"\5\0\0\0\0")
        assert held(plc) == [100, 200]


async def test_a_station_can_be_served_again() -> None:
    """A station that is served a second time has the faults that it was made with, once, and no others."""
    station = Station(BankPlc(), parsed(["exception:6"]))
    for _ in range(2):
        async with listening(station) as port, connected(port) as client:
            assert await client.ask(READ) == mbap(bytes((0x83, 6)))
            station.faults.add(*parsed(["exception:4"]))
            assert len(list(station.faults)) == 2


async def test_restart_by_the_clock() -> None:
    """A restart with a schedule comes by itself, again and again."""
    plc = BankPlc()
    async with served(plc, "restart,every=50ms") as station, asyncio.timeout(30):
        while station.restarts < 3:
            plc.bank.write(Table.HOLDING, 10, [9])
            restarts = station.restarts
            while station.restarts == restarts:
                await asyncio.sleep(0.005)
            assert held(plc) == [100, 200]
        assert [entry.hits for entry in station.faults] == [station.restarts]


@BOTH
async def test_frozen(asked: bytes, right: bytes) -> None:
    """A frozen PLC takes connections and answers nothing and does nothing, until it is itself again."""
    plc = BankPlc()
    async with served(plc, "frozen") as station, connected(station.port) as client:
        client.send(asked, 1)
        async with connected(station.port) as other, asyncio.timeout(30):
            other.send(asked, 1)
            while station.counters[asked[0], "frozen"] < 2:
                await asyncio.sleep(0.005)
        assert plc.bank.writes == []
        station.faults.clear()
        assert await client.ask(asked, 2) == mbap(right, 2)


async def test_slow_start() -> None:
    """Until it has started up, after a restart as well, a PLC ends each connection at once; then it serves."""
    async with served(BankPlc(), "slow-start:1s") as station:
        for _ in range(2):
            assert not station.admits()
            async with connected(station.port) as client:
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await client.ask(READ)
            async with asyncio.timeout(30):
                while not station.admits():
                    await asyncio.sleep(0.005)
            async with connected(station.port) as client:
                assert await client.ask(READ) == mbap(READ_ANSWER)
            station.restart()


async def test_connection_limit() -> None:
    """One connection too many is ended at once; those that are there go on, and one that goes makes room."""
    async with served(BankPlc(), "connection-limit:2") as station:
        async with connected(station.port) as one, connected(station.port) as two:
            for client in (one, two):
                assert await client.ask(READ) == mbap(READ_ANSWER)
            async with connected(station.port) as third:
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await third.ask(READ)
            assert await one.ask(READ) == mbap(READ_ANSWER)
        async with asyncio.timeout(30):
            while station.connections:
                await asyncio.sleep(0.005)
        async with connected(station.port) as client:
            assert await client.ask(READ) == mbap(READ_ANSWER)


async def test_the_seed_decides_who_is_hit() -> None:
    """The same seed hits the same requests, another one others, about as many as the probability says."""

    async def hits(seed: str, *faults: str) -> list[bool]:
        async with served(BankPlc(), *faults, seed=seed) as station, connected(station.port) as client:
            return [(await client.ask(READ))[7] == 0x83 for _ in range(400)]

    first = await hits("1", "exception:6,p=0.25")
    assert await hits("1", "exception:6,p=0.25") == first
    assert await hits("1", "exception:6,p=0.25", "exception:4,p=0.5,on=write") == first
    assert await hits("2", "exception:6,p=0.25") != first
    assert 60 < sum(first) < 140


async def test_the_first_fault_wins_and_delays_add_up() -> None:
    """Of two faults that hit a request the first that was set is the one; the other's hits are not counted."""
    async with (
        served(BankPlc(), "exception:6", "delay:1ms", "exception:4", "delay:uniform:0s:1ms") as station,
        connected(station.port) as client,
    ):
        assert await client.ask(READ) == mbap(bytes((0x83, 6)))
        assert [entry.hits for entry in station.faults] == [1, 1, 0, 1]


async def test_faults_come_and_go_while_it_runs() -> None:
    """A fault that is added hits the next request of a connection that was there before, and none when it is gone."""
    async with served(BankPlc()) as station, connected(station.port) as client:
        assert await client.ask(READ) == mbap(READ_ANSWER)
        (number,) = station.faults.add(*parsed(["exception:6"]))
        assert await client.ask(READ) == mbap(bytes((0x83, 6)))
        station.faults.remove(number)
        assert await client.ask(READ) == mbap(READ_ANSWER)


async def test_many_requests_behind_a_delay_are_all_answered() -> None:
    """Far more requests than may wait are answered in order once the delay is over, and none is lost."""
    async with served(BankPlc(), "delay:50ms,first=1") as station, connected(station.port) as client:
        for transaction in range(2000):
            client.send(READ, transaction)
        for transaction in range(2000):
            assert await client.frame() == mbap(READ_ANSWER, transaction)


async def test_counters_tell_what_was_asked_and_what_came_of_it() -> None:
    """Requests are counted by function and by result: ok, the exception, or the fault."""
    plc = BankPlc(unit1=Bank(size=20))
    async with served(plc, "wrong-unit,on=write,first=1") as station, connected(station.port) as client:
        for asked in (READ, READ, struct.pack(">BHH", 3, 19, 2), WRITE, WRITE):
            await client.ask(asked)
        await client.ask(READ, unit=9)
        assert station.counters == {
            (3, "ok"): 2,
            (3, "exception 2"): 1,
            (16, "wrong-unit"): 1,
            (16, "ok"): 1,
            (3, "exception 11"): 1,
        }


async def test_the_plc_moves_on_when_it_asks_to() -> None:
    """A PLC is called at the times that it asks for, and no more once nobody listens for it."""
    plc = BankPlc()
    plc.period = 0.01
    async with served(plc), asyncio.timeout(30):
        while len(plc.ticks) < 5:
            await asyncio.sleep(0.005)
    assert all(later - earlier > 0.009 for earlier, later in pairwise(plc.ticks))


async def test_the_plc_moves_on_earlier_when_it_wants_to() -> None:
    """A PLC that wants its next tick now gets it, however far off it was."""
    plc = BankPlc()
    plc.period = 3600
    async with served(plc), asyncio.timeout(30):
        assert len(plc.ticks) == 1
        plc.on_due()
        while len(plc.ticks) < 2:
            await asyncio.sleep(0.005)
