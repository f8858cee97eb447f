"""What counts where a command line does not say it: FABCTL_… in the environment, else a file of the user's own."""

import os
from pathlib import Path

from fabctl.bounded import read_file
from fabctl.errors import UsageError

NAMES = ("context", "namespace", "kubeconfig", "request-timeout", "output", "color")
"""Options that have a default of the user's; `output` is that of what prints tables."""
FILE = "FABCTL_CONFIG"


def variable(name: str) -> str:
    """Return the variable of the environment by which an option has a default."""
    return f"FABCTL_{name.replace('-', '_').upper()}"


def take_in() -> None:
    """Put what the file says into the environment, where that says nothing itself.

    Raises:
        UsageError: The file is not there although FABCTL_CONFIG names it, cannot be read, or makes no sense.
    """
    file = _file()
    if file is not None:
        for name, value in _read(file).items():
            try:
                os.environ.setdefault(variable(name), str(value))
            except ValueError:  # a character, or a number, that nothing can hold there
                raise UsageError(f"{file}: {name} is no value of an option") from None


def _file() -> Path | None:
    named = os.environ.get(FILE)
    if named:
        path = Path(os.path.expanduser(named))
        if not os.path.exists(path):
            raise UsageError(f"no file {named}: check {FILE}")
        return path
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    path = Path(base) / "fabctl" / "config.yaml"
    return path if os.path.isfile(path) else None


def _read(file: Path) -> dict[str, str | int | float]:
    import yaml  # noqa: PLC0415 - few have such a file

    try:
        found = yaml.safe_load(read_file(file).decode())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UsageError(f"{file} is no YAML: {error}") from None
    if found is None:  # it is empty
        return {}
    if not isinstance(found, dict):
        raise UsageError(f"{file} holds no mapping of options to values")
    for name, value in found.items():
        if name not in NAMES or isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UsageError(f"{file}: {name!r} is no option with a value: there are {', '.join(NAMES)}")
    return found
