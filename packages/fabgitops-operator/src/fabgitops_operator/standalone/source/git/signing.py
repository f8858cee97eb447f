"""Signed commits: with keys given, a commit is taken only if one of them signed it.

The keys are a file of allowed signers for ssh (`man ssh-keygen`, ALLOWED SIGNERS), or OpenPGP public keys. git
verifies, by ssh-keygen or gpg, with no key but those of the file.
"""

import asyncio
import shutil
from pathlib import Path

from fabgitops_operator.standalone.source.git.errors import GitError
from fabgitops_operator.standalone.source.git.program import LOCAL_SECS, Git
from fabgitops_operator.standalone.source.programs import ProgramError, run

_ARMOUR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"


class UnsignedError(Exception):
    """A commit is not signed by any of the keys: its text says what is known of it."""


async def verify(git: Git, commit: str, keys: Path) -> None:
    """Let a commit pass that one of the keys has signed.

    Raises:
        UnsignedError: None of them has.
        GitError: The keys cannot be read, or git cannot verify.
    """
    try:
        is_pgp = _is_pgp(await asyncio.to_thread(keys.read_bytes))
    except OSError as error:
        raise GitError(f"the keys for commits {keys}: {error.strerror or error}") from None
    if is_pgp:
        await _import(git, keys)
    allowed = "/dev/null" if is_pgp else str(keys)
    options = ("-c", f"gpg.ssh.allowedSignersFile={allowed}", "-c", "gpg.minTrustLevel=undefined")
    done = await git(*options, "verify-commit", "--raw", commit)
    good = "GOODSIG" in done.said.split() if is_pgp else _is_ssh(await git.out("cat-file", "commit", commit))
    if done.code or not good:
        raise UnsignedError(f"commit {commit[:12]} is not signed by a key of {keys}: {_why(done.said)}")


def _why(said: str) -> str:
    if not said:
        return "it has no signature"
    return said.replace("[GNUPG:]", "").strip()[:300]


def _is_pgp(keys: bytes) -> bool:
    """Return whether keys are OpenPGP's: armoured, or a packet of a public key (RFC 9580, sections 4.2 and 5.5)."""
    return _ARMOUR in keys or keys[:1] in {b"\x98", b"\x99", b"\xc6"}


def _is_ssh(commit: bytes) -> bool:
    return b"-----BEGIN SSH SIGNATURE-----" in commit.split(b"\n\n", 1)[0]


async def _import(git: Git, keys: Path) -> None:
    """Make a keyring of exactly these keys."""
    ring = git.home / "gnupg"
    shutil.rmtree(ring, ignore_errors=True)
    ring.mkdir(parents=True, mode=0o700)
    command = ("gpg", "--batch", "--no-tty", "--quiet", "--no-autostart", "--import", "--", str(keys))
    try:
        done = await run(command, git.environment(), LOCAL_SECS)
    except ProgramError as error:
        raise GitError(f"the keys for commits {keys} cannot be used: {error}") from None
    if done.code:
        raise GitError(f"the keys for commits {keys} cannot be used: {done.said}")
