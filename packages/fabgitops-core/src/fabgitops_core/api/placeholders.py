"""Placeholders in a template: `${name}`."""

import re
from collections.abc import Mapping
from typing import Any

from fabgitops_core.codec.codec import Value

PARAMETER_NAME = "[A-Za-z][A-Za-z0-9_]*"
_PLACEHOLDER = re.compile(rf"\$\$\{{|\$\{{({PARAMETER_NAME})\}}")


class NotAText(ValueError):
    """A number with a fraction would go into a longer text: of 1.10 JSON leaves 1.1, which is another text."""

    def __init__(self, name: str, text: str) -> None:
        """Take the name of the parameter, and the text that it is to go into."""
        super().__init__(name, text)
        self.name, self.text = name, text


def names_in(given: object) -> set[str]:
    """Return the names of the placeholders in a value, also in the values of a mapping or a list in it."""
    if isinstance(given, str):
        return {found[1] for found in _PLACEHOLDER.finditer(given) if found[1]}
    if isinstance(given, Mapping):
        return {name for each in given.values() for name in names_in(each)}
    if isinstance(given, list | tuple):
        return {name for each in given for name in names_in(each)}
    return set()


def filled_in(given: Any, values: Mapping[str, Value]) -> Any:
    """Return a value with its placeholders replaced.

    Raises:
        KeyError: A placeholder has no value.
        NotAText: A number with a fraction would go into a longer text.
    """
    if isinstance(given, Mapping):
        return {key: filled_in(each, values) for key, each in given.items()}
    if isinstance(given, list | tuple):
        return [filled_in(each, values) for each in given]
    if not isinstance(given, str):
        return given
    if (whole := _PLACEHOLDER.fullmatch(given)) and whole[1]:
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda found: _text(found[1], values[found[1]], given) if found[1] else "${", given)


def _text(name: str, value: Value, within: str) -> str:
    if isinstance(value, float):
        raise NotAText(name, within)
    return str(value).lower() if isinstance(value, bool) else str(value)
