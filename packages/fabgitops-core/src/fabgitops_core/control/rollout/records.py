"""What a Rollout owns and looks at, as small records: ReplicaSets, and Services (`routes` has those of routes)."""

import json
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.revisions.naming import MOST_NUMBER
from fabgitops_core.control.rollout.revisions.templates import content_of

SPEC, REPLICAS, READY, AVAILABLE = "spec", "replicas", "ready", "available"
NUMBER, TEMPLATE, HASH, DOWN_AT, OWNER_KIND = "number", "template", "hash", "downAt", "ownerKind"
SELECTOR, PORTS, IMAGES, MIN_READY = "selector", "ports", "images", "minReady"
OWNER, CONTENT, ANNOTATED, MANAGED_BY = "ownerLabel", "content", "annotated", "managedBy"
POD, WORKLOAD = "pod", "workload"
THEIR_NUMBER, THEIR_DEADLINE = "argoNumber", "argoDeadline"
"""Names of facts."""


def replica_set(body: Mapping[str, Any]) -> Child:
    """Return the record of a ReplicaSet: how many pods are wanted and there, and which revision it is.

    What its controller says of an older spec counts for nothing: until it has seen the present one, a pod that is to go
    may still be counted, so only as many count as are wanted now. Its revision is named by its selector, which nobody
    can change, as they can its labels.
    """
    metadata, spec, status = (mapping_of(body.get(name)) for name in ("metadata", "spec", "status"))
    annotations, labels = mapping_of(metadata.get("annotations")), mapping_of(metadata.get("labels"))
    matched = mapping_of(mapping_of(spec.get("selector")).get("matchLabels"))
    wanted = _count(spec.get("replicas", 1))
    facts = {
        SPEC: str(wanted),
        REPLICAS: str(_count(status.get("replicas"))),
        READY: str(_count(status.get("readyReplicas"))),
        AVAILABLE: str(min(_count(status.get("availableReplicas")), wanted)),
        NUMBER: text_of(annotations.get(marks.REVISION)),
        TEMPLATE: text_of(annotations.get(marks.TEMPLATE)),
        HASH: text_of(matched.get(marks.HASH)) or text_of(labels.get(marks.HASH)),
        MIN_READY: str(_count(spec.get("minReadySeconds"))),
        DOWN_AT: text_of(annotations.get(marks.SCALE_DOWN_AT)),
        IMAGES: " ".join(images_of(mapping_of(spec.get("template")))),
        OWNER_KIND: _owner(metadata).get("kind", ""),
        OWNER: text_of(labels.get(marks.ROLLOUT)),
        ANNOTATED: "yes" if annotations else "",
        WORKLOAD: text_of(annotations.get(marks.WORKLOAD)),
        CONTENT: content_of(
            mapping_of(spec.get("template")), *_ephemeral(text_of(annotations.get(marks.ARGO_EPHEMERAL)))
        ),
        **(_of_others(annotations) if not (marks.ROLLOUT in labels and marks.TEMPLATE in annotations) else {}),
    }
    return child_of("ReplicaSet", metadata, {name: text for name, text in facts.items() if text})


