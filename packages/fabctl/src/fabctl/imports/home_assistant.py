"""Home Assistant's `modbus:`: hubs, and what their sensors, switches, climates, … say of registers.

Source: home-assistant.io, source/_integrations/modbus.markdown; homeassistant/components/modbus/__init__.py of
home-assistant/core for the defaults.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from fabctl.errors import UsageError
from fabctl.imports.devices import Device, NotTaken, amount, mappings, whole
from fabctl.imports.entities import CONVERTERS, known

_ETHERNET = {"tcp": "", "udp": "udp", "rtuovertcp": "rtuOverTcp"}
_OF_A_HUB = {"name", "type", "host", "port", "timeout", "delay", "message_wait_milliseconds"}


class _Elsewhere(str):
    """What stands in another file: `!secret`, `!include`, and the like."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Reads Home Assistant's tags as what they are: things that are said elsewhere."""


_Loader.add_multi_constructor(
    "!", lambda _, tag, node: _Elsewhere(f"!{tag} {node.value if isinstance(node, yaml.ScalarNode) else ''}".strip())
)


def devices(content: str) -> list[Device]:
    """Return the hubs of a configuration of Home Assistant: the whole of it, or what its `modbus:` includes.

    Raises:
        UsageError: It is no YAML, or has no hub.
    """
    try:
        found = yaml.load(content, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"this is no YAML: {' '.join(str(error).split())}") from None
    hubs = [_device(each) for given in _hubs(found) for each in mappings(given)]
    if not hubs:
        raise UsageError("there is no modbus: with a hub in it; what it includes is a file of its own, to be given")
    return hubs


def _hubs(found: object) -> Iterator[object]:
    """Yield each place where hubs may stand: at the top, below `modbus`, and in packages."""
    if isinstance(found, list):
        yield found
    if isinstance(found, dict):
        yield found.get("modbus")
        core = found.get("homeassistant")
        packages = core.get("packages") if isinstance(core, dict) else None
        for each in packages.values() if isinstance(packages, dict) else ():
            yield each.get("modbus") if isinstance(each, dict) else None


def _device(hub: Mapping[str, Any]) -> Device:
    device = Device(str(hub.get("name", "modbus_hub")))
    try:
        _reached(device, hub)
    except NotTaken as error:
        device.refused = str(error)
        return device
    intervals: list[int] = []
    for kind, convert in CONVERTERS.items():
        for entity in mappings(hub.get(kind, [])):
            _take(device, kind, convert, entity)
            interval = amount(entity.get("scan_interval"))
            intervals += [round(interval)] if interval >= 1 else []
    if intervals:
        device.spec["pollIntervalSecs"] = min(*intervals, 86400)
    _paced(device, hub)
    device.note(hub, _OF_A_HUB | CONVERTERS.keys())
    return device


def _reached(device: Device, hub: Mapping[str, Any]) -> None:
    kind, host = str(hub.get("type", "")), hub.get("host", "")
    if kind not in _ETHERNET:
        raise NotTaken(f"type {kind or '(none)'} is no network: put a Modbus gateway before the line")
    if isinstance(host, _Elsewhere):
        device.told.append(f"{device.name}: host is {host}, which stands elsewhere: --device says it")
    else:
        device.address = str(host)
    if _ETHERNET[kind]:
        device.spec["connection"] = {"transport": _ETHERNET[kind]}
    port = 502 if isinstance(hub.get("port"), _Elsewhere) else whole(hub.get("port", 502), "port")
    if isinstance(hub.get("port"), _Elsewhere):
        device.leave("port", f"{hub['port']} stands elsewhere; 502 it is")
    if not 1 <= port <= 65535:
        raise NotTaken(f"port {port}: they go from 1 to 65535")
    if port != 502:
        device.spec["port"] = port


def _paced(device: Device, hub: Mapping[str, Any]) -> None:
    timeout = hub.get("timeout")
    if 0.1 <= amount(timeout) <= min(60, device.spec.get("pollIntervalSecs", 5)):
        device.spec["timeoutSecs"] = timeout
    elif timeout is not None:
        device.leave("timeout", f"{timeout} is longer than the poll interval, or out of 0.1 to 60 s")
    for setting, field, factor in (
        ("delay", "connectDelayMs", 1000),
        ("message_wait_milliseconds", "requestDelayMs", 1),
    ):
        given = amount(hub.get(setting)) * factor
        if 1 <= given <= 60_000:
            device.spec.setdefault("connection", {})[field] = round(given)


_Convert = Callable[[Mapping[str, Any]], Iterator[tuple[str, dict[str, Any]]]]


def _take(device: Device, kind: str, convert: _Convert, entity: Mapping[str, Any]) -> None:
    called = entity.get("name", entity.get("address"))
    device.note(entity, known(kind))
    given = entity.get("device_address", entity.get("slave"))
    try:
        unit = None if given is None else whole(given, "slave")
        for suffix, entry in convert(entity):
            _add(device, f"{called}{suffix}", entry, unit)
    except NotTaken as error:
        device.leave(called, error)


def _add(device: Device, called: str, entry: dict[str, Any], unit: int | None) -> None:
    try:
        device.add(called, entry, unit)
    except NotTaken as error:
        device.leave(called, error)
