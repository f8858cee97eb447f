"""A fake of the port for Secrets: texts in memory."""

import asyncio
from collections.abc import Mapping

from fabgitops_core.control.plc.requests import SecretKey
from fabgitops_core.engine.ports import SecretError


class FakeSecrets:
    """Texts by their keys; `asked` keeps which were wanted, in order, and `hold` keeps back who asks."""

    def __init__(self, texts: Mapping[SecretKey, str] | None = None) -> None:
        self.texts = dict(texts or {})
        self.asked: list[SecretKey] = []
        self.hold: asyncio.Event | None = None

    async def text(self, secret: SecretKey) -> str:
        """Return a text.

        Raises:
            SecretError: There is none.
        """
        self.asked.append(secret)
        if self.hold is not None:
            await self.hold.wait()
        if secret not in self.texts:
            raise SecretError(f"the Secret {secret.namespace}/{secret.name} has no key {secret.key}")
        return self.texts[secret]
