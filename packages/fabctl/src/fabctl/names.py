"""Names of PLCs as they are typed, or taken from `-o name` and from kubectl: `mixer`, `plc/mixer`. Pure."""

import re
from collections.abc import Iterable

from fabctl.errors import UsageError

KIND = "industrialplc.fabgitops.io"
"""What `-o name` puts before the name, as kubectl does."""

_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_TYPES = re.compile(r"plc|industrialplcs?(\.(v1\.)?fabgitops\.io)?", re.IGNORECASE)
"""The kind as kubectl takes it: by its short name, in singular and plural, with group and version."""


def named(typed: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are meant, each once, in the order in which they were typed.

    Raises:
        UsageError: One is of another kind, or can be no name.
    """
    return tuple(dict.fromkeys(map(_name, typed)))


def _name(typed: str) -> str:
    kind, slash, name = typed.rpartition("/")
    if slash and not _TYPES.fullmatch(kind):
        raise UsageError(f'"{typed}" is not the name of a PLC: give NAME, plc/NAME or {KIND}/NAME')
    try:
        check_name(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return name


def check_name(name: str) -> None:
    """Refuse what can be no name.

    Raises:
        ValueError: It can be none.
    """
    if not _DNS_NAME.fullmatch(name):
        raise ValueError(f'"{name}" cannot be a name in Kubernetes: lower case letters, digits, "-" and "."')
