"""What each kind of entity of Home Assistant's modbus says of registers; `home_assistant` has the source."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fabctl.imports.devices import NotTaken, number, scaling, size_of, text, whole

Entity = Mapping[str, Any]
Entries = Iterator[tuple[str, dict[str, Any]]]
"""What is put behind the entity's name, and the fields of a register."""

_TABLES = {
    "holding": None,
    "holdings": None,
    "input": "input",
    "coil": "coil",
    "coils": "coil",
    "discrete": "discrete",
    "discrete_input": "discrete",
}
_ORDERS = {"none": None, "byte": "BADC", "word": "CDAB", "word_byte": "DCBA"}
_STRUCT = {"h": "int16", "H": "uint16", "i": "int32", "l": "int32", "I": "uint32", "L": "uint32"}
_STRUCT |= {"q": "int64", "Q": "uint64", "f": "float32", "d": "float64"}
_PLAIN = {"int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"}
_OLD = {"int": {1: "int16", 2: "int32", 4: "int64"}, "uint": {1: "uint16", 2: "uint32", 4: "uint64"}}
_OLD |= {"float": {2: "float32", 4: "float64"}}
_SMALL = 0xFFFFFFFF

_COMMON = {"name", "slave", "device_address", "address", "scan_interval"}
_NUMBER = {"data_type", "structure", "count", "scale", "offset", "swap", "input_type"}
_SWITCH = {"write_type", "command_on", "command_off", "verify"}
_CLIMATE = {"target_temp_register", "target_temp_write_registers", "min_temp", "max_temp", "temperature_unit"}
_CLIMATE |= {"hvac_mode_register", "hvac_onoff_register", "hvac_onoff_coil", "hvac_on_value", "hvac_off_value"}
_STATES = {"state_open", "state_closed", "state_opening", "state_closing"}
_OWN = {
    "sensors": _NUMBER | {"unit_of_measurement", "nan_value", "virtual_count", "slave_count"},
    "binary_sensors": {"input_type", "virtual_count", "slave_count"},
    "climates": _NUMBER | _CLIMATE,
    "covers": _STATES | {"input_type", "status_register", "status_register_type"},
}


def known(kind: str) -> set[str]:
    """Return the settings of a kind of entity that are understood."""
    return _COMMON | _OWN.get(kind, _SWITCH)


def _table(said: object) -> dict[str, Any]:
    if str(said) not in _TABLES:
        raise NotTaken(f"{said} is no kind of register: there are holding, input, coil and discrete_input")
    table = _TABLES[str(said)]
    return {"table": table} if table else {}


def _sensor(entity: Entity) -> Entries:
    entry = _table(entity.get("input_type", "holding")) | {"address": _address(entity)} | _numeric(entity)
    entry |= {"unit": str(entity["unit_of_measurement"])} if entity.get("unit_of_measurement") else {}
    entry |= _no_value(entity.get("nan_value"), entry)
    for at in range(_copies(entity)):
        yield f"-{at}" if at else "", entry | {"address": entry["address"] + at * size_of(entry)}


def _copies(entity: Entity) -> int:
    """Return how many registers of one kind stand side by side; the older setting counts the further ones."""
    said = entity.get("virtual_count", entity.get("slave_count", 0))
    copies = whole(said, "virtual_count") + 1
    if not 1 <= copies <= 500:
        raise NotTaken(f"virtual_count {said}: a map has up to 500 registers")
    return copies


def _address(entity: Entity, key: str = "address") -> int:
    if entity.get(key) is None:
        raise NotTaken(f"it has no {key}")
    return whole(entity[key], key)


def _numeric(entity: Entity) -> dict[str, Any]:
    entry = _typed(entity)
    swap = str(entity.get("swap", "none")).lower()
    order = _ORDERS.get(swap, swap)
    if entry["type"] == "string" and order not in {None, "BADC"}:
        raise NotTaken(f"swap {swap} of a text: only the bytes of a word can be swapped")
    if order not in {None, *_ORDERS.values()}:
        raise NotTaken(f"swap {swap}: there are none, byte, word and word_byte")
    entry |= {"byteOrder": order} if order and not (order == "CDAB" and size_of(entry) == 1) else {}
    if entry["type"] == "string":
        return entry
    return entry | scaling(number(entity.get("scale", 1), "scale"), number(entity.get("offset", 0), "offset"))


def _typed(entity: Entity) -> dict[str, Any]:
    said = str(entity.get("data_type", "int16")).lower()
    count = whole(entity["count"], "count") if entity.get("count") is not None else 0
    if said == "string":
        return text(count)
    if said in _OLD:
        found = _OLD[said].get(count or (2 if said == "float" else 1), "")
    else:
        found = _structure(entity) if said == "custom" else said
    if found not in _PLAIN:
        raise NotTaken(f"data_type {said}{f' of {count} registers' if count else ''}: there is none like it")
    if count not in {0, size_of({"type": found})}:
        raise NotTaken(f"{found} does not fit count {count}")
    return {"type": found}


