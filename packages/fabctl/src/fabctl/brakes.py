"""The fleet brake as an operator keeps it, in a ConfigMap beside its Lease. Pure."""

from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import Body, mapping, moment, sequence, text

LABEL = "fabgitops.io/brake"
"""By which the ConfigMaps are found."""
REASON = "FleetBrake"
"""What `status.held` of a PLC says of it."""

_STATES = {"engaged": "on", "released": "off"}


@dataclass(frozen=True, slots=True)
class Brake:
    """One operator's brake; texts are fit for a terminal."""

    namespace: str
    name: str
    state: str
    id: str
    since: datetime | None
    why: str
    let_go: bool
    released: datetime | None
    reason: str

    @property
    def on(self) -> bool:
        """Return whether it holds corrections; one that makes no sense does."""
        return self.state != "off"


def brake(body: Body) -> Brake:
    """Return a brake out of its ConfigMap."""
    metadata, data = mapping(body.get("metadata")), mapping(body.get("data"))
    name = text(data.get("id"))
    return Brake(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        state=_STATES.get(text(data.get("state")), "unknown"),
        id=name,
        since=moment(data.get("since")),
        why=text(data.get("why")),
        let_go=bool(name) and text(data.get("release")) == name,
        released=moment(data.get("released")),
        reason=text(data.get("releaseReason")),
    )


def is_held(plc: Body) -> bool:
    """Return whether a PLC says that the brake holds its corrections."""
    held = sequence(mapping(plc.get("status")).get("held"))
    return any(text(mapping(each).get("reason")) == REASON for each in held)
