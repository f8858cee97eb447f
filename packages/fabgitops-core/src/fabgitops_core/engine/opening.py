"""What goes before and after a write, ready for the wire: values of Secrets are had for each anew, and kept nowhere."""

import asyncio
from collections.abc import Callable, Mapping

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.beside import named, word_of
from fabgitops_core.control.plc.requests import Around, Change, SecretKey, SideWrite
from fabgitops_core.engine.ports import Beside, SecretError, Secrets

SECRET_SECS = 5.0
"""How long a write waits for the Secrets that it needs; nothing of it is sent before they are there."""


class Closed(Exception):
    """What goes before or after a write cannot be had, so nothing is sent; `hold` says why."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.message)
        self.hold = hold


class Opening:
    """Makes the requests that go with a write.

    Args:
        secrets: Where the values are that stand in no manifest; None where there are none.
        limit: Seconds that all of a write may take.
    """

    def __init__(self, secrets: Secrets | None, limit: float = SECRET_SECS) -> None:
        self._secrets = secrets
        self._limit = limit

    async def beside(self, change: Change, around: Around, wanted: Callable[[], bool]) -> Beside:
        """Return what goes with a change; `wanted` is asked before each that goes after it.

        Raises:
            Closed: A Secret cannot be had in time, or holds no word.
        """
        changes: list[Change] = []
        texts: dict[SecretKey, str] = {}
        field = ""
        try:
            async with asyncio.timeout(self._limit):
                for field, step in named(around):
                    if step.secret is not None and step.secret not in texts:
                        texts[step.secret] = await self._text(field, step.secret)
                    word = _word(field, step, texts)
                    changes.append(Change(change.endpoint, change.unit_id, step.address, (word,), step.table))
        except TimeoutError:
            raise _closed(field, f"its Secret was not read within {self._limit:g} s") from None
        first = len(around.before)
        return Beside(tuple(changes[:first]), tuple(changes[first:]), wanted)

    async def _text(self, field: str, secret: SecretKey) -> str:
        if self._secrets is None:
            raise _closed(field, f"the {secret} cannot be had: nothing here provides Secrets")
        try:
            return await self._secrets.text(secret)
        except SecretError as error:
            raise _closed(field, str(error)) from None


def _word(field: str, step: SideWrite, texts: Mapping[SecretKey, str]) -> int:
    if step.secret is None:
        return step.value or 0
    try:
        return word_of(texts[step.secret], step.table)
    except ValueError as error:
        raise _closed(field, f"the {step.secret} {error}; it goes to {step.place}: put that into the key") from None


def _closed(field: str, why: str) -> Closed:
    return Closed(Hold(HoldReason.SECRET, f"{field}.valueFrom.secretKeyRef: {why}", guard="secrets"))
