"""To which address of a BMC a connection may be made."""

from fabgitops_core.codec.networks import Networks
from fabgitops_core.control.rack.bmc.requests import Way
from fabgitops_core.engine import device_errors

from fabgitops_operator.hosting import bounds
from fabgitops_operator.redfish.errors import OutOfBounds, Unreached


async def address_of(way: Way, within: Networks) -> str:
    """Return the first address of a BMC that is within ranges; "" where they are no limit, and its name will do.

    Raises:
        OutOfBounds: No address is.
        Unreached: The name has none.
    """
    try:
        return await bounds.address_of(way.host, way.port, within)
    except device_errors.OutOfBounds as error:
        raise OutOfBounds(str(error)) from None
    except device_errors.Unreachable as error:
        raise Unreached(str(error)) from None
