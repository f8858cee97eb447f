"""Who we are at this moment: one answer for all who ask, had anew when it has run out or was refused."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, User
from fabgitops_operator.cluster.kubeconfig.plugin import Answer, ask

FILE_SECS = 60.0
"""How long a token is taken from its file without looking at it again, as kubectl does; a refused one is at once."""

AGAIN_SECS = 5.0
"""How long after a plugin was asked a refusal does not ask it again: what is refused that soon, it cannot mend."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What is shown to the API server: a header, and a certificate where a plugin gave one (PEM, with its key)."""

    authorization: str = field(default="", repr=False)
    certificate: tuple[str, str] | None = field(default=None, repr=False)


class Login:
    """Says who we are; a plugin is asked once, however many wait for what it says."""

    def __init__(self, user: User, cluster: Cluster) -> None:
        self._user = user
        self._cluster = cluster
        self._identity = Identity(user.authorization)
        self._answer: Answer | None = None
        self._since = float("-inf")
        self._asking = asyncio.Lock()

    async def identity(self) -> Identity:
        """Return who we are.

        Raises:
            NoCredentialsError: That cannot be told at the moment.
        """
        if self._user.token_file:
            if time.monotonic() - self._since >= FILE_SECS:
                self._read_file()
        elif self._user.plugin and (self._answer is None or self._answer.expired):
            await self._ask(self._answer)
        return self._identity

    async def after(self, refused: Identity) -> Identity | None:
        """Return who we are, now that this was refused (401); None where there is nothing else to try.

        Raises:
            NoCredentialsError: That cannot be told at the moment.
        """
        if self._user.token_file:
            self._read_file()
        elif self._user.plugin and self._identity is refused and time.monotonic() - self._since >= AGAIN_SECS:
            await self._ask(self._answer)
        return self._identity if self._identity != refused else None

    def _read_file(self) -> None:
        try:
            token = Path(self._user.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            if self._identity.authorization:  # as kubectl: while it is being replaced, the last one counts
                return
            raise NoCredentialsError(f"tokenFile {self._user.token_file} cannot be read: {error}") from error
        self._since = time.monotonic()
        self._identity = Identity(f"Bearer {token}" if token else "")

    async def _ask(self, known: Answer | None) -> None:
        async with self._asking:
            if self._answer is not known or self._user.plugin is None:
                return  # somebody else has asked meanwhile
            self._answer = answer = await ask(self._user.plugin, self._cluster)
            self._since = time.monotonic()
            certificate = (answer.certificate, answer.key) if answer.certificate else None
            self._identity = Identity(f"Bearer {answer.token}" if answer.token else "", certificate)
