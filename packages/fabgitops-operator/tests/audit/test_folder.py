"""Records in a folder: one process at a time, whole or not at all, and what a crash leaves is told of."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fabgitops_operator.app import app
from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.command import NoRecordsError, told, verified
from fabgitops_operator.audit.folder import HEAD, Folder, files_in
from fabgitops_operator.audit.writer import Writer

ATTEMPT = {"record": "attempt", "write": "a-1", "namespace": "plant", "name": "mixer", "registers": [{"name": "speed"}]}
DONE = {"record": "outcome", "write": "a-1", "result": "done"}


def writer(path: Path, most: int = 1 << 20, *, sync: bool = False) -> Writer:
    """Return what writes into a folder."""
    return Writer(Folder(path, most, 0, sync=sync), Seal())


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process be longer than so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def said(path: Path, **options: Any) -> tuple[bool, str]:
    """Return whether what a folder holds is whole, and what is said of it."""
    found = verified([path], [], among_others=False, **options)
    return found.whole, told(found)


@pytest.mark.parametrize("sync", [False, True])
def test_where_there_is_no_room_nothing_is_left_half(tmp_path: Path, sync: bool) -> None:
    """Records for which a disk has no room, or room for a part, are not there; later ones follow in a new file."""
    kept = writer(tmp_path, sync=sync)
    kept.write([ATTEMPT, DONE])
    size = files_in([tmp_path])[0].stat().st_size
    with room_for(size + 100), pytest.raises(OSError, match="File too large"):
        kept.write([ATTEMPT] * 3)
    assert files_in([tmp_path])[0].stat().st_size == size + 100, "the limit cuts a record in two"
    with room_for(0), pytest.raises(OSError, match="File too large"):
        kept.write([ATTEMPT])
    kept.write([{**ATTEMPT, "write": "a-2"}, {**DONE, "write": "a-2"}])
    kept.close()
    whole, text = said(tmp_path)
    assert whole, text
    assert "note" not in text
    assert len(files_in([tmp_path])) == 2


def test_a_folder_is_one_processs(tmp_path: Path) -> None:
    """A second operator does not write into the folder of one that runs, and takes it when that has ended."""
    first, second = writer(tmp_path), writer(tmp_path)
    first.write([ATTEMPT])
    with pytest.raises(OSError, match="keeps its records there"):
        second.write([DONE])
    first.close()
    second.write([])
    assert second.found.open == {"a-1": {**second.found.open["a-1"], "name": "mixer"}}
    second.close()


def test_a_line_that_a_crash_cut_short_is_no_tampering(tmp_path: Path) -> None:
    """A half line at the end is told of as such, before the next start and after it; the rest of the chain is whole."""
    kept = writer(tmp_path)
    kept.write([ATTEMPT, DONE])
    kept.close()
    file = files_in([tmp_path])[0]
    file.write_bytes(file.read_bytes() + b'{"chain":"ab')
    whole, text = said(tmp_path)
    assert whole
    assert f"{file}:4: the last line has no end, after 12 bytes: a crash in the middle of writing, or somebody" in text
    kept = writer(tmp_path)
    kept.write([ATTEMPT])
    kept.close()
    whole, text = said(tmp_path)
    assert whole
    assert "a crash in the middle of writing, as the operator noted at its next start" in text
    file.write_bytes(file.read_bytes()[:-3])
    whole, text = said(tmp_path)
    assert not whole
    assert "of which the operator's next start knows nothing: somebody cut it short" in text


def test_a_file_without_a_record_stands_in_no_ones_way(tmp_path: Path) -> None:
    """What is left of a file in which nothing can be read is kept, and the chain goes on from the one before it."""
    kept = writer(tmp_path)
    kept.write([ATTEMPT, DONE])
    kept.close()
    (tmp_path / "audit-000000000004.jsonl").write_bytes(b"nothing\n")
    kept = writer(tmp_path)
    kept.write([])
    kept.close()
    assert [each.name for each in files_in([tmp_path])] == [
        "audit-000000000001.jsonl",
        "audit-000000000004.jsonl",
        "audit-000000000004_2.jsonl",
    ]
    whole, text = said(tmp_path)
    assert not whole
    assert "audit-000000000004.jsonl:1: no record: it was changed beyond recognition, or never was one" in text
    assert ": whole" in text


@pytest.mark.parametrize("name", ["audit-000000000001.jsonl", HEAD, "lock"])
def test_what_is_deleted_under_a_running_operator_is_noticed_before_the_next_write(tmp_path: Path, name: str) -> None:
    """No record goes into a file that is nowhere: it is refused, the next follows, and verify names what is gone."""
    kept = writer(tmp_path)
    kept.write([ATTEMPT, DONE])
    (tmp_path / name).unlink()
    with pytest.raises(OSError, match=f"{name} was taken away"):
        kept.write([{**ATTEMPT, "write": "a-2"}])
    kept.write([{**ATTEMPT, "write": "a-3"}, {**DONE, "write": "a-3"}])
    kept.close()
    whole, text = said(tmp_path)
    assert whole is (name in {HEAD, "lock"}), text
    assert whole or "record(s) 1 to 3 are missing" in text


def test_a_file_that_is_emptied_under_a_running_operator_is_noticed(tmp_path: Path) -> None:
    """A rotation that copies and truncates loses no record after it."""
    kept = writer(tmp_path)
    kept.write([ATTEMPT, DONE])
    files_in([tmp_path])[0].write_bytes(b"")
    with pytest.raises(OSError, match="was changed"):
        kept.write([ATTEMPT])
    kept.write([{**ATTEMPT, "write": "a-2"}, {**DONE, "write": "a-2"}])
    kept.close()
    whole, text = said(tmp_path)
    assert not whole
    assert "record(s) 1 to 3 are missing" in text


@pytest.mark.parametrize("left", [0, 2])
def test_what_was_cut_off_while_no_operator_ran_is_missing_after_its_next_start(
    tmp_path: Path, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A start goes on from what was stored last, not from what somebody has left of it: else the cut would be gone."""
    kept = writer(tmp_path)
    kept.write([ATTEMPT, DONE])
    kept.close()
    (file,) = files_in([tmp_path])
    lines = file.read_bytes().splitlines(keepends=True)[:left]
    file.write_bytes(b"".join(lines)) if left else file.unlink()
    again = writer(tmp_path)
    again.write([{**ATTEMPT, "write": "a-2"}, {**DONE, "write": "a-2"}])
    again.close()
    whole, text = said(tmp_path)
    assert not whole
    assert f"record(s) {'3' if left else '1 to 3'} are missing" in text
    assert "that were stored are not there any more" in caplog.text


