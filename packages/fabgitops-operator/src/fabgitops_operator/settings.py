"""What can be set, by flag, by environment (FABGITOPS_...) or in a file."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter
from cyclopts.validators import Number
from fabgitops_core.api.argo.owning import DEFAULT_ID
from fabgitops_core.codec.networks import networks
from fabgitops_core.control.plc.settling import SETTLE_SECS

STDOUT = "stdout"
"""What stands for standard output where a folder is expected."""

FILE_MIB = 64
"""How large a file of records of writes becomes, unless it is said otherwise."""


class LogLevel(StrEnum):
    """From which level on the log speaks."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How the log is written: AUTO is text on a terminal and JSON lines elsewhere."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class Family(StrEnum):
    """Which kinds one operator looks after, with the rights that it takes.

    They are PLCs, racks and what is in them, workloads that go from one version to the next, by Rollouts of ours or by
    those of Argo Rollouts, or chaos experiments.
    """

    PLC = "plc"
    RACKS = "racks"
    DELIVERY = "delivery"
    ARGO = "argo"
    CHAOS = "chaos"


class Outage(StrEnum):
    """What becomes of writes while what watches over them is away: HOLD stops them, CORRECT goes on."""

    HOLD = "hold"
    CORRECT = "correct"


def _namespaces(_: type, names: tuple[str, ...]) -> None:
    """Refuse what no namespace can be called (RFC 1123, section 2.1): nothing would ever be found in it."""
    for name in names:
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
            raise ValueError(f'"{name}" is no name of a namespace: at most 63 of a-z, 0-9 and -, no - at either end.')


def ranges(_: type, texts: tuple[str, ...]) -> None:
    """Refuse what is no range of addresses, before it is taken for one that holds nothing."""
    networks(texts)


def _name(_: type, name: str) -> None:
    """Refuse what no Lease can be called (RFC 1123, section 2.1)."""
    part = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    if name and (len(name) > 253 or not re.fullmatch(rf"{part}(\.{part})*", name)):
        raise ValueError(
            f'"{name}" is no name of a Lease: at most 253 of a-z, 0-9, - and ., a letter or digit at the ends.'
        )


def _namespace(kind: type, name: str) -> None:
    """Refuse what no namespace can be called."""
    if name:
        _namespaces(kind, (name,))


def _instance_id(_: type, name: str) -> None:
    """Refuse what no label can say; the empty one is for what has no label."""
    if name and not re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", name):
        raise ValueError(
            f'"{name}" is no value of a label: 1 to 63 letters, digits, -, _ and ., none of -, _ and . at an end.'
        )


def _web_address(_: type, url: str) -> None:
    """Refuse what nothing can be posted to: every span would be lost."""
    if not url:
        return
    parts = urlsplit(url)  # raises ValueError where brackets do not match, and .port where it is none
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or re.search(r"\s", url):
        raise ValueError(f'"{url}" is no http:// or https:// URL.')


