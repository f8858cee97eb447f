"""The labels by which others find what an operator makes in a cluster, and of which version it is; so has the chart."""

from functools import cache
from importlib.metadata import version


@cache
def _version() -> str:
    """Return it as a label may hold it; read once, so that a process without file descriptors does not end here."""
    return version("fabgitops-operator").replace("+", "_")


def labels() -> dict[str, str]:
    """Return name and version (kubernetes.io: recommended labels); a label takes no plus sign."""
    return {
        "app.kubernetes.io/name": "fabgitops",
        "app.kubernetes.io/version": _version(),
    }
