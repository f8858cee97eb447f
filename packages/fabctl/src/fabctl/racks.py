"""What a Rack and its parts say, whatever they hold: from the API's objects to what is shown. Pure, and never fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text

GROUP = "fabgitops.io"
LABEL = f"{GROUP}/rack"
"""Label of every part of a Rack, and of its PLCs: the Rack's name."""
APPROVE = f"{GROUP}/approve"
"""Annotation of a Rack: the hash of the plan that somebody agrees to."""
LOCATE = f"{GROUP}/locate"
"""Annotation of a BMC: "on" or "off" for the light by which it is found."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for a yes: counts, and the first names of what would go or change."""

    additions: int
    removals: int
    changes: int
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return the counts in words."""
        counts = ((self.removals, "to remove"), (self.changes, "to change"), (self.additions, "to add"))
        return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing to remove, change or add"


@dataclass(frozen=True, slots=True)
class RackView:
    """One Rack as it is shown; texts are fit for a terminal."""

    namespace: str
    name: str
    uid: str
    labels: Body
    created: datetime | None
    template: str
    places: tuple[tuple[str, str], ...]
    """Location, datacenter, row and position, as far as they are said."""
    update: str
    heal: str
    phase: str
    """In one word; UPDATING while the operator has not looked at the spec as it is now."""
    message: str
    totals: tuple[tuple[str, str], ...]
    """How many there are of each kind of part."""
    plcs: str
    plan_hash: str
    """Names the plan that can be agreed to; nothing while none is known of the spec as it is now."""
    approved: str
    """The hash of the plan that somebody agreed to."""
    pending: Pending | None
    in_use: tuple[str, ...]
    """Why parts may not go: the first reasons, each a sentence."""
    provisioned: datetime | None
    conditions: tuple[Body, ...]
    slots: tuple[tuple[str, str, str], ...]
    """What is true of single places alone: place, address, and the Secret for it."""


PHASES = ("Pending", "Provisioning", "Ready", "Error", "UPDATING")

_TOTALS = (
    ("chassis", "totalChassis"),
    ("blades", "totalBlades"),
    ("nodes", "totalNodes"),
    ("BMCs", "totalBMCs"),
)
_PLACES = ("location", "datacenter", "row", "position")


def rack_view(body: Body) -> RackView:
    """Return what a Rack says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    plan, plcs = mapping(status.get("template")), mapping(status.get("plcs"))
    is_current = _is_current(metadata, status)
    return RackView(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        labels=mapping(metadata.get("labels")),
        created=moment(metadata.get("creationTimestamp")),
        template=shown(mapping(spec.get("templateRef")).get("name")),
        places=tuple((name, text(spec.get(name))) for name in _PLACES if text(spec.get(name))),
        update=text(spec.get("update")) or "Additive",
        heal=text(spec.get("heal")) or "Force",
        phase=(text(status.get("phase")) or "Pending") if is_current else "UPDATING",
        message=text(status.get("message")),
        totals=tuple((name, shown(number(status.get(field)))) for name, field in _TOTALS),
        plcs=f"{number(plcs.get('inSync')) or 0}/{number(plcs.get('total')) or 0} in sync" if plcs else NOTHING,
        plan_hash=text(plan.get("planHash")) if is_current else "",
        approved=text(mapping(metadata.get("annotations")).get(APPROVE)),
        pending=_pending(mapping(status.get("pending"))),
        in_use=tuple(text(why) for why in sequence(status.get("inUse")) if text(why)),
        provisioned=moment(status.get("provisionedAt")),
        conditions=tuple(each for each in sequence(status.get("conditions")) if isinstance(each, Mapping)),
        slots=tuple(map(_slot, sequence(spec.get("slots")))),
    )


def _is_current(metadata: Body, status: Body) -> bool:
    """Return whether a status speaks of the spec as it is now; one that there is none of yet does."""
    observed, generation = number(status.get("observedGeneration")), number(metadata.get("generation"))
    return observed is None or generation is None or observed >= generation


def _slot(given: object) -> tuple[str, str, str]:
    fields = mapping(given)
    secret = shown(mapping(fields.get("credentialsRef")).get("name"))
    return text(fields.get("slot")), shown(fields.get("address")), secret


def _pending(given: Body) -> Pending | None:
    if not given:
        return None
    additions, removals, changes = (
        max(0, number(given.get(field)) or 0) for field in ("additions", "removals", "changes")
    )
    names = tuple(text(name) for name in sequence(given.get("names")) if text(name))
    return Pending(additions, removals, changes, names)


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a BMC: what is wanted of it as far as the operator has heard, what it is, and why it is not so."""

    wanted: str
    state: str
    message: str


def light(body: Body) -> Light:
    """Return what a BMC says of its light."""
    status = mapping(body.get("status"))
    found = mapping(status.get("locate"))
    message = text(found.get("message")) or text(status.get("message"))
    return Light(text(found.get("wanted")), text(found.get("state")), message)
