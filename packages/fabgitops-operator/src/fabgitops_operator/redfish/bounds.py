"""To which address of a BMC a connection may be made, where not every one will do: found first, and then connected to.

What a name comes to is looked at once, and that address is asked, so that no other answer of a resolver comes between.
"""

import asyncio
import socket

from fabgitops_core.codec.networks import Networks
from fabgitops_core.control.rack.bmc.requests import Way

from fabgitops_operator.redfish.errors import OutOfBounds, Unreached


async def address_of(way: Way, within: Networks) -> str:
    """Return the first address of a BMC that is within ranges; "" where they are no limit, and its name will do.

    Raises:
        OutOfBounds: No address is.
        Unreached: The name has none.
    """
    if not within:
        return ""
    loop = asyncio.get_running_loop()
    try:
        answers = await loop.getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise Unreached(f"{way} cannot be reached: {way.host!r} is no host name") from None
    except OSError as error:
        raise Unreached(f"{way} cannot be reached: {error.strerror or error}") from None
    found = list(dict.fromkeys(str(address[0]) for *_, address in answers))
    address = next((each for each in found if within.holds(each)), "")
    if not address:
        raise OutOfBounds(f"{way} is not connected to: {within.refusal(found)}")
    return address
