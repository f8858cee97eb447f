"""Groups: registers side by side that are written together or not at all.

A device may take a time programme, or a set-point with its mode, in one request only: one FC16, or FC15 for coils. So
all of a group are desired, side by side, and read back together; whatever keeps one of them from that keeps them all.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from fabgitops_core.api.refusals import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fabgitops_core.api.plc.registers import Register


def problems_of(register: Register) -> Iterator[Problem]:
    """Yield why a register can be in no group."""
    if register.group is None:
        return
    if why := _why_not(register):
        yield Problem(("group",), register.group, why)


def _why_not(register: Register) -> str:
    table, write = register.place[0], register.write
    if register.parts or not table.writable:
        what = "a sum of words" if register.parts else f"the {table.noun}"
        return f"a group is written, and {what} is only read: drop group"
    if register.value is None:
        return "a group goes out as one, with a value for each: give value, or drop group"
    if register.codec.bit is not None:
        rest = "type bit or bits says nothing of the rest of its word"
        return f"a group goes out in whole words, and {rest}: name the whole word, or drop group"
    if register.read_from is not None:
        return "a group is read back as it is written, and readFrom names another place: drop one of them"
    if write.ramp is not None:
        return "a group goes out at once, and write.ramp in steps: drop one of them"
    if not write.verify:
        return "a group is read back, all of it, and with write.verify: false nothing is: drop one of them"
    if write.function in {"single", "mask"}:
        what = f"write.function {write.function}"
        return f"a group goes out in one request of several, and not by {what}: drop one of them"
    return ""


def problems(registers: Sequence[Register], unit_id: int, longest_read: int) -> Iterator[Problem]:
    """Yield what is wrong with the groups of a map.

    Args:
        registers: The whole map.
        unit_id: That of the registers that name none.
        longest_read: How many words one reading may have.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for index, register in enumerate(registers):
        if register.group is not None:
            groups[register.group].append(index)
    for members in groups.values():
        if problem := _of_members(registers, members, unit_id) or _of_the_size(registers, members, longest_read):
            yield problem


def _of_members(registers: Sequence[Register], members: list[int], unit_id: int) -> Problem | None:
    first = members[0]
    if len(members) == 1:
        why = "no other register is in it, so there is nothing to go out with: name it alike, or drop group"
        return _problem(registers, first, why)

    def row(index: int) -> str:
        return f"{registers[index].place[0]}, unit {registers[index].at_unit(unit_id)}"

    if other := next((each for each in members if row(each) != row(first)), None):
        why = f"it is of {row(other)}, and registers[{first}] of {row(first)}: one request is about one"
        return _problem(registers, other, f"{why}, so make two groups")
    return _of_the_holes(registers, members)


def _of_the_holes(registers: Sequence[Register], members: list[int]) -> Problem | None:
    for before, index in pairwise(sorted(members, key=lambda each: registers[each].place[1])):
        end, start = _end(registers[before]), registers[index].place[1]
        if start > end:
            hole = f"{end}" if start == end + 1 else f"{end} to {start - 1}"
            why = f"between {registers[before].name} and it {hole} is missing, which one request would write as well"
            return _problem(registers, index, f"{why}: add a register for it, or make two groups")
    return None


def _of_the_size(registers: Sequence[Register], members: list[int], longest_read: int) -> Problem | None:
    some = [registers[index] for index in members]
    table = some[0].place[0]
    size = max(map(_end, some)) - min(each.place[1] for each in some)
    if size > (most := table.most_written):
        what = "coils" if table.bits else "words"
        why = f"its {size} {what} are more than the {most} of one request: make two groups"
        return _problem(registers, members[0], why)
    span = max(map(_end_of_span, some)) - min(each.place[1] - each.codec.ahead for each in some)
    if not table.bits and span > longest_read:
        why = f"its {span} words are read back at once, and connection.maxWordsPerRead is {longest_read}: raise it"
        return _problem(registers, members[0], why)
    return None


def _end(register: Register) -> int:
    return register.place[1] + register.size


def _end_of_span(register: Register) -> int:
    return register.place[1] - register.codec.ahead + register.codec.span


def _problem(registers: Sequence[Register], index: int, why: str) -> Problem:
    return Problem(("registers", index, "group"), registers[index].group, why)
