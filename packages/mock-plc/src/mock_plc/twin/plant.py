"""The devices of a plant: what its manifests name at one address, put together, unit by unit."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mock_plc.net.transport import Transport
from mock_plc.spec.device import DeviceFile, Holes, Identity, UnitSpec
from mock_plc.spec.mistakes import mistake
from mock_plc.spec.register import Register
from mock_plc.twin.documents import ManifestError, wrong
from mock_plc.twin.manifests import Fragment, Manifests, Name
from mock_plc.twin.registers import Declared, beside, declared
from mock_plc.twin.resolving import Fields, Resolved, resolved

_HOST_NAME = re.compile(r"(?=.*[^0-9.])[A-Za-z0-9_]([-.A-Za-z0-9_]*[A-Za-z0-9_])?\.?")

_Model = TypeVar("_Model", bound=BaseModel)


class SecretRef(Fragment):
    """The Secret that has the certificates of a TLS connection."""

    name: str


class Connection(Fragment):
    """How a device is talked to, as far as the device has to know."""

    transport: Transport = Transport.TCP
    tls_secret_ref: SecretRef | None = None
    tls_server_name: str | None = None
    tls_insecure_skip_verify: bool = False
    max_gap_words: int = 0
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one manifest says of a device."""

    plc: Name
    connection: Connection
    identity: Identity
    registers: tuple[Declared, ...]
    unit_id: int
    resolved: Resolved


@dataclass(frozen=True, slots=True)
class Placed:
    """A register in its unit, by the name that it has there."""

    name: str
    plc: Name
    declared: Declared


