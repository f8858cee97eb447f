"""Whether lines, bars and arrows can be drawn, or ASCII has to stand for them."""

import os
import sys

from fabctl.times import Told

_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
"""What Python makes of LC_CTYPE where the locale is C (PEP 538)."""
_PLAIN = {"C", "POSIX"}


def ascii_only() -> bool:
    """Return whether the locale, or the encoding of standard output, is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    return not encoding.startswith("utf8") or not _is_utf8(os.environ)


def _is_utf8(environment: "os._Environ[str] | dict[str, str]") -> bool:
    """Return whether the locale is; where nothing says which it is (a container, Windows), it is taken for one.

    The first of LC_ALL, LC_CTYPE and LANG that says something counts (POSIX, XBD 8.2).
    """
    everything, characters, language = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if not everything and characters in _COERCED and language in _PLAIN:
        return False
    said = everything or characters or language
    return not said or "utf8" in said.lower().replace("-", "")


_ASCII = str.maketrans({"→": "->", "✔": "+", "✖": "x", "◌": "o", "‖": "=", "⚠": "!", "·": "."})
"""What stands for arrows and marks."""


def drawn(said: str) -> str:
    """Return a text whose arrows and marks can be shown; one that people are told otherwise stays so."""
    if not ascii_only():
        return said
    plain = said.translate(_ASCII)
    return type(said)(plain, said.people.translate(_ASCII)) if isinstance(said, Told) else plain
