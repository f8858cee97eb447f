"""Where manifests come from: files, folders with all below them, kustomizations, and standard input."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mock_plc.errors import MockPlcError
from mock_plc.twin.documents import Text
from mock_plc.twin.kustomization import FILES, bases, is_component

STDIN = "-"
_SUFFIXES = {".yaml", ".yml", ".json"}
"""What kubectl takes of a folder."""


class SourceError(MockPlcError):
    """Manifests cannot be had: the text says from where, why, and what to do."""

    code = 2


def texts(given: Sequence[str]) -> list[Text]:
    """Return all manifests that are given: paths, or `-` for standard input.

    Of a folder each file is taken that kubectl would take, with all folders below it but hidden ones. A folder with a
    kustomization is what kustomize makes of it, unless another one that is found with it builds on it.

    Raises:
        SourceError: There is no such thing, it cannot be read, or kustomize is missing or refuses.
    """
    found: list[Text] = []
    for each in dict.fromkeys(given):
        path = Path(each)
        if each == STDIN:
            found.append(Text("standard input", _decoded(sys.stdin.buffer.read(), "standard input")))
        elif path.is_dir():
            found += _folder(path)
        else:
            found.append(_file(path))
    return found


def _file(path: Path) -> Text:
    try:
        return Text(str(path), _decoded(path.read_bytes(), str(path)))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from None


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{source}: byte {error.start} is not UTF-8") from None


def _folder(folder: Path) -> Iterator[Text]:
    kustomizations: list[Path] = []
    for path in _walked(folder, kustomizations):
        yield _file(path)
    built_on = {base for each in kustomizations for base in _bases(each)}
    for each in kustomizations:
        if each.parent.resolve() not in built_on and not is_component(_file(each)):
            yield _kustomized(each.parent)


def _walked(folder: Path, kustomizations: list[Path]) -> Iterator[Path]:
    """Yield the files that stand for themselves, and note the kustomizations, below which none does."""
    below: list[Path] = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found = next((name for name in FILES if name in files), None)
        if found:
            kustomizations.append(here / found)
            below.append(here)
        elif not any(each in here.parents for each in below):
            yield from (here / name for name in sorted(files) if Path(name).suffix in _SUFFIXES)


def _bases(kustomization: Path) -> Iterator[Path]:
    """Yield the folders that a kustomization builds on."""
    for name in bases(_file(kustomization)):
        yield (kustomization.parent / name).resolve()


def _kustomized(folder: Path) -> Text:
    """Return what kustomize makes of a folder; of a line in it nobody knows which file it came from."""
    command = _kustomize()
    if command is None:
        raise SourceError(
            f"{folder} is a kustomization, and there is neither kustomize nor kubectl on the PATH: install one of "
            "them, or build it elsewhere and give what comes out: -f -"
        )
    said = " ".join([Path(command[0]).name, *command[1:]])
    done = subprocess.run([*command, str(folder)], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split()) or f"it ended with {done.returncode}"
        raise SourceError(f"{folder} is a kustomization that cannot be built: {said}: {reason}")
    return Text(f"{folder} (by {said})", _decoded(done.stdout, said), lined=False)


def _kustomize() -> list[str] | None:
    if program := shutil.which("kustomize"):
        return [program, "build"]
    return [program, "kustomize"] if (program := shutil.which("kubectl")) else None