@dataclass(frozen=True, slots=True)
class Site:
    """A device: its address as manifests name it, and all that they say of it."""

    host: str
    port: int
    transport: Transport
    parts: tuple[Part, ...]
    units: Mapping[int, tuple[Placed, ...]]

    @property
    def address(self) -> str:
        """Its `HOST:PORT`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def plcs(self) -> list[str]:
        """The names of its manifests."""
        return [str(part.plc) for part in self.parts]

    @property
    def server_names(self) -> set[str]:
        """Whom its certificate must be for."""
        return {self.host, *(name for part in self.parts if (name := part.connection.tls_server_name))}

    @property
    def echoes(self) -> bool:
        """Whether it sends each request back before its answer, as a manifest says."""
        return any(part.connection.echo for part in self.parts)

    @property
    def secrets(self) -> set[Name]:
        """The Secrets that its certificates come from."""
        refs = ((part.plc.namespace, part.connection.tls_secret_ref) for part in self.parts)
        return {Name(namespace, ref.name) for namespace, ref in refs if ref}

    @property
    def verified(self) -> bool:
        """Whether anybody looks at its certificate."""
        return any(not part.connection.tls_insecure_skip_verify for part in self.parts)

    def device(self, starts: Mapping[tuple[int, str], Register]) -> DeviceFile:
        """Return what is served: of each register its start, by unit id and name.

        Not validated: two manifests may look at one word in two ways, which nobody would write into a device file.
        """
        units = {unit_id: self._unit(unit_id, placed, starts) for unit_id, placed in self.units.items()}
        return DeviceFile.model_construct(units=units)

    def _unit(self, unit_id: int, placed: tuple[Placed, ...], starts: Mapping[tuple[int, str], Register]) -> UnitSpec:
        parts = [part for part in self.parts if unit_id in _unit_ids(part)]
        # One reading shows a value with its power of ten, or all parts of a sum, and so what lies between them.
        spans = any(part.connection.max_gap_words for part in parts) or any(
            each.declared.register.scale_register or each.declared.register.parts for each in placed
        )
        # Those that want a value come last, so that it is their words that stand where two overlap.
        in_order = sorted(placed, key=lambda each: each.declared.register.value is not None)
        return UnitSpec.model_construct(
            identity=_identity(self.address, unit_id, parts),
            holes=Holes.ZERO if spans else Holes.REFUSE,
            registers=tuple(starts[unit_id, each.name] for each in in_order),
        )


def sites(manifests: Manifests) -> list[Site]:
    """Return the devices that manifests name, in the order of their addresses.

    Raises:
        ManifestError: What a manifest says cannot be, or two contradict each other; all mistakes are told.
    """
    parts: dict[tuple[str, int], list[Part]] = defaultdict(list)
    lines: list[str] = []
    for plc in manifests.plcs.values():
        try:
            part = _part(resolved(plc, manifests))
            parts[_host(part), plc.spec.port].append(part)
        except ManifestError as error:
            lines += error.lines
    found: list[Site] = []
    for (host, port), those in sorted(parts.items(), key=_in_order):
        try:
            found.append(_site(host, port, those))
        except ManifestError as error:
            lines += error.lines
    if lines:
        raise ManifestError(lines)
    return found


def _in_order(item: tuple[tuple[str, int], list[Part]]) -> tuple[bool, int, int, str, int]:
    """Sort addresses as numbers, and names behind them."""
    (host, port), _ = item
    try:
        address = ip_address(host)
    except ValueError:
        return True, 0, 0, host, port
    return False, address.version, int(address), "", port


def _part(found: Resolved) -> Part:
    registers: list[Declared] = []
    steps: list[Declared] = []
    lines: list[str] = []
    for fields in found.registers:
        try:
            one = declared(fields)
            registers.append(one)
            steps += beside(fields, one.unit_id)
        except ManifestError as error:
            lines += error.lines
    connection = _valid(Connection, found.connection, lines)
    identity = _valid(Identity, found.identity, lines)
    if lines or connection is None or identity is None:
        raise ManifestError(lines)
    return Part(found.plc.name, connection, identity, (*registers, *steps), found.plc.spec.unit_id, found)


def _valid(model: type[_Model], fields: Fields, lines: list[str]) -> _Model | None:
    try:
        return model.model_validate(fields.data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            place, said = mistake(each)
            lines.append(f"{fields.where(place)}: {said}")
        return None


def _host(part: Part) -> str:
    """Return a host in one spelling, so that two manifests of one device meet."""
    given = part.resolved.plc.spec.device_address
    try:
        address = ip_address(given)
    except ValueError:
        if not _HOST_NAME.fullmatch(given):
            where = part.resolved.plc.document.where(("spec", "deviceAddress"))
            advice = "it holds no scheme, no port and no brackets"
            raise wrong(where, f'"{given}" is no host name and no IP address: {advice}') from None
        return given.lower().rstrip(".")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _site(host: str, port: int, parts: list[Part]) -> Site:
    first = parts[0]
    for part in parts:
        if part.connection.transport is not first.connection.transport:
            where = part.resolved.connection.where(("transport",))
            said = f"{part.plc} reaches {host} port {port} over {part.connection.transport}, and {first.plc} over"
            advice = "a twin has one of them at one address; leave one out (-f)"
            raise wrong(where, f"{said} {first.connection.transport}: {advice}")
    site = Site(host, port, first.connection.transport, tuple(parts), _units(parts))
    for unit_id in site.units:
        _identity(site.address, unit_id, [part for part in parts if unit_id in _unit_ids(part)])
    return site


def _unit_ids(part: Part) -> set[int]:
    return {_unit_id(part, each) for each in part.registers}


def _unit_id(part: Part, one: Declared) -> int:
    return part.unit_id if one.unit_id is None else one.unit_id


def _units(parts: list[Part]) -> dict[int, tuple[Placed, ...]]:
    """Return the registers by unit; one that two manifests have is there once, as the one who wants a value has it."""
    found: dict[int, list[tuple[Part, Declared]]] = defaultdict(list)
    for part in parts:
        for one in part.registers:
            found[_unit_id(part, one)].append((part, one))
    return {unit_id: tuple(_named(_once(those))) for unit_id, those in sorted(found.items())}


def _once(those: list[tuple[Part, Declared]]) -> list[tuple[Part, Declared]]:
    there: dict[object, tuple[Part, Declared]] = {}
    for part, one in those:
        register = one.register
        same = register.place, register.codec, register.seen.place
        if same not in there or (there[same][1].register.value is None and register.value is not None):
            there[same] = part, one
    return list(there.values())


def _named(those: list[tuple[Part, Declared]]) -> Iterator[Placed]:
    """Name the registers of a unit: those of the same name by their manifests as well, and then by their number.

    Only steps may need that, which have no names: a word by its address and a coil by a reference of the same number.
    """
    names = Counter(one.register.name for _, one in those)
    longer = Counter(f"{part.plc.name}.{one.register.name}" for part, one in those)
    taken: Counter[str] = Counter()
    for part, one in those:
        name = one.register.name
        if names[name] > 1:
            name = f"{part.plc.name}.{one.register.name}"
            name = name if longer[name] == 1 else f"{part.plc.namespace}.{name}"
        taken[name] += 1
        yield Placed(name if taken[name] == 1 else f"{name}.{taken[name]}", part.plc, one)


def _identity(address: str, unit_id: int, parts: list[Part]) -> Identity:
    """Return who a unit says that it is; it can only be one."""
    said: dict[str, str] = {}
    for part in parts:
        for name, text in part.identity.model_dump(exclude_none=True).items():
            if said.setdefault(name, text) != text:
                other = f'another manifest of {address} unit {unit_id} has "{said[name]}"'
                where = part.resolved.identity.where((_CAMEL.get(name, name),))
                raise wrong(where, f'it is "{text}", and {other}: one device cannot be both')
    return Identity.model_validate({_CAMEL.get(name, name): text for name, text in said.items()})


_CAMEL = {name: field.alias or name for name, field in Identity.model_fields.items()}
