"""Which devices of a file become manifests, and what these are called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, count
from typing import Any

from fabctl.errors import UsageError
from fabctl.fields import text
from fabctl.imports import home_assistant, ignition, kepware, telegraf
from fabctl.imports.devices import Device, is_address, resource_name


class Source(StrEnum):
    """Whose file it is."""

    TELEGRAF = "telegraf"
    HOME_ASSISTANT = "home-assistant"
    KEPWARE = "kepware"
    IGNITION = "ignition"


_READERS: Mapping[Source, Callable[[str, str], list[Device]]] = {
    Source.TELEGRAF: lambda content, _: telegraf.devices(content),
    Source.HOME_ASSISTANT: lambda content, _: home_assistant.devices(content),
    Source.KEPWARE: kepware.devices,
    Source.IGNITION: ignition.devices,
}
_ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
_ORDERED = {Source.KEPWARE, Source.IGNITION}
_SWITCHES = {
    Source.KEPWARE: "First Word Low of the device's Data Encoding on is CDAB, off is ABCD",
    Source.IGNITION: "Reverse Word Order of the device connection says which word comes first",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file becomes: manifests, what is told about each, and the devices that became none."""

    manifests: tuple[dict[str, Any], ...]
    told: tuple[str, ...]
    refused: int


def imported(
    content: str, source: Source, names: Sequence[str], address: str, order: str, namespace: str | None
) -> Imported:
    """Return the manifests of a file's devices, all of which only observe.

    Args:
        content: What stands in the file.
        source: Whose it is.
        names: Those that are wanted, all when empty; a single one is what a single device is to be called.
        address: Host name or IP address of the device, where the file does not say it.
        order: The order of numbers of several words, where the file does not say it.
        namespace: The namespace to write down, if any.

    Raises:
        UsageError: It is no such file, or something is missing.
    """
    if order and (source not in _ORDERED or order not in _ORDERS):
        raise UsageError(f"--byte-order {order}: it is for kepware and ignition: {', '.join(_ORDERS)}")
    chosen = _chosen(_read(content, source, order), names)
    if address and len(chosen) > 1:
        raise UsageError(f"--device is the address of one device, and there are {', '.join(chosen)}: name one of them")
    told, manifests = [], []
    for name, device in chosen.items():
        told += [f"{name}: {each}" for each in device.told]
        if not device.registers:
            device.refused = device.refused or "none of its registers could be taken over"
        if device.refused:
            told.append(f"{name}: not taken over: {device.refused}")
            continue
        _complete(name, device, address, source)
        if device.unused:
            told.append(f"{name}: not used, for nothing in a manifest is like it: {', '.join(sorted(device.unused))}")
        manifests.append(_manifest(name, device, namespace))
    return Imported(tuple(manifests), tuple(told), len(chosen) - len(manifests))


def _read(content: str, source: Source, order: str) -> list[Device]:
    """Return the devices of a file.

    Raises:
        UsageError: It is no such file, or has a number of so many digits that Python neither reads nor prints it.
    """
    try:
        return _READERS[source](content, order)
    except ValueError as error:
        raise UsageError(f"a number in it cannot be taken over: {error}") from None


def _chosen(found: Sequence[Device], names: Sequence[str]) -> dict[str, Device]:
    if len(found) == 1 and len(names) <= 1:
        return {names[0] if names else _called(found[0]): found[0]}
    there: dict[str, Device] = {}
    for device in found:
        name = _called(device)
        further = (f"{name}-{number}" for number in count(2))
        there[next(each for each in chain((name,), further) if each not in there)] = device
    for name in names:
        if name not in there:
            raise UsageError(f"there is no device {name} in it: there are {', '.join(there)}")
    return {name: there[name] for name in names} if names else there


def _called(device: Device) -> str:
    name = resource_name(device.name)
    if not name:
        raise UsageError("the file does not say what the device is called: fabctl import NAME --from … -f …")
    return name


def _complete(name: str, device: Device, address: str, source: Source) -> None:
    device.address = address or device.address
    if not device.address:
        raise UsageError(f"the file does not say where {name} is: give --device ADDRESS")
    if not is_address(device.address):
        raise UsageError(
            f'"{text(device.address)}" is no address of {name}: give by --device an IP address without brackets, or a '
            "host name, and no port"
        )
    if device.orderless:
        raise UsageError(
            f"{device.orderless} has several words, and the file does not say in which order they come: give "
            f"--byte-order; {_SWITCHES[source]}"
        )


def _manifest(name: str, device: Device, namespace: str | None) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    spec = {"autoCorrect": False, "deviceAddress": device.address, **device.spec, "registers": device.registers}
    return {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
