"""A route of somebody else's: of one rule of it two weights are set, and header rules go in front of it and away again.

Nothing else of it is touched: a patch says just these places, and tests that they still are what was looked at.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fabgitops_core.api.rollout.steps import HeaderRoute
from fabgitops_core.control.rollout.pods.weights import MAX_WEIGHT
from fabgitops_core.control.rollout.traffic.rules import (
    Pair,
    Rule,
    Share,
    backends,
    base_of,
    header_rule,
    is_header_rule,
    places,
    says,
    share_of,
)

Steps = tuple[dict[str, Any], ...]


class Layout(NamedTuple):
    """Where in a route the rule stands that shares requests out, and where our header rules do."""

    base: int
    headers: tuple[int, ...]


def layout(rules: Sequence[Rule], pair: Pair, name: str | None, known: Sequence[HeaderRoute]) -> Layout | str:
    """Return what of a route is ours to set, or why nothing is, as a sentence.

    Args:
        rules: All its rules.
        pair: The Services.
        name: What the rule is called that shares out; None for the only one that can.
        known: The header routes that may have been made.
    """
    base = base_of(rules, pair, name)
    if isinstance(base, str):
        return base
    made = [header_rule(rules[base], pair, each) for each in known]
    return Layout(base, tuple(n for n, rule in enumerate(rules) if is_header_rule(rule, pair, made)))


def change(
    rules: Sequence[Rule], pair: Pair, found: Layout, share: Share, headers: Sequence[HeaderRoute]
) -> Steps | None:
    """Return the steps of a JSON patch that make a route as it is to be; None where it is.

    Args:
        rules: All its rules.
        pair: The Services.
        found: What of it is ours to set.
        share: The weights of both.
        headers: The header routes that there are to be, the first goes before the others.
    """
    base = rules[found.base]
    wanted = [header_rule(base, pair, each) for each in headers]
    stands = [rules[place] for place in found.headers]
    same = len(wanted) == len(stands) and all(map(says, wanted, stands))
    weighed = share_of(base, pair) == share
    if same and weighed:
        return None
    steps = [*_tests(base, pair, found.base)]
    steps += [] if weighed else _weights(base, pair, found.base, share)
    return tuple(steps if same else [*steps, *_placed(rules, found, wanted)])


def cleared(rules: Sequence[Rule], pair: Pair, name: str | None, known: Sequence[HeaderRoute] | None) -> Steps:
    """Return the steps that leave a route as somebody else may go on with it; none where it is so.

    All goes to the stable Service, and no header rule of ours is left. Weights that send nothing to the canary are let
    be, whatever they are; so is a rule that has not both any more.

    Args:
        rules: All its rules.
        pair: The Services.
        name: What the rule is called that shares out; None for the only one that can.
        known: The header routes that may have been made; None where those are not to be touched.
    """
    base = base_of(rules, pair, name)
    if isinstance(base, str):
        headers = tuple(n for n, rule in enumerate(rules) if is_header_rule(rule, pair, ()))
        return tuple(_placed(rules, Layout(len(rules), headers), ())) if known is not None else ()
    found = layout(rules, pair, name, known or ())
    if isinstance(found, str):
        return ()
    share = share_of(rules[base], pair)
    back = share if share is not None and not share.canary and share.stable else Share(MAX_WEIGHT, 0)
    return change(rules, pair, found if known is not None else Layout(base, ()), back, ()) or ()


def _tests(base: Rule, pair: Pair, place: int) -> Iterator[dict[str, Any]]:
    if "name" in base:
        yield {"op": "test", "path": f"/spec/rules/{place}/name", "value": base["name"]}
    for backend in places(base, pair) or ():
        path = f"/spec/rules/{place}/backendRefs/{backend}/name"
        yield {"op": "test", "path": path, "value": backends(base)[backend]["name"]}


def _weights(base: Rule, pair: Pair, place: int, share: Share) -> list[dict[str, Any]]:
    """Return the steps that set both: one that is not said yet is added, which sets one that is, too."""
    return [
        {"op": "add", "path": f"/spec/rules/{place}/backendRefs/{backend}/weight", "value": weight}
        for backend, weight in zip(places(base, pair) or (), share, strict=False)
    ]


def _placed(rules: Sequence[Rule], found: Layout, wanted: Sequence[Rule]) -> Iterator[dict[str, Any]]:
    """Give the steps that take our header rules away, the last first, and put those that are wanted before the base."""
    for place in sorted(found.headers, reverse=True):
        if "name" in rules[place]:
            yield {"op": "test", "path": f"/spec/rules/{place}/name", "value": rules[place]["name"]}
        yield {"op": "remove", "path": f"/spec/rules/{place}"}
    base = found.base - sum(place < found.base for place in found.headers)
    for rule in reversed(wanted):
        yield {"op": "add", "path": f"/spec/rules/{base}", "value": dict(rule)}
