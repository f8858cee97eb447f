"""The command line of the operator."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.config import Env, Yaml

from fabgitops_operator.settings import Settings

app = App(
    name="fabgitops-operator",
    version=lambda: version("fabgitops-operator"),
    help="Keeps what PLCs hold equal to what Git says.",
    help_format="plaintext",
)


@app.command
def run(settings: Settings | None = None, *, config: Path | None = None) -> int:
    """Watch, poll, correct and report, until SIGTERM or Ctrl-C.

    Each setting can be given as a flag, as an environment variable (FABGITOPS_METRICS_PORT for --metrics-port) or in
    the file of --config (metrics-port: 9090); the first of these that is given counts.

    The API server is found by the pod's service account, or outside a cluster by KUBECONFIG.

    Args:
        settings: What can be set.
        config: YAML file with settings.
    """
    # Imported here so that --help and manifests need neither kopf nor a cluster.
    from fabgitops_operator.kube import KubeError  # noqa: PLC0415
    from fabgitops_operator.log import configure  # noqa: PLC0415
    from fabgitops_operator.runtime import NotInstalledError, loop_factory, operate  # noqa: PLC0415

    del config  # read by `_configure`, before the settings are made
    settings = settings or Settings()
    configure(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(operate(settings))
    except (KubeError, NotInstalledError, OSError) as error:
        sys.stderr.write(f"fabgitops-operator: {error}\n")
        return 1
    return 0


@app.command
def manifests() -> None:
    """Print what a cluster must have: resource definitions, role and binding. Pipe it to kubectl apply -f -."""
    from fabgitops_operator.install import manifests as text  # noqa: PLC0415

    sys.stdout.write(text())


@app.meta.default
def _configure(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)], config: Path | None = None
) -> int | None:
    app.config = [Env("FABGITOPS_", command=False)]
    if config is not None:
        app.config = [*app.config, Yaml(config, must_exist=True)]
    result: int | None = app(tokens)
    return result


def main() -> None:
    """Run the command line."""
    app.meta()
