"""Whether the registers of one map go together: names, places, sizes and groups."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from fabgitops_core.api.plc import groups
from fabgitops_core.api.plc.connection import Connection
from fabgitops_core.api.plc.registers import Register, Span
from fabgitops_core.api.plc.steps import WriteStep
from fabgitops_core.api.refusals import Problem
from fabgitops_core.codec.codec import bits_of
from fabgitops_core.codec.tables import Table

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
    if any(each.write.before or each.write.after for each in registers):
        yield from _written_beside(registers, unit_id)
        yield from _beside_together(registers, unit_id)


def _twice(registers: Sequence[Register]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, register in enumerate(registers):
        first = seen.setdefault(register.name, index)
        if first != index:
            reason = f"registers[{first}] has the same name: choose another"
            yield Problem(("registers", index, "name"), register.name, reason)


def _too_large(registers: Sequence[Register], limit: int) -> Iterator[Problem]:
    for index, register in enumerate(registers):
        if register.shown.span > limit:
            span = register.shown.span
            what = f"takes {span} words" if register.scale_register is None else f"and its scale are {span} words apart"
            reason = f"{register.name} {what}, and connection.maxWordsPerRead is {limit}: raise it"
            yield Problem(("registers", index), {}, reason)


class _Taken(NamedTuple):
    """What one register takes, by its place in the map."""

    unit_id: int
    span: Span
    at: int

    @property
    def where(self) -> tuple[int, Table, int, int]:
        return self.unit_id, self.span.table, self.span.start, self.at


def _overlapping(registers: Sequence[Register], unit_id: int) -> Iterator[Problem]:
    """Compare each with the furthest reaching before it in its table; bits of one word have room beside each other.

    Where a register is read counts as well as where it is written; a register may overlap itself.
    """
    taken = (_Taken(each.at_unit(unit_id), span, index) for index, each in enumerate(registers) for span in each.spans)
    for _, group in groupby(sorted(taken, key=lambda each: each.where), key=lambda each: each.where[:2]):
        before: list[_Taken] = []
        for each in group:
            before = [other for other in before if other.span.end > each.span.start]
            for other in before:
                if other.at != each.at and each.span.shares_a_word(other.span):
                    yield _overlap(registers, *sorted((other, each), key=lambda one: one.at))
                    break
            before.append(each)


def _overlap(registers: Sequence[Register], first: _Taken, second: _Taken) -> Problem:
    one, other = registers[first.at], registers[second.at]
    reason = f"{other.name} ({_place(second.span)}) overlaps registers[{first.at}], {one.name} ({_place(first.span)})"
    return Problem(("registers", second.at), {}, reason)


def _written_beside(registers: Sequence[Register], unit_id: int) -> Iterator[Problem]:
    """Yield the steps that write what the map wants a value of or goes by, or a Secret where a register would show it.

    Of one word several registers may have bits, and one of them has the last word.
    """
    there: dict[tuple[int, Table, int], list[Register]] = {}
    for each in registers:
        for span in each.spans:
            for address in span.shown:
                there.setdefault((each.at_unit(unit_id), span.table, address), []).append(each)
    for index, register in enumerate(registers):
        for field, steps in (("before", register.write.before), ("after", register.write.after)):
            for at, step in enumerate(steps or ()):
                others = there.get((register.at_unit(unit_id), *step.place), ())
                if why := next((said for other in others if (said := _why_not_there(other, step))), ""):
                    yield Problem(("registers", index, "write", field, at), step.place[1], why)


def _why_not_there(other: Register, step: WriteStep) -> str:
    if other.value is not None:
        if other.is_scaled_by(*step.place):
            return f"{other.name} is written by the power of ten that stands there: drop its value, or this step"
        return f"{other.name} wants a value of its own there: drop that value, or this step"
    if step.value_from is not None:
        return f"status and metrics would show what the Secret holds, as {other.name} is read there: drop {other.name}"
    return ""


def _beside_together(registers: Sequence[Register], unit_id: int) -> Iterator[Problem]:
    """Yield what wants something else written around it than what goes out with it: bits of one word, and groups.

    Bits that are read elsewhere go out one by one, and are proven there.
    """
    first: dict[object, int] = {}
    for index, register in enumerate(registers):
        alone = register.read_from is not None or (register.codec.bit is None and not register.group)
        if register.value is None or alone:
            continue
        other = first.setdefault(register.group or (register.at_unit(unit_id), *register.place), index)
        mine, others = register.write, registers[other].write
        if (mine.before, mine.after) != (others.before, others.after):
            name = registers[other].name
            reason = f"it is written together with registers[{other}], {name}: give both the same before and after"
            yield Problem(("registers", index, "write"), {}, reason)


def _place(span: Span) -> str:
    end = span.end - 1
    bit = "" if span.codec.bit is None else f" {bits_of(span.codec)}"
    return f"{span.table} {span.start}{bit}" if span.start == end else f"{span.table} {span.start} to {end}"
