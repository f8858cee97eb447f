"""What can be asked of a BMC, and what comes of it: requests of a kind's own, which a performer carries out."""

from dataclasses import dataclass
from datetime import datetime

from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Event, Failure
from fabgitops_core.control.rack.bmc.facts import Found, Lamp


@dataclass(frozen=True, slots=True)
class Way:
    """How a BMC is reached, always by HTTPS: `secret` names a Secret (namespace/name) with user, password and CA.

    The certificate must be for `server_name` (empty: the host), unless `verify` is False. With `session` one session
    is opened for what is asked at once, and deleted; otherwise each request says who asks.
    """

    host: str
    port: int = 443
    secret: str = ""
    server_name: str = ""
    verify: bool = True
    session: bool = False

    def __str__(self) -> str:
        """Return `host:port`, with an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Discover(Request):
    """Read all that a BMC shows, or only the machines of these links; with `force` although its circuit is open."""

    way: Way
    links: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class SetPower(Request):
    """Post one ResetType, once, when the status that was published with it is stored: it is the record of this."""

    way: Way
    link: str
    target: str
    reset: str


@dataclass(frozen=True, slots=True)
class SetIndicator(Request):
    """Switch a light."""

    way: Way
    lamp: Lamp
    on: bool


@dataclass(frozen=True, slots=True)
class Discovered(Event):
    """What a look showed."""

    at: datetime
    request: Discover
    found: Found


@dataclass(frozen=True, slots=True)
class DiscoverFailed(Event):
    """A look showed nothing; `retry_after` is the seconds that the circuit of the BMC stays open, 0 if closed.

    `denied` says that it does not let us in: who asks in vain again and again may be locked out.
    """

    at: datetime
    request: Discover
    failure: Failure
    retry_after: float = 0.0
    denied: bool = False


@dataclass(frozen=True, slots=True)
class PowerSet(Event):
    """A BMC took a ResetType; that says nothing about the machine."""

    at: datetime
    request: SetPower


@dataclass(frozen=True, slots=True)
class PowerUnknown(Event):
    """A ResetType was sent and not answered: it may have been carried out."""

    at: datetime
    request: SetPower
    failure: Failure


@dataclass(frozen=True, slots=True)
class PowerFailed(Event):
    """A ResetType was certainly not carried out."""

    at: datetime
    request: SetPower
    failure: Failure


@dataclass(frozen=True, slots=True)
class PowerUnrecorded(Event):
    """The record of a ResetType was not stored, so nothing was sent."""

    at: datetime
    request: SetPower
    failure: Failure


@dataclass(frozen=True, slots=True)
class IndicatorSet(Event):
    """A BMC took it that a light be switched."""

    at: datetime
    request: SetIndicator


@dataclass(frozen=True, slots=True)
class IndicatorFailed(Event):
    """A light was not switched, as far as is known."""

    at: datetime
    request: SetIndicator
    failure: Failure
