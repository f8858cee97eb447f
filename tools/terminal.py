"""What fabctl says of itself: commands, arguments, options and examples, for its page and its manual page."""

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, get_args

from cyclopts import App
from cyclopts.argument import Argument
from fabctl.app import app
from fabctl.examples import EXAMPLES
from fabctl.options import Template

CLUSTER = "Cluster"
"""The group of the options that nearly all commands have: they are told once."""


@dataclass(frozen=True)
class Option:
    """An argument or an option."""

    names: tuple[str, ...]
    value: str
    """What stands in the place of its value; empty for a flag."""
    about: str
    required: bool
    positional: bool
    default: str
    variable: str
    shared: bool
    """Whether it is one of the cluster's."""


@dataclass(frozen=True)
class Command:
    """A command, or a group of them."""

    path: str
    alias: str
    summary: str
    more: str
    """Further paragraphs."""
    options: Sequence[Option]
    examples: Sequence[tuple[str, str]]
    is_group: bool

    @property
    def usage(self) -> str:
        """Return the command line in short."""
        if self.is_group:
            return f"fabctl {self.path} COMMAND"
        words = [each.value if each.required else f"[{each.value}]" for each in self.options if each.positional]
        needed = [f"{each.names[0]} {each.value}" for each in self.options if each.required and not each.positional]
        return " ".join(["fabctl", self.path, *words, *needed, "[OPTIONS]"])

    @property
    def told(self) -> list[Option]:
        """Return what is to be told of it: all but the cluster's options."""
        return [each for each in self.options if not each.shared]

    @property
    def shared(self) -> list[str]:
        """Return the names of the cluster's options that it takes."""
        return [each.names[-1] for each in self.options if each.shared]


def commands() -> list[Command]:
    """Return all of them, a group before its commands."""
    return list(_commands(app, ()))


def shared() -> list[Option]:
    """Return the options of the cluster, each once, as the command has them that has the most."""
    widest = max((each.options for each in commands()), key=lambda options: sum(each.shared for each in options))
    return [each for each in widest if each.shared]


def _commands(of: App, path: tuple[str, ...]) -> Iterator[Command]:
    told: set[str] = set()
    for name in of:
        found = of[name]
        if name.startswith(("-", "_")) or found.name[0] in told:
            continue
        told.add(found.name[0])
        way = (*path, name)
        is_group = any(not each.startswith("-") for each in found)
        yield _command(found, " ".join(way), is_group=is_group)
        if is_group:
            yield from _commands(found, way)


def _command(found: App, path: str, *, is_group: bool) -> Command:
    arguments = found.assemble_argument_collection(parse_docstring=True) if found.default_command else ()
    options = _once([_option(each) for each in arguments if each.show])
    alias = ", ".join(found.alias or ())
    return Command(
        path, alias, str(found.help), _more(found.default_command), options, EXAMPLES.get(path, ()), is_group
    )


def _once(options: Sequence[Option]) -> list[Option]:
    """Return them with an argument that is taken once, and then any number of times, as one."""
    found: dict[tuple[str, ...], Option] = {}
    for each in options:
        before = found.get(each.names)
        found[each.names] = each if before is None else replace(before, value=each.value)
    return list(found.values())


def _more(function: Any) -> str:
    """Return what the docstring of a command says behind its first sentence, and before its arguments."""
    text = inspect.cleandoc(getattr(function, "__doc__", None) or "").partition("\nArgs:\n")[0]
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n")[1:]).strip()


def _option(argument: Argument) -> Option:
    names = sorted(argument.names, key=lambda name: (not name.startswith("--"), name.startswith("--no-")))
    default = argument.field_info.default
    positional = argument.field_info.is_positional
    groups: Any = argument.parameter.group
    hidden = argument.parameter.show_default is False or isinstance(default, type) or default in (None, False, (), "")
    return Option(
        tuple(names),
        _value(argument, positional=positional),
        " ".join((argument.parameter.help or "").split()),
        bool(argument.required),
        bool(positional),
        "" if hidden else _plain(default),
        "".join(argument.parameter.env_var or ()),
        CLUSTER in {group.name for group in groups},
    )


def _value(argument: Argument, *, positional: bool) -> str:
    hint = argument.hint
    many = "…" if getattr(hint, "__origin__", None) is tuple else ""
    if positional:
        return f"{argument.names[0]}{many}"
    if argument.is_flag():
        return ""
    if choices := [each for each in _choices(hint) if _fits(argument, each)]:
        return "|".join(map(str, choices))
    return re.sub(r"^-+", "", argument.names[0]).upper()


def _fits(argument: Argument, choice: Any) -> bool:
    """Return whether an option may be this, which other options of its type may be."""
    try:
        checks: Any = argument.parameter.validator
        for check in checks:
            check(argument.hint, choice)
    except ValueError:
        return False
    return True


def _choices(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            yield from hint
        elif issubclass(hint, Template):
            yield from (f"{kind}=…" for kind in Template.KINDS)
        return
    for each in get_args(hint):
        if isinstance(each, str):
            yield each
        else:
            yield from _choices(each)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return ""
    return str(value.value if isinstance(value, Enum) else f"{value:g}" if isinstance(value, float) else value)
