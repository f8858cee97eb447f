"""What is told of a PLC, as JSON has it: pure functions."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mock_plc.faults.box import Entry
from mock_plc.memory import Plc, Point
from mock_plc.net.station import Station

_ANY_UNIT = 256
FUNCTIONS = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write single coil",
    6: "write single register",
    15: "write multiple coils",
    16: "write multiple registers",
    22: "mask write register",
    23: "read/write multiple registers",
    43: "read device identification",
}


def state(station: Station) -> dict[str, Any]:
    """Return how a PLC is."""
    return {
        "plc": station.port,
        **({"names": list(station.names)} if station.names else {}),
        "transport": station.transport,
        "units": units(station.plc),
        "uptimeSeconds": round(station.uptime, 3),
        "starting": station.booting,
        "frozen": station.frozen,
        "connections": len(station.connections),
        "requests": station.requests,
        "restarts": station.restarts,
        "faults": len(list(station.faults)),
    }


def units(plc: Plc) -> list[int] | str:
    """Return the unit ids that a PLC answers for, or `any`."""
    return "any" if len(plc.units) == _ANY_UNIT else sorted(plc.units)


def point(station: Station, name: str, one: Point) -> dict[str, Any]:
    """Return a register that has a name, and what it holds."""
    return {
        "plc": station.port,
        "name": name,
        "unitId": one.unit_id,
        "table": one.table,
        "address": one.address,
        "value": one.get(),
        **one.about,
    }


def fault(station: Station, entry: Entry) -> dict[str, Any]:
    """Return a fault that is set."""
    return {
        "plc": station.port,
        "id": entry.id,
        **({"name": entry.name} if entry.name else {}),
        "fault": str(entry.fault),
        "active": entry.active(station.now()),
        "hits": entry.hits,
    }


def counters(stations: Iterable[Station]) -> list[dict[str, Any]]:
    """Return how many requests there were, of all of them together, by function and result."""
    total: Counter[tuple[int, str]] = Counter()
    for station in stations:
        total.update(station.counters)
    return [
        {"function": function, "name": FUNCTIONS.get(function, "unknown"), "result": result, "requests": number}
        for (function, result), number in sorted(total.items())
    ]
