"""Certificates for TLS connections to devices, out of Secrets that resources name.

A Secret is read at each connect and not kept, so what was rotated counts from the next connection on. The right to read
Secrets is a role of its own (`fabgitops-operator manifests --with-secrets`); without it a resource that names one says
that it is missing.
"""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Mapping
from typing import Protocol

from fabgitops_core.control.requests import TlsRef
from fabgitops_core.engine.errors import Unreachable
from fabgitops_core.modbus.tls import system_tls, tls_context

from fabgitops_operator.kube import Forbidden, Gone, KubeError

_CA, _CERTIFICATE, _KEY = "ca.crt", "tls.crt", "tls.key"


class Secrets(Protocol):
    """What is needed of the API, as `Kube` has it."""

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the data of a Secret, base64 as stored; raises Gone when it is not there, or another KubeError."""
        ...


class SecretTls:
    """The `TlsProvider` of the operator."""

    def __init__(self, kube: Secrets) -> None:
        self._kube = kube

    async def __call__(self, ref: TlsRef) -> ssl.SSLContext:
        """Return the context of a connection that is about to be made.

        Raises:
            Unreachable: The Secret is missing, may not be read, or does not hold what it should.
        """
        if not ref.secret:
            return await system_tls(ref)
        namespace, _, name = ref.secret.partition("/")
        try:
            data = await self._kube.secret(namespace, name)
        except Gone:
            raise Unreachable(f"the Secret {ref.secret} that tlsSecretRef names is not there") from None
        except Forbidden:
            raise Unreachable(
                f"the operator may not read the Secret {ref.secret}: give it that right with "
                "`fabgitops-operator manifests --with-secrets | kubectl apply -f -`"
            ) from None
        except KubeError as error:
            raise Unreachable(f"the Secret {ref.secret} cannot be read now: {error}") from None
        try:
            ca, certificate, key = (_text(data, field) for field in (_CA, _CERTIFICATE, _KEY))
            return await asyncio.to_thread(tls_context, ca=ca, certificate=certificate, key=key, verify=ref.verify)
        except ValueError as error:
            raise Unreachable(f"the Secret {ref.secret} cannot be used: {error}") from None


def _text(data: Mapping[str, str], field: str) -> str:
    try:
        return base64.b64decode(data.get(field, ""), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"{field} is not PEM") from None
