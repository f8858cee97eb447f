"""What can be set without a cluster, by flag, by environment (FABGITOPS_...) or in a file.

None of these has slots: a class with two bases cannot have them from both.
"""

import os
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Annotated, ClassVar

from cyclopts import Parameter
from cyclopts.validators import Number

from fabgitops_operator.hosting.listen import DEFAULT, place
from fabgitops_operator.settings import Common, audit_together
from fabgitops_operator.standalone.source.git.program import Credentials
from fabgitops_operator.standalone.source.settings import SourceSettings


def default_state() -> Path:
    """Return where the state is kept: where systemd says, else in the system's folder for root, else in the user's."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    if os.geteuid() == 0:
        return Path("/var/lib/fabgitops")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "fabgitops"


def _place(_: type, text: str) -> None:
    """Refuse what is no place to listen at."""
    place(text)


State = Annotated[Path, Parameter(show_default=False)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where the state is."""

    state: State = field(default_factory=default_state)
    """Folder that the state is kept in. Default: /var/lib/fabgitops for root and systemd, else in ~/.local/state."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Entry(Kept):
    """Where the API is."""

    listen: Annotated[str, Parameter(validator=_place)] = DEFAULT
    """ADDRESS:PORT of API, metrics and probes; port 0 takes a free one. Off loopback it wants TLS and tokens."""

    tls_cert: Path | None = None
    """Certificate (PEM) that the API shows. Default: tls.crt of the state, where `standalone certificate` put one."""

    tls_key: Path | None = None
    """Its key (PEM). Default: tls.key of the state."""


@Parameter(name="*", validator=audit_together)
@dataclass(frozen=True, kw_only=True)
class StandaloneSettings(Entry, Common):
    """All settings, with their defaults."""

    namespace: ClassVar[tuple[str, ...]] = ()
    resync_secs: ClassVar[float] = 300.0
    deaf_secs: ClassVar[float] = 60.0
    control_plane_grace_secs: ClassVar[float] = inf

    source: str
    """Where the manifests are: a folder, or the address of a Git repository (https://, ssh://, user@host:path)."""

    ref: str = "main"
    """Branch, tag or other ref of the Git repository."""

    path: str = ""
    """Folder within the source that holds the manifests, such as lines/a. Default: all of it."""

    source_secs: Annotated[float, Parameter(validator=Number(gte=1))] = 60.0
    """Seconds between two looks at the Git repository, give or take a tenth; a folder is looked at every two."""

    git_user: str = "git"
    """Name that goes with the token of --git-token-file; most servers take any."""

    git_token_file: Path | None = None
    """File with the token, or password, for a repository behind https."""

    git_ca_file: Path | None = None
    """Certificates (PEM) that the https server is checked against instead of the system's."""

    git_ssh_key: Path | None = None
    """File with the private key for a repository behind ssh."""

    git_known_hosts: Path | None = None
    """File with the key of the ssh server, as ssh-keyscan writes it."""

    git_signers: Path | None = None
    """Keys of which one must have signed a commit: a file of ssh's allowed signers, or exported keys of GnuPG."""

    allow_remote_bases: Annotated[bool, Parameter(negative=())] = False
    """Let kustomize fetch bases that stand elsewhere; without, a kustomization that names one is refused."""

    webhook_secret_file: Path | None = None
    """File with the secret by which the Git server signs its requests to /webhook, which have the source looked at."""

    secrets: Path | None = None
    """Folder of Secrets: DIR/NAMESPACE/NAME/ with ca.crt, tls.crt, tls.key for TLS, or a file for each key."""

    def of_source(self) -> SourceSettings:
        """Return what the source is to know."""
        credentials = Credentials(
            self.git_token_file, self.git_user, self.git_ca_file, self.git_ssh_key, self.git_known_hosts
        )
        return SourceSettings(
            self.source,
            source_folder(self.state),
            ref=self.ref,
            path=self.path,
            poll_secs=self.source_secs,
            credentials=credentials,
            signers_file=self.git_signers,
            remote_bases=self.allow_remote_bases,
        )


def source_folder(state: Path) -> Path:
    """Return where the source keeps what can be thrown away at any time."""
    return state / "source"
