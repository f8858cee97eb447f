"""The commands about device files: `mock-plc check` and `mock-plc example`."""

import sys
from importlib.resources import files
from pathlib import Path

from mock_plc.spec.reading import SpecError, load


def check(file: Path, /, *more: Path) -> None:
    """Check device files, and say of each mistake in which line it is and what would be right.

    Args:
        file: A device file.
        more: More of them.
    """
    mistakes: list[str] = []
    for each in (file, *more):
        try:
            sys.stdout.write(f"{each}: {load(each)}\n")
        except SpecError as error:
            mistakes += error.lines
    if mistakes:
        raise SpecError(mistakes)


def example() -> None:
    """Print a device file that has all that can stand in one, with comments.

    For example: mock-plc example > plc.yaml && mock-plc --device plc.yaml
    """
    sys.stdout.write(files("mock_plc.spec").joinpath("example.yaml").read_text(encoding="utf-8"))
