"""What resources have in Secrets: certificates for TLS connections to devices, and words that unlock them.

A Secret is read when a connection is made, and before each write that needs it, so what was rotated counts from the
next one on. Those that connect within the same second share one reading: a switch that comes back brings hundreds of
PLCs at once, and most plants have one Secret for all. The right to read Secrets is a role of its own
(`fabgitops-operator manifests --with-secrets`); without it a resource that names one says that it is missing.
"""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from fabgitops_core.control.plc.requests import SecretKey, TlsRef
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.engine.ports import SecretError
from fabgitops_core.modbus.tls import system_tls, tls_context

from fabgitops_operator.hosting.errors import ApiError, Forbidden, Gone
from fabgitops_operator.hosting.ports import Secrets

_CA, _CERTIFICATE, _KEY = "ca.crt", "tls.crt", "tls.key"

SHARE_SECS = 1.0
"""How long after it was read a Secret is not read again: what was rotated counts so much later at most."""


@dataclass(slots=True)
class _Making:
    """A context that is being made, or was made a moment ago, and how many wait for it."""

    task: asyncio.Task[ssl.SSLContext]
    waiting: int = 0


class SecretTls:
    """The `TlsProvider` of the operator; contexts are shared for `share` seconds."""

    def __init__(self, kube: Secrets, share: float = SHARE_SECS) -> None:
        self._kube = kube
        self._share = share
        self._makings: dict[tuple[str, bool], _Making] = {}

    @property
    def shared(self) -> int:
        """Return how many contexts are being made, or are kept for those who come in the same second."""
        return len(self._makings)

    async def __call__(self, ref: TlsRef) -> ssl.SSLContext:
        """Return the context of a connection that is about to be made.

        Raises:
            Unreachable: The Secret is missing, may not be read, or does not hold what it should.
        """
        if not ref.secret:
            return await system_tls(ref)
        key = ref.secret, ref.verify
        making = self._makings.get(key)
        if making is None:
            making = self._makings[key] = _Making(asyncio.get_running_loop().create_task(self._made(ref)))
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        except Unreachable as error:
            raise Unreachable(str(error)) from None  # one of its own for each who waits
        finally:
            making.waiting -= 1
            if not making.waiting:
                self._left(key, making)

    def _left(self, key: tuple[str, bool], making: _Making) -> None:
        """Stop a reading that nobody waits for any more; forget what was read once its time is over."""
        if making.task.done():
            asyncio.get_running_loop().call_later(self._share, self._forget, key, making)
        else:
            making.task.cancel()
            self._forget(key, making)

    def _forget(self, key: tuple[str, bool], making: _Making) -> None:
        if self._makings.get(key) is making:
            del self._makings[key]

    async def _made(self, ref: TlsRef) -> ssl.SSLContext:
        namespace, _, name = ref.secret.partition("/")
        try:
            data = await _data(self._kube, namespace, name, "tlsSecretRef")
        except SecretError as error:
            raise Unreachable(str(error)) from None
        try:
            ca, certificate, key = (_text(data, field) for field in (_CA, _CERTIFICATE, _KEY))
            return await asyncio.to_thread(tls_context, ca=ca, certificate=certificate, key=key, verify=ref.verify)
        except ValueError as error:
            raise Unreachable(f"the Secret {ref.secret} cannot be used: {error}") from None


class SecretWords:
    """The `Secrets` of the operator's engine: what goes before and after writes, read for each anew."""

    def __init__(self, kube: Secrets) -> None:
        self._kube = kube

    async def text(self, secret: SecretKey) -> str:
        """Return what a key of a Secret holds now.

        Raises:
            SecretError: The Secret or its key is missing, may not be read, or is no text.
        """
        data = await _data(self._kube, secret.namespace, secret.name, "it")
        if secret.key not in data:
            full = f"{secret.namespace}/{secret.name}"
            raise SecretError(f"the Secret {full} has no key {secret.key}: add it, or name another")
        try:
            return base64.b64decode(data[secret.key], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise SecretError(f"the {secret} is no text") from None


async def _data(kube: Secrets, namespace: str, name: str, by: str) -> Mapping[str, str]:
    """Return the data of a Secret that a field names.

    Raises:
        SecretError: It is missing, or may not be read.
    """
    full = f"{namespace}/{name}"
    try:
        return await kube.secret(namespace, name)
    except Gone:
        raise SecretError(f"the Secret {full} that {by} names is not there") from None
    except Forbidden:
        raise SecretError(
            f"the operator may not read the Secret {full}: give it that right with "
            "`fabgitops-operator manifests --with-secrets | kubectl apply -f -`"
        ) from None
    except ApiError as error:
        raise SecretError(f"the Secret {full} cannot be read now: {error}") from None


def _text(data: Mapping[str, str], field: str) -> str:
    try:
        return base64.b64decode(data.get(field, ""), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"{field} is not PEM") from None
