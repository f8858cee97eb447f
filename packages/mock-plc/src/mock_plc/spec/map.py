"""What the registers of one unit must be to each other: named apart, placed apart, and there when they are followed."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mock_plc.memory import Table
from mock_plc.parts import FieldError, meant
from mock_plc.spec.register import Register

_WHOLE_WORD = frozenset(range(16))


def check_map(registers: Sequence[Register]) -> None:
    """Check the registers of one unit against each other.

    Raises:
        FieldError: Two have the same name or overlap, one follows what is not there, or a group has a hole.
    """
    _check_names(registers)
    _check_overlaps(registers)
    _check_setpoints(registers)
    _check_groups(registers)
    _check_keys(registers)


def _check_names(registers: Sequence[Register]) -> None:
    names: dict[str, int] = {}
    for number, register in enumerate(registers):
        if register.name in names:
            there = f"registers[{names[register.name]}]"
            raise FieldError(f"registers[{number}].name", f'"{register.name}" is the name of {there} already')
        names[register.name] = number


def _check_overlaps(registers: Sequence[Register]) -> None:
    taken: dict[tuple[Table, int], dict[int, str]] = {}
    for number, register in enumerate(registers):
        places = [register, register.seen] if register.read_from else [register]
        for table, address, bits in (claim for place in places for claim in _claims(place)):
            there = taken.setdefault((table, address), {})
            if both := {bit for bit in bits & there.keys() if there[bit] != register.name}:
                other = there[min(both)]
                raise FieldError(f"registers[{number}]", f"overlaps {other} at {table} address {address}")
            there.update(dict.fromkeys(bits, register.name))


def _claims(register: Register) -> Iterator[tuple[Table, int, frozenset[int]]]:
    table, _ = register.place
    codec = register.codec
    bits = frozenset(range(codec.bit, max(codec.bit, codec.last_bit) + 1)) if codec.owns_a_bit else _WHOLE_WORD
    for at in register.addresses:
        yield table, at, bits


def _check_setpoints(registers: Sequence[Register]) -> None:
    numbers = {register.name for register in registers if register.kind.numeric}
    for number, register in enumerate(registers):
        follows = register.behaviours.follows
        others = numbers - {register.name}
        if follows and follows.setpoint not in others:
            raise FieldError(
                f"registers[{number}].behaviours.follows.setpoint",
                f'"{follows.setpoint}" is no other register of this unit that holds a number'
                + meant(follows.setpoint, sorted(others)),
            )


def _check_groups(registers: Sequence[Register]) -> None:
    groups: dict[str, list[int]] = {}
    for number, register in enumerate(registers):
        if register.group:
            groups.setdefault(register.group, []).append(number)
    for numbers in groups.values():
        ordered = sorted(numbers, key=lambda number: registers[number].place)
        for before, number in pairwise(ordered):
            one, other = registers[before], registers[number]
            if one.parts or other.parts or other.place not in (one.place, (one.place[0], one.addresses[-1] + 1)):
                raise FieldError(
                    f"registers[{number}].group", f"is not right behind {one.name}, which is of {one.group}"
                )


def _check_keys(registers: Sequence[Register]) -> None:
    """Check that what locks or saves a register is another one that can be written."""
    writable = {each.name for each in registers if each.place[0] in (Table.HOLDING, Table.COIL)}
    for number, register in enumerate(registers):
        ways = register.behaviours
        for field, way in (("locked", ways.locked), ("saved", ways.saved)):
            others = writable - {register.name}
            if way and way.by not in others:
                raise FieldError(
                    f"registers[{number}].behaviours.{field}.by",
                    f'"{way.by}" is no other register of this unit that can be written' + meant(way.by, sorted(others)),
                )
