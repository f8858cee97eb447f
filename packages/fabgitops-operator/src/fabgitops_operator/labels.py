"""The labels by which others find what an operator makes in a cluster, and of which version it is; so has the chart."""

from importlib.metadata import version


def labels() -> dict[str, str]:
    """Return name and version (kubernetes.io: recommended labels); a label takes no plus sign."""
    return {
        "app.kubernetes.io/name": "fabgitops",
        "app.kubernetes.io/version": version("fabgitops-operator").replace("+", "_"),
    }
