"""What is known of a BMC between two events."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus, PowerRecord
from fabgitops_core.api.rack.parts import Authentication, BmcSpec
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.rack.bmc.facts import Found
from fabgitops_core.control.rack.bmc.power import Verdict, Wish
from fabgitops_core.control.rack.bmc.requests import Way

SETTLE = timedelta(seconds=10)
"""How long what is wanted, and who else wants the same machine, must have stood before power is switched."""


_NONE: Mapping[str, Any] = MappingProxyType({})


class BmcState(NamedTuple):
    """The BMC as it is declared, as it was seen last, and what is said of it.

    `declared` is when what is declared last changed. `found` is what was seen, and `whole` when all of it was; `since`
    is when the machines were first seen as who they are. By the link of each machine `records` are the last requests
    for power, and `verdicts` what was decided after the last look at it; `looked` are those of the look under way that
    are still to be judged, `undo` is what a record was before the one of a request under way. `tries` counts how often
    lights were switched for the present wish, `refusal` says why the last time was in vain. `failure` is why the BMC
    cannot be asked, `denied` says that it does not let us in. `settling` says that power is to be switched and that
    this is waited for a moment. `anew` says that somebody asked for one more try; `handled` is the last wish for a pass
    that was carried out. `fault` is a fault of our own.
    """

    key: Key
    spec: BmcSpec | None = None
    problem: str = ""
    generation: int = 0
    locate: str = ""
    request: SyncRequest | None = None
    declared: datetime | None = None
    rivals: Mapping[str, str] = _NONE
    found: Found | None = None
    whole: datetime | None = None
    since: datetime | None = None
    records: Mapping[str, PowerRecord] = _NONE
    verdicts: Mapping[str, Verdict] = _NONE
    looked: tuple[str, ...] = ()
    undo: PowerRecord | None = None
    settling: bool = False
    tries: int = 0
    refusal: str = ""
    failure: str = ""
    denied: bool = False
    anew: bool = False
    handled: str | None = None
    fault: str = ""
    said: BmcStatus | None = None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the machines that are looked at again soon."""
        return tuple(sorted(link for link, verdict in self.verdicts.items() if verdict.waits))

    @property
    def troubles(self) -> tuple[str, ...]:
        """Return why machines are not as wished, and will not be."""
        return tuple(verdict.trouble for _, verdict in sorted(self.verdicts.items()) if verdict.trouble)

    @property
    def way(self) -> Way | None:
        """Return how the BMC is reached, None while nothing says so."""
        spec = self.spec
        if spec is None or not spec.ip_address:
            return None
        secret = f"{self.key.namespace}/{spec.credentials_ref.name}" if spec.credentials_ref else ""
        return Way(
            spec.ip_address,
            spec.port,
            secret,
            spec.tls_server_name or "",
            verify=not spec.tls_insecure_skip_verify,
            session=spec.authentication is Authentication.SESSION,
        )

    @property
    def wish(self) -> Wish | None:
        """Return what is wanted of the power of its machines, None for nothing."""
        spec = self.spec
        return Wish(spec.power, spec.power_off) if spec is not None and spec.power is not None else None
