"""From flags to a plant that runs: its devices are served, and a file and a table say who is where."""

import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

from mock_plc.ctl.output import Format, show
from mock_plc.errors import UsageError
from mock_plc.faults.model import Fault, Kind
from mock_plc.flags import Controls, Trouble
from mock_plc.machine.machine import Machine
from mock_plc.net import tell
from mock_plc.net.listen import endpoint
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport
from mock_plc.options import chaos_of, control_address, control_token, notes_of, parse_faults
from mock_plc.plc import Settings, serve_stations
from mock_plc.twin import device_map
from mock_plc.twin.app import Place, Plant
from mock_plc.twin.beginning import Start, starts
from mock_plc.twin.certificates import certified
from mock_plc.twin.documents import Document, ManifestError, documents
from mock_plc.twin.manifests import PLC, sorted_out
from mock_plc.twin.plant import Site, sites
from mock_plc.twin.sources import texts

_HERE = {4: "127.0.0.1", 6: "::1"}


def run(plant: Plant, place: Place, trouble: Trouble, controls: Controls, *, seed: int | None, verbose: bool) -> None:
    """Serve the devices of a plant until SIGINT or SIGTERM.

    Raises:
        MockPlcError: That cannot be.
    """
    if not plant.filename:
        raise UsageError("mock-plc twin needs manifests: -f FILE, -f DIRECTORY, or -f - for standard input.")
    if plant.device_map:
        device_map.check(plant.device_map)
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    found = _found(plant)
    start = Start(plant.start)
    stations = _stations(found, start, trouble, seed, verbose=verbose)
    by_chance = notes_of(trouble) + (["begun drifted"] if start is Start.DRIFTED else [])
    with certified(found, plant.secrets) as tls:
        settings = Settings(
            host=place.bind,
            port=place.port,
            holding="as its manifests say",
            control=control_address(controls.control),
            token=control_token(controls),
            tls=tls,
            verbose=verbose,
            notes=[f"{note}; to repeat it: --seed {seed}" for note in by_chance],
            tells_rate=False,
            beside=lambda ports: _told(plant, found, _places(found, place.bind, ports)),
        )
        serve_stations(stations, settings)


def _found(plant: Plant) -> list[Site]:
    """Return the devices that the manifests name; the mistakes of all files are told at once."""
    objects: list[Document] = []
    lines: list[str] = []
    for text in texts(plant.filename):
        try:
            objects += documents(text)
        except ManifestError as error:
            lines += error.lines
    if lines:
        raise ManifestError(lines)
    found = sites(sorted_out(objects, plant.namespace))
    if not found:
        raise UsageError(f"there is no {PLC} in {', '.join(plant.filename)}: a twin plays the devices that those name.")
    return found


def _stations(found: Sequence[Site], start: Start, trouble: Trouble, seed: int, *, verbose: bool) -> list[Station]:
    faults = parse_faults(trouble.fault)
    made = [_station(site, start, faults, trouble, seed, verbose=verbose) for site in found]
    for fault in faults:
        if not any(_has_effect(station, fault) for station in made):
            raise UsageError(f"--fault {fault} has no effect on any of the devices, by their transports.")
    return made


def _station(
    site: Site, start: Start, faults: Iterable[Fault], trouble: Trouble, seed: int, *, verbose: bool
) -> Station:
    own = f"{seed}/{site.address}"
    device = site.device(starts(site, start, str(seed)))
    machine = Machine(device, own, chaos_of(trouble, seed), called=site.address)
    observe = tell if verbose else None
    names = (site.address, *site.plcs)
    bare = Station(machine, transport=site.transport)
    suffered = [fault for fault in faults if _has_effect(bare, fault)]
    suffered += (
        [Fault.model_validate(Kind.ECHO.value)] if site.echoes and site.transport is Transport.RTU_OVER_TCP else []
    )
    return Station(machine, suffered, transport=site.transport, seed=own, observe=observe, names=names)


def _has_effect(station: Station, fault: Fault) -> bool:
    try:
        station.check(fault)
    except ValueError:
        return False
    return True


def _places(found: Sequence[Site], host: str, ports: Sequence[int]) -> dict[str, str]:
    """Return where each device is reached from this machine, by its address in the manifests."""
    try:
        address = ip_address(host)
        host = _HERE[address.version] if address.is_unspecified else host
    except ValueError:
        pass  # a host name
    return {site.address: endpoint(host, port) for site, port in zip(found, ports, strict=True)}


@contextmanager
def _told(plant: Plant, found: Sequence[Site], places: dict[str, str]) -> Iterator[Sequence[str]]:
    """Have it known who is where, and yield what to say of it."""
    with ExitStack() as stack:
        _print(found, places)
        if plant.device_map is None:
            yield ()
            return
        stack.enter_context(device_map.written(plant.device_map, places))
        yield (f"device map in {plant.device_map}: fabgitops-operator takes it by --device-map",)


def _print(found: Sequence[Site], places: dict[str, str]) -> None:
    rows = [
        {
            "device": site.address,
            "twin": places[site.address],
            "transport": site.transport,
            "units": sorted(site.units),
            "registers": sum(map(len, site.units.values())),
            "manifests": site.plcs,
        }
        for site in found
    ]
    show({}, Format.TABLE, rows, "device", "twin", "transport", "units", "registers", "manifests")
    sys.stdout.flush()
