"""The device map (`--device-map FILE`): where each device really is, so that a plant's manifests run against a twin.

The file is YAML or JSON, one mapping from addresses as manifests name them to addresses as they are reached, both
`HOST:PORT`, an IPv6 address in brackets:

    "10.20.1.12:502": "127.0.0.1:41001"
    "[2001:db8::7]:802": "127.0.0.1:41002"

`mock-plc twin` writes it. A `DeviceMap` is the `Route` of `ModbusDevices`: only connecting goes by it, and everything
else (claims, statuses, metrics, the name that a certificate must be for) by the address in the manifest. While a map
is in force nothing connects to a device that is not in it: whoever tries a plant out must not reach the plant.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml
from fabgitops_core.api.addresses import check_host, host_and_port
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.modbus.route import Route, straight

log = logging.getLogger(__name__)

_MAX_PORT = 65535
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of libyaml, where PyYAML has it: a map of 5,000 devices is read in a tenth of the time."""

_Stamp = tuple[int, int, int]


class DeviceMapError(Exception):
    """The file of --device-map cannot be used: the text says which line, why, and what to do."""


class DeviceMap:
    """Where devices are, by a file that is looked at before each connect and read again when it has changed."""

    def __init__(self, file: Path) -> None:
        """Read the file.

        Raises:
            DeviceMapError: It cannot be read, or is no map.
        """
        self._file = file
        self._stamp = _stamp(file)
        self._places = read(file)
        log.warning(
            "--device-map %s is in force: %d device(s) are reached where it says, and no other device at all",
            file,
            len(self._places),
        )

    def __call__(self, endpoint: Endpoint) -> Endpoint:
        """Return where an endpoint is.

        Raises:
            Unreachable: It is not on the map, or the file is gone or became wrong.
        """
        try:
            self._look()
        except DeviceMapError as error:
            raise Unreachable(f"{endpoint} is not connected to: {error}") from None
        place = self._places.get(endpoint.site)
        if place is None:
            raise Unreachable(
                f"{endpoint} is not connected to: it is not in --device-map {self._file}, and while a map is in "
                "force nothing else is reached; add it there, or run without the map"
            )
        return replace(place, transport=endpoint.transport)

    def _look(self) -> None:
        """Read the file again if it is another one than before; one that is wrong is read until it is right."""
        stamp = _stamp(self._file)
        if stamp != self._stamp:
            self._places = read(self._file)
            self._stamp = stamp
            log.warning("--device-map %s has changed: %d device(s)", self._file, len(self._places))


def route_of(file: Path | None) -> Route:
    """Return the way that a file says, or (None) the one that manifests say.

    Raises:
        DeviceMapError: The file cannot be read, or is no map.
    """
    return DeviceMap(file) if file else straight


def _stamp(file: Path) -> _Stamp:
    try:
        found = file.stat()
    except OSError as error:
        raise DeviceMapError(f"--device-map {file} cannot be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read(file: Path) -> Mapping[Endpoint, Endpoint]:
    """Return where devices are, by their sites.

    Raises:
        DeviceMapError: The file cannot be read, or is no map.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise DeviceMapError(f"--device-map {file} cannot be read: {error.strerror}") from None
    except (UnicodeError, yaml.YAMLError) as error:
        raise DeviceMapError(f"--device-map {file} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise DeviceMapError(
            f'--device-map {file} names no device: it maps addresses, as in "10.20.1.12:502": "127.0.0.1:41001"; '
            "mock-plc twin writes one"
        )
    try:
        return _places(node)
    except ValueError as error:
        raise DeviceMapError(f"--device-map {file}: {error}") from None


def _places(node: yaml.MappingNode) -> Mapping[Endpoint, Endpoint]:
    found: dict[Endpoint, Endpoint] = {}
    lines: dict[Endpoint, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        site, place = (_endpoint(each) for each in (key, value))
        if site.site in found:
            raise ValueError(f"line {line}: {site} is in line {lines[site.site]} already: keep one of them")
        found[site.site], lines[site.site] = place, line
    return found


def _endpoint(node: yaml.Node) -> Endpoint:
    """Return the endpoint of an address; what YAML would make of a text without quotes does not matter."""
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    host, port = host_and_port(text) or ("", 0)
    if 1 <= port <= _MAX_PORT and _is_host(host):
        return Endpoint(host, port)
    shown = f'"{text}"' if text else "what stands there"
    raise ValueError(
        f"line {node.start_mark.line + 1}: {shown} is no address: write HOST:PORT, such as 10.20.1.12:502, "
        f"plc-7.line-1:502 or [2001:db8::7]:502, the port 1 to {_MAX_PORT}"
    )


def _is_host(text: str) -> bool:
    try:
        check_host(text)
    except ValueError:
        return False
    return True