def test_writes_that_are_open_outlive_many_files(tmp_path: Path) -> None:
    """An attempt without an outcome is found at the next start, however many files were begun since."""
    kept = writer(tmp_path, 600)
    kept.write([ATTEMPT])
    for number in range(5):
        kept.write([{"record": "proof", "write": f"b-{number}"}] * 2)
    kept.close()
    assert len(files_in([tmp_path])) > 3
    after = writer(tmp_path)
    after.write([])
    assert list(after.found.open) == ["a-1"]
    after.close()
    again = writer(tmp_path)
    again.write([])
    assert list(again.found.open) == [], "it was told of once"
    again.close()


def test_the_command_ends_with_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 0 when all is whole, with 1 when something is wrong, with 2 when that cannot be found out."""
    kept = writer(tmp_path / "audit")
    kept.write([ATTEMPT, DONE])
    kept.close()
    (file,) = files_in([tmp_path / "audit"])
    assert verify(tmp_path / "audit") == 0
    assert capsys.readouterr().out.endswith(": whole\n")
    assert verify(file) == 0
    assert verify(file, tmp_path / "nothing") == 2
    assert "nothing cannot be read: No such file or directory" in capsys.readouterr().err
    assert verify(tmp_path) == 2
    assert "there are no records in" in capsys.readouterr().err
    file.write_bytes(file.read_bytes().replace(b"plant", b"plane"))
    assert verify(tmp_path / "audit") == 1
    assert f"{file}:2: record 2: changed: its hash is not that of what it says\n" in capsys.readouterr().out
    (tmp_path / "audit" / HEAD).write_bytes(b"{}")
    assert verify(tmp_path / "audit") == 1
    assert "head.json: changed" in capsys.readouterr().out
    (tmp_path / "key").write_bytes(b"short\n")
    assert verify(file, "--key-file", tmp_path / "key") == 2
    assert "has 5 bytes, and needs 16" in capsys.readouterr().err


def test_nothing_to_verify_is_said(tmp_path: Path) -> None:
    """A folder without records is no folder of whole records."""
    with pytest.raises(NoRecordsError, match="there are no records in"):
        verified([tmp_path], [], among_others=False)


def verify(*words: object) -> int:
    """Return the exit code of the command."""
    return int(app(["audit", "verify", *map(str, words)], result_action="return_value", exit_on_error=False))
