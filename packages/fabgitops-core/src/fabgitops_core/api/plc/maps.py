"""Whether the registers of one map go together: names, places, sizes and groups."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from fabgitops_core.api.plc import groups
from fabgitops_core.api.plc.connection import Connection
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.api.refusals import Problem
from fabgitops_core.codec.codec import bits_of
from fabgitops_core.codec.tables import Table

Span = tuple[int, Table, int]

MAX_REGISTERS = 500


def problems(registers: Sequence[Register], unit_id: int, connection: Connection) -> Iterator[Problem]:
    """Yield what is wrong with a map, each at the register that comes later in it.

    Args:
        registers: The whole map.
        unit_id: That of the registers that name none.
        connection: What says how many words a read may have.
    """
    yield from _twice(registers)
    yield from _too_large(registers, connection.max_words_per_read)
    yield from _overlapping(registers, unit_id)
    yield from groups.problems(registers, unit_id, connection.max_words_per_read)


def _twice(registers: Sequence[Register]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, register in enumerate(registers):
        first = seen.setdefault(register.name, index)
        if first != index:
            reason = f"registers[{first}] has the same name: choose another"
            yield Problem(("registers", index, "name"), register.name, reason)


def _too_large(registers: Sequence[Register], limit: int) -> Iterator[Problem]:
    for index, register in enumerate(registers):
        if register.codec.span > limit:
            span = register.codec.span
            what = f"takes {span} words" if register.scale_register is None else f"and its scale are {span} words apart"
            reason = f"{register.name} {what}, and connection.maxWordsPerRead is {limit}: raise it"
            yield Problem(("registers", index), {}, reason)


def _overlapping(registers: Sequence[Register], unit_id: int) -> Iterator[Problem]:
    """Compare each with the furthest reaching before it in its table; bits of one word have room beside each other."""

    def span(index: int) -> Span:
        register = registers[index]
        return (unit_id if register.unit_id is None else register.unit_id, *register.place)

    for _, group in groupby(sorted(range(len(registers)), key=span), key=lambda index: span(index)[:2]):
        before: list[int] = []
        for index in group:
            start = registers[index].place[1]
            before = [each for each in before if _end(registers[each]) > start]
            for other in before:
                if registers[index].shares_a_word(registers[other]):
                    yield _overlap(registers, *sorted((other, index)))
                    break
            before.append(index)


def _end(register: Register) -> int:
    return register.place[1] + register.size


def _overlap(registers: Sequence[Register], first: int, second: int) -> Problem:
    one, other = registers[first], registers[second]
    reason = f"{other.name} ({_place(other)}) overlaps registers[{first}], {one.name} ({_place(one)})"
    return Problem(("registers", second), {}, reason)


def _place(register: Register) -> str:
    table, start = register.place
    end = _end(register) - 1
    bit = "" if register.bit is None else f" {bits_of(register.codec)}"
    return f"{table} {start}{bit}" if start == end else f"{table} {start} to {end}"