def _structure(entity: Entity) -> str:
    said = str(entity.get("structure", ""))
    found = re.fullmatch(r"[>!]([hHiIlLqQfd])", said)
    if found is None:
        raise NotTaken(f"structure {said}: only that of a single number is understood")
    return _STRUCT[found[1]]


def _no_value(said: object, entry: Mapping[str, Any]) -> dict[str, Any]:
    if said is None:
        return {}
    raw = whole(said, "nan_value")
    size = size_of(entry)
    raw += (1 << 16 * size) if raw < 0 else 0
    if not 0 <= raw < 1 << 16 * size:
        raise NotTaken(f"nan_value {said} does not fit its {size} words")
    return {"noValue": [raw if raw <= _SMALL and size == 1 else f"0x{raw:0{4 * size}X}"]}


def _binary_sensor(entity: Entity) -> Entries:
    table = _table(entity.get("input_type", "coil"))
    first, bits = _address(entity), table.get("table") in {"coil", "discrete"}
    for at in range(_copies(entity)):
        # Of registers each further one is the next, of which the lowest bit counts.
        yield f"-{at}" if at else "", table | {"address": first + at} | ({} if bits else {"type": "bit", "bit": 0})


def _switch(entity: Entity) -> Entries:
    kind = entity.get("write_type", "holding")
    on, off = entity.get("command_on", 1), entity.get("command_off", 0)
    yield "", _two_states(kind, _address(entity), on, off)
    verify = entity.get("verify")
    if isinstance(verify, dict) and ("address" in verify or "input_type" in verify):
        place = whole(verify.get("address", entity.get("address")), "verify.address")
        found = _two_states(
            verify.get("input_type", kind), place, verify.get("state_on", on), verify.get("state_off", off)
        )
        yield "-state", found


def _two_states(kind: object, address: int, on: object, off: object) -> dict[str, Any]:
    entry = _table(kind) | {"address": address}
    return entry if entry.get("table") in {"coil", "discrete"} else entry | _named({"On": on, "Off": off})


def _named(states: Mapping[str, object]) -> dict[str, Any]:
    """Return the names of values; what is no number of one word, or another's as well, has none."""
    found: dict[str, int] = {}
    for name, value in states.items():
        if isinstance(value, int) and 0 <= value <= 0xFFFF and value not in found.values():
            found[name] = int(value)
    return {"enum": found} if found else {}


def _cover(entity: Entity) -> Entries:
    states = _named({key.removeprefix("state_").title(): entity.get(key, at) for at, key in enumerate(_COVER_STATES)})
    table = _table(entity.get("input_type", "holding"))
    bits = table.get("table") in {"coil", "discrete"}
    yield "", table | {"address": _address(entity)} | ({} if bits else states)
    if entity.get("status_register") is not None:
        place = {"address": _address(entity, "status_register")}
        yield "-state", _table(entity.get("status_register_type", "holding")) | place | states


_COVER_STATES = ("state_closed", "state_open", "state_opening", "state_closing")
"""In the order of the numbers that they have when none is given."""


def _climate(entity: Entity) -> Entries:
    degrees = {"unit": f"°{entity.get('temperature_unit', 'C')}"}
    number_of = _numeric(entity) | degrees
    target = entity.get("target_temp_register")
    limits = {field: number(entity[key], key) for field, key in _LIMITS.items() if entity.get(key) is not None}
    if isinstance(target, list):
        raise NotTaken("target_temp_register is a list, one for each mode: write a register for each")
    if target is not None:
        yield "-target", {"address": whole(target, "target_temp_register")} | number_of | limits
    if target is None or target != entity.get("address") or entity.get("input_type") == "input":
        yield "", _table(entity.get("input_type", "holding")) | {"address": _address(entity)} | number_of
    yield from _modes(entity)


_LIMITS = {"min": "min_temp", "max": "max_temp"}


def _modes(entity: Entity) -> Entries:
    mode = entity.get("hvac_mode_register")
    if isinstance(mode, dict):
        values = mode.get("values")
        given = values.items() if isinstance(values, dict) else ()
        names = {str(name).removeprefix("state_"): value for name, value in given}
        yield "-mode", {"address": _address(mode)} | _named(names)
    if entity.get("hvac_onoff_register") is not None:
        on, off = entity.get("hvac_on_value", 1), entity.get("hvac_off_value", 0)
        yield "-on", _two_states("holding", _address(entity, "hvac_onoff_register"), on, off)
    if entity.get("hvac_onoff_coil") is not None:
        yield "-on", {"table": "coil", "address": _address(entity, "hvac_onoff_coil")}


CONVERTERS: Mapping[str, Callable[[Entity], Entries]] = {
    "sensors": _sensor,
    "binary_sensors": _binary_sensor,
    "switches": _switch,
    "lights": _switch,
    "fans": _switch,
    "climates": _climate,
    "covers": _cover,
}
"""The kinds of entities, by the key below which they stand, and what makes registers of one."""
