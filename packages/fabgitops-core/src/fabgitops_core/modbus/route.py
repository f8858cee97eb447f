"""Where a device is really reached: at the endpoint that its resource names, unless somebody knows another way.

Only connecting asks. Who is who (sessions, claims, circuits, statuses, metrics, the name in a certificate) goes by the
endpoint that the resource names.
"""

from collections.abc import Callable

from fabgitops_core.control.plc.requests import Endpoint

Route = Callable[[Endpoint], Endpoint]
"""Returns where to connect for an endpoint, by the same transport; asked at each connect.

Raises `Unreachable` with a sentence for the user when there is no way: nothing is connected to then.
"""


def straight(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint: the route where nothing else is known."""
    return endpoint
