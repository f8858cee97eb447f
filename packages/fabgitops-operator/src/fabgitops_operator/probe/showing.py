"""What was found, for people (a text) or to begin a map with (YAML)."""

from collections.abc import Iterable, Iterator, Sequence

import yaml
from fabgitops_core.api.plc.connection import Connection
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.plc.requests import Endpoint

from fabgitops_operator.probe.asking import Found, Unit
from fabgitops_operator.probe.mapped import Read
from fabgitops_operator.probe.meanings import ORDERS, in_short, of_more_words, of_one_word

_OBJECTS = {0: "vendor", 1: "product", 2: "revision"}


def of_unit(endpoint: Endpoint, unit: Unit) -> list[str]:
    """Return what is said of a unit."""
    said = ", ".join(f"{_OBJECTS.get(at, f'object {at}')} {printable(text)}" for at, text in unit.objects.items())
    head = f"{endpoint} unit {unit.unit_id}: {'answers' if unit.answers else 'does not answer'}"
    return [f"{head}; {said}" if said else f"{head} ({unit.trouble})" if unit.trouble else head]


def of_register(found: Found) -> list[str]:
    """Return a register with its neighbours, and all that it may mean."""
    head = f"{found.spot} · unit {found.unit_id}"
    if found.trouble:
        return [head, f"  {found.trouble}"]
    columns = sorted(found.words)
    marked = [f"[{each}]" if each == found.spot.address else str(each) for each in columns]
    if found.spot.table.bits:
        return [head, *_table([["address", *marked], ["bit", *(str(found.words[each]) for each in columns)]])]
    words = [[f"0x{found.words[each]:04X}" for each in columns], [str(found.words[each]) for each in columns]]
    around = [["address", *marked], ["word", *words[0]], ["", *words[1]]]
    one = [f"{name} {text}" for name, text in of_one_word(found.begun[0]).items()]
    more = of_more_words(found.begun)
    orders = [["", *ORDERS], *([name, *(texts[order] for order in ORDERS)] for name, texts in more.items())]
    return [head, *_table(around), f"  {' · '.join(one)}", *(_table(orders) if more else [])]


def of_map(read: Iterable[Read]) -> list[str]:
    """Return registers of a map as they were read."""
    found = list(read)
    rows = [[each.point.name, each.point.where, each.raw, each.text, each.wanted, each.hint] for each in found]
    head = ["register", "where", "words", "value", "wanted", "hint" if any(each.hint for each in found) else ""]
    return _table([head, *rows])


def as_yaml(
    endpoint: Endpoint, connection: Connection, units: Sequence[Unit], found: Sequence[Found], moment: str
) -> str:
    """Return a resource that observes what was found and writes nothing: to be named, trimmed and given types."""
    first = next((each.unit_id for each in units if each.answers), 1)
    spec = {"deviceAddress": endpoint.host, "port": endpoint.port, "unitId": first, "autoCorrect": False}
    talked = connection.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    spec |= {"connection": talked} if talked else {}
    said = "".join(f"# {line}\n" for unit in units for line in of_unit(endpoint, unit))
    head = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "probed"}, "spec": spec}
    body = yaml.safe_dump(head, sort_keys=False)
    return f"# Read at {moment}; nothing was written.\n{said}{body}  registers:\n{''.join(_entries(found, first))}"


def _entries(found: Iterable[Found], usual: int) -> Iterator[str]:
    for each in found:
        if each.trouble:
            yield f"  # {each.spot.reference} of unit {each.unit_id}: {printable(each.trouble)}\n"
            continue
        own = each.unit_id != usual
        kind = "bool" if each.spot.table.bits else "uint16"
        meant = str(each.words[each.spot.address]) if each.spot.table.bits else in_short(each.begun)
        name = f"{each.spot.table}-{each.spot.address}{f'-unit-{each.unit_id}' if own else ''}"
        yield f"  - name: {name} # {meant}\n    table: {each.spot.table}\n    address: {each.spot.address}\n"
        yield f"    type: {kind}\n{f'    unitId: {each.unit_id}{chr(10)}' if own else ''}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(max(map(len, rows)))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    ]
