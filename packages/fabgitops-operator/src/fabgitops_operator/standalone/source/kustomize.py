"""Manifests built by the real kustomize, from a private copy of the source that is gone afterwards.

Without the program a source with a kustomization is an error: its plain files lack the patches, and a bare base is a
wrong set-point. kustomize fetches remote bases itself, so they are found before it runs, and it runs without git and
with a proxy that leads nowhere.
"""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_core.api.kinds import Kind

from fabgitops_operator.standalone.source.bases import problems_of_bases
from fabgitops_operator.standalone.source.manifests import Reading
from fabgitops_operator.standalone.source.origins import with_origins
from fabgitops_operator.standalone.source.programs import Done, ProgramError, run
from fabgitops_operator.standalone.source.reading import read
from fabgitops_operator.standalone.source.tree import KUSTOMIZATIONS, Revision, is_kustomization
from fabgitops_operator.standalone.source.troubles import RevisionError, Trouble

BUILT = "what kustomize built"
"""Stands where the file would, for what kustomize does not say the file of."""

BUILD_SECS = 120.0

_TREE, _TOP = "tree", "top"
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Kustomize:
    """How kustomizations are built."""

    path: str = ""
    """The folder that holds the manifests, in the source."""
    scratch: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    """Where the private copy is made."""
    remote_bases: bool = False
    """Whether kustomize may fetch what a kustomization names elsewhere."""

    async def read(self, revision: Revision, kinds: Sequence[Kind]) -> Reading:
        """Return what a kustomization builds.

        Raises:
            RevisionError: It cannot be built, or names a remote base.
        """
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix="kustomize-") as made:
            folder = Path(made)
            tree = folder / _TREE
            tree.mkdir()
            await revision.export(tree)
            if not self.remote_bases:
                await asyncio.to_thread(_check_bases, tree, self.path)
            built = await self._built(folder)
            return await asyncio.to_thread(self._read, built, folder, kinds)

    def _read(self, built: bytes, folder: Path, kinds: Sequence[Kind]) -> Reading:
        return with_origins(read({BUILT: built}, kinds), folder, f"../{_TREE}/")

    async def _built(self, folder: Path) -> bytes:
        """Build it below a kustomization of ours, which asks that each object says where it came from."""
        top = folder / _TOP
        top.mkdir()
        (top / KUSTOMIZATIONS[0]).write_text(_top_of(self.path))
        try:
            done = await run((*_program(), str(top)), self._environment(folder), BUILD_SECS, folder=top)
        except ProgramError as error:
            raise RevisionError([Trouble(self._kustomization(folder), 0, str(error))]) from None
        if done.code:
            raise RevisionError([Trouble(self._kustomization(folder), 0, self._told(done, folder))])
        return done.out

    def _kustomization(self, folder: Path) -> str:
        base = folder / _TREE / self.path
        name = next((each for each in KUSTOMIZATIONS if (base / each).is_file()), KUSTOMIZATIONS[0])
        return os.path.normpath(os.path.join(self.path, name))

    def _told(self, done: Done, folder: Path) -> str:
        said = done.said.replace(f"{folder / _TREE}/", "").replace(str(folder / _TREE), ".")
        return f"kustomize cannot build this: {said or f'it ended with {done.code}'}"

    def _environment(self, folder: Path) -> Mapping[str, str]:
        own = {"HOME": str(folder), "KUBECONFIG": os.devnull, "LC_ALL": "C", "TMPDIR": str(folder)}
        shut = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
        if self.remote_bases:
            return {**own, **shut, "GIT_ALLOW_PROTOCOL": "https:ssh", "PATH": os.environ.get("PATH", os.defpath)}
        return {**own, "PATH": str(folder / "none"), "HTTPS_PROXY": _NOWHERE, "HTTP_PROXY": _NOWHERE}


def _top_of(path: str) -> str:
    """Return a kustomization, in JSON, which YAML is too, that builds the one of a folder."""
    target = os.path.normpath(f"../{_TREE}/{path}")
    return json.dumps({"resources": [target], "buildMetadata": ["originAnnotations"]})


def _check_bases(tree: Path, path: str) -> None:
    if problems := problems_of_bases(tree, path):
        raise RevisionError(problems)


def _program() -> tuple[str, ...]:
    """Return the command that builds.

    Raises:
        ProgramError: There is none.
    """
    if (kustomize := shutil.which("kustomize")) is not None:
        return kustomize, "build"
    if (kubectl := shutil.which("kubectl")) is not None:
        return kubectl, "kustomize"
    raise ProgramError(
        "this needs kustomize to be built, and neither kustomize nor kubectl is there: install one of them,"
        " or name a folder of plain manifests with --path"
    )


def is_needed(files: Mapping[str, bytes]) -> bool:
    """Return whether kustomize must build a source.

    Raises:
        RevisionError: Only a folder below it has a kustomization: read as plain files its patches would be missing.
    """
    found = sorted(path for path in files if is_kustomization(path))
    if any("/" not in path for path in found):
        return True
    if found:
        said = (
            "kustomize would build this, and the folder above it is none of its own: name this folder with --path,"
            f" or add a {KUSTOMIZATIONS[0]} at the top that names it"
        )
        raise RevisionError([Trouble(path, 0, said) for path in found])
    return False
