"""Files that commands leave in the state for the operator."""

import os
import stat
from pathlib import Path

import pytest
from fabgitops_operator.standalone.files import put


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for another user")
def test_root_writes_for_whom_the_folder_belongs_to(tmp_path: Path) -> None:
    """What root puts into the state of a service can be read by that service, and by nobody else."""
    os.chown(tmp_path, 65532, 65533)
    put(tmp_path / "tokens.json", b"[]", 0o600)
    found = (tmp_path / "tokens.json").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65532, 65533, 0o600)


def test_what_was_left_behind_is_written_over(tmp_path: Path) -> None:
    """An interrupted writing leaves a file that others may read: the next one does not take that over."""
    (tmp_path / ".key.new").touch(0o666)
    (tmp_path / "key").write_text("old")
    put(tmp_path / "key", b"new", 0o600)
    assert (tmp_path / "key").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]
