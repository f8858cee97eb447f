"""What a plain scalar of a manifest is to kubectl, which reads YAML 1.1, more or less, and hands on JSON.

Its rules are those of go-yaml v2 (resolve.go): truth has eleven names for each, `_` in numbers means nothing, `0x`,
`0b`, `0o` and a mere `0` in front give the base, there are no numbers to base 60, and a date is a text. As a number of
JSON has no type, 1.0 is 1.
"""

import math
import re

from ruamel.yaml.nodes import ScalarNode

from mock_plc.memory import Value

_TRUTH = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_WHOLE = {
    re.compile("[-+]?(0|[1-9][0-9]*)"): 10,
    re.compile("[-+]?0[xX][0-9a-fA-F]+"): 16,
    re.compile("[-+]?0[oO][0-7]+"): 8,
    re.compile("[-+]?0[bB][01]+"): 2,
    re.compile("[-+]?0[0-7]+"): 8,
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LARGEST_WHOLE = 1e21
"""From here on a whole number is written with an exponent, and is a float to whoever reads it."""
_TEXT = "tag:yaml.org,2002:str"


def value_of(node: ScalarNode) -> Value | None:
    """Return what a scalar is; one with quotes, or tagged `!!str`, is a text.

    Raises:
        ValueError: It is infinite or NaN, which JSON does not have, or has a tag that no manifest has.
    """
    tagged = getattr(node.ctag, "handle", None) is not None
    if tagged and not str(node.tag).startswith("tag:yaml.org,2002:"):
        raise ValueError(f"has the tag {node.tag}, which kubectl does not know: leave it out")
    text = str(node.value)
    if node.style or (tagged and node.tag == _TEXT):
        return text
    return plain(text)


def plain(text: str) -> Value | None:
    """Return what a scalar without quotes is.

    Raises:
        ValueError: It is infinite or NaN.
    """
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if text.lower() in {".nan", ".inf", "+.inf", "-.inf"}:
        raise ValueError(f"is {text}, which JSON does not have: a register holds a finite number")
    number = _number(text.replace("_", "")) if text[0] in "+-.0123456789" else None
    return text if number is None else number


def _number(digits: str) -> float | None:
    for pattern, base in _WHOLE.items():
        if pattern.fullmatch(digits):
            return int(digits, base) if base != 8 else int(digits.lower().replace("o", ""), 8)
    if not _FLOAT.fullmatch(digits):
        return None
    number = float(digits)
    if math.isinf(number):
        return None
    return int(number) if number.is_integer() and abs(number) < _LARGEST_WHOLE else number


def key_of(node: ScalarNode) -> str:
    """Return the name that a key has in JSON.

    Raises:
        ValueError: As of `value_of`.
    """
    value = value_of(node)
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
