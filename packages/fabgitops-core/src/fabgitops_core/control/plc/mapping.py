"""From a spec to the requests that it means."""

from fabgitops_core.api.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.requests import Change, DeviceId, Endpoint, ReadPlan


def plan_of(spec: IndustrialPLCSpec) -> ReadPlan:
    """Return the reading that shows what the PLC holds."""
    return ReadPlan(Endpoint(spec.device_address, spec.port), spec.unit_id, spec.target_register)


def change_of(spec: IndustrialPLCSpec) -> Change:
    """Return the one write that makes the PLC hold what Git wants."""
    endpoint = Endpoint(spec.device_address, spec.port)
    return Change(endpoint, spec.unit_id, spec.target_register, (spec.target_value,))


def device_of(spec: IndustrialPLCSpec) -> DeviceId:
    """Return which device it is about."""
    return DeviceId(Endpoint(spec.device_address, spec.port), spec.unit_id)


def endpoint_of(spec: IndustrialPLCSpec) -> str:
    """Return `host:port`, for people."""
    return str(Endpoint(spec.device_address, spec.port))
