"""What can be set of the source."""

from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_operator.standalone.source.directory import Directory
from fabgitops_operator.standalone.source.git.address import is_address, parsed
from fabgitops_operator.standalone.source.git.program import Credentials
from fabgitops_operator.standalone.source.git.repository import Place, Repository
from fabgitops_operator.standalone.source.plan import Limits

DIRECTORY_SECS = 2.0
"""Seconds between two looks at a folder; two that agree are needed."""

GIT_SECS = 60.0
"""Seconds between two looks at a repository, unless set otherwise."""


class SourceError(ValueError):
    """What was given cannot be a source: its text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where manifests come from, and under which conditions they are taken."""

    source: str
    """A folder, or the address of a Git repository."""
    folder: Path
    """What the source keeps in the state; it can be thrown away at any time."""
    ref: str = "main"
    path: str = ""
    """The folder that holds the manifests, in the source."""
    poll_secs: float = GIT_SECS
    """Seconds between two looks at a repository, give or take a tenth."""
    credentials: Credentials = field(default_factory=Credentials)
    signers_file: Path | None = None
    """Keys of which one must have signed a commit."""
    remote_bases: bool = False
    """Whether kustomize may fetch what a kustomization names elsewhere."""
    limits: Limits = field(default_factory=Limits)

    @property
    def secs(self) -> float:
        """Return how many seconds lie between two looks."""
        return self.poll_secs if is_address(self.source) else DIRECTORY_SECS

    @property
    def within(self) -> str:
        """Return the folder within the source, without anything odd: `lines/a`.

        Raises:
            SourceError: It leads out of the source.
        """
        return _within(self.path)

    def opened(self) -> Directory | Repository:
        """Return the source.

        Raises:
            SourceError: What was given cannot be one.
        """
        path = self.within
        if not is_address(self.source):
            if self.signers_file:
                raise SourceError("--git-signers asks for signed commits, and a folder has none: name a Git repository")
            return Directory(Path(self.source).absolute(), path)
        try:
            address = parsed(self.source)
        except ValueError as error:
            raise SourceError(str(error)) from None
        if address.scheme == "ssh" and not self.credentials.known_hosts_file:
            raise SourceError(
                f"{address} is reached by ssh: name a file that holds the server's key with --git-known-hosts FILE"
                f" (`ssh-keyscan {address.host} > FILE` writes it; compare it with what the server's owner says)"
            )
        place = Place(address, self.ref, path, self.credentials, self.signers_file)
        return Repository(place, self.folder)


def _within(path: str) -> str:
    """Return a folder within the source.

    Raises:
        SourceError: It leads out of it.
    """
    parts = [each for each in path.split("/") if each not in {"", "."}]
    if ".." in parts or path.startswith("/"):
        raise SourceError(f"--path {path} leads out of the source: name a folder within it")
    return "/".join(parts)
