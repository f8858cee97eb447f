"""The `testbed` command."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from testbed import standing
from testbed.access import Access
from testbed.errors import TestbedError
from testbed.golang import find_go

app = App(
    name="testbed",
    help="A real Kubernetes control plane on loopback (etcd and kube-apiserver, RBAC on), for tests and demos.",
    version_flags=[],
)

StateDir = Annotated[Path, Parameter(help="Folder of the control plane.")]
DEFAULT_FOLDER = standing.default_folder()


@app.command
def up(*, controller_manager: bool = False, state_dir: StateDir = DEFAULT_FOLDER) -> None:
    """Start a control plane and leave it running; does nothing when it is up already.

    Args:
        controller_manager: Also run kube-controller-manager (garbage collection, deletion of namespaces).
        state_dir: Folder of the control plane.
    """
    begun = time.monotonic()
    access = standing.up(state_dir.absolute(), controller_manager=controller_manager)
    print(f"testbed: ready after {time.monotonic() - begun:.1f} s at {access.url}", file=sys.stderr)
    print(access.kubeconfig)


@app.command
def down(*, state_dir: StateDir = DEFAULT_FOLDER) -> None:
    """End the control plane and remove its folder; safe to repeat."""
    folder = state_dir.absolute()
    ended = standing.down(folder)
    print(f"testbed: {'ended' if ended else 'nothing was up in'} {folder}", file=sys.stderr)


@app.command
def env(*, state_dir: StateDir = DEFAULT_FOLDER) -> None:
    """Print shell exports for the control plane that is up: eval "$(testbed env)"."""
    for name, value in _exports(standing.find(state_dir.absolute())).items():
        print(f"export {name}={shlex.quote(value)}")


@app.command
def go(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Run go with these arguments: the one on PATH, or one that is installed into the cache where there is none."""
    return subprocess.run([find_go(), *arguments], check=False).returncode


def _exports(access: Access) -> dict[str, str]:
    return {
        "KUBECONFIG": str(access.kubeconfig),
        "TESTBED_DIR": str(access.dir),
        "TESTBED_URL": access.url,
    }


def main() -> None:
    """Run the command; what goes wrong is said in words, with exit code 1."""
    try:
        app()
    except (TestbedError, OSError) as error:
        print(f"testbed: error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
