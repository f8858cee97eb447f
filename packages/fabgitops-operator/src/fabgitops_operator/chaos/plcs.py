"""Where a PLC is that is a target, as the operator connects to it, and what opens the control API of a mock."""

from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.plc.requests import Endpoint, SecretKey
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.engine.ports import SecretError, Secrets
from fabgitops_core.modbus.route import Route

from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.reading import DEFAULT_PORT
from fabgitops_operator.hosting.ports import Body

TOKEN = "token"  # noqa: S105 - the key of a Secret, not one


def endpoint_of(plc: Body, route: Route) -> Endpoint:
    """Return where a PLC really is.

    Raises:
        AwayError: No device is reached there, by the device map.
    """
    spec = plc["spec"]
    try:
        return route(Endpoint(str(spec["deviceAddress"]), int(spec.get("port", DEFAULT_PORT))))
    except Unreachable as error:
        raise AwayError(str(error)) from None


async def token_of(secrets: Secrets, spot: Spot, secret: str) -> str:
    """Return the token out of a Secret of the PLC's namespace; "" where none is named.

    Raises:
        LookupError: It cannot be had: the text says why.
    """
    if not secret:
        return ""
    try:
        return await secrets.text(SecretKey(spot.namespace, secret, TOKEN))
    except SecretError as error:
        raise LookupError(str(error)) from None
