"""What may stand in a `deviceAddress`: said once for Python and once for the API server."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from fabgitops_core.api.schema import Rule, on_field

_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = rf"^{_LABEL}(\.{_LABEL})*\.?$"
_LOOKS_NUMERIC = r"^[0-9.]+$"
_ADVICE = (
    "deviceAddress must be an IPv4 address, an IPv6 address without brackets, or a host name; "
    "it holds no scheme and no port (the port has a field of its own)"
)

_RULE = Rule(
    f"isIP(self) || (self.matches(r'{_HOST_NAME}') && !self.matches(r'{_LOOKS_NUMERIC}'))",
    _ADVICE,
)


def check_host(text: str) -> str:
    """Refuse what is neither an IP address nor a host name (RFC 1123, section 2.1, and underscores as found).

    Raises:
        ValueError: With what may stand there.
    """
    if _is_ip(text) or (re.fullmatch(_HOST_NAME, text) and not re.fullmatch(_LOOKS_NUMERIC, text)):
        return text
    raise ValueError(_ADVICE)


def _is_ip(text: str) -> bool:
    try:
        return "%" not in str(ip_address(text))
    except ValueError:
        return False


Host = Annotated[
    str,
    Field(min_length=1, max_length=253, json_schema_extra=on_field(_RULE)),
    AfterValidator(check_host),
]
"""An IPv4 address, an IPv6 address without brackets, or a host name."""
