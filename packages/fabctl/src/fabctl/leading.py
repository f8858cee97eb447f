"""Options before the command, as in `fabctl --context line-1 list`: an alias of the shell ends with them. Pure."""

from collections.abc import Iterable, Sequence

from fabctl.errors import UsageError

_ALIASES = (("--namespace", "-n"), ("--selector", "-l"), ("--output", "-o"), ("--context",), ("--kubeconfig",))
WITH_VALUE = (*_ALIASES, ("--request-timeout",), ("--color",))
FLAGS = (("--all-namespaces", "-A"),)
"""The options of several commands, each by its names."""
GROUPS = frozenset({"rack", "brake", "rollout", "chaos"})
"""Commands whose next word is a command as well."""


def behind_the_command(tokens: Sequence[str]) -> list[str]:
    """Return a command line with the options that stand before the command behind it.

    One that is given behind the command as well counts there, as the last does with kubectl.

    Raises:
        UsageError: The value of one is missing, or the command.
    """
    leading: list[tuple[tuple[str, ...], list[str]]] = []
    rest = list(tokens)
    while rest and (names := _names(rest[0])):
        apart = names in WITH_VALUE and rest[0] in names
        if apart and len(rest) == 1:
            raise UsageError(f"{rest[0]} needs a value (see: fabctl --help)")
        size = 2 if apart else 1
        leading.append((names, rest[:size]))
        rest = rest[size:]
    if leading and not rest:
        raise UsageError(f"no command after {' '.join(tokens)} (see: fabctl --help)")
    if not rest or rest[0].startswith("-"):
        return rest
    given = {names for token in _options(rest) if (names := _names(token))}
    last = {names: words for names, words in leading if names not in given}
    size = 2 if rest[0] in GROUPS and len(rest) > 1 else 1
    return [*rest[:size], *(word for words in last.values() for word in words), *rest[size:]]


def _names(token: str) -> tuple[str, ...]:
    """Return the names of the option that a token is, or begins with: `-n`, `-nline`, `--namespace=line`."""
    for names in (*WITH_VALUE, *FLAGS):
        for name in names:
            attached = names in WITH_VALUE and token.startswith(f"{name}=" if name.startswith("--") else name)
            if token == name or attached:
                return names
    return ()


def _options(tokens: Iterable[str]) -> Iterable[str]:
    for token in tokens:
        if token == "--":  # noqa: S105 - ends the options
            return
        yield token
