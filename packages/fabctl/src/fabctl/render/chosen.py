"""Objects as a template of the user shows them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fabctl.columns import custom_table
from fabctl.errors import Refused
from fabctl.jsonpath import Template as JsonPath
from fabctl.options import Template
from fabctl.render import show_table


def show_chosen(items: Sequence[Any], whole: Any, output: Template, *, headers: bool) -> None:
    """Print objects by jsonpath, which is given the whole, or in columns, which are given one after the other.

    Raises:
        UsageError: The template makes no sense.
        Refused: An object is nested too deeply for it.
    """
    kind, _, expression = output.partition("=")
    with filling(kind):
        if kind == "custom-columns":
            show_table(custom_table(expression, items), headers=headers)
        else:
            sys.stdout.write(harmless(JsonPath(expression).filled(whole)))


@contextmanager
def filling(kind: str) -> Iterator[None]:
    """Say of an object that a template of a kind cannot take that it is so.

    Raises:
        Refused: It is so.
    """
    try:
        yield
    except (RecursionError, ValueError) as error:
        raise Refused(f"an object cannot be shown by {kind}: {error}") from None


def harmless(said: str) -> str:
    """Return a text in which nothing commands a terminal but what the template itself breaks into lines."""
    kept = "\n\t"
    return "".join(c if c.isprintable() or c in kept else "\N{REPLACEMENT CHARACTER}" for c in said)
