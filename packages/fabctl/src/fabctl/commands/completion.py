"""`fabctl completion`, and what a shell asks by it."""

from __future__ import annotations

import asyncio
import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from cyclopts import Parameter

from fabctl.completing import SCRIPTS, SHELLS, Place, Wanted, fitting, place
from fabctl.defaults import variable
from fabctl.errors import FabctlError, UsageError
from fabctl.leading import GROUPS
from fabctl.names import check_name
from fabctl.options import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyclopts import App

PATIENCE_SECS = 2.0
"""Who presses Tab waits no longer; then nothing is completed."""

GOALS = ("synced", "ready", "deleted", "condition=")


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print what a shell has to read to complete commands, options, namespaces, contexts and names.

    bash: add to ~/.bashrc: source <(fabctl completion bash). zsh: add to ~/.zshrc, behind compinit:
    source <(fabctl completion zsh). fish: fabctl completion fish > ~/.config/fish/completions/fabctl.fish.

    Args:
        shell: bash, zsh or fish.
    """
    sys.stdout.write(SCRIPTS[shell])


async def complete(*words: Annotated[str, Parameter(name="WORD", allow_leading_hyphen=True)]) -> None:
    """Print what may stand in the place of the last word, a line each; what cannot be known is nothing.

    Args:
        words: What stands behind fabctl so far.
    """
    where = place(words)
    try:
        async with asyncio.timeout(PATIENCE_SECS):
            found = await _found(where)
    except (FabctlError, TimeoutError):
        return
    sys.stdout.writelines(f"{each}\n" for each in fitting(where, found) if each.isprintable())


async def _found(where: Place) -> Iterable[str]:
    match where.wanted:
        case Wanted.COMMANDS:
            return _commands(where.command)
        case Wanted.OPTIONS:
            return _options(where.command)
        case Wanted.CHOICES:
            return GOALS if where.option == "--for" else _choices(where.command, where.option)
        case Wanted.SHELLS:
            return SHELLS
        case Wanted.SCENARIOS:
            from fabctl.chaos.scenarios import known  # noqa: PLC0415

            return known()
        case Wanted.CONTEXTS:
            from fabctl.cluster.config import contexts  # noqa: PLC0415

            return contexts(_kubeconfig(where))
        case Wanted.NAMESPACES | Wanted.OBJECTS:
            return await _in_the_cluster(where)
    return ()


def _commands(group: str) -> list[str]:
    app = _app(group)
    return sorted(name for name in app if not name.startswith(("-", "_")))


def _options(command: str) -> list[str]:
    arguments = _arguments(command)
    return sorted({name for each in arguments for name in each.names if name.startswith("-")} | {"--help"})


def _choices(command: str, option: str) -> list[str]:
    for each in _arguments(command):
        if option in each.names:
            return [str(value) for value in _values(each.hint)]
    return []


def _arguments(command: str) -> Iterable[Any]:
    """Return what a command takes; a group takes nothing but its commands."""
    return _app(command).assemble_argument_collection() if command and command not in GROUPS else ()


def _values(hint: Any) -> Iterable[Any]:
    """Return what an option may be: of a Literal, an Enum, or one of these or nothing."""
    if isinstance(hint, type):
        return hint if issubclass(hint, Enum) else ()
    return [value for each in get_args(hint) for value in ([each] if isinstance(each, str) else _values(each))]


def _app(command: str) -> App:
    """Return the commands of a group, or a command.

    Raises:
        UsageError: There is none of this name.
    """
    from fabctl.app import app  # noqa: PLC0415 - it imports this

    try:
        found = app
        for word in command.split():
            found = found[word]
    except KeyError:
        raise UsageError(f"no command {command}") from None
    return found


def _kubeconfig(where: Place) -> Path | None:
    given = where.value("--kubeconfig") or os.environ.get(variable("kubeconfig"))
    return Path(given) if given else None


async def _in_the_cluster(where: Place) -> list[str]:
    from fabctl.cluster import connected  # noqa: PLC0415

    namespace = where.value("--namespace", "-n") or os.environ.get(variable("namespace"))
    try:
        check_name(namespace or "default")
    except ValueError:
        return []
    connection = Connection(
        namespace=namespace,
        context=where.value("--context") or os.environ.get(variable("context")),
        kubeconfig=_kubeconfig(where),
        request_timeout=PATIENCE_SECS,
    )
    async with connected(connection) as cluster:
        if not where.kinds:
            return await cluster.namespaces()
        asked = (cluster.some_names(kind) for kind in where.kinds)
        answers = await asyncio.gather(*asked, return_exceptions=True)
    return sorted({name for names in map(_known, answers) for name in names})


def _known(answer: list[str] | BaseException) -> list[str]:
    """Return names, and none of a kind that the cluster has not, or that may not be listed."""
    if isinstance(answer, FabctlError):
        return []
    if isinstance(answer, BaseException):
        raise answer
    return answer
