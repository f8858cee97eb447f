"""Credentials by an exec plugin: a program that prints who we are (Kubernetes: client-go credential plugins).

A program that asks nobody has `LIMIT_SECS` to answer in: who waits for it must not wait for ever.
"""

import asyncio
import base64
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.fields import Cluster, Exec

LIMIT_SECS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plugin said: a token, a certificate with its key (PEM), or both, and until when they hold."""

    token: str
    certificate: str
    key: str
    expires: datetime | None

    @property
    def expired(self) -> bool:
        """Return whether it is over."""
        return self.expires is not None and datetime.now(UTC) >= self.expires


async def ask(plugin: Exec, cluster: Cluster) -> Answer:
    """Run a plugin and return what it says.

    Raises:
        NoCredentialsError: It cannot be run, failed, or did not answer as a plugin must.
    """
    try:
        program = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.args,
            env={**os.environ, **plugin.env, "KUBERNETES_EXEC_INFO": json.dumps(_info(plugin, cluster))},
            stdin=None if plugin.interactive else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if plugin.interactive else asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise NoCredentialsError(f"{plugin.command} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(None if plugin.interactive else LIMIT_SECS):
            out, err = await program.communicate()
    except TimeoutError as error:
        raise NoCredentialsError(f"{plugin.command} did not answer within {LIMIT_SECS:g} s") from error
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    if program.returncode:
        why = " ".join((err or b"").decode(errors="replace").split()[-40:])
        raise NoCredentialsError(f"{plugin.command} ended with {program.returncode}{f': {why}' if why else ''}")
    try:
        return _answer(json.loads(out), plugin.version)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:  # what it said may be a secret
        raise NoCredentialsError(f"{plugin.command} did not print an ExecCredential of {plugin.version}") from error


def _info(plugin: Exec, cluster: Cluster) -> dict[str, Any]:
    """Return what the plugin is told: the version to answer in, and where it is for if it wants to know."""
    spec: dict[str, Any] = {"interactive": plugin.interactive}
    if plugin.cluster_info:
        said = {
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure,
            "certificate-authority-data": _authority(cluster),
            "proxy-url": cluster.proxy,
            "disable-compression": not cluster.compress,
            "config": cluster.plugin_config,
        }
        spec["cluster"] = {name: value for name, value in said.items() if value}
    return {"kind": "ExecCredential", "apiVersion": plugin.version, "spec": spec}


def _authority(cluster: Cluster) -> str:
    try:
        return base64.b64encode(cluster.authority.read().encode()).decode()
    except OSError as error:
        raise NoCredentialsError(f"certificate-authority {error.filename}: {error.strerror}") from error


def _answer(said: Any, version: str) -> Answer:
    if said["kind"] != "ExecCredential" or said["apiVersion"] != version:
        raise ValueError("not what was asked for")
    status = said["status"]
    token, certificate, key = (status.get(name) or "" for name in ("token", "clientCertificateData", "clientKeyData"))
    if not all(isinstance(each, str) for each in (token, certificate, key)):
        raise TypeError("credentials are text")
    if not (token or certificate) or bool(certificate) != bool(key) or not token.isprintable():
        raise ValueError("no credentials, or half of them")
    until = status.get("expirationTimestamp")
    expires = datetime.fromisoformat(until) if until else None
    return Answer(token, certificate, key, expires.replace(tzinfo=expires.tzinfo or UTC) if expires else None)
