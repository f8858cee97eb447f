"""The command line of the operator."""

import asyncio
import errno
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter
from cyclopts.config import Env, Yaml
from yaml import YAMLError

from fabgitops_operator.settings import Settings


class ConfigFileError(Exception):
    """The file of --config cannot be used: its text says which and why."""


def _from_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Take from the file of --config, wherever that was given, what was not given otherwise."""
    given = arguments.get("--config", None)
    if given is None or not given.tokens:
        return
    path = Path(given.tokens[0].value)
    if not path.is_file():
        raise ConfigFileError(f"--config {path}: there is no such file")
    try:
        Yaml(path, must_exist=True, use_commands_as_keys=False)(app, commands, arguments)
    except (CycloptsError, OSError, UnicodeError, YAMLError) as error:
        raise ConfigFileError(f"--config {path}: {error}") from error


app = App(
    name="fabgitops-operator",
    version=lambda: version("fabgitops-operator"),
    help="Keeps what PLCs hold equal to what Git says.",
    help_format="plaintext",
    config=(Env("FABGITOPS_", command=False), _from_file),
)


@app.command
def run(settings: Settings | None = None, *, config: Path | None = None) -> int:
    """Watch, poll, correct and report, until SIGTERM or Ctrl-C.

    Each setting can be given as a flag (--metrics-port 9090), as an environment variable (FABGITOPS_METRICS_PORT=9090)
    or in the file of --config (metrics-port: 9090). A flag outdoes the environment, which outdoes the file.

    The API server is found by the pod's service account, or outside a cluster by KUBECONFIG.

    Args:
        settings: What can be set.
        config: YAML file that maps names of settings to values.
    """
    # Imported here so that --help and manifests need neither kopf nor a cluster.
    from fabgitops_operator.cluster.lease.keeper import LeaseLostError, LeaseRefusedError  # noqa: PLC0415
    from fabgitops_operator.cluster.runtime import operate  # noqa: PLC0415
    from fabgitops_operator.hosting.device_map import DeviceMapError  # noqa: PLC0415
    from fabgitops_operator.hosting.errors import ApiError  # noqa: PLC0415
    from fabgitops_operator.hosting.http import ListenError  # noqa: PLC0415
    from fabgitops_operator.hosting.log import configure  # noqa: PLC0415
    from fabgitops_operator.hosting.start import NotInstalledError, loop_factory  # noqa: PLC0415
    from fabgitops_operator.hosting.tracing import TracingUnavailable  # noqa: PLC0415

    del config  # read by `_from_file`, before the settings are made
    settings = settings or Settings()
    configure(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(operate(settings))
    except DeviceMapError as error:
        _complain(str(error))
        return 2
    except (ApiError, LeaseLostError, LeaseRefusedError, ListenError, NotInstalledError, TracingUnavailable) as error:
        _complain(str(error))
        return 1
    except OSError:  # none is expected: not to be taken for output that cannot be written
        logging.getLogger(__name__).critical("ended by a fault of its own", exc_info=True)
        return 1
    return 0


@app.command
def manifests(
    *,
    with_secrets: Annotated[bool, Parameter(negative=())] = False,
    with_operator: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Print what a cluster must have: resource definitions, role and binding. Pipe it to kubectl apply -f -.

    Args:
        with_secrets: Let the operator read Secrets as well: for PLCs behind TLS that name one in tlsSecretRef.
        with_operator: Run the operator in the cluster as well, from the image of this version, as the chart does.
    """
    from fabgitops_operator.cluster.install import manifests as text  # noqa: PLC0415

    _print(text(with_secrets=with_secrets, with_operator=with_operator))


@app.command
def healthy(settings: Settings | None = None, *, config: Path | None = None, ready: bool = False) -> int:
    """Ask the operator that runs on this machine, or in this container, whether it is alive; exit with 1 if not.

    Takes the flags, environment and file of `run`, and asks where a `run` with the same ones listens.

    Args:
        settings: What can be set; only the address and the port matter here.
        config: YAML file that maps names of settings to values.
        ready: Ask /readyz instead of /healthz: does it see the cluster and look after it?
    """
    from fabgitops_operator.hosting.health import UnhealthyError, ask  # noqa: PLC0415

    del config  # read by `_from_file`, before the settings are made
    settings = settings or Settings()
    try:
        answer = ask(settings.metrics_bind, settings.metrics_port, "/readyz" if ready else "/healthz")
    except UnhealthyError as error:
        _complain(str(error))
        return 1
    _print(f"{answer}\n")
    return 0


def _complain(message: str) -> None:
    sys.stderr.write(f"fabgitops-operator: {' '.join(message.split())}\n")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(call())


def call() -> int:
    """Run the command line and return its exit code."""
    try:
        code = app(exit_on_error=False, print_error=False, result_action="return_int_as_exit_code_else_zero")
        if sys.stdout is not None:
            sys.stdout.flush()
    except CycloptsError as error:
        _complain(f"{error} (see: {' '.join(['fabgitops-operator', *(error.command_chain or ())])} --help)")
        return 2
    except ConfigFileError as error:
        _complain(f"{error} (see: fabgitops-operator run --help)")
        return 2
    except BrokenPipeError:
        _leave_unsaid()
        return 141  # what a shell reports of a program that SIGPIPE ended
    except OSError as error:
        _leave_unsaid()
        _complain(f"the output cannot be written: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return int(code)


def _leave_unsaid() -> None:
    """Let what is still buffered go nowhere, or the interpreter tries it again when it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(text: str) -> None:
    """Write to standard output.

    Raises:
        OSError: It cannot be written, or whoever started the process closed it.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    sys.stdout.write(text)
