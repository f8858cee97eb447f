"""Telegraf's `[[inputs.modbus]]`, in its styles `register`, `request` and `metric`.

Source: influxdata/telegraf, plugins/inputs/modbus: README.md, and sample_register.conf, sample_request.conf,
sample_metric.conf, sample_general_begin.conf and sample_general_end.conf.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fabctl.errors import UsageError
from fabctl.imports.devices import Device, NotTaken, amount, bit, mappings, number, scaling, size_of, text, whole

_TABLES = {
    "discrete_inputs": "discrete",
    "coils": "coil",
    "holding_registers": "holding",
    "input_registers": "input",
}
_REGISTERS = {"coil", "discrete", "holding", "input"}
_FIXED = {"FIXED": "int", "UFIXED": "uint", "FLOAT32": "uint"}
_TYPES = {
    **{each: each.lower() for each in ("INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "FLOAT32", "FLOAT64")},
    "FLOAT32-IEEE": "float32",
    "FLOAT64-IEEE": "float64",
}
_HALVES = {"UINT8L": (0, 7), "UINT8H": (8, 15)}
_ORDERS = {"AB": "ABCD", "ABCD": "ABCD", "BA": "DCBA", "DCBA": "DCBA", "BADC": "BADC", "CDAB": "CDAB"}
_OF_AN_INPUT = {"name", "controller", "slave_id", "transmission_mode", "configuration_type", "timeout", "interval"}
_OF_A_PAUSE = {
    "pause_after_connect": "connectDelayMs",
    "pause_between_requests": "requestDelayMs",
    "max_word_registers_per_request": "maxWordsPerRead",
}
_OF_A_FIELD = {"name", "address", "type", "data_type", "byte_order", "scale", "register", "bit", "length", "omit"}
_OF_A_GROUP = {"slave_id", "byte_order", "register", "fields"}
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def devices(content: str) -> list[Device]:
    """Return the devices of a Telegraf configuration.

    Raises:
        UsageError: It is no TOML, or has no input from Modbus.
    """
    try:
        found = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"this is no TOML: {error}") from None
    inputs = found.get("inputs")
    given = list(mappings(inputs.get("modbus") if isinstance(inputs, dict) else None))
    if not given:
        raise UsageError("there is no [[inputs.modbus]] in it")
    agent = found.get("agent")
    usual = agent.get("interval") if isinstance(agent, dict) else None
    return [_device(each, usual) for each in given]


def _device(given: Mapping[str, Any], usual: object) -> Device:
    device = Device(str(given.get("name", "")))
    try:
        _reached(device, given)
    except NotTaken as error:
        device.refused = str(error)
        return device
    _paced(device, given, usual)
    style = given.get("configuration_type", "register")
    groups = mappings(given.get(str(style), [])) if style in {"request", "metric"} else ()
    for group in groups:
        device.note(group, _OF_A_GROUP)
        _take_fields(device, group, str(style))
    if style not in {"request", "metric"}:
        _take_registers(device, given)
    device.note(given, _OF_AN_INPUT | _TABLES.keys() | {"request", "metric", "workarounds"})
    return device


def _reached(device: Device, given: Mapping[str, Any]) -> None:
    controller, mode = str(given.get("controller", "")), str(given.get("transmission_mode", "auto"))
    if not controller.startswith("tcp://"):
        raise NotTaken(
            f"controller {controller or '(none)'} is no network address: put a Modbus gateway before the line"
        )
    try:
        place = urlsplit(controller)
        port = place.port or 502
    except ValueError as error:
        raise NotTaken(f"controller {controller}: {error}") from None
    if "$" in (place.hostname or ""):
        device.told.append(f"controller is {controller}, whose variable stands elsewhere: --device says it")
    else:
        device.address = place.hostname or ""
    if mode.lower() == "asciiovertcp":
        raise NotTaken("transmission_mode ASCIIoverTCP: Modbus ASCII is not spoken")
    if mode.lower() == "rtuovertcp":
        device.spec["connection"] = {"transport": "rtuOverTcp"}
    if port != 502:
        device.spec["port"] = port
    device.spec["unitId"] = whole(given.get("slave_id", 1), "slave_id")


def _paced(device: Device, given: Mapping[str, Any], usual: object) -> None:
    interval = _seconds(given.get("interval", usual))
    if interval is not None:
        device.spec["pollIntervalSecs"] = min(max(1, round(interval)), 86400)
    timeout = _seconds(given.get("timeout"))
    if timeout is not None and 0.1 <= timeout <= min(60, device.spec.get("pollIntervalSecs", 5)):
        device.spec["timeoutSecs"] = int(timeout) if timeout == int(timeout) else timeout
    elif timeout is not None:
        device.leave("timeout", f"{timeout:g} s is longer than the interval, or out of 0.1 to 60 s")
    workarounds = given.get("workarounds")
    for setting, said in (workarounds if isinstance(workarounds, dict) else {}).items():
        _pause(device, setting, said)


def _pause(device: Device, setting: str, said: object) -> None:
    if setting not in _OF_A_PAUSE:
        device.leave(f"workarounds.{setting}", "nothing in a manifest is like it")
        return
    seconds = _seconds(said)
    counts = setting.startswith("max")
    found = amount(said) if counts else round((seconds or 0) * 1000)
    if isinstance(found, int) and 1 <= found <= (125 if counts else 60_000):
        device.spec.setdefault("connection", {})[_OF_A_PAUSE[setting]] = found


def _seconds(said: object) -> float | None:
    parts = _DURATION.findall(said) if isinstance(said, str) else []
    found = sum(float(count) * _UNITS[unit] for count, unit in parts) if parts else said
    known = isinstance(found, int | float) and not isinstance(found, bool) and amount(found) == found
    return float(found) if known else None  # type: ignore[arg-type]


def _take_registers(device: Device, given: Mapping[str, Any]) -> None:
    for key, table in _TABLES.items():
        for each in mappings(given.get(key, [])):
            device.note(each, _OF_A_FIELD)
            _take(device, each, table, "data_type", str(each.get("byte_order", "ABCD")))


def _take_fields(device: Device, group: Mapping[str, Any], style: str) -> None:
    for each in mappings(group.get("fields", [])):
        device.note(each, _OF_A_FIELD)
        table = str((each if style == "metric" else group).get("register", "holding"))
        if not each.get("omit"):
            _take(device, each, table, "type", str(group.get("byte_order", "ABCD")), group.get("slave_id"))


def _take(device: Device, each: Mapping[str, Any], table: str, key: str, order: str, unit: object = None) -> None:
    called = each.get("name", each.get("address"))
    try:
        entry = _entry(each, table, str(each.get(key, "")).upper(), order.upper())
        device.add(called, entry, None if unit is None else whole(unit, "slave_id"))
    except NotTaken as error:
        device.leave(called, error)


def _entry(each: Mapping[str, Any], table: str, said: str, order: str) -> dict[str, Any]:
    if table not in _REGISTERS:
        raise NotTaken(f"register {table}: there are coil, discrete, holding and input")
    addresses = list(_addresses(each.get("address")))
    entry: dict[str, Any] = {**({} if table == "holding" else {"table": table}), "address": addresses[0]}
    if table in {"coil", "discrete"}:
        return entry
    entry |= _typed(each, said, len(addresses) if isinstance(each.get("address"), list) else 0)
    if order not in _ORDERS:
        raise NotTaken(f"byte_order {order}: there are ABCD, BADC, CDAB and DCBA")
    if _ORDERS[order] != "ABCD" and ("bit" in entry or (entry["type"] == "string" and order != "BADC")):
        raise NotTaken(f"byte_order {order} of a {said}: only numbers have their words turned")
    if _ORDERS[order] != "ABCD" and not (order == "CDAB" and size_of(entry) == 1):
        entry["byteOrder"] = _ORDERS[order]
    scale = 1 if entry["type"] in {"bit", "string"} else number(each.get("scale") or 1, "scale")
    return entry | scaling(scale)


def _addresses(said: object) -> Iterator[int]:
    found = [whole(each, "address") for each in (said if isinstance(said, list) else [said])]
    if not found or found != list(range(found[0], found[0] + len(found))):
        raise NotTaken(f"its addresses do not follow each other: {said}")
    yield from found


def _typed(each: Mapping[str, Any], said: str, words: int) -> dict[str, Any]:
    """Return type and bits of a field; the register style has types whose size its addresses say."""
    if words and said in _FIXED:
        return {"type": _sized(_FIXED[said], words)}
    if said == "STRING":
        return text(words or whole(each.get("length"), "length"))
    if said in _HALVES:
        return {"type": "bits", "bit": _HALVES[said][0], "lastBit": _HALVES[said][1]}
    if said == "BIT":
        return bit(whole(each.get("bit"), "bit"))
    if said not in _TYPES:
        raise NotTaken(f"type {said or '(none)'}: there is none like it")
    if words and words != size_of({"type": _TYPES[said]}):
        raise NotTaken(f"{said} does not fit {words} addresses")
    return {"type": _TYPES[said]}


def _sized(kind: str, words: int) -> str:
    if words not in {1, 2, 4}:
        raise NotTaken(f"a number of {words} words")
    return f"{kind}{16 * words}"
