"""Commands that run it, and ask how it is."""

import sys
from pathlib import Path

from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.bus.settings import BusSettings, without_effect
from fabgitops_operator.standalone.commands.telling import told
from fabgitops_operator.standalone.settings import Entry, StandaloneSettings
from fabgitops_operator.streams import complain, say


def standalone(
    settings: StandaloneSettings,
    bus: BusSettings | None = None,
    analysis: AnalysisSettings | None = None,
    *,
    config: Path | None = None,
) -> int:
    """Keep what PLCs hold equal to what a folder or a Git repository says, without a cluster, until SIGTERM or Ctrl-C.

    fabgitops-operator standalone --source ./plant

    fabgitops-operator standalone --source https://git.example.com/plant.git --ref main --path lines/a

    What it knows is kept in a folder (--state). On one port (--listen) it serves the Kubernetes API for fabctl and
    kubectl beside metrics and probes, and at its start it writes a kubeconfig that leads there. What came from the
    source changes only in the source; annotations, with which fabctl asks for a sync, are free.

    Each setting can be given as a flag, as an environment variable (FABGITOPS_SOURCE) or in the file of --config. A
    flag outdoes the environment, which outdoes the file.

    Args:
        settings: What can be set.
        bus: What can be set of the bus that is told of rollouts.
        analysis: What can be set of what analyses may ask.
        config: YAML file that maps names of settings to values.
    """
    # Imported here so that --help and the other commands need neither the engine nor the store.
    from fabgitops_operator.analysis.errors import AnalysisSettingsError  # noqa: PLC0415
    from fabgitops_operator.audit.choosing import AuditKeyError  # noqa: PLC0415
    from fabgitops_operator.bus.errors import BusError  # noqa: PLC0415
    from fabgitops_operator.hosting.process import performed  # noqa: PLC0415
    from fabgitops_operator.hosting.showing import CertificateError  # noqa: PLC0415
    from fabgitops_operator.standalone.api.tokens import TokenError  # noqa: PLC0415
    from fabgitops_operator.standalone.entrance import EntranceError  # noqa: PLC0415
    from fabgitops_operator.standalone.runtime import operate  # noqa: PLC0415
    from fabgitops_operator.standalone.source.settings import SourceError  # noqa: PLC0415
    from fabgitops_operator.standalone.source.webhook import SecretError  # noqa: PLC0415
    from fabgitops_operator.standalone.store import StateError  # noqa: PLC0415

    del config  # read before the settings are made
    bus = bus or BusSettings()
    if problem := without_effect(bus):
        complain(problem)
        return 2
    wrong = (AnalysisSettingsError, AuditKeyError, BusError, EntranceError, SecretError, SourceError)
    failed = (CertificateError, StateError, TokenError)
    return performed(operate(settings, bus, analysis or AnalysisSettings()), settings, wrong, failed)


def healthy(entry: Entry | None = None, *, ready: bool = False) -> int:
    """Ask the operator that runs on this machine, or in this container, whether it is alive; exit with 1 if not.

    Args:
        entry: Where it listens.
        ready: Ask /readyz instead of /healthz: is all that was known declared?
    """
    from fabgitops_operator.hosting.health import UnhealthyError, ask  # noqa: PLC0415
    from fabgitops_operator.hosting.listen import place  # noqa: PLC0415
    from fabgitops_operator.standalone.entrance import EntranceError, pair  # noqa: PLC0415

    entry = entry or Entry()

    def work() -> None:
        where = place(entry.listen)
        say(f"{ask(where.host, where.port, '/readyz' if ready else '/healthz', tls=pair(entry) is not None)}\n")

    return told(work, EntranceError, UnhealthyError)


def unit() -> int:
    """Print a systemd unit that runs this program: save it as /etc/systemd/system/fabgitops.service.

    It takes its settings from /etc/fabgitops/standalone.env, a line each, such as FABGITOPS_SOURCE=/srv/plant.
    """
    from fabgitops_operator.standalone.unit import UnitError  # noqa: PLC0415
    from fabgitops_operator.standalone.unit import unit as text  # noqa: PLC0415

    return told(lambda: say(text(Path(sys.argv[0]).absolute())), UnitError)
