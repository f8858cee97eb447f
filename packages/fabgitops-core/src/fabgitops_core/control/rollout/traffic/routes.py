"""Routes of the Gateway API as small records: what their rules say, and which gateways have taken that."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.records import child_of, mapping_of, text_of

SPEC, PARENTS, GENERATION = "spec", "parents", "generation"
"""Names of facts."""

GATEWAY_GROUP, GATEWAY = "gateway.networking.k8s.io", "Gateway"
"""What a parent is that does not say it."""

_REF = ("group", "kind", "namespace", "name", "sectionName", "port")


def route(kind: str, body: Mapping[str, Any]) -> Child:
    """Return the record of a route: its spec, its generation, and what its parents say of that."""
    metadata, status = mapping_of(body.get("metadata")), mapping_of(body.get("status"))
    generation, rows = metadata.get("generation"), status.get("parents")
    parents = [each for each in rows if isinstance(each, Mapping)] if isinstance(rows, list) else []
    facts = {
        SPEC: _compact(mapping_of(body.get("spec"))),
        GENERATION: str(generation if isinstance(generation, int) else 0),
        PARENTS: _compact([_said(each) for each in parents]),
    }
    return child_of(kind, metadata, facts)


http_route = partial(route, "HTTPRoute")
grpc_route = partial(route, "GRPCRoute")


def spec_of(child: Child) -> Mapping[str, Any]:
    """Return the spec of a route."""
    return mapping_of(json.loads(child.facts.get(SPEC, "{}")))


def rules_of(child: Child) -> list[Mapping[str, Any]]:
    """Return the rules of a route, in their order."""
    return rules_in(spec_of(child))


def rules_in(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rules of the spec of a route; what is no rule counts as one that says nothing."""
    rules = spec.get("rules")
    return [mapping_of(each) for each in rules] if isinstance(rules, list) else []


def not_accepted(child: Child) -> str:
    """Return which parent has not taken the route as it stands, and why; "" where each has.

    A gateway takes it when it says Accepted and ResolvedRefs of this generation. That is no proof that requests go by
    it already.
    """
    references = spec_of(child).get("parentRefs")
    wanted = [mapping_of(each) for each in references] if isinstance(references, list) else []
    if not wanted:
        return f"{child.key.kind} {child.key.name} has no parentRefs: no gateway takes it"
    return next((why for each in wanted for why in _why_not(child, each)), "")


def _why_not(child: Child, reference: Mapping[str, Any]) -> Iterator[str]:
    """Give why a parent has not taken a route, if it has not; it may be several gateways' who say so."""
    wanted = _identity(reference, child.key.namespace)
    said = [each for each in _parents(child) if _identity(each["ref"], child.key.namespace) == wanted]
    where = f"{child.key.kind} {child.key.name}: the parent {reference.get('name', '')}"
    if not said:
        yield f"{where} has said nothing of it yet"
    for each in said:
        for condition in ("Accepted", "ResolvedRefs"):
            status, seen, why = each["conditions"].get(condition, ("Unknown", 0, ""))
            if seen < int(child.facts.get(GENERATION, "0")):
                yield f"{where} has not looked at its last change yet"
            if status != "True":
                yield f"{where} says {condition}={status}{f' ({why})' if why else ''}"


def _parents(child: Child) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(child.facts.get(PARENTS, "[]"))
    return found


def _said(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a parent says: the conditions that count, each with its status, generation and reason."""
    reference, rows = mapping_of(parent.get("parentRef")), parent.get("conditions")
    conditions = [mapping_of(each) for each in rows] if isinstance(rows, list) else []
    return {
        "ref": {name: reference[name] for name in _REF if name in reference},
        "conditions": {
            text_of(each.get("type")): (text_of(each.get("status")), _seen(each), text_of(each.get("reason")))
            for each in conditions
            if each.get("type") in {"Accepted", "ResolvedRefs"}
        },
    }


def _seen(condition: Mapping[str, Any]) -> int:
    generation = condition.get("observedGeneration")
    return generation if isinstance(generation, int) else 0


def _identity(reference: Mapping[str, Any], namespace: str) -> tuple[object, ...]:
    return (
        reference.get("group", GATEWAY_GROUP),
        reference.get("kind", GATEWAY),
        reference.get("namespace", namespace),
        reference.get("name"),
        reference.get("sectionName"),
        reference.get("port"),
    )


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
