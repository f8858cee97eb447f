"""The keeper under a real engine: nothing is written without a record, whatever becomes of the place for records."""

import asyncio
import fcntl
import json
import os
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.events import Declared, SyncRequest
from fabgitops_core.control.plc.guards.table import GUARDS
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices, FakePlc
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.command import told, verified
from fabgitops_operator.audit.folder import Folder, files_in
from fabgitops_operator.audit.keeper import Keeper
from fabgitops_operator.audit.metrics import AuditMetrics
from fabgitops_operator.audit.records import Origin
from fabgitops_operator.audit.stream import Stream
from fabgitops_operator.audit.writer import Writer
from fabgitops_operator.settings import Outage
from prometheus_client import CollectorRegistry

MIXER = Key(INDUSTRIAL_PLC.name, "plant", "mixer")
WHY = "not written: its audit record cannot be stored: "


class Line:
    """An engine with one PLC in memory, and a keeper of records."""

    def __init__(self, keeper: Keeper) -> None:
        self.devices, self.host, self.keeper = FakeDevices(), FakeHost(), keeper
        self.engine = Engine(self.devices, self.host, FakeObserver(), audit=keeper)
        keeper.guard(self.engine.holds)
        keeper.origin = lambda _: Origin("u-1", {"by": "Argo CD", "application": "line-1"}, {"manager": "fabctl"})
        self.metrics = CollectorRegistry()
        self.metrics.register(AuditMetrics(keeper))

    @property
    def plc(self) -> FakePlc:
        """Return the PLC."""
        return self.devices[Endpoint("10.0.0.5", 502)]

    @property
    def status(self) -> IndustrialPLCStatus:
        """Return the status published last."""
        status = self.host.status(MIXER)
        assert isinstance(status, IndustrialPLCStatus)
        return status

    def declare(self, request: SyncRequest | None = None) -> None:
        """Declare the resource, whose PLC holds something else."""
        self.plc[4001] = 2311
        fields = {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500, "pollIntervalSecs": 1}
        spec = IndustrialPLCSpec.model_validate(fields)
        event: Declared[Any, Any] = Declared(datetime.now(UTC), 7, spec, request=request)
        self.engine.declare(MIXER, PlcController(settle_secs=0), event)

    def metric(self, name: str, **labels: str) -> float | None:
        """Return what a metric shows."""
        return self.metrics.get_sample_value(f"fabgitops_audit_{name}", labels)


@asynccontextmanager
async def line(keeper: Keeper) -> AsyncIterator[Line]:
    """Run one, and stop it as the operator does."""
    made = Line(keeper)
    await keeper.begin()
    try:
        yield made
    finally:
        await made.engine.stop(1.0)
        await keeper.end()


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true; the test's time limit ends what never is."""
    while not true():
        await asyncio.sleep(0.01)


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file be written to, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def keeper(path: Path, outage: Outage = Outage.HOLD) -> Keeper:
    """Return what keeps records in a folder, and is impatient."""
    return Keeper(Writer(Folder(path, 1 << 20, 0, sync=True), Seal()), outage, retry=0.05)


def stored(path: Path) -> list[dict[str, Any]]:
    """Return the records in a folder."""
    return [json.loads(line) for file in files_in([path]) for line in file.read_text().splitlines()]


def whole(path: Path) -> str:
    """Return what is said of records that are whole."""
    found = verified([path], [], among_others=False)
    assert found.whole, told(found)
    return told(found)


async def test_a_correction_leaves_three_records(tmp_path: Path) -> None:
    """Who wrote what where is stored with what was there before, what came of it, and what was read after it."""
    async with line(keeper(tmp_path)) as here:
        here.plc.hold_writes = asyncio.Event()
        here.declare(SyncRequest("2026-01-01", force=True))
        await until(lambda: here.plc.waiting == 1)
        begin, attempt = stored(tmp_path)
        assert begin["record"] == "begin"
        here.plc.hold_writes.set()
        await until(lambda: here.status.corrections_applied == 1)
        await until(lambda: here.metric("records_total", record="proof") == 1)
    chained = {each: attempt.pop(each) for each in ("chain", "seq", "prev", "hash", "at", "write")}
    assert attempt == {
        "record": "attempt",
        "kind": "IndustrialPLC",
        "namespace": "plant",
        "name": "mixer",
        "uid": "u-1",
        "generation": 7,
        "git": {"by": "Argo CD", "application": "line-1"},
        "sync": {"requestedAt": "2026-01-01", "forced": True, "manager": "fabctl"},
        "host": "10.0.0.5",
        "port": 502,
        "transport": "tcp",
        "unit": 1,
        "function": 6,
        "table": "holding",
        "address": 4001,
        "words": "0x09C4",
        "registers": [{"name": "target", "before": "0x0907", "wanted": "0x09C4"}],
        "guards": {name: "allows" for name, _ in GUARDS},
    }
    outcome, proof, end = stored(tmp_path)[2:]
    assert (outcome["write"], outcome["result"]) == (chained["write"], "done")
    assert (proof["write"], proof["words"], proof["proven"]) == (chained["write"], "0x09C4", True)
    assert end["record"] == "end"
    assert "note" not in whole(tmp_path)


