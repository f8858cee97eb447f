"""To which address a connection may be made, where not every one will do: found first, and then connected to.

What a name comes to is looked at once, and that address is asked, so that no other answer of a resolver comes between.
"""

import asyncio
import socket

from fabgitops_core.codec.networks import Networks
from fabgitops_core.engine.device_errors import OutOfBounds, Unreachable


async def address_of(host: str, port: int, within: Networks) -> str:
    """Return the first address of a host that is within ranges; "" where they are no limit, and its name will do.

    Raises:
        OutOfBounds: No address is.
        Unreachable: The name has none.
    """
    if not within:
        return ""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    found = await _addresses(place, host, port)
    address = next((each for each in found if within.holds(each)), "")
    if not address:
        raise OutOfBounds(f"{place} is not connected to: {within.refusal(found)}")
    return address


async def _addresses(place: str, host: str, port: int) -> list[str]:
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise Unreachable(f"{place} cannot be reached: {host!r} is no host name") from None
    except OSError as error:
        raise Unreachable(f"{place} cannot be reached: {error.strerror or error}") from None
    if not answers:
        raise Unreachable(f"{place} cannot be reached: the name has no address")
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))
