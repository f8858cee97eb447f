"""`fabctl init`."""

import os
import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabctl import own_version
from fabctl.errors import FabctlError, UsageError
from fabctl.fields import text
from fabctl.options import Name
from fabctl.planting import repository
from fabctl.render.shapes import print_line
from fabctl.streams import complain

LONGEST = 63
"""Characters of the name of a namespace."""


def init(
    folder: Annotated[Path, Parameter(name="DIR")],
    /,
    *,
    line: Annotated[tuple[Name, ...], Parameter(negative="", show_default=False)] = (),
) -> int:
    """Make a Git repository for a plant: a base, an overlay for each line, CI, and a README that says how to go on.

    PLCs in it are only observed at first. CI runs fabctl validate and fabctl diff on each pull request. Nothing is
    written where the folder has anything in it, and no cluster is asked.

    Args:
        folder: The folder; it is made, or is empty.
        line: The name of a line, and of its namespace; may be given several times. Without it line-1.
    """
    lines = line or ("line-1",)
    if wrong := [each for each in lines if "." in each or len(each) > LONGEST]:
        raise UsageError(f"--line {wrong[0]}: it names a namespace, too: at most {LONGEST} letters, digits and hyphens")
    if len({*lines}) < len(lines):
        raise UsageError(f"--line is given twice for one of {', '.join(lines)}: give each line once")
    if not str(folder).isprintable():
        raise UsageError(f"{text(str(folder))} cannot be printed: give a name that can")
    _must_be_empty(folder)
    title = folder.resolve().name or "plant"
    try:
        for name, content in repository(title, lines, own_version()).items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise FabctlError(f"{error.filename} cannot be written: {error.strerror}") from None
    _tell(folder, lines, is_repository=_begun(folder))
    return 0


def _must_be_empty(folder: Path) -> None:
    """Refuse a folder with anything in it, but for a repository that is new.

    Raises:
        UsageError: It has something in it, or is no folder.
    """
    try:
        there = [name for name in sorted(os.listdir(folder)) if name != ".git"]
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    if there:
        raise UsageError(f"{folder} is not empty, it has {there[0]}: give a folder that is, or a name that is free")


def _begun(folder: Path) -> bool:
    """Return whether the folder is a repository of its own, after making it one where git is there."""
    if os.path.exists(folder / ".git"):
        return True
    import shutil  # noqa: PLC0415 - nothing else needs them
    import subprocess  # noqa: PLC0415

    git = shutil.which("git")
    if git is None:
        return False
    command = [git, "init", "--quiet", "--initial-branch=main", os.path.abspath(folder)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        said = " ".join(text(done.stderr.decode(errors="replace")).split())
        complain(f"fabctl: {folder} is no repository yet: git init: {said}")
    return done.returncode == 0


def _tell(folder: Path, lines: tuple[str, ...], *, is_repository: bool) -> None:
    where = shlex.quote(f"./{folder}" if str(folder).startswith("-") else str(folder))
    print_line(f"{folder}: a repository for {len(lines)} line{'s' if len(lines) > 1 else ''}: {', '.join(lines)}")
    begin = "" if is_repository else "git init -b main && "
    for each in (
        "say where the devices are, in lines/*/line.yaml, and what they hold, in base/: README.md",
        f"cd {where} && fabctl validate -f lines",
        f"cd {where} && {begin}git add . && git commit -m 'A plant'",
    ):
        print_line(f"next: {each}")
