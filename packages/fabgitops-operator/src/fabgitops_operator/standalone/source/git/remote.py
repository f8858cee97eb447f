"""What is asked of the repository of others: which commit a ref names, and that commit itself."""

import re
from dataclasses import dataclass

from fabgitops_operator.standalone.source.git.errors import GitError
from fabgitops_operator.standalone.source.git.hints import hint
from fabgitops_operator.standalone.source.git.program import Git

ASK_SECS = 60.0
FETCH_SECS = 600.0
"""How long the question for a ref, and a fetch, may take; a line that stands still is given up after 30 s."""

LOOKED_BACK = 50
"""Commits within which it is found out whether a branch went on or went back."""

_NEW = "refs/fabgitops/new"
_BEFORE = "refs/fabgitops/before"
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Tip:
    """What a ref names at a moment."""

    ref: str
    """In full: `refs/heads/main`, or the commit itself where that was asked for."""
    commit: str


class Remote:
    """The repository of others."""

    def __init__(self, git: Git, ref: str) -> None:
        self._git = git
        self._ref = ref

    async def tip(self) -> Tip:
        """Return which commit the ref names now.

        Raises:
            GitError: The repository cannot be asked, or has no such ref.
        """
        if _COMMIT.fullmatch(self._ref):
            return Tip(self._ref, self._ref)
        wanted = self._candidates()
        done = await self._git("ls-remote", "--", self._git.address.url, *wanted, deadline=ASK_SECS)
        if done.code:
            raise self._told(done.said)
        found = dict(
            line.split("\t", 1)[::-1] for line in done.out.decode(errors="replace").splitlines() if "\t" in line
        )
        for ref in wanted:
            commit = found.get(f"{ref}^{{}}") or found.get(ref)
            if commit and _COMMIT.fullmatch(commit):
                return Tip(ref, commit)
        raise GitError(f"{self._git.address} has no branch or tag {self._ref!r}: say which with --ref")

    def _candidates(self) -> tuple[str, ...]:
        if self._ref == "HEAD" or self._ref.startswith("refs/"):
            return self._ref, f"{self._ref}^{{}}"
        return f"refs/heads/{self._ref}", f"refs/tags/{self._ref}", f"refs/tags/{self._ref}^{{}}"

    async def fetch(self, tip: Tip, depth: int = 1) -> str:
        """Fetch what a ref names, and return the commit; it may have moved on since it was asked for.

        Raises:
            GitError: It cannot be had.
        """
        arguments = ("--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "--force", "--quiet")
        done = await self._git(
            "fetch",
            f"--depth={depth}",
            *arguments,
            "--",
            self._git.address.url,
            f"+{tip.ref}:{_NEW}",
            deadline=FETCH_SECS,
        )
        if done.code:
            raise self._told(done.said)
        return (await self._git.out("rev-parse", "--verify", "--quiet", f"{_NEW}^{{commit}}")).decode().strip()

    async def keep(self, commit: str) -> None:
        """Keep a commit that was fetched, to compare what comes with; one that is not there any more is no loss."""
        await self._git("update-ref", _BEFORE, commit)

    async def went_back(self, tip: Tip, commit: str, before: str) -> bool:
        """Return whether a branch does not go on from a commit; what cannot be found out is taken for going on.

        It does not if all of its history, or what there is of it within bounds, lacks the commit, and it is complete or
        ends earlier than the commit was made.
        """
        try:
            await self.fetch(tip, LOOKED_BACK)
            if (await self._git("merge-base", "--is-ancestor", before, commit)).code != 1:
                return False
            history = (await self._git.out("log", f"--max-count={LOOKED_BACK}", "--format=%ct", commit)).split()
            made = int(await self._git.out("log", "-1", "--format=%ct", before))
        except (GitError, ValueError):
            return False
        return len(history) < LOOKED_BACK or int(history[0]) < made

    def _told(self, said: str) -> GitError:
        return GitError(f"{self._git.address}: {said or 'git said nothing'}{hint(said)}")