def _times_of_the_lease(_: type, settings: "Settings | None") -> None:
    """Refuse times by which two might write, or the one that may would not get round to renewing; None: no setting."""
    if settings is None:
        return
    duration, deadline, retry = settings.lease_duration_secs, settings.lease_deadline_secs, settings.lease_retry_secs
    if not deadline < duration:
        raise ValueError(f"--lease-deadline-secs ({deadline:g}) must be less than --lease-duration-secs ({duration}).")
    if not 2 * retry < deadline:
        raise ValueError(
            f"--lease-retry-secs ({retry:g}) must be less than half of --lease-deadline-secs ({deadline:g})."
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What is to be set on every runtime alike, with its defaults."""

    settle_secs: Annotated[float, Parameter(validator=Number(gte=0, lte=3600))] = SETTLE_SECS
    """Seconds that what Git wants of a PLC must have stood unchanged before it is written; 0 writes it at once."""

    grace_secs: Annotated[float, Parameter(validator=Number(gte=0))] = 20.0
    """Seconds that a correction in hand has to end in when the operator is told to stop."""

    read_only: Annotated[bool, Parameter(negative=())] = False
    """Write nothing, ever: what would be corrected is only told."""

    allow_cidr: Annotated[tuple[str, ...], Parameter(validator=ranges, negative=(), show_default=False)] = ()
    """Range of addresses, such as 10.20.0.0/16, that devices may be connected to; may be given several times, in the
    environment with spaces between. No device outside of all of them is ever connected to, nor the control API of a
    mock PLC. Default: anywhere."""

    writes_per_second: Annotated[float, Parameter(validator=Number(gte=0, lte=10_000))] = 0.0
    """Writes that go out to all devices within a second at most, 0.1 for one in ten seconds; 0 lets any number go."""

    writes_per_second_per_host: Annotated[float, Parameter(validator=Number(gte=0, lte=10_000))] = 0.0
    """Writes that go out to one host within a second at most, as its resource names it; 0 lets any number go."""

    brake_percent: Annotated[int, Parameter(validator=Number(gte=0, lte=99))] = 50
    """When more than so many of a hundred PLCs drift at once, nothing is corrected until somebody lets the brake go; 0
    lets any number drift."""

    brake_min: Annotated[int, Parameter(validator=Number(gte=1))] = 10
    """Of fewer PLCs than so many nothing is concluded from how many drift."""

    brake_window_secs: Annotated[float, Parameter(validator=Number(gt=0, lte=3600))] = 60.0
    """Seconds within which PLCs drift at once."""

    brake_corrections_per_minute: Annotated[int, Parameter(validator=Number(gte=0))] = 0
    """Corrections within a minute beyond which the brake engages, whatever they correct; 0 lets any number be."""

    audit: str = ""
    """Where a record of every write to a device goes: a folder, or stdout. Without one there is none."""

    audit_sync: Annotated[bool, Parameter(negative=())] = False
    """Have each record on the disk before its write goes out, so that not even a power failure loses it."""

    audit_key_file: str = ""
    """File with the key that seals the records (HMAC-SHA-256): who does not have it can change none unnoticed."""

    audit_outage: Outage = Outage.HOLD
    """While records cannot be stored: hold all writes, or correct, with an alarm."""

    audit_file_mib: Annotated[int, Parameter(validator=Number(gte=1, lte=1024))] = FILE_MIB
    """MiB after which a further file of records is begun."""

    audit_keep: Annotated[int, Parameter(validator=Number(gte=0))] = 0
    """Files of records that are kept; 0 keeps all."""

    device_map: Path | None = None
    """File that says where devices really are, as mock-plc twin writes it; no device that is not in it is reached, nor
    the control API of a mock PLC. For PLCs and chaos experiments alone."""

    otlp_endpoint: Annotated[str, Parameter(validator=_web_address)] = ""
    """URL to post traces to by OTLP over HTTP, such as http://collector:4318/v1/traces; without one there are none."""

    log_level: LogLevel = LogLevel.INFO
    """From which level on the log speaks."""

    log_format: LogFormat = LogFormat.AUTO
    """Text, JSON lines, or auto: text on a terminal, JSON lines elsewhere."""


def audit_together(_: type, settings: "Common | None") -> None:
    """Refuse settings of the audit that have no effect; None: no setting."""
    if settings is None:
        return
    to_folder = settings.audit not in {"", STDOUT}
    for name, given, has_effect in (
        ("sync", settings.audit_sync, to_folder),
        ("file-mib", settings.audit_file_mib != FILE_MIB, to_folder),
        ("keep", settings.audit_keep > 0, to_folder),
        ("key-file", bool(settings.audit_key_file), bool(settings.audit)),
        ("outage", settings.audit_outage is not Outage.HOLD, bool(settings.audit)),
    ):
        if given and not has_effect:
            where = "DIR" if settings.audit == STDOUT else ""
            raise ValueError(f"--audit-{name} has no effect without {f'--audit {where}'.strip()}.")


def _together(kind: type, settings: "Settings | None") -> None:
    """Refuse settings that do not go together; None: no setting."""
    _times_of_the_lease(kind, settings)
    audit_together(kind, settings)
    if settings is not None and settings.kinds is not Family.PLC and settings.audit:
        raise ValueError(f"--audit records writes to PLCs; with --kinds {settings.kinds} none is written.")
    reaches = {Family.PLC, Family.CHAOS}  # the latter asks mocks, and holds packets to PLCs
    if settings is not None and settings.kinds not in reaches and settings.device_map is not None:
        raise ValueError(f"--device-map says where PLCs are; with --kinds {settings.kinds} none is reached.")
    if settings is not None and settings.kinds is not Family.PLC and settings.setpoint_rollouts:
        raise ValueError(f"--setpoint-rollouts is about PLCs; with --kinds {settings.kinds} there are none.")
    if settings is not None and settings.kinds is not Family.ARGO and settings.argo_instance_id != DEFAULT_ID:
        raise ValueError("--argo-instance-id has no effect without --kinds argo.")
    asks = settings is not None and (settings.agent_namespace or settings.agent_token_file)
    if asks and settings is not None and settings.kinds is not Family.CHAOS:
        raise ValueError("--agent-namespace and --agent-token-file have no effect without --kinds chaos.")
    if settings is not None and settings.kinds is not Family.PLC:
        for flag, rate in (("", settings.writes_per_second), ("-per-host", settings.writes_per_second_per_host)):
            if rate:
                why = f"counts writes to PLCs; with --kinds {settings.kinds} there are none."
                raise ValueError(f"--writes-per-second{flag} {why}")


@Parameter(name="*", validator=_together)
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """All settings of the operator on Kubernetes, with their defaults."""

    kinds: Family = Family.PLC
    """Which kinds to look after: plc, racks, delivery, argo or chaos; each by an operator of its own, with no more
    rights than it needs."""

    argo_instance_id: Annotated[str, Parameter(validator=_instance_id)] = DEFAULT_ID
    """What the label argo-rollouts.argoproj.io/controller-instance-id says of Rollouts of Argo Rollouts that are looked
    after; all others are somebody else's. Empty: those that lack it, but for what Argo Rollouts' controller is at work
    on."""

    agent_namespace: Annotated[str, Parameter(validator=_namespace)] = ""
    """Namespace of the agents of chaos experiments, and of their Leases. Default: that of the Lease."""

    agent_token_file: Path | None = None
    """File with the token that agents are shown, for the audience fabgitops-agent; without it none is asked."""

    setpoint_rollouts: Annotated[bool, Parameter(negative=())] = False
    """Let changes of set-points go over a fleet of PLCs in waves, by SetpointRollouts."""

    namespace: Annotated[tuple[str, ...], Parameter(validator=_namespaces, negative=(), show_default=False)] = ()
    """Namespace to look after; may be given several times, in the environment with spaces between. Default: all."""

    metrics_bind: str = "0.0.0.0"  # noqa: S104 - probes and Prometheus come from outside the pod
    """Address that /metrics, /healthz and /readyz are served on."""

    metrics_port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 8080
    """TCP port that they are served on; 0 takes a free one."""

    resync_secs: Annotated[float, Parameter(validator=Number(gte=1))] = 300.0
    """Seconds between two full listings, which find what the watch missed."""

    deaf_secs: Annotated[float, Parameter(validator=Number(gte=1))] = 60.0
    """Seconds that the API server may refuse both to list and to tell of changes before nothing is written any more."""

    control_plane_grace_secs: Annotated[float, Parameter(validator=Number(gte=1))] = 3600.0
    """Seconds that what was declared last is enforced while the API server is away; the Lease ends it sooner, unless
    --lease-outage says otherwise."""

    lease: bool = True
    """Take a Lease (coordination.k8s.io) before anything is polled, so that there is one operator, never two."""

    lease_name: Annotated[str, Parameter(validator=_name)] = ""
    """Name of the Lease; operators with the same one take turns. Default: made of the namespaces looked after."""

    lease_namespace: Annotated[str, Parameter(validator=_namespace)] = ""
    """Namespace of the Lease. Default: the pod's own; outside a cluster fabgitops-system."""

    lease_duration_secs: Annotated[int, Parameter(validator=Number(gte=1, lte=3600))] = 60
    """Seconds after which another operator may take a Lease that its holder does not renew."""

    lease_deadline_secs: Annotated[float, Parameter(validator=Number(gt=0))] = 40.0
    """Seconds without a renewal after which nothing is written; less than the duration, by more than a write takes."""

    lease_retry_secs: Annotated[float, Parameter(validator=Number(gt=0))] = 2.0
    """Seconds between two renewals, or two looks at a Lease that another holds; less than half the deadline."""

    lease_outage: Outage = Outage.HOLD
    """While no API server answers for longer: hold all writes, or correct, where no second operator can start then."""

    @property
    def tells(self) -> bool:
        """Return whether there is anything that a bus is told of."""
        return self.kinds not in {Family.PLC, Family.CHAOS} or self.setpoint_rollouts

    @property
    def judges(self) -> bool:
        """Return whether changes, or experiments, are judged by what metrics say."""
        return self.delivers or self.setpoint_rollouts or self.kinds is Family.CHAOS

    @property
    def delivers(self) -> bool:
        """Return whether workloads are led from one version to the next."""
        return self.kinds in {Family.DELIVERY, Family.ARGO}
