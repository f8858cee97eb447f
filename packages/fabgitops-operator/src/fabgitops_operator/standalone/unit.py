"""The systemd unit that this package brings, with the path of the program that is installed here."""

from importlib.resources import files
from pathlib import Path

HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"), Path("/tmp"), Path("/var/tmp"))  # noqa: S108
"""What a service of this unit does not see (ProtectHome, PrivateTmp)."""


class UnitError(Exception):
    """No unit could start this program: its text says why, and the way out."""


def unit(program: Path) -> str:
    """Return the unit that runs a program.

    Raises:
        UnitError: The service would not see the program, or its path cannot stand in a unit.
    """
    hidden = [str(folder) for folder in HIDDEN if program.resolve().is_relative_to(folder)]
    if hidden:
        raise UnitError(
            f"{program} is under {hidden[0]}, which the service does not see: install the program elsewhere, such as "
            "by python3 -m venv /opt/fabgitops && /opt/fabgitops/bin/pip install fabgitops-operator, and ask that one"
        )
    if set(str(program)) & set(" \t\n\"'\\%$"):
        raise UnitError(f"{program} has a character in it that means something else in a unit: install it elsewhere")
    return (files(__package__) / "fabgitops.service").read_text().replace("@PROGRAM@", str(program))
