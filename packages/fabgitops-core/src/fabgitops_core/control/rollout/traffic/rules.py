"""Rules of routes: which of them shares requests out between the two Services, and the rules of header routes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fabgitops_core.api.rollout.steps import HeaderMatch, HeaderRoute
from fabgitops_core.control.rollout.records import mapping_of

Rule = Mapping[str, Any]
PREFIX = "fabgitops-"
"""What names of our header rules begin with, in routes of others, too."""

_SPECIAL = frozenset("\\.+*?()|[]{}^$")
"""What RE2 does not take as it is."""


class Pair(NamedTuple):
    """The two Services that requests are shared out between, by their names, in the namespace of the Rollout."""

    stable: str
    canary: str
    namespace: str


class Share(NamedTuple):
    """The weights of both."""

    stable: int
    canary: int


def backends(rule: Rule) -> list[Mapping[str, Any]]:
    """Return the backends of a rule, in their order."""
    rows = rule.get("backendRefs")
    return [mapping_of(each) for each in rows] if isinstance(rows, list) else []


def places(rule: Rule, pair: Pair) -> tuple[int, int] | None:
    """Return at which places a rule has the stable and the canary Service; None where it has not each just once."""
    stable, canary = _places(rule, pair.stable, pair.namespace), _places(rule, pair.canary, pair.namespace)
    return (stable[0], canary[0]) if len(stable) == len(canary) == 1 else None


def base_of(rules: Sequence[Rule], pair: Pair, name: str | None) -> int | str:
    """Return the place of the rule that shares requests out, or why there is none, as a sentence.

    Args:
        rules: The rules of a route, without those of header routes.
        pair: The Services.
        name: What the rule is called; None for the only one that has both.
    """
    both = f"the Services {pair.stable} and {pair.canary} once each among its backendRefs"
    if name is not None:
        named = [place for place, rule in enumerate(rules) if rule.get("name") == name]
        if not named:
            return f"it has no rule that is named {name}"
        return named[0] if places(rules[named[0]], pair) else f"its rule {name} does not have {both}"
    found = [place for place, rule in enumerate(rules) if places(rule, pair)]
    if len(found) > 1:
        return f"{len(found)} of its rules have {both}: name one, and say its name in `rule`"
    return found[0] if found else f"no rule of it has {both}"


def share_of(rule: Rule, pair: Pair) -> Share | None:
    """Return the weights of a rule that has both; None where one is not there yet."""
    found = places(rule, pair)
    if found is None:
        return None
    stable, canary = (backends(rule)[place].get("weight", 1) for place in found)
    return Share(stable, canary)


def shared(rule: Rule, pair: Pair, share: Share) -> Rule:
    """Return a rule with the weights of both set, where it has both, and all else as it is."""
    found = places(rule, pair)
    if found is None:
        return rule
    weights = dict(zip(found, share, strict=True))
    rows = [{**each, "weight": weights[n]} if n in weights else each for n, each in enumerate(backends(rule))]
    return {**rule, "backendRefs": rows}


def header_rule(base: Rule, pair: Pair, header: HeaderRoute) -> Rule:
    """Return the rule of a header route: as the one that shares out, but for these requests, and to the canary alone.

    What that does besides (filters, timeouts, …) it does of these requests, too. It goes before that wherever it
    stands, as it matches more headers.
    """
    canary = next(each for each in backends(base) if _is(each, pair.canary, pair.namespace))
    ours = [_matching(each) for each in header.match]
    matches = base.get("matches") or [{}]
    return {
        "name": f"{PREFIX}{header.name}",
        "matches": [{**each, "headers": [*each.get("headers", ()), *ours]} for each in map(mapping_of, matches)],
        **{field: value for field, value in base.items() if field not in {"name", "matches", "backendRefs"}},
        "backendRefs": [{**canary, "weight": 1}],
    }


def is_header_rule(rule: Rule, pair: Pair, made: Iterable[Rule]) -> bool:
    """Return whether a rule is one of ours: by its name, and by where it sends requests.

    A Gateway API before 1.4 drops names of rules: there it is ours if it says just what one of those says that are
    `made` for the steps.
    """
    rows = backends(rule)
    if len(rows) != 1 or not _is(rows[0], pair.canary, pair.namespace):
        return False
    if "name" in rule:
        return str(rule["name"]).startswith(PREFIX)
    return any(covers(unnamed(each), rule) for each in made)


def unnamed(rule: Rule) -> Rule:
    """Return a rule without its name."""
    return {field: value for field, value in rule.items() if field != "name"}


def says(wanted: Rule, found: Rule) -> bool:
    """Return whether a rule that is there is the one that is wanted, whether or not it could keep its name."""
    return covers(wanted if "name" in found else unnamed(wanted), found)


def covers(wanted: object, found: object) -> bool:
    """Return whether what is stored is what is wanted, where the API server has filled in what nobody said."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return found.keys() - wanted.keys() <= _FILLED and all(
            name in found and covers(each, found[name]) for name, each in wanted.items()
        )
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        return len(wanted) == len(found) and all(map(covers, wanted, found))
    return wanted == found


_FILLED = {
    "group",
    "kind",
    "weight",
    "matches",
    "path",
    "type",
    "value",
    "statusCode",
    "denominator",
    "lifetimeType",
    "maxAge",
}
"""Fields of routes that the API server fills in."""


def _places(rule: Rule, name: str, namespace: str) -> list[int]:
    return [place for place, each in enumerate(backends(rule)) if _is(each, name, namespace)]


def _is(backend: Mapping[str, Any], name: str, namespace: str) -> bool:
    return (
        backend.get("name") == name
        and backend.get("group", "") == ""
        and backend.get("kind", "Service") == "Service"
        and backend.get("namespace", namespace) == namespace
    )


def _matching(match: HeaderMatch) -> Mapping[str, str]:
    """Return a header as the Gateway API matches it: it knows no prefix, so that is a regular expression."""
    value = match.header_value
    if value.exact is not None:
        return {"type": "Exact", "name": match.header_name, "value": value.exact}
    expression = value.regex if value.regex is not None else f"^{_quoted(value.prefix or '')}.*$"
    return {"type": "RegularExpression", "name": match.header_name, "value": expression}


def _quoted(text: str) -> str:
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in text)
