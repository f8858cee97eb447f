"""Who asks a BMC, and who it must prove to be: out of the Secret that its spec names, or the system's CAs alone.

A Secret is read again after a minute, so that what was rotated counts from then on, and at once when it was of no use.
Nothing of it is logged or told.
"""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakValueDictionary

from fabgitops_core.control.rack.bmc.requests import Way
from fabgitops_core.modbus.tls import tls_context

from fabgitops_operator.hosting.errors import ApiError, Forbidden, Gone
from fabgitops_operator.hosting.ports import Secrets
from fabgitops_operator.redfish.client import Credentials
from fabgitops_operator.redfish.errors import Unreached

USER, PASSWORD, CA = "username", "password", "ca.crt"

SHARE_SECS = 60.0
"""How long after it was read a Secret is not read again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a Secret holds, until when that counts."""

    until: float
    credentials: Credentials = field(repr=False)
    ca: str = ""


class Access:
    """Reads Secrets, each once a minute however many BMCs share it.

    Args:
        secrets: What keeps them.
        time: The loop's clock, in seconds.
    """

    def __init__(self, secrets: Secrets, time: Callable[[], float]) -> None:
        self._secrets = secrets
        self._time = time
        self._kept: dict[str, _Kept] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, way: Way) -> tuple[Credentials, ssl.SSLContext]:
        """Return what a client needs to ask a BMC.

        Raises:
            Unreached: The Secret is missing, may not be read, or does not hold what it should.
        """
        kept = await self._secret(way.secret) if way.secret else _Kept(0.0, Credentials())
        try:
            return kept.credentials, await asyncio.to_thread(_context, kept.ca, way.verify)
        except ValueError as error:
            raise Unreached(f"the Secret {way.secret} cannot be used: {error}") from None

    def of_no_use(self, way: Way) -> None:
        """Read the Secret anew the next time: the BMC did not let us in."""
        self._kept.pop(way.secret, None)

    async def _secret(self, full: str) -> _Kept:
        async with self._turns.setdefault(full, asyncio.Lock()):
            now = self._time()
            self._kept = {name: kept for name, kept in self._kept.items() if kept.until > now}
            kept = self._kept.get(full) or await self._read(full, now + SHARE_SECS)
            self._kept[full] = kept
            return kept

    async def _read(self, full: str, until: float) -> _Kept:
        namespace, _, name = full.partition("/")
        try:
            data = await self._secrets.secret(namespace, name)
        except Gone:
            raise Unreached(f"the Secret {full} that credentialsRef names is not there") from None
        except Forbidden:
            raise Unreached(f"the operator may not read the Secret {full}: it needs the right to get it") from None
        except ApiError as error:
            raise Unreached(f"the Secret {full} cannot be read now: {error}") from None
        user, password, ca = (_text(data, full, key) for key in (USER, PASSWORD, CA))
        if not user or ":" in user:
            raise Unreached(f"the Secret {full} has no {USER}, or one with a colon, which basic authentication has not")
        return _Kept(until, Credentials(user, password), ca)


def _text(data: Mapping[str, str], full: str, key: str) -> str:
    try:
        return base64.b64decode(data.get(key, ""), validate=True).decode().rstrip("\r\n")
    except (binascii.Error, UnicodeDecodeError):
        raise Unreached(f"the Secret {full} cannot be used: {key} is no text") from None


@lru_cache(maxsize=64)
def _context(ca: str, verify: bool) -> ssl.SSLContext:
    return tls_context(ca=ca, verify=verify)
