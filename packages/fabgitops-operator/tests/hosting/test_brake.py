"""The fleet brake as it is kept: who is in doubt brakes, and only a word for this very engagement lets it go."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.fleet import Fleet, Terms
from fabgitops_core.engine.holds import Holds
from fabgitops_operator.hosting.brake import brake as braking
from fabgitops_operator.hosting.brake.brake import Brake
from fabgitops_operator.hosting.brake.watching import running
from fabgitops_operator.standalone.brake import FileBrake

ON = {"state": "engaged", "id": "ab12", "since": "2026-01-01T00:00:00Z", "why": "6 of 8 PLCs drifted"}


class Waves(Fleet):
    """A fleet in which there is a wave when a test says so."""

    def __init__(self) -> None:
        super().__init__(Terms())
        self.wave = ""

    def why(self, now: float) -> str:
        """Return what the test says."""
        del now
        return self.wave

    def begin_anew(self) -> None:
        """End the wave."""
        self.wave = ""


class Kept:
    """A brake over a file, and what is in that file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.holds = Holds()
        self.fleet = Waves()
        self.brake = Brake(self.fleet, FileBrake(path), self.holds)

    def keep(self, data: Mapping[str, str] | str) -> None:
        """Put something there."""
        self.path.write_text(data if isinstance(data, str) else json.dumps(data))

    @property
    def data(self) -> dict[str, str]:
        """Return what is there, empty where that is nothing, or makes no sense."""
        try:
            return dict(json.loads(self.path.read_text()))
        except (OSError, ValueError):
            return {}

    @property
    def why(self) -> str:
        """Return why nothing is corrected."""
        hold = self.holds.hold(None)
        unknown = hold is not None and hold.message.startswith("it is not known yet")
        # A status that speaks of the brake is believed by the next process: one that knows nothing must not.
        assert hold is None or hold.reason is (HoldReason.BRAKE_UNKNOWN if unknown else HoldReason.FLEET_BRAKE)
        return hold.message if hold else ""

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.005)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Return a brake that looks often."""
    monkeypatch.setattr(braking, "LOOK_SECS", 0.01)
    return Kept(tmp_path / "brake.json")


@asynccontextmanager
async def begun(kept: Kept) -> AsyncIterator[None]:
    """Let it run; until it has looked nothing is corrected."""
    assert kept.why == "it is not known yet whether the fleet brake is on"
    async with running(kept.brake):
        yield


async def test_where_nothing_was_kept_it_is_off(kept: Kept) -> None:
    """A first start corrects as soon as it is known that there is nothing."""
    async with begun(kept):
        await kept.until(lambda: not kept.why)
    assert not kept.brake.engaged
    assert kept.data == {}


async def test_a_wave_is_kept_and_found_again(kept: Kept) -> None:
    """It holds before it is stored, and the next process goes on with the same engagement."""
    async with begun(kept):
        await kept.until(lambda: not kept.why)
        kept.fleet.wave = "6 of 8 PLCs drifted within 60 s"
        kept.brake.look(0.0)
        said = kept.why
        assert "6 of 8 PLCs drifted within 60 s; fabctl brake release lets it go" in said
        await kept.until(lambda: kept.data.get("state") == "engaged")
    after = Kept(kept.path)
    async with begun(after):
        await after.until(lambda: after.brake.engaged)
        assert after.why == said


@pytest.mark.parametrize(
    "content",
    ["", "no JSON", "[]", '{"state": 1}', {}, {"state": "off"}, {**ON, "id": ""}, {**ON, "id": "../x"}],
    ids=range(8),
)
async def test_what_makes_no_sense_is_a_brake_that_is_on(kept: Kept, content: Mapping[str, str] | str) -> None:
    """Whatever somebody has written there, corrections do not go on for it; it can be let go like any other."""
    kept.keep(content)
    async with begun(kept):
        await kept.until(lambda: kept.brake.engaged)
        assert "makes no sense" in kept.why
        await kept.until(lambda: kept.data.get("state") == "engaged" and len(kept.data["id"]) == 8)
        await FileBrake(kept.path).let_go({"release": kept.data["id"]})
        await kept.until(lambda: not kept.why)


async def test_what_cannot_be_read_is_a_brake_that_is_on(kept: Kept) -> None:
    """As long as nobody knows, nothing is corrected, and the reason says why; it goes on when it can be read."""
    kept.path.mkdir()
    async with begun(kept):
        await kept.until(lambda: "cannot be read: Is a directory" in kept.why)
        kept.path.rmdir()
        await kept.until(lambda: not kept.why)


async def test_what_was_deleted_while_it_was_on_is_written_again(kept: Kept) -> None:
    """Neither taking the file away nor writing that it is off lets it go."""
    kept.keep(ON)
    async with begun(kept):
        await kept.until(lambda: kept.brake.engaged)
        for content in (None, {**ON, "state": "released"}, ""):
            kept.path.unlink()
            if content is not None:
                kept.keep(content)
            await kept.until(lambda: kept.data == ON)
            assert kept.why


async def test_who_was_held_is_believed_where_nothing_is_kept(kept: Kept) -> None:
    """A file that was deleted while nobody ran leaves the brake on, as long as a PLC says that it was held by it."""
    kept.brake.doubt("line/mixer was held by it")
    async with begun(kept):
        await kept.until(lambda: kept.brake.engaged)
        assert "line/mixer was held by it" in kept.why


async def test_who_was_held_is_not_asked_where_it_is_kept_that_it_was_let_go(kept: Kept) -> None:
    """A PLC that had no time to say that it is held no more does not put the brake on again."""
    kept.keep({**ON, "state": "released", "release": "ab12"})
    kept.brake.doubt("line/mixer was held by it")
    async with begun(kept):
        await kept.until(lambda: not kept.why)
    assert not kept.brake.engaged


async def test_a_word_for_another_time_lets_nothing_go(kept: Kept) -> None:
    """Only the word that names this engagement counts; then it is kept who and why, and counting begins anew."""
    kept.keep({**ON, "release": "cd34", "releaseReason": "of last week"})
    async with begun(kept):
        await kept.until(lambda: kept.brake.engaged)
        await asyncio.sleep(0.1)  # time in which it would let go
        assert kept.why
        kept.fleet.wave = "the same wave"
        words = {"release": "ab12", "releaseBy": "jane", "releaseReason": "the switch\nis back"}
        assert await FileBrake(kept.path).let_go(words)
        await kept.until(lambda: not kept.why)
        assert (kept.data["state"], kept.data["releaseBy"]) == ("released", "jane")
        assert kept.data["releaseReason"] == "the switch is back"
        kept.brake.look(0.0)
        assert not kept.brake.engaged


async def test_a_word_that_came_while_nobody_ran_counts_at_the_start(kept: Kept) -> None:
    """Who lets it go need not wait for an operator."""
    kept.keep({**ON, "release": "ab12"})
    async with begun(kept):
        await kept.until(lambda: not kept.why)
        assert kept.data["state"] == "released"


async def test_a_fault_of_our_own_over_it_is_told_and_tried_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody has thought of keeps it on, stands in the log, and ends neither the look nor the word of people."""
    reading = FileBrake.read
    left = [KeyError("resourceVersion"), KeyError("resourceVersion")]

    async def read(store: FileBrake) -> object:
        if left:
            raise left.pop()
        return await reading(store)

    monkeypatch.setattr(FileBrake, "read", read)
    async with begun(kept):
        await kept.until(lambda: not kept.why)
    assert "a fault of our own over the fleet brake" in caplog.text
