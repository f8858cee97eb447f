"""A part as a small record: who owns it, what its Rack says as a digest, and the few facts that decisions need."""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from hashlib import blake2b
from sys import intern
from types import MappingProxyType
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import GROUP, SUSPEND, Key
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK, RACK_NODE, marks
from fabgitops_core.control.objects import Child, Watched
from fabgitops_core.control.rack.kinds import PARTS, PLC, SAID
from fabgitops_core.control.rack.onward import HEALTH, MANAGED_BY, POWER, SYSTEMS, mark_of, systems_of

TOLD = {CHASSIS.name, BLADE.name, RACK_NODE.name}
"""What is told by BMCs how it stands."""

LABELS = (marks.RACK, marks.CHASSIS, marks.BLADE, marks.BMC, marks.TEMPLATE)

CLAIMED_BY, CORRECTS, IN_SYNC = "claimedBy", "corrects", "inSync"
OWNED_BY, LABELLED, ADOPT = "ownedBy", "labelled", "adopt"
"""Names of facts. `ownedBy` is kind and name of the owner, `labelled` the Rack of the label: each where it is not the
Rack that alone may want a part of this name. Several may want one name for their PLCs, so there both are always told.
Who labels an object by hand, to see it beside a Rack, has not given it: without the label of a template none counts.
"""


def seen(kind: Kind, body: Mapping[str, Any]) -> Child:
    """Return the record of an object, whatever a user wrote into it."""
    metadata, spec = _mapping(body.get("metadata")), _mapping(body.get("spec"))
    labels, annotations = _mapping(metadata.get("labels")), _mapping(metadata.get("annotations"))
    name, owner = _text(metadata.get("name")), _owner(metadata)
    rack = _text(labels.get(marks.RACK))
    facts = _facts(kind, annotations, spec, _mapping(body.get("status")))
    alone = "" if kind is PLC else name.rpartition("-")[0]
    if owner and (owned_by := _said_of(owner)) != f"{RACK.name} {alone}":
        facts[OWNED_BY] = owned_by
    if not labels.get(marks.TEMPLATE):
        facts[LABELLED] = ""
    elif not rack or rack != alone:
        facts[LABELLED] = rack
    if annotations.get(marks.ADOPT) == "true":
        facts[ADOPT] = "true"
    return Child(
        Key(kind.name, _once(metadata.get("namespace")), name),
        _text(metadata.get("uid")),
        _number(metadata.get("resourceVersion")),
        _once(metadata.get("creationTimestamp")),
        _once(owner.get("uid")) if owner else "",
        digest(kind.name, labels, annotations, spec),
        # What a BMC tells is nobody else's: kept for all, it would be kept for ever.
        MappingProxyType(facts) if SYSTEMS in facts else shared(tuple(sorted(facts.items()))),
        leaving="deletionTimestamp" in metadata,
        mark=_mark(_mapping(body.get("status"))) if kind.name in TOLD else 0,
    )


def digest(kind: str, labels: Mapping[str, Any], annotations: Mapping[str, Any], spec: Mapping[str, Any]) -> bytes:
    """Return 8 bytes of what a Rack says of a part: the same for what it wants and for what is there, if they agree.

    What it says beyond the fields of every part of a kind is named by an annotation of its own.
    """
    more = _text(annotations.get(marks.BY_RACK))
    fields = (*SAID[kind], *more.split(",")) if more else SAID[kind]
    said = [[labels.get(label) for label in LABELS], more, [_plain(spec.get(field)) for field in fields]]
    return blake2b(json.dumps(said, sort_keys=True, default=repr).encode(), digest_size=8).digest()


def watched() -> tuple[Watched, ...]:
    """Return all kinds of parts: those that carry the label of a Rack are watched."""
    return tuple(Watched(kind, marks.RACK, RACK.name, partial(seen, kind)) for kind in PARTS)


@lru_cache(maxsize=65536)
def shared(facts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return facts as a mapping, one for all parts of which the same is known: of tens of thousands few differ."""
    return MappingProxyType(dict(facts))


def _facts(
    kind: Kind, annotations: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]
) -> dict[str, str]:
    facts: dict[str, str] = {}
    if power := _text(status.get("powerState")):
        facts[POWER] = power
    if kind.name in TOLD and (health := _text(status.get("health"))):
        facts[HEALTH] = health
    if kind is BMC and (systems := systems_of(status)):
        facts[SYSTEMS] = systems
    if kind is RACK_NODE:
        blade, bmc = (_text(_mapping(spec.get(ref)).get("name")) for ref in ("bladeRef", "bmcRef"))
        facts[MANAGED_BY] = bmc.removeprefix(blade)
        if claimed := _text(spec.get("claimedBy")):
            facts[CLAIMED_BY] = claimed
    if kind is PLC:
        suspended = spec.get("suspend") is True or SUSPEND in annotations
        if spec.get("autoCorrect") is not False and not suspended:
            facts[CORRECTS] = "true"
        if isinstance(status.get("inSync"), bool):
            facts[IN_SYNC] = "true" if status["inSync"] else "false"
    return facts


def _mark(status: Mapping[str, Any]) -> int:
    return mark_of(*(_text(status.get(name)) for name in ("serialNumber", "model", "uuid")))


def _owner(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    references = metadata.get("ownerReferences")
    for each in references if isinstance(references, list) else ():
        if isinstance(each, Mapping) and each.get("controller") is True:
            return each
    return None


def _said_of(owner: Mapping[str, Any]) -> str:
    """Return kind and name of an owner; a Rack of somebody else's is none of ours."""
    group = _text(owner.get("apiVersion")).rpartition("/")[0]
    of = f" of {group}" if group not in {"", GROUP} else ""
    return f"{_text(owner.get('kind'))} {_text(owner.get('name'))}{of}"


def _plain(value: Any) -> Any:
    """Return a value with whole numbers as such: an API server stores 1.0 as 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _once(raw: object) -> str:
    """Return a text that many records have, kept once for all of them."""
    return intern(str(_text(raw)))


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _number(raw: object) -> int:
    text = str(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
