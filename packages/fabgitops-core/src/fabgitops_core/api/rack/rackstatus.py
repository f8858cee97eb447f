"""How a Rack stands: counted from what is there, never from what should be."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import ApiModel, Time

MAX_NAMED = 10
"""How many of what would go are named; the others are counted."""

Count = Annotated[int, Field(ge=0)]


class Phase(StrEnum):
    """Where a Rack stands, in one word for people; programs read the conditions."""

    PENDING = "Pending"
    PROVISIONING = "Provisioning"
    READY = "Ready"
    ERROR = "Error"


class TemplateStatus(ApiModel):
    """By which template, as it stood when, the Rack was looked at last."""

    name: str
    """Name of the RackTemplate."""
    uid: str = ""
    """Its metadata.uid."""
    generation: Count = 0
    """Its metadata.generation."""
    accepted_hash: str = ""
    """The planHash that was agreed to last, by policy or by somebody."""
    plan_hash: str = ""
    """Names what template and Rack say now: the value that fabgitops.io/approve has from who agrees to it."""


class Pending(ApiModel):
    """What the template says and what was not done, for somebody has to agree, or something is in use."""

    additions: Count = 0
    """How many parts would be added."""
    removals: Count = 0
    """How many parts would go."""
    changes: Count = 0
    """How many parts that stay would say something else, as nodes that get a BMC of their own."""
    names: tuple[str, ...] = ()
    """The first of those that would go, highest first, and of those that would change."""


class PendingDelete(ApiModel):
    """A part that is being deleted: what is told of it when it is gone."""

    kind: str
    """Its kind."""
    name: str
    """Its name."""
    uid: str
    """Its metadata.uid."""
    created: str = ""
    """Its metadata.creationTimestamp."""


class EventsStatus(ApiModel):
    """How far what happened was handed to the bus."""

    published_through: str | None = None
    """The creationTimestamp up to which all parts that were made are told for good."""
    announced_through: str | None = None
    """The moment up to which all transitions of the Rack itself are told for good."""
    pending: tuple[PendingDelete, ...] = ()
    """Parts that are being deleted, or whose end was not told for good yet."""


class PlcsStatus(ApiModel):
    """How the PLCs of the Rack stand."""

    total: Count = 0
    """How many there are."""
    in_sync: Count = 0
    """How many hold what they must."""


class RackStatus(ApiModel):
    """How the Rack stands; written when something has changed, once a second at most."""

    phase: Phase = Phase.PENDING
    """Where it stands, in one word."""
    chassis_uids: Annotated[tuple[str, ...], Field(alias="chassisUIDs")] = ()
    """The uids of its chassis, in their order."""
    total_chassis: Count = 0
    """How many chassis are there."""
    total_blades: Count = 0
    """How many blades are there."""
    total_nodes: Count = 0
    """How many nodes are there."""
    total_bmcs: Annotated[Count, Field(alias="totalBMCs")] = 0
    """How many BMCs are there."""
    template: TemplateStatus | None = None
    """By which template it was looked at last."""
    provisioned_at: Time | None = None
    """When all that was wanted was there for the first time."""
    pending: Pending | None = None
    """What waits; absent when nothing does."""
    in_use: tuple[str, ...] = ()
    """What of it is in use, a sentence each, at most ten: while there is any, only who confirms it deletes the Rack."""
    events: EventsStatus | None = None
    """How far what happened was handed to the bus."""
    plcs: PlcsStatus | None = None
    """How its PLCs stand; absent when there are none."""
    message: str = ""
    """What is going on, in one sentence."""
    observed_generation: Count = 0
    """The metadata.generation of the spec that this status speaks of."""
    last_handled_reconcile_at: str | None = None
    """The last reconcile.fabgitops.io/requestedAt that was carried out."""
    last_update: Time | None = None
    """When this status last changed."""
    conditions: tuple[Condition, ...] = ()
    """Ready, Reconciling, Stalled, UpToDate and, with PLCs, PLCsInSync, by the Kubernetes API conventions."""
