"""Every fault of mock-plc, on readings and on writes, over each transport: what the engine believes, writes and tells.

Each case has a device that is put right, drifts while the fault is on, and is left to itself when it has gone. Each
is played once, many at a time; the tests then look at what the device was asked and truly held, and at what was told.
"""

import asyncio

import pytest
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.modbus.tls import tls_context
from mock_plc.faults.model import EXCEPTIONS
from mock_plc.net import tls
from mock_plc.net.transport import Transport

from .suffering import KEY, Case, Play, play_all, selected

TOGETHER = 120

ON_REQUESTS = (
    "delay:500ms",
    "no-reply",
    "close",
    "half",
    "wrong-transaction",
    "wrong-unit",
    "wrong-function",
    "short-reply",
    "wrong-echo",
    "echo",
    "foreign",
    "garbage",
    "late",
    "late:400ms",
    "restart",
)
OF_THE_DEVICE = ("frozen", "connection-limit:0", "slow-start:3s")
EVERY_CODE = [f"exception:{code}" for code in (*EXCEPTIONS.values(), 99)]
SOME_CODES = ["exception:4", "exception:6"]
ALWAYS_CARRIED_OUT = ("delay", "restart", "exception")
"""What cannot be told whether the request it hits is carried out."""

_SERIAL = {"echo", "foreign"}
LEFT_OUT = {
    Transport.TCP: _SERIAL,
    Transport.TLS: _SERIAL,
    Transport.RTU_OVER_TCP: {"wrong-transaction"},
    Transport.UDP: {"connection-limit:0", *_SERIAL},
}
"""What has no effect on a transport."""
RARELY, SEEDS = 0.01, 3
"""How probable each of the mixed faults is, and how many dice are thrown for them."""


def aimed(fault: str) -> list[str]:
    """Return a fault on readings, on writes that are carried out or not, and on half of both."""
    lost = [] if fault.startswith(ALWAYS_CARRIED_OUT) else [f"{fault},on=write,executes=no"]
    return [f"{fault},on=read", f"{fault},on=write", *lost, f"{fault},p=0.5"]


def of(transport: Transport) -> list[str]:
    """Return the faults that make sense over a transport."""
    codes = EVERY_CODE if transport in {Transport.TCP, Transport.RTU_OVER_TCP} else SOME_CODES
    kept = [each for each in (*ON_REQUESTS, *codes) if each not in LEFT_OUT[transport]]
    whole = [each for each in OF_THE_DEVICE if each not in LEFT_OUT[transport]]
    return [*(fault for each in kept for fault in aimed(each)), *whole]


def mixed(transport: Transport, seed: int) -> Case:
    """Return a device that suffers each fault now and then, and drifts each time it was put right."""
    faults = [f"{each},p={RARELY}" for each in ON_REQUESTS + tuple(EVERY_CODE) if each not in LEFT_OUT[transport]]
    return Case(transport, "+".join(faults), "map", seed, f"mixed-{seed}")


IGNORED = [
    f"{other},p=0.4+{odd},p=0.9"
    for odd in ("no-transaction", "wrong-echo,on=write")
    for other in ("late", "late:400ms", "no-reply", "close", "wrong-unit", "short-reply")
]
"""What a device suffers besides that copies less than it should, and is known to: nothing else may be believed."""

CASES = [
    *(Case(Transport.TCP, fault, "ignoring") for fault in IGNORED),
    *(Case(transport, fault, "map") for transport in Transport for fault in of(transport)),
    *(Case(Transport.TCP, fault, "short") for fault in of(Transport.TCP)),
    *(mixed(transport, seed) for transport in Transport for seed in range(SEEDS)),
]
ROUNDS = [(at // TOGETHER, case) for at, case in enumerate(CASES)]
# The tests of a case follow each other, and so do the cases of a round: in parallel each round is played in one place.
each_case = pytest.mark.parametrize(
    ("plays", "case"), ROUNDS, ids=list(map(str, CASES)), indirect=["plays"], scope="module"
)


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Play]:
    """Play the cases of a round that were selected, once for all tests."""
    wanted = selected(request)
    folder = tmp_path_factory.mktemp("tls")
    tls.make(folder, ["127.0.0.1"])
    server = tls.context(folder / tls.CERTIFICATE, folder / tls.KEY)
    client = tls_context(ca=(folder / tls.CA).read_text())
    cases = [case for at, case in ROUNDS if at == request.param and case in wanted]
    return asyncio.run(play_all(cases, server, client, TOGETHER))


@each_case
def test_the_state_ends_right(case: Case, plays: dict[Case, Play]) -> None:
    """When the fault has gone all is in sync again, the counters add up, and no circuit stays open."""
    play = plays[case]
    assert not play.stuck
    assert play.hits
    assert play.open_circuits == 0
    status, reasons, count = play.host.last, play.host.reasons(KEY), len(play.desired)
    assert status.registers_in_sync == f"{count}/{count}"
    assert status.last_error is None
    assert not any(each.error or each.drifted_since or each.unverified_write for each in status.registers)
    assert status.drift_events == reasons.count(PlcReason.DRIFT_DETECTED) >= 2 * count
    assert status.corrections_applied == reasons.count(PlcReason.DRIFT_CORRECTED) == status.drift_events
    assert PlcReason.DRIFT_RESOLVED not in reasons  # nobody but us has put the device right


@each_case
def test_no_wrong_value_is_believed(case: Case, plays: dict[Case, Play]) -> None:
    """What a status says that a register holds it truly held at a reading, at the last one where it says how it is."""
    play = plays[case]
    for arrived, status in play.host.told:
        for register, shown in zip(play.spec.registers_wanted, status.registers, strict=False):
            if shown.raw is None:
                assert shown.in_sync is None
                continue
            known = shown.in_sync is not None
            truths = play.readings(register, arrived) if known else play.shown(register, arrived)
            assert shown.raw in {hex_of(words) for words in truths}, (register.name, status)
        if status.in_sync:
            assert all(any(map(each.holds, play.readings(each, arrived))) for each in play.desired), status


@each_case
def test_no_write_is_repeated_blindly(case: Case, plays: dict[Case, Play]) -> None:
    """A write whose outcome is open is followed by a reading, and none goes to what was not just read as wrong."""
    play = plays[case]
    for at, asked in enumerate(play.log):
        if not asked.writes:
            continue
        if asked.open:
            assert not any(after.writes for after in play.log[at + 1 : at + 2]), asked
        (register,) = (each for each in play.desired if asked.touches(each))
        assert any(not register.holds(words) for words in play.readings(register, at)), asked
        earlier = [each for each, before in enumerate(play.log[:at]) if before.writes and before.touches(register)]
        between = play.log[earlier[-1] + 1 : at] if earlier else play.log[:at]
        assert any(each.told_right and each.touches(register) for each in between), asked


@each_case
def test_only_what_is_wanted_is_written(case: Case, plays: dict[Case, Play]) -> None:
    """Every write that arrived is of a wanted value, whole and in one request, and leaves other bits of its word be."""
    play = plays[case]
    writes = [asked for asked in play.log if asked.writes]
    assert writes
    for asked in writes:
        (register,) = (each for each in play.desired if asked.touches(each))
        before, mask = asked.before[register.name], register.codec.mask
        written = asked.written(before[0])
        assert register.encoded is not None
        assert len(written) == register.size
        assert all((new ^ wanted) & mask == 0 for new, wanted in zip(written, register.encoded, strict=True)), asked
        assert all((new ^ old) & ~mask & 0xFFFF == 0 for new, old in zip(written, before, strict=True)), asked
