"""A route of our own: all of it is said by its template, the weights, and the header routes of the steps so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.steps import HeaderRoute
from fabgitops_core.control.rollout.owners import owner
from fabgitops_core.control.rollout.traffic.routes import rules_in
from fabgitops_core.control.rollout.traffic.rules import (
    Pair,
    Rule,
    Share,
    backends,
    header_rule,
    places,
    shared,
    unnamed,
)

Ports = Mapping[str, tuple[int, ...]]
"""The ports of Services, by their names."""


def rules_from(
    template: Mapping[str, Any], pair: Pair, ports: Ports, share: Share, headers: Sequence[HeaderRoute]
) -> list[Rule] | str:
    """Return the rules of a route of our own, or why there can be none, as a sentence.

    Args:
        template: The spec that is declared.
        pair: The Services: rules without backendRefs get both.
        ports: What they listen on: where a backend is ours to say, it must be one port.
        share: The weights of both.
        headers: The header routes that there are to be, the first goes before the others.
    """
    bare = rules_in(template) or [{}]
    if not all(map(backends, bare)) and (why := _no_port(pair, ports)):
        return why
    whole = [shared(each if backends(each) else _filled(each, pair, ports), pair, share) for each in bare]
    if not any(places(rule, pair) for rule in whole):
        return f"no rule of its template has the Services {pair.stable} and {pair.canary}"
    return [each for rule in whole for each in (*_in_front(rule, pair, headers), rule)]


def body_of(kind: Kind, key: Key, rollout: Key, uid: str, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a route of our own as it is applied."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": {marks.ROLLOUT: rollout.name},
            "ownerReferences": [owner(rollout, uid, blocks=False)],
        },
        "spec": dict(spec),
    }


def _in_front(rule: Rule, pair: Pair, headers: Sequence[HeaderRoute]) -> list[Rule]:
    """Return the header rules of a rule that shares requests out.

    They have no names: a Gateway API before 1.4 refuses an applied rule that has one, and here nobody has to find them.
    """
    return [unnamed(header_rule(rule, pair, each)) for each in headers] if places(rule, pair) else []


def _no_port(pair: Pair, ports: Ports) -> str:
    for name in (pair.stable, pair.canary):
        if len(found := ports.get(name, ())) != 1:
            return f"the Service {name} has {len(found)} ports: say which by backendRefs in the rules of its template"
    return ""


def _filled(rule: Rule, pair: Pair, ports: Ports) -> Rule:
    rows = [{"name": name, "port": ports[name][0]} for name in (pair.stable, pair.canary)]
    return {**rule, "backendRefs": rows}
