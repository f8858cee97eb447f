"""Namespaces: `default`, and those that the source names something in."""

from typing import Any
from uuid import uuid4

from fabgitops_operator.standalone.resources import NAMESPACE

DEFAULT = "default"


def namespace(name: str, now: str) -> dict[str, Any]:
    """Return a namespace as Kubernetes has it."""
    return {
        "apiVersion": NAMESPACE.api_version,
        "kind": NAMESPACE.kind,
        "metadata": {
            "name": name,
            "uid": str(uuid4()),
            "creationTimestamp": now,
            "labels": {"kubernetes.io/metadata.name": name},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
