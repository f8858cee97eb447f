"""Arguments of analyses: `{{args.name}}` in a text stands for the value of an argument, put in as it is."""

import re
from collections.abc import Mapping

_ARGUMENT = re.compile(r"\{\{\s*args\.([-_a-zA-Z0-9]+)\s*\}\}")
_BRACES = re.compile(r"\{\{.*?(\}\}|$)", re.DOTALL)

PLAIN = "0"
"""What stands for an argument without a value while a text is only looked at."""


def names_in(text: str) -> list[str]:
    """Return the names of the arguments in a text, in the order of the text."""
    return _ARGUMENT.findall(text)


def foreign_in(text: str) -> str:
    """Return the first thing in double braces that is no argument, "" where there is none."""
    return next((each.group() for each in _BRACES.finditer(text) if not _ARGUMENT.fullmatch(each.group())), "")


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its arguments filled in; one that has no value there stays as it is written."""
    return _ARGUMENT.sub(lambda found: values.get(found[1], found[0]), text)
