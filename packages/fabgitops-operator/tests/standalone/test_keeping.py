"""The commands that look after the state."""

from pathlib import Path

import pytest
from fabgitops_operator.standalone.commands.keeping import backup, check, restore
from fabgitops_operator.standalone.settings import Kept
from fabgitops_operator.standalone.store import Store


@pytest.fixture
async def kept(tmp_path: Path) -> Kept:
    """Return where a state is."""
    async with await Store.open(tmp_path / "state") as store:
        await store.set_meta("revision", "abc")
    return Kept(state=tmp_path / "state")


async def test_a_state_is_looked_through(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how much there is, who has it, and that it is whole."""
    assert check(kept) == 0
    assert "1 objects up to version 2" in (said := capsys.readouterr().out)
    assert "in use by nobody, whole" in said
    async with await Store.open(kept.state):
        assert check(kept) == 0
        assert "in use by process" in capsys.readouterr().out


def test_the_reserve_is_given_up(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """`--free` says what was gained."""
    assert check(kept, free=True) == 0
    assert "4194304 bytes of" in capsys.readouterr().out
    assert not (kept.state / "reserve").exists()


def test_a_damaged_state_is_told(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1, and the object is named."""
    path = kept.state / "state.db"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"phase":"Active"', b'"phase":"Actiwe"'))
    assert check(kept) == 1
    assert "namespaces /default is not what was stored" in capsys.readouterr().err


async def test_a_backup_is_made_and_put_back(kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was there then is there again, and what it replaced is named."""
    file = tmp_path / "backup.db"
    async with await Store.open(kept.state) as store:
        assert backup(file, kept) == 0
        await store.set_meta("revision", "def")
        assert restore(file, kept) == 1
        assert "in use by process" in capsys.readouterr().err
    assert restore(file, kept) == 0
    assert "kept as" in capsys.readouterr().out
    async with await Store.open(kept.state) as store:
        assert store.meta("revision") == "abc"


def test_there_is_no_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without one is told of by each command."""
    nowhere = Kept(state=tmp_path)
    assert [check(nowhere), backup(tmp_path / "x", nowhere), restore(tmp_path / "x", nowhere)] == [1, 1, 1]
    assert capsys.readouterr().err.count("there is no state in") == 3
