"""What may stand in a `deviceAddress` and in a `tlsServerName`: said once for Python and once for the API server."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from fabgitops_core.api.schema import Rule, on_field

_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:\s]+)):([0-9]{1,5})")
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = rf"^{_LABEL}(\.{_LABEL})*\.?$"
_LOOKS_NUMERIC = r"^[0-9.]+$"
_MAY_BE = "must be an IPv4 address, an IPv6 address without brackets, or a host name; it holds no scheme and no port"
_ADVICE = f"deviceAddress {_MAY_BE} (the port has a field of its own)"
_ADVICE_ON_NAMES = f"tlsServerName {_MAY_BE}: give the name in the device's certificate, or drop it for deviceAddress"
_MAPPED = (
    "self.matches(r'^::[fF]{4}:([0-9]+[.]){3}[0-9]+$') && isIP(self.substring(7)) || "
    "self.matches(r'^::[fF]{4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}$')"
)
"""IPv4 in the guise of IPv6 (RFC 4291, section 2.5.5.2), which isIP does not take."""

_IS_HOST = f"isIP(self) || {_MAPPED} || (self.matches(r'{_HOST_NAME}') && !self.matches(r'{_LOOKS_NUMERIC}'))"


def host_and_port(text: str) -> tuple[str, int] | None:
    """Return what `HOST:PORT` names, an IPv6 address in brackets (RFC 3986, section 3.2.2); None where it is no such.

    Neither is checked: a host may be none, and a port up to 99999.
    """
    found = _PLACE.fullmatch(text)
    return (found[1] or found[2], int(found[3])) if found else None


def check_host(text: str) -> str:
    """Refuse what is neither an IP address nor a host name (RFC 1123, section 2.1, and underscores as found).

    Raises:
        ValueError: With what may stand there.
    """
    return _checked(text, _ADVICE)


def check_server_name(text: str) -> str:
    """Refuse what no certificate can be for; a handshake would end in an error of Python's own.

    Raises:
        ValueError: With what may stand there.
    """
    return _checked(text, _ADVICE_ON_NAMES)


def _checked(text: str, advice: str) -> str:
    if _is_ip(text) or (re.fullmatch(_HOST_NAME, text) and not re.fullmatch(_LOOKS_NUMERIC, text)):
        return text
    raise ValueError(advice)


def _is_ip(text: str) -> bool:
    try:
        return "%" not in str(ip_address(text))
    except ValueError:
        return False


Host = Annotated[
    str,
    Field(min_length=1, max_length=253, json_schema_extra=on_field(Rule(_IS_HOST, _ADVICE))),
    AfterValidator(check_host),
]
"""An IPv4 address, an IPv6 address without brackets, or a host name."""

ServerName = Annotated[
    str,
    Field(min_length=1, max_length=253, json_schema_extra=on_field(Rule(_IS_HOST, _ADVICE_ON_NAMES))),
    AfterValidator(check_server_name),
]
"""The same, as what a device's certificate is for."""
