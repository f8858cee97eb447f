"""A Git repository as the source: asked for its tip, fetched where that is new, and read from the object store."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_core.codec.texts import printable

from fabgitops_operator.standalone.source.git import objects, signing
from fabgitops_operator.standalone.source.git.address import Address
from fabgitops_operator.standalone.source.git.errors import GitError
from fabgitops_operator.standalone.source.git.program import Credentials, Git
from fabgitops_operator.standalone.source.git.remote import FETCH_SECS, Remote, Tip
from fabgitops_operator.standalone.source.tree import WHOLE, Bounds, Revision, is_read
from fabgitops_operator.standalone.source.troubles import AwayError, RevisionError, Trouble

FETCHES_KEPT = 20
"""After so many fetches what is no longer needed is thrown away."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which files of which repository."""

    address: Address
    ref: str = "main"
    path: str = ""
    """The folder that holds the manifests, in the repository; all of it by default."""
    credentials: Credentials = field(default_factory=Credentials)
    signers_file: Path | None = None
    """Keys of which one must have signed a commit: allowed signers of ssh, or OpenPGP public keys."""


class Repository:
    """The source; its bare repository is in the state, and can be thrown away at any time."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place = place
        self._folder = folder / "repository.git"
        self._git = Git(self._folder, place.address, place.credentials, folder)
        self._remote = Remote(self._git, place.ref)
        self._fetched = 0
        self.seen = ""
        """The commit that was looked at last."""

    def __str__(self) -> str:
        """Return where it is."""
        path = f" {self._place.path}" if self._place.path else ""
        return f"{self._place.address} {self._place.ref}{path}"

    def again(self) -> None:
        """Read the commit at the next look, even if it is the same."""
        self.seen = ""

    async def look(self, known: str) -> Revision | None:
        """Return the commit that the ref names, or nothing when it is the known one, or was returned already.

        Args:
            known: The revision that was taken last.

        Raises:
            AwayError: The repository cannot be read.
            RevisionError: The commit is not signed as it must be, or holds what is not read.
        """
        try:
            tip = await self._remote.tip()
            if tip.commit in {self.seen, known}:
                self.seen = tip.commit
                return None
            return await self._read(tip, known)
        except GitError as error:
            raise AwayError(str(error)) from None

    async def _read(self, tip: Tip, known: str) -> Revision:
        await self._prepare()
        if known:
            await self._remote.keep(known)
        commit = await self._remote.fetch(tip)
        self._fetched += 1
        self.seen = commit
        try:
            return await self._revision(tip, commit, known)
        except GitError:
            self.seen = ""
            raise

    async def _revision(self, tip: Tip, commit: str, known: str) -> Revision:
        if self._place.signers_file:
            await self._signed(commit, self._place.signers_file)
        parents = await objects.parents(self._git, commit)
        went_back = bool(known) and known not in parents and await self._remote.went_back(tip, commit, known)
        remark = f"the branch went back or was written anew: {known[:12]} is not behind it" if went_back else ""
        files, passed_over = await self._files(commit)
        return Revision(commit, files, self._exporting(commit), parents, remark, tuple(passed_over))

    async def _signed(self, commit: str, keys: Path) -> None:
        try:
            await signing.verify(self._git, commit, keys)
        except signing.UnsignedError as error:
            raise RevisionError([Trouble("", 0, str(error))]) from None

    async def _files(self, commit: str) -> tuple[dict[str, bytes], list[str]]:
        bounds, wanted, passed_over = Bounds(self._place.path), [], []
        try:
            found = await objects.entries(self._git, commit, self._place.path)
        except GitError as error:
            raise RevisionError([Trouble("", 0, f"{error}: say which with --path")]) from None
        for each in found:
            if each.mode == objects.SUBMODULE:
                passed_over.append(f"{each.path}: a submodule")
            elif not is_read(each.path):
                continue
            elif each.mode == objects.LINK:
                bounds.refuse(each.path, "this is a link, and none is followed in Git: put the file itself there")
            elif each.is_file and bounds.let(each.path, each.size):
                wanted.append(each)
        bounds.check()
        return dict(await objects.contents(self._git, wanted)), passed_over

    def _exporting(self, commit: str) -> "_Exporting":
        return _Exporting(self._git, commit)

    async def _prepare(self) -> None:
        """Make the bare repository, anew if it is damaged, and throw away now and then what nobody needs."""
        if self._fetched and self._fetched % FETCHES_KEPT == 0:
            await self._git("gc", "--quiet", "--prune=now", deadline=FETCH_SECS)
        if self._folder.is_dir():
            done = await self._git("rev-parse", "--is-bare-repository")
            if done.code == 0 and done.out.strip() == b"true":
                return
            await asyncio.to_thread(shutil.rmtree, self._folder)
        self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._git.out("init", "--quiet", "--bare", "--template=", str(self._folder))


@dataclass(frozen=True, slots=True)
class _Exporting:
    """Writes the files of a commit into a folder, for kustomize."""

    git: Git
    commit: str

    async def __call__(self, folder: Path) -> None:
        """Write its regular files.

        Raises:
            RevisionError: They are too many.
            AwayError: The repository is damaged.
        """
        bounds = Bounds(way_out=WHOLE)
        try:
            found = await objects.entries(self.git, self.commit)
            wanted = [each for each in found if each.is_file and bounds.let(each.path, each.size)]
            files = await objects.contents(self.git, wanted)
        except GitError as error:
            raise AwayError(str(error)) from None
        try:
            await asyncio.to_thread(objects.write_files, folder, files)
        except OSError as error:
            where = str(Path(str(error.filename)).relative_to(folder)) if error.filename else ""
            raise RevisionError([Trouble(printable(where), 0, f"cannot be written out: {error.strerror}")]) from None
