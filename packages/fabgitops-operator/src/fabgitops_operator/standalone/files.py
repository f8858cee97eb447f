"""Files of the state's folder that commands write, and the operator reads."""

import os
from pathlib import Path


def put(path: Path, content: bytes, mode: int) -> None:
    """Put a file into its place, whole, and on the disk before it has its name.

    It belongs to whoever the folder belongs to: root writes tokens for a service that runs as another user.

    Args:
        path: Its place; what is there is replaced.
        content: What it holds.
        mode: Who may read it.

    Raises:
        OSError: It cannot be written.
    """
    made = path.with_name(f".{path.name}.new")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
        os.fchmod(file.fileno(), mode)  # also of one that an interruption left there
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


def give(folder: Path) -> None:
    """Give the files of a folder to whoever it belongs to, where root has made them.

    Raises:
        OSError: They cannot be given away.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        for path in folder.iterdir():
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
