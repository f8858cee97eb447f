"""Conditions of requests by ETag (RFC 9110, section 13): pure."""

import re

_TAG = re.compile(r'(W/)?"([^"]*)"')


def matches(condition: str, version: str) -> bool:
    """Return whether If-Match lets a request through; a weak tag never does (section 13.1.1)."""
    if condition.strip() in {"", "*"}:
        return True
    return any(not weak and tag == version for weak, tag in _TAG.findall(condition))


def is_unchanged(condition: str, version: str) -> bool:
    """Return whether the client of If-None-Match has what it asks for; a weak tag will do (section 13.1.2)."""
    return condition.strip() == "*" or any(tag == version for _weak, tag in _TAG.findall(condition))
