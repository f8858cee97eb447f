"""Signed commits: with keys given, only what one of them has signed is taken."""

import shutil
import subprocess
from pathlib import Path

import pytest
from fabgitops_operator.standalone.source.git.address import parsed
from fabgitops_operator.standalone.source.git.repository import Place, Repository
from fabgitops_operator.standalone.source.troubles import AwayError, RevisionError

from .repositories import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with one commit, which nobody has signed."""
    made = Repo(tmp_path / "plant")
    made.write(a="1")
    made.commit()
    return made


def source(repo: Repo, tmp_path: Path, keys: Path) -> Repository:
    """Return that repository as the source, of which these keys must have signed what counts."""
    return Repository(Place(parsed(repo.url), signers_file=keys), tmp_path / "state" / "source")


class SshKey:
    """A key of ssh, by which commits are signed."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.file], check=True)
        self.allowed = folder / f"{name}.allowed"
        self.allowed.write_text(f"* {self.file.with_suffix('.pub').read_text()}")

    def sign(self, repo: Repo) -> str:
        """Make a commit that it has signed."""
        return repo.commit("-c", "gpg.format=ssh", "-c", f"user.signingKey={self.file}", "-S")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
async def test_a_commit_that_a_key_of_ssh_has_signed_is_taken(repo: Repo, tmp_path: Path) -> None:
    """Of an unsigned commit, one by a foreign key and one by the right key the last one counts."""
    ours, foreign = SshKey(tmp_path, "ours"), SshKey(tmp_path, "foreign")
    looked = source(repo, tmp_path, ours.allowed)
    with pytest.raises(RevisionError, match=r"is not signed by a key of .*ours.allowed: it has no signature"):
        await looked.look("")
    foreign.sign(repo)
    with pytest.raises(RevisionError, match=r"is not signed by a key of .*ours.allowed: "):
        await looked.look("")
    signed = ours.sign(repo)
    revision = await looked.look("")
    assert revision is not None
    assert revision.id == signed


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
async def test_a_signature_of_another_commit_is_no_signature(repo: Repo, tmp_path: Path) -> None:
    """A commit that carries the signature of another one is not taken."""
    ours = SshKey(tmp_path, "ours")
    signed = ours.sign(repo)
    forged = repo.git("cat-file", "commit", signed).replace("change", "another change")
    commit = repo.git("hash-object", "-t", "commit", "-w", "--stdin", text=f"{forged}\n")
    repo.git("update-ref", "refs/heads/main", commit)
    with pytest.raises(RevisionError, match=r"is not signed by a key of"):
        await source(repo, tmp_path, ours.allowed).look("")


class PgpKey:
    """An OpenPGP key, by which commits are signed."""

    def __init__(self, folder: Path, name: str, *, armoured: bool = True, at: str = "") -> None:
        self.home = folder / name
        self.home.mkdir(mode=0o700)
        self._time = ("--faked-system-time", at) if at else ()
        lasts = "1d" if at else "never"
        self._gpg("--passphrase", "", "--quick-generate-key", f"{name}@example.com", "ed25519", "sign", lasts)
        self.public = folder / f"{name}.pub"
        self.public.write_bytes(self._gpg(*(("--armor",) if armoured else ()), "--export"))
        self.name = f"{name}@example.com"

    def _gpg(self, *arguments: str) -> bytes:
        options = ["--homedir", str(self.home), "--batch", "--quiet", "--pinentry-mode", "loopback", *self._time]
        return subprocess.run(["gpg", *options, *arguments], check=True, capture_output=True).stdout

    def sign(self, repo: Repo) -> str:
        """Make a commit that it has signed."""
        program = self.home / "gpg-then"
        program.write_text(f'#!/bin/sh\nexec gpg {" ".join(self._time)} "$@"\n')
        program.chmod(0o755)
        options = ("-c", f"user.signingKey={self.name}", "-c", f"gpg.program={program}", "-S")
        return repo.commit(*options, GNUPGHOME=str(self.home))

    def close(self) -> None:
        """End its agent."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
@pytest.mark.parametrize("armoured", [True, False])
async def test_a_commit_that_an_openpgp_key_has_signed_is_taken(repo: Repo, tmp_path: Path, armoured: bool) -> None:
    """Of an unsigned commit, one by a foreign key and one by the right key the last one counts."""
    ours, foreign = PgpKey(tmp_path, "ours", armoured=armoured), PgpKey(tmp_path, "foreign")
    try:
        looked = source(repo, tmp_path, ours.public)
        with pytest.raises(RevisionError, match=r"is not signed by a key of .*ours.pub: it has no signature"):
            await looked.look("")
        foreign.sign(repo)
        with pytest.raises(RevisionError, match=r"is not signed by a key of .*ours.pub: "):
            await looked.look("")
        signed = ours.sign(repo)
        revision = await looked.look("")
        assert revision is not None
        assert revision.id == signed
    finally:
        ours.close()
        foreign.close()


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
async def test_a_key_that_has_expired_signs_nothing_any_more(repo: Repo, tmp_path: Path) -> None:
    """A commit whose key has expired since is not taken, although git calls that signature good."""
    key = PgpKey(tmp_path, "former", at="20200101T000000")
    try:
        key.sign(repo)
        with pytest.raises(RevisionError, match=r"is not signed by a key of .*former\.pub: .*EXPKEYSIG"):
            await source(repo, tmp_path, key.public).look("")
    finally:
        key.close()


@pytest.mark.skipif(
    shutil.which("ssh-keygen") is None or shutil.which("gpg") is None, reason="needs ssh-keygen and gpg"
)
async def test_a_key_of_one_kind_does_not_stand_for_the_other(repo: Repo, tmp_path: Path) -> None:
    """A commit that is signed by ssh is not taken where OpenPGP keys are given."""
    ours, other = SshKey(tmp_path, "ours"), PgpKey(tmp_path, "other")
    try:
        ours.sign(repo)
        with pytest.raises(RevisionError, match=r"is not signed by a key of .*other.pub"):
            await source(repo, tmp_path, other.public).look("")
    finally:
        other.close()


async def test_keys_that_cannot_be_read_let_nothing_through(repo: Repo, tmp_path: Path) -> None:
    """A file of keys that is not there, or holds none, takes no commit."""
    with pytest.raises(AwayError, match=r"the keys for commits .*none: No such file or directory"):
        await source(repo, tmp_path, tmp_path / "none").look("")
    (tmp_path / "empty").write_text("")
    with pytest.raises(RevisionError, match=r"is not signed by a key of .*empty"):
        await source(repo, tmp_path, tmp_path / "empty").look("")
