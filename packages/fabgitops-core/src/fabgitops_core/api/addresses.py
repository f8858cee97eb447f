"""What may stand in a `deviceAddress`: said once for Python and once for the API server."""

import re
from ipaddress import ip_address

from fabgitops_core.api.schema import Rule

_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = rf"^{_LABEL}(\.{_LABEL})*\.?$"
_LOOKS_NUMERIC = r"^[0-9.]+$"
_ADVICE = (
    "deviceAddress must be an IPv4 address, an IPv6 address without brackets, or a host name; "
    "it holds no scheme and no port (the port has a field of its own)"
)

HOST_RULE = Rule(
    f"isIP(self.deviceAddress) || (self.deviceAddress.matches(r'{_HOST_NAME}') && "
    f"!self.deviceAddress.matches(r'{_LOOKS_NUMERIC}'))",
    _ADVICE,
    field=".deviceAddress",
)


def check_host(text: str) -> None:
    """Refuse what is neither an IP address nor a host name (RFC 1123, section 2.1, and underscores as found).

    Raises:
        ValueError: With the value and what may stand there.
    """
    if _is_ip(text) or (re.fullmatch(_HOST_NAME, text) and not re.fullmatch(_LOOKS_NUMERIC, text)):
        return
    raise ValueError(f"{_ADVICE}: {text!r} is none of these")


def _is_ip(text: str) -> bool:
    try:
        return "%" not in str(ip_address(text))
    except ValueError:
        return False
