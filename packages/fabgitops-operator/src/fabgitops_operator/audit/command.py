"""The command that verifies records."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.choosing import key_in
from fabgitops_operator.audit.folder import HEAD, files_in
from fabgitops_operator.audit.verify import Found, verify


class NoRecordsError(Exception):
    """There is nothing to verify, or it cannot be read: the text says why."""


def verified(places: Sequence[Path], keys: Sequence[Path], *, among_others: bool) -> Found:
    """Return what is found in files and folders.

    Raises:
        NoRecordsError: There are none, or one cannot be read.
        AuditKeyError: A key cannot be used.
    """
    seals = {seal.key_id: seal for seal in (Seal(), *(Seal(key_in(file)) for file in keys))}
    folders = dict.fromkeys(place if place.is_dir() else place.parent for place in places)
    files = files_in(places)
    if not files:
        raise NoRecordsError(f"there are no records in {', '.join(map(str, places))}")
    try:
        # The head first: an operator that runs writes records before it, and it must not be ahead of what was read.
        heads = [(str(head), head.read_bytes()) for head in (folder / HEAD for folder in folders) if head.is_file()]
        return verify(_contents(files), heads, seals, among_others=among_others)
    except OSError as error:
        raise NoRecordsError(f"{error.filename} cannot be read: {error.strerror}") from None


def _contents(files: Sequence[Path]) -> Iterator[tuple[str, Iterable[bytes]]]:
    for path in files:
        with path.open("rb") as file:
            yield str(path), file


def told(found: Found) -> str:
    """Return what is said of it, a line each: problems first."""
    lines = [f"{problem}\n" for problem in found.problems]
    for chain in found.chains.values():
        lines += [f"{problem}\n" for problem in chain.problems]
        lines += [f"note: {note}\n" for note in chain.notes]
        lines.append(f"{chain}\n")
    return "".join(lines) or "no records\n"
