"""Kubeconfig files that stand alone: the certificates are inside."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from testbed.certificates import KeyPair

NAME = "testbed"


def write_kubeconfig(path: Path, url: str, authority: Path, client: KeyPair) -> None:
    """Write a kubeconfig for one API server and one client certificate, with mode 0600."""
    cluster = {"server": url, "certificate-authority-data": _encoded(authority)}
    user = {
        "client-certificate-data": _encoded(client.certificate),
        "client-key-data": _encoded(client.key),
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")