def _of_others(annotations: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the facts by which a ReplicaSet is taken over that somebody else has made, or has taken our marks from."""
    return {
        THEIR_NUMBER: text_of(annotations.get(marks.ARGO_REVISION)),
        THEIR_DEADLINE: text_of(annotations.get(marks.ARGO_SCALE_DOWN_AT)),
    }


def _ephemeral(text: str) -> tuple[Collection[str], Collection[str]]:
    """Return the labels and the annotations that Argo Rollouts has put onto pods for a time, as it notes them."""
    try:
        said = mapping_of(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        said = {}
    return tuple(mapping_of(said.get("labels"))), tuple(mapping_of(said.get("annotations")))


def argo_owner(body: Mapping[str, Any]) -> str:
    """Return the name of the Rollout of Argo Rollouts that manages an object; "" where none does."""
    owner = _owner(mapping_of(body.get("metadata")))
    group = text_of(owner.get("apiVersion")).partition("/")[0]
    is_one = (group, owner.get("kind")) == ("argoproj.io", "Rollout")
    return text_of(owner.get("name")) if is_one else ""


def images_of(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the images of the containers of a pod template, in their order."""
    rows = mapping_of(template.get("spec")).get("containers")
    return tuple(
        filter(None, (text_of(mapping_of(each).get("image")) for each in (rows if isinstance(rows, list) else ())))
    )


def deployment(body: Mapping[str, Any]) -> Child:
    """Return the record of a Deployment: the pods that it says, which are its own, how many it wants, and its age.

    Whatever an API server makes of a spec that it has stored, its generation stays until somebody changes that.
    """
    metadata, spec = mapping_of(body.get("metadata")), mapping_of(body.get("spec"))
    facts = {
        POD: json.dumps(mapping_of(spec.get("template")), sort_keys=True),
        SELECTOR: json.dumps(mapping_of(spec.get("selector")), sort_keys=True),
        SPEC: str(_count(spec.get("replicas", 1))),
        WORKLOAD: f"{text_of(metadata.get('uid'))}/{_count(metadata.get('generation'))}",
    }
    return child_of("Deployment", metadata, facts)


def service(body: Mapping[str, Any]) -> Child:
    """Return the record of a Service: what it selects, and its ports."""
    metadata, spec = mapping_of(body.get("metadata")), mapping_of(body.get("spec"))
    selector, rows = mapping_of(spec.get("selector")), spec.get("ports")
    ports = [_count(mapping_of(each).get("port")) for each in rows] if isinstance(rows, list) else []
    facts = {SELECTOR: json.dumps(selector, sort_keys=True), PORTS: ",".join(str(each) for each in ports)}
    if managed_by := text_of(mapping_of(metadata.get("annotations")).get(marks.ARGO_MANAGED_BY)):
        facts[MANAGED_BY] = managed_by
    return child_of("Service", metadata, facts)


def selector_of(child: Child) -> Mapping[str, str]:
    """Return what a Service selects."""
    found = json.loads(child.facts.get(SELECTOR, "{}"))
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def ports_of(child: Child) -> tuple[int, ...]:
    """Return the ports of a Service."""
    return tuple(int(each) for each in child.facts.get(PORTS, "").split(",") if each)


def number_of(child: Child, name: str) -> int:
    """Return a fact that is a number, 0 where it is none, or is beyond MOST_NUMBER: somebody has written that."""
    text = child.facts.get(name, "")
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_NUMBER)) else 0
    return number if number <= MOST_NUMBER else 0


def child_of(kind: str, metadata: Mapping[str, Any], facts: Mapping[str, str]) -> Child:
    """Return the record of an object that has these facts."""
    version = text_of(metadata.get("resourceVersion"))
    return Child(
        key=Key(kind, text_of(metadata.get("namespace")), text_of(metadata.get("name"))),
        uid=text_of(metadata.get("uid")),
        version=int(version) if version.isdecimal() else 0,
        created=text_of(metadata.get("creationTimestamp")),
        owner=text_of(_owner(metadata).get("uid")),
        digest=blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).digest(),
        facts=facts,
        leaving="deletionTimestamp" in metadata,
    )


def _owner(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the owner reference of whoever manages an object; nothing where nobody does."""
    references = metadata.get("ownerReferences")
    rows = references if isinstance(references, list) else []
    found = (each for each in rows if isinstance(each, Mapping) and each.get("controller") is True)
    return next(found, {})


def mapping_of(raw: object) -> Mapping[str, Any]:
    """Return a part of a body as a mapping: nothing where it is none."""
    return raw if isinstance(raw, Mapping) else {}


def text_of(raw: object) -> str:
    """Return a part of a body as a text: "" where it is none."""
    return raw if isinstance(raw, str) else ""


def _count(raw: object) -> int:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0 else 0