async def test_while_the_disk_is_full_nothing_is_written(tmp_path: Path) -> None:
    """Corrections wait, the status says why, and they are made as soon as there is room again, each once."""
    async with line(keeper(tmp_path)) as here:
        with no_room():
            here.declare()
            await until(lambda: here.status.message.endswith(f"{WHY}File too large"))
            assert here.plc.writes == []
            assert here.metric("up") == 0
        await until(lambda: here.status.corrections_applied == 1)
        assert (here.metric("up"), here.metric("unrecorded_writes_total")) == (1, 0)
    assert len(here.plc.writes) == 1
    assert [each["why"] for each in stored(tmp_path) if each["record"] == "begin"] == ["start", "again"]
    assert "note" not in whole(tmp_path)


async def test_where_that_is_wanted_writes_go_on_without_a_disk(tmp_path: Path) -> None:
    """With `correct` a PLC is corrected all the same, that is counted, and what waited is stored when there is room."""
    async with line(keeper(tmp_path, Outage.CORRECT)) as here:
        with no_room():
            here.declare()
            await until(lambda: here.status.corrections_applied == 1)
            here.plc[4001] = 1
            await until(lambda: here.status.corrections_applied == 2)
            assert (here.metric("up"), here.metric("unrecorded_writes_total")) == (0, 2)
            assert (here.metric("waiting") or 0) >= 5
        await until(lambda: here.metric("up") == 1)
    kinds = [each["record"] for each in stored(tmp_path)]
    assert [kinds.count(each) for each in ("attempt", "outcome", "proof", "gap")] == [2, 2, 2, 0]
    assert "note" not in whole(tmp_path)


async def test_records_that_nobody_takes_hold_writes(tmp_path: Path) -> None:
    """While whoever reads standard output stands still nothing is written; what waited goes on when he does."""
    reader, out = os.pipe()
    fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, 4096)
    slow = Keeper(Writer(Stream(out), Seal()), limit=0.2, retry=0.05)
    async with line(slow) as here:
        os.set_blocking(out, False)
        with suppress(BlockingIOError):
            while True:
                os.write(out, b"\n")
        os.set_blocking(out, True)
        here.declare()
        await until(lambda: here.status.message.endswith(f"{WHY}to store it takes longer than 0.2 s"))
        assert here.plc.writes == []
        read: list[bytes] = []
        os.set_blocking(reader, False)
        asyncio.get_running_loop().add_reader(reader, lambda: read.append(os.read(reader, 65536)))
        await until(lambda: here.status.corrections_applied == 1)
    asyncio.get_running_loop().remove_reader(reader)
    with suppress(BlockingIOError):
        read.append(os.read(reader, 65536))
    log = tmp_path / "log"
    log.write_bytes(b"".join(read))
    found = verified([log], [], among_others=True)
    assert found.whole, told(found)
    results = [json.loads(line)["result"] for line in log.read_bytes().splitlines() if b'"outcome"' in line]
    assert results == ["withdrawn", "done"]
    os.close(reader)
    os.close(out)


async def test_a_folder_that_another_has_holds_writes(tmp_path: Path) -> None:
    """While another process keeps its records in the folder nothing is written, and the status says which."""
    other = Writer(Folder(tmp_path, 1 << 20, 0, sync=False), Seal())
    other.write([])
    async with line(keeper(tmp_path)) as here:
        here.declare()
        await until(lambda: f"{os.getpid()} keeps its records there" in here.status.message)
        assert here.plc.writes == []
        other.close()
        await until(lambda: here.status.corrections_applied == 1)
    whole(tmp_path)


async def test_what_an_operator_left_open_is_told_at_the_next_start(tmp_path: Path, caplog: Any) -> None:
    """Of a write that was recorded before its operator was killed the next start tells, by the resource's name."""
    about = {"namespace": "plant", "name": "mixer", "at": "2026-01-01T00:00:00Z"}
    killed = Writer(Folder(tmp_path, 1 << 20, 0, sync=False), Seal())
    killed.write([{"record": "attempt", "write": "k-1", **about}])
    killed.close()
    async with line(keeper(tmp_path)):
        pass
    assert "plant/mixer: the operator ended before it was known what came of a write (k-1, 2026" in caplog.text
    assert "nothing says what came of the write k-1 of plant/mixer" in whole(tmp_path)
