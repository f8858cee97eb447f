"""What names, labels, annotations and finalizers may be, in the words of `k8s.io/apimachinery/pkg/util/validation`."""

import re

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"

_NAME_PART = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_OPTIONAL = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
_NAMES = "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "


def subdomain(value: str) -> list[str]:
    """Return what is wrong with the name of an object, or a prefix."""
    found = ["must be no more than 253 characters"] if _size(value) > 253 else []
    if not re.fullmatch(_SUBDOMAIN, value, re.ASCII):
        found.append(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
            " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
            f" '{_SUBDOMAIN}')"
        )
    return found


def prefix(value: str) -> list[str]:
    """Return what is wrong with the beginning of a name: it may end in a hyphen, which something follows."""
    return subdomain(f"{value[:-1]}a" if len(value) > 1 and value.endswith("-") else value)


def qualified(value: str) -> list[str]:
    """Return what is wrong with the name of a label, an annotation or a finalizer."""
    *prefixes, name = value.split("/")
    if len(prefixes) > 1:
        return [f"a qualified name {_NAME_PART} {_NAMES}'{_QUALIFIED}') {_OPTIONAL}"]
    found = _prefix_part(prefixes[0]) if prefixes else []
    if not name:
        found.append("name part must be non-empty")
    elif _size(name) > 63:
        found.append("name part must be no more than 63 characters")
    if not re.fullmatch(_QUALIFIED, name, re.ASCII):
        found.append(f"name part {_NAME_PART} {_NAMES}'{_QUALIFIED}')")
    return found


def _prefix_part(value: str) -> list[str]:
    if not value:
        return ["prefix part must be non-empty"]
    return [f"prefix part {each}" for each in subdomain(value)]


def label_value(value: str) -> list[str]:
    """Return what is wrong with the value of a label."""
    found = ["must be no more than 63 characters"] if _size(value) > 63 else []
    if not re.fullmatch(_VALUE, value, re.ASCII):
        found.append(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
            " start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for"
            f" validation is '{_VALUE}')"
        )
    return found


def _size(value: str) -> int:
    return len(value.encode(errors="replace"))
