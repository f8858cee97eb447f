"""From settings to who keeps the records."""

from pathlib import Path
from typing import Protocol

from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.folder import Folder
from fabgitops_operator.audit.keeper import Keeper
from fabgitops_operator.audit.stream import Stream
from fabgitops_operator.audit.writer import Writer
from fabgitops_operator.settings import STDOUT, Outage

LEAST_KEY = 16
"""Bytes that a key has at least: a shorter one can be guessed."""


class AuditKeyError(Exception):
    """The file of a key cannot be used: the text says which and why."""


class Wishes(Protocol):
    """What is to be set of the audit."""

    @property
    def audit(self) -> str:
        """Return the folder, or what stands for standard output, or "" for none."""
        ...

    @property
    def audit_sync(self) -> bool:
        """Return whether records must be on the disk before a write."""
        ...

    @property
    def audit_key_file(self) -> str:
        """Return the file of the key, or ""."""
        ...

    @property
    def audit_outage(self) -> Outage:
        """Return what becomes of writes that cannot be recorded."""
        ...

    @property
    def audit_file_mib(self) -> int:
        """Return the MiB of a file."""
        ...

    @property
    def audit_keep(self) -> int:
        """Return how many files are kept; 0 keeps all."""
        ...


def keeper_of(settings: Wishes) -> Keeper | None:
    """Return who keeps records, if anybody is to; nothing is opened yet.

    Raises:
        AuditKeyError: The key cannot be used.
    """
    if not settings.audit:
        return None
    seal = Seal(key_in(Path(settings.audit_key_file)) if settings.audit_key_file else b"")
    if settings.audit == STDOUT:
        return Keeper(Writer(Stream(), seal), settings.audit_outage)
    most = settings.audit_file_mib << 20
    folder = Folder(Path(settings.audit), most, settings.audit_keep, sync=settings.audit_sync)
    return Keeper(Writer(folder, seal), settings.audit_outage)


def key_in(file: Path) -> bytes:
    """Return the key that a file holds; a line's end at its end is not of it.

    Raises:
        AuditKeyError: It cannot be read, or is too short.
    """
    try:
        key = file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise AuditKeyError(f"the key {file} cannot be read: {error.strerror}") from None
    if len(key) < LEAST_KEY:
        raise AuditKeyError(
            f"the key {file} has {len(key)} bytes, and needs {LEAST_KEY}: openssl rand -hex 32 > {file}"
        )
    return key
