"""What a scalar of YAML means: what it means to kubectl, which is neither YAML 1.1 nor 1.2.

kubectl reads with `go.yaml.in/yaml/v2` and writes JSON: a whole number is one however it was written (`1.0`, `1e3`),
what does not fit into 64 bits is a fraction, a date is a text, and a time of day, too (`12:30`).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"

_WORDS: Mapping[str, bool | None] = MappingProxyType(
    {each: True for word in ("y", "yes", "true", "on") for each in (word, word.capitalize(), word.upper())}
    | {each: False for word in ("n", "no", "false", "off") for each in (word, word.capitalize(), word.upper())}
    | {"": None, "~": None, "null": None, "Null": None, "NULL": None}
)
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WHOLE = re.compile(
    r"(?P<sign>[-+]?)(0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_POINT_FIRST = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")


class ScalarError(ValueError):
    """A scalar that JSON has no word for, or that is not what its tag says: its text says which."""


def resolved(text: str, tag: str | None, *, plain: bool) -> Scalar:
    """Return the value of a scalar.

    Args:
        text: The scalar, without quotes.
        tag: Its tag in full (`tag:yaml.org,2002:str`), if it has one.
        plain: Whether it stands without quotes.

    Raises:
        ScalarError: It is endless or no number, or not what its tag says, or has a tag that is not YAML's own.
    """
    if tag is None or tag == "!":
        return untagged(text) if plain and tag is None else text
    if not tag.startswith(_TAG) or tag.removeprefix(_TAG) not in _TAGGED:
        raise ScalarError(f"the tag {tag} means nothing here: write the value without it")
    return _TAGGED[tag.removeprefix(_TAG)](text)


def untagged(text: str) -> Scalar:
    """Return what a scalar without quotes and tag is.

    Raises:
        ScalarError: It is endless, or no number (`.inf`, `.nan`).
    """
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "0123456789+-.":
        return text
    if _ENDLESS.fullmatch(text):
        raise ScalarError(f"{text} has no place in a manifest: put it in quotes if it is a text")
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    if text[0] == ".":
        return _fraction(text.replace("_", "")) if _POINT_FIRST.fullmatch(text) else None
    bare = text.replace("_", "")
    whole = _whole(bare)
    if whole is None:
        return _fraction(bare) if _FRACTION.fullmatch(bare) else None
    return whole


def _whole(text: str) -> int | float | None:
    """Return a whole number, as a fraction where Go's JSON would; None for what Go's ParseInt and ParseUint refuse."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        return None
    base, digits = next((b, found[name]) for name, b in _BASES if found[name] is not None)
    if len(digits) > 64:
        return None
    value = int(digits, base) * (-1 if found["sign"] == "-" else 1)
    most = 2**63 if found["sign"] else 2**64
    return json_number(value) if -(2**63) <= value < most else None


_BASES = (("hex", 16), ("bin", 2), ("oct", 8), ("dec", 10))


def _fraction(text: str) -> int | float | None:
    """Return a number; None for one that float64 cannot hold, which Go leaves a text."""
    value = float(text)
    return json_number(value) if abs(value) != float("inf") else None


def json_number(value: float) -> int | float:
    """Return a number as the API server gets it: whole if it is, as a fraction if 64 bits do not hold it."""
    fits = -(2**63) <= value < 2**63 if isinstance(value, int) else abs(value) < 2**63
    return int(value) if fits and value == int(value) else float(value)


def _of(kind: type | tuple[type, ...], name: str) -> Callable[[str], Scalar]:
    def read(text: str) -> Scalar:
        value = untagged(text)
        odd = name == "int" and _whole(text.replace("_", "")) is None  # 5.0 is a float, though JSON has 5 for it
        if odd or not isinstance(value, kind) or (isinstance(value, bool) and name != "bool"):
            raise ScalarError(f"{text!r} is not what its tag !!{name} says")
        return value

    return read


def _binary(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ScalarError(f"{text!r} is not what its tag !!binary says, a text in base64") from None


_TAGGED: Mapping[str, Callable[[str], Scalar]] = MappingProxyType(
    {
        "str": str,
        "timestamp": str,
        "binary": _binary,
        "int": _of(int, "int"),
        "float": _of((int, float), "float"),
        "bool": _of(bool, "bool"),
        "null": _of(type(None), "null"),
    }
)
