"""The command line of the operator."""

import asyncio
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter
from cyclopts.config import Env, Yaml
from yaml import YAMLError

from fabgitops_operator.agent.settings import AgentSettings
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.bus.settings import BusSettings, without_effect
from fabgitops_operator.facade.settings import FacadeSettings
from fabgitops_operator.settings import Settings, ranges
from fabgitops_operator.standalone.commands import app as standalone
from fabgitops_operator.streams import complain, say


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


app.command(standalone)

audit = App(name="audit", help="Look through the records of writes that --audit keeps.", help_format="plaintext")
app.command(audit)


@audit.command
def verify(
    place: Path,
    /,
    *more: Path,
    key_file: Annotated[tuple[Path, ...], Parameter(negative=())] = (),
    among_others: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Find records that are missing, changed, out of order or cut off, over files and restarts, and say which.

      fabgitops-operator audit verify /var/lib/fabgitops/audit

      kubectl logs deploy/fabgitops | fabgitops-operator audit verify --among-others /dev/stdin

    Ends with 0 when all is whole, with 1 when something is wrong, with 2 when it cannot be found out. Notes are no
    faults: writes that an operator could not follow to their end as it was killed, or a line that a crash cut short.

    Args:
        place: A folder of records, or a file; give all files that there are.
        more: More of them.
        key_file: The key that seals them, as given to --audit-key-file; several times where it was exchanged.
        among_others: The files are logs: lines that are no records are passed over.
    """
    from fabgitops_operator.audit import command  # noqa: PLC0415
    from fabgitops_operator.audit.choosing import AuditKeyError  # noqa: PLC0415

    try:
        found = command.verified((place, *more), key_file, among_others=among_others)
    except (AuditKeyError, command.NoRecordsError) as error:
        complain(str(error))
        return 2
    say(command.told(found))
    return 0 if found.whole else 1


@app.command
def run(
    settings: Settings | None = None,
    bus: BusSettings | None = None,
    analysis: AnalysisSettings | None = None,
    *,
    config: Path | None = None,
) -> int:
    """Watch, poll, correct and report, until SIGTERM or Ctrl-C.

    Each setting can be given as a flag (--metrics-port 9090), as an environment variable (FABGITOPS_METRICS_PORT=9090)
    or in the file of --config (metrics-port: 9090). A flag outdoes the environment, which outdoes the file.

    The API server is found by the pod's service account, or outside a cluster by KUBECONFIG.

    Args:
        settings: What can be set.
        bus: What can be set of the bus that is told of racks and rollouts.
        analysis: What can be set of what the analyses of rollouts may ask.
        config: YAML file that maps names of settings to values.
    """
    # Imported here so that --help and manifests need neither kopf nor a cluster.
    from fabgitops_operator.analysis.errors import AnalysisSettingsError  # noqa: PLC0415
    from fabgitops_operator.audit.choosing import AuditKeyError  # noqa: PLC0415
    from fabgitops_operator.bus.errors import BusError  # noqa: PLC0415
    from fabgitops_operator.cluster.lease.keeper import LeaseLostError, LeaseRefusedError  # noqa: PLC0415
    from fabgitops_operator.cluster.runtime import operate  # noqa: PLC0415
    from fabgitops_operator.hosting.errors import ApiError  # noqa: PLC0415
    from fabgitops_operator.hosting.process import performed  # noqa: PLC0415
    from fabgitops_operator.hosting.start import NotInstalledError  # noqa: PLC0415

    del config  # read by `_from_file`, before the settings are made
    settings, bus, analysis = settings or Settings(), bus or BusSettings(), analysis or AnalysisSettings()
    if not settings.tells and bus != BusSettings():
        complain(
            "--bus has no effect without --kinds racks, delivery or argo, or --setpoint-rollouts"
            " (see: fabgitops-operator run --help)"
        )
        return 2
    if not settings.judges and analysis != AnalysisSettings():
        flag = "--prometheus" if analysis.prometheus else "--analysis-source"
        complain(
            f"{flag} has no effect without --setpoint-rollouts or --kinds delivery, argo or chaos"
            " (see: fabgitops-operator run --help)"
        )
        return 2
    if settings.judges and (prefixed := without_effect(bus)):
        complain(prefixed)
        return 2
    wrong = (AnalysisSettingsError, AuditKeyError, BusError)
    failed = (ApiError, LeaseLostError, LeaseRefusedError, NotInstalledError)
    return performed(operate(settings, bus, analysis), settings, wrong, failed)


@app.command
def scenarios() -> int:
    """List what chaos experiments may do: our own scenarios, and those that installed packages bring.

    A package brings one by an entry point of the group fabgitops.scenarios. Ends with 1 when one cannot be used: its
    line says why. The others are as good as before.
    """
    from fabgitops_operator.chaos.extensions import broken, listed, told  # noqa: PLC0415

    found = listed()
    say(told(found))
    return 1 if broken(found) else 0


@app.command
def manifests(
    *,
    with_secrets: Annotated[bool, Parameter(negative=())] = False,
    with_operator: Annotated[bool, Parameter(negative=())] = False,
    with_racks: Annotated[bool, Parameter(negative=())] = False,
    with_rack_plcs: Annotated[bool, Parameter(negative=())] = False,
    with_setpoint_rollouts: Annotated[bool, Parameter(negative=())] = False,
    with_delivery: Annotated[bool, Parameter(negative=())] = False,
    with_argo: Annotated[bool, Parameter(negative=())] = False,
    with_chaos: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Print what a cluster must have: resource definitions, role and binding. Pipe it to kubectl apply -f -.

    Args:
        with_secrets: Let operators read Secrets as well: for PLCs that name one in tlsSecretRef, and for BMCs.
        with_operator: Run the operator in the cluster as well, from the image of this version, as the chart does.
        with_racks: What racks need as well: definitions, a guard, an account for their operator, and its rights.
        with_rack_plcs: The same, and let it make the PLCs that a RackTemplate names.
        with_setpoint_rollouts: What run --setpoint-rollouts needs as well: definitions, rights, and a guard of those.
        with_delivery: What run --kinds delivery needs: definitions, an account for that operator, and its rights.
        with_argo: What run --kinds argo needs: the same, and definitions of Argo Rollouts' kinds, if there are none.
        with_chaos: What run --kinds chaos and agents need: definitions, accounts, rights, and what refuses experiments
            that must not be.
    """
    from fabgitops_operator.cluster.install import manifests as text  # noqa: PLC0415

    options = {
        "with_racks": with_racks,
        "with_rack_plcs": with_rack_plcs,
        "with_setpoint_rollouts": with_setpoint_rollouts,
        "with_delivery": with_delivery,
        "with_argo": with_argo,
        "with_chaos": with_chaos,
    }
    say(text(with_secrets=with_secrets, with_operator=with_operator, **options))


@app.command
def probe(
    host: str,
    *,
    unit: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    register: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    map: Path | None = None,  # noqa: A002 - what the flag is called
    transport: Literal["tcp", "tls", "udp", "rtuOverTcp"] | None = None,
    ignore: Annotated[tuple[Literal["transactionId", "unitId"], ...], Parameter(negative=())] = (),
    echo: Annotated[bool, Parameter(negative=())] = False,
    timeout: float = 3.0,
    pause: float = 0.02,
    output: Annotated[Literal["table", "yaml"], Parameter(alias="-o")] = "table",
    allow_cidr: Annotated[tuple[str, ...], Parameter(validator=ranges, negative=())] = (),
) -> int:
    """Look at a device before there is a resource for it: who answers, and what its registers may mean. It only reads.

    Nothing is asked that was not named: without --register and --map only who is there (function 43). Each register
    is read with its neighbours and shown in every type and byte order, so that a look tells which one it is.

      fabgitops-operator probe 10.0.0.5 --unit 1-3

      fabgitops-operator probe 10.0.0.5 --register 40001 --register input:7-9

      fabgitops-operator probe 10.0.0.5 --register 40001-40010 -o yaml > press.yaml

      fabgitops-operator probe 10.0.0.5 --map press.yaml

    Args:
        host: HOST or HOST:PORT; an IPv6 address with a port stands in brackets.
        unit: Unit id, 0 to 255, also 1,5 or 10-15; without it those of the map, or 1.
        register: Reference as on the drawing (40001, 40001-40010), or table and address as on the wire (holding:0).
        map: File with one IndustrialPLC, and its template: reads its registers, each by its type, from HOST.
        transport: How Modbus travels; without it as the map says, or tcp.
        ignore: What the device does not copy into its answers; without it as the map says. May be given twice.
        echo: The converter sends each request back before its answer, over rtuOverTcp.
        timeout: Seconds to wait for the connection, and again for each reply.
        pause: Seconds between two requests.
        output: table, or yaml: an IndustrialPLC that observes what was found, to be named and given types.
        allow_cidr: Range of addresses that HOST must be in, as for run; may be given several times.
    """
    from fabgitops_core.api.plc.connection import Transport  # noqa: PLC0415
    from fabgitops_core.engine.device_errors import Unreachable  # noqa: PLC0415

    from fabgitops_operator.probe import command  # noqa: PLC0415
    from fabgitops_operator.probe.targets import TargetError  # noqa: PLC0415

    way = Transport(transport) if transport else None
    looking = command.probe(
        host,
        unit,
        register,
        map,
        transport=way,
        ignore=ignore,
        echo=echo,
        timeout=timeout,
        pause=pause,
        as_yaml=output == "yaml",
        allow_cidr=allow_cidr,
    )
    try:
        text, answered = asyncio.run(looking)
    except TargetError as error:
        complain(f"{error} (see: fabgitops-operator probe --help)")
        return 2
    except Unreachable as error:
        complain(str(error))
        return 1
    say(text)
    return 0 if answered else 1


@app.command
def facade(settings: FacadeSettings | None = None, *, config: Path | None = None) -> int:
    """Serve racks by REST, as Fabrica's rack example does, over the Kubernetes API, until SIGTERM or Ctrl-C.

      fabgitops-operator facade --namespace plant

      curl http://127.0.0.1:8080/racks

    Who asks shows a bearer token that the API server knows, and may do what it lets them. On a loopback port without
    TLS nobody must: who shows none is taken for whoever runs this, as with kubectl proxy.

    Each setting can be given as a flag, as an environment variable (FABGITOPS_NAMESPACE) or in the file of --config. A
    flag outdoes the environment, which outdoes the file.

    Args:
        settings: What can be set.
        config: YAML file that maps names of settings to values.
    """
    from fabgitops_operator.cluster.way import NoConfig  # noqa: PLC0415
    from fabgitops_operator.facade.runtime import EntranceError, serve  # noqa: PLC0415
    from fabgitops_operator.hosting.process import performed  # noqa: PLC0415
    from fabgitops_operator.hosting.showing import CertificateError  # noqa: PLC0415

    del config  # read by `_from_file`, before the settings are made
    settings = settings or FacadeSettings()
    return performed(serve(settings), settings, (EntranceError,), (CertificateError, NoConfig))


@app.command
def agent(settings: AgentSettings, *, config: Path | None = None) -> int:
    """Hold the injections of chaos experiments into the pods of this node, until SIGTERM or Ctrl-C.

    Runs in a pod on each node, in the node's process namespace, with the capabilities SYS_ADMIN, SYS_PTRACE and
    NET_ADMIN, and not privileged. It has no rights on pods: it is told which one by the operator, and finds its
    processes itself. What it holds ends within seconds when nobody renews it, when the operator, this process or a
    holder dies, or when the pod does.

    Each setting can be given as a flag, as an environment variable (FABGITOPS_NODE) or in the file of --config. A
    flag outdoes the environment, which outdoes the file.

    Args:
        settings: What can be set.
        config: YAML file that maps names of settings to values.
    """
    from fabgitops_operator.agent.runtime import serve  # noqa: PLC0415
    from fabgitops_operator.cluster.way import NoConfig  # noqa: PLC0415
    from fabgitops_operator.hosting.process import performed  # noqa: PLC0415
    from fabgitops_operator.hosting.showing import CertificateError  # noqa: PLC0415

    del config  # read by `_from_file`, before the settings are made
    return performed(serve(settings), settings, (), (CertificateError, NoConfig))


@app.command
def healthy(
    settings: Settings | None = None,
    bus: BusSettings | None = None,
    analysis: AnalysisSettings | None = None,
    *,
    config: Path | None = None,
    ready: bool = False,
) -> int:
    """Ask the operator that runs on this machine, or in this container, whether it is alive; exit with 1 if not.

    Takes the flags, environment and file of `run`, and asks where a `run` with the same ones listens.

    Args:
        settings: What can be set; only the address and the port matter here.
        bus: What can be set of the bus, which does not matter here.
        analysis: What can be set of analyses, which does not matter here.
        config: YAML file that maps names of settings to values.
        ready: Ask /readyz instead of /healthz: does it see the cluster and look after it?
    """
    from fabgitops_operator.hosting.health import UnhealthyError, ask  # noqa: PLC0415

    del bus, analysis, config  # of `config` what counts was taken by `_from_file`
    settings = settings or Settings()
    try:
        answer = ask(settings.metrics_bind, settings.metrics_port, "/readyz" if ready else "/healthz")
    except UnhealthyError as error:
        complain(str(error))
        return 1
    say(f"{answer}\n")
    return 0


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(call())


def call() -> int:
    """Run the command line and return its exit code."""
    try:
        code = app(
            sys.argv[1:], exit_on_error=False, print_error=False, result_action="return_int_as_exit_code_else_zero"
        )
        if sys.stdout is not None:
            sys.stdout.flush()
    except CycloptsError as error:
        complain(f"{error} (see: {' '.join(['fabgitops-operator', *(error.command_chain or ())])} --help)")
        return 2
    except ConfigFileError as error:
        complain(f"{error} (see: fabgitops-operator run --help)")
        return 2
    except BrokenPipeError:
        _leave_unsaid()
        return 141  # what a shell reports of a program that SIGPIPE ended
    except OSError as error:
        _leave_unsaid()
        complain(f"the output cannot be written: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return int(code)


def _leave_unsaid() -> None:
    """Let what is still buffered go nowhere, or the interpreter tries it again when it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
