"""The git program, shut in: no configuration, hook, filter, prompt, helper or protocol but those named here."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_operator.standalone.source.git.address import Address
from fabgitops_operator.standalone.source.git.errors import GitError, GitMissingError
from fabgitops_operator.standalone.source.programs import Done, ProgramError, ProgramMissingError, run

LOCAL_SECS = 60.0
"""How long git may take for what it does here."""

_FROM_OUTSIDE = ("PATH", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "TMPDIR")

_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.logAllRefUpdates=false",
    "core.askPass=",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=30",
    "fetch.recurseSubmodules=false",
    "transfer.bundleURI=false",
    "protocol.version=2",
)

_HELPER = (
    '!f() { test "$1" = get || exit 0; echo "username=$FABGITOPS_GIT_USER"; '
    'printf "password="; head -n 1 "$FABGITOPS_GIT_TOKEN_FILE"; echo; }; f'
)
"""Gives git the name and the token out of its file at each request, so neither stands on a command line."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How we show a server who we are, and know it: files, read anew by each request."""

    token_file: Path | None = None
    user: str = "git"
    """Name that goes with the token; most servers take any."""
    ca_file: Path | None = None
    """CAs that https servers are checked against instead of the system's."""
    ssh_key_file: Path | None = None
    known_hosts_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Git:
    """The program, on one bare repository."""

    repository: Path
    address: Address
    credentials: Credentials = field(default_factory=Credentials)
    home: Path = Path("/nonexistent")

    async def __call__(self, *arguments: str, deadline: float = LOCAL_SECS, text: bytes = b"") -> Done:
        """Run a command of git, whatever comes of it.

        Raises:
            GitMissingError: There is no git program.
            GitError: It took too long, or printed too much.
        """
        try:
            return await run(("git", *self._settings(), *arguments), self.environment(), deadline, text)
        except ProgramMissingError:
            raise GitMissingError(
                "the git program is not there: install it (apt-get install git), or name a folder as the source"
            ) from None
        except ProgramError as error:
            raise GitError(str(error)) from None

    async def out(self, *arguments: str, deadline: float = LOCAL_SECS, text: bytes = b"") -> bytes:
        """Run a command of git, and return what it prints.

        Raises:
            GitError: It failed.
        """
        done = await self(*arguments, deadline=deadline, text=text)
        if done.code:
            raise GitError(done.said or f"git {arguments[0]} ended with {done.code}")
        return done.out

    def _settings(self) -> tuple[str, ...]:
        """Return the configuration, which stands on the command line and holds no secret."""
        own = []
        if self.credentials.token_file:
            scheme, _, rest = self.address.url.partition("://")
            own.append(f"credential.{scheme}://{rest.split('/', 1)[0]}.helper={_HELPER}")
        if self.credentials.ca_file:
            own.append(f"http.sslCAInfo={self.credentials.ca_file}")
        options = [part for each in (*_CONFIG, *own) for part in ("-c", each)]
        return (f"--git-dir={self.repository}", *options)

    def environment(self) -> Mapping[str, str]:
        """Return all of the environment that git gets."""
        given = {name: os.environ[name] for name in _FROM_OUTSIDE if name in os.environ}
        return {
            **given,
            "HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_ALLOW_PROTOCOL": self.address.scheme,
            "GIT_SSH_VARIANT": "ssh",
            "GIT_SSH_COMMAND": self._ssh(),
            "FABGITOPS_GIT_USER": self.credentials.user,
            "FABGITOPS_GIT_TOKEN_FILE": str(self.credentials.token_file or os.devnull),
            "GNUPGHOME": str(self.home / "gnupg"),
        }

    def _ssh(self) -> str:
        """Return the ssh command: one key, one file of known hosts, and nobody is asked anything."""
        options = {
            "UserKnownHostsFile": str(self.credentials.known_hosts_file or os.devnull),
            "GlobalKnownHostsFile": os.devnull,
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "ClearAllForwardings": "yes",
            "PermitLocalCommand": "no",
            "ConnectTimeout": "15",
            "ServerAliveInterval": "10",
            "ServerAliveCountMax": "3",
        }
        key = ("-i", str(self.credentials.ssh_key_file)) if self.credentials.ssh_key_file else ()
        set_so = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        return shlex.join(("ssh", "-F", os.devnull, *key, *set_so))
