"""Whether a register makes sense, all of it known: what CEL in the API server cannot see, and the rest once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabgitops_core.api.plc import groups, parts, read_from_checks, steps
from fabgitops_core.api.refusals import Problem
from fabgitops_core.codec.agreeing import InvalidCodec
from fabgitops_core.codec.codec import Codec, Value
from fabgitops_core.codec.numbers import DIGITS_LOST, decimal_text, exactly
from fabgitops_core.codec.tables import Table, parse_reference, reference_of
from fabgitops_core.codec.types import DataType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fabgitops_core.api.plc.parts import RegisterPart
    from fabgitops_core.api.plc.registers import Register

_LAST = 65535
_SMALL = 9999
_FIELDS = {
    "order": "byteOrder",
    "names": "enum",
    "absent": "noValue",
    "last_bit": "lastBit",
    "exponent": "scaleRegister",
}


def problems(register: Register) -> Iterator[Problem]:
    """Yield what is wrong with a register; what would only follow from an earlier problem is not said."""
    where = list(_of_the_place(register))
    yield from where
    if where:
        return
    try:
        codec = register.codec
    except InvalidCodec as error:
        field = _FIELDS.get(error.field, error.field)
        yield Problem((field,), _shown(register, field), error.reason)
        return
    yield from _of_the_digits(register, codec)
    yield from _of_no_value(register)
    yield from _of_the_scale(register, codec)
    yield from _of_the_table(register, codec)
    yield from _of_the_limits(register, codec)
    yield from _of_the_writing(register, codec)
    wrong = list(_of_the_value(register, codec))
    wrong += [] if wrong else read_from_checks.problems(register)
    yield from wrong
    if not wrong:
        yield from _of_the_ramp(register, codec)
        yield from groups.problems_of(register)
    yield from _of_the_repeat(register)


def _shown(register: Register, field: str) -> object:
    return register.model_dump(mode="json").get(field)


# --- where it is ------------------------------------------------------------------------------------------------------


def _of_the_place(register: Register) -> Iterator[Problem]:
    if register.parts is not None:
        yield from _of_the_parts(register, register.parts)
        return
    if register.reference is None:
        if register.address is None:
            reason = "say where it is: address: 4001 (0-based as on the wire) or reference: 44002 (as on the drawing)"
            yield Problem((), {}, reason)
        return
    table, address = parse_reference(register.reference)
    if register.address is not None:
        yield Problem(("reference",), register.reference, _both(register.address, table, address))
    elif register.table not in {None, table}:
        yield Problem(("reference",), register.reference, _other_table(register, table, address))
    elif register.table is None and table is Table.COIL and not _like_a_coil(register):
        hint = _for_address(register.reference, Table.HOLDING)
        yield Problem(("reference",), register.reference, f"it names a coil, which holds true or false{hint}")


def _of_the_parts(register: Register, given: tuple[RegisterPart, ...]) -> Iterator[Problem]:
    """Yield what is wrong with a sum of words, which only its parts say where it is and how it is understood."""
    for field in ("address", "reference", "type", "value"):
        if getattr(register, field) not in {None, DataType.SUM}:
            reason = _ONLY_OBSERVED if field == "value" else f"parts say that, each its own: drop {field}, or parts"
            yield Problem((field,), _shown(register, field), reason)
    if "write" in register.model_fields_set:
        yield Problem(("write",), {}, _ONLY_OBSERVED)
    yield from parts.problems(given, register.table)


_ONLY_OBSERVED = "a sum of several words is only observed: they would not change at the same moment; drop it"


def _both(said: int, table: Table, address: int) -> str:
    if said == address:
        return f"address {said} says the same already: drop reference or address"
    return f"it is address {address} of the {table.noun}s, and address says {said}: keep the right one, drop the other"


def _other_table(register: Register, table: Table, address: int) -> str:
    wanted = register.table or Table.HOLDING
    hint = _for_address(register.reference, wanted)
    hint = hint or f"; for a {wanted.noun} write reference: {reference_of(wanted, address)}, or table: {table}"
    return f"it names {_an(table.noun)}{hint}"


def _an(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _for_address(reference: int | str | None, wanted: Table) -> str:
    """Return what to write instead where a short number was most likely meant as an address."""
    number = int(reference or 0)
    if number > _SMALL:
        return ""
    return f"; for {wanted.noun} {number} write address: {number} or reference: {reference_of(wanted, number)}"


def _like_a_coil(register: Register) -> bool:
    named = isinstance(register.value, str) and register.value in (register.enum or {})
    return register.type in {None, DataType.BOOL} and (register.value in (None, 0, 1) or named)


# --- whether its fields agree -----------------------------------------------------------------------------------------


def _of_the_table(register: Register, codec: Codec) -> Iterator[Problem]:
    table, address = register.place
    if table.bits and codec.type is not DataType.BOOL:
        yield Problem(
            ("type",), str(codec.type), f"a {table.noun} holds true or false: drop type, or choose another table"
        )
    if address + codec.taken - 1 > _LAST:
        field = "address" if register.reference is None else "reference"
        reason = f"{codec.type} takes {codec.taken} words from there, and the last address is {_LAST}"
        yield Problem((field,), _shown(register, field), reason)
    if codec.type is not DataType.STRING:
        said = {"encoding"} | ({"padding"} if register.padding else set())
        for field in sorted(said & register.model_fields_set):
            yield Problem(
                (field,), str(_shown(register, field)), f"it goes with type string, and the type is {codec.type}"
            )


def _of_the_digits(register: Register, codec: Codec) -> Iterator[Problem]:
    """Yield the numbers beside the value that may not be what was written; none of them can stand in quotes."""
    for field in ("scale", "offset", "tolerance", "min", "max"):
        given = getattr(register, field)
        if codec.doubtful(given):
            yield Problem((field,), given, f"{DIGITS_LOST}: leave it out, or write one nearer to 0")


def _of_no_value(register: Register) -> Iterator[Problem]:
    if register.no_value is None:
        return
    path, given = ("noValue",), list(register.no_value)
    table = register.read_from.place[0] if register.read_from is not None else register.place[0]
    if table.bits:
        yield Problem(path, given, f"{_an(table.noun)} is true or false and nothing else: drop it")
    elif not register.write.verify:
        yield Problem(path, given, "verify: false is never read: drop noValue, or verify")


def _of_the_scale(register: Register, codec: Codec) -> Iterator[Problem]:
    given, path = register.scale_register, ("scaleRegister",)
    if given is None:
        return
    if (given.address is None) == (given.reference is None):
        yield Problem(path, {}, "say where it is, once: address (0-based as on the wire) or reference")
        return
    table, address = given.place
    if table not in {None, register.place[0]}:
        yield Problem((*path, "reference"), given.reference, f"it is no {register.place[0].noun}: {_ONE_REQUEST}")
    if 0 <= address - register.place[1] < codec.taken:
        yield Problem(path, address, "that is the register itself: name the one that holds the power of ten")
    if register.write.ramp is not None or not register.write.verify or register.enum:
        reason = "it changes while the device runs: not with a ramp, with verify: false, or with an enum; drop one"
        yield Problem(path, address, reason)


_ONE_REQUEST = "both are read in one request, so they are of one table"


def _of_the_limits(register: Register, codec: Codec) -> Iterator[Problem]:
    if not codec.type.numeric:
        given = {"min": register.min, "max": register.max, "tolerance": register.tolerance or None}
        for field, limit in given.items():
            if limit is not None:
                yield Problem((field,), limit, f"it is for numbers, and the type is {codec.type}")
    if register.min is not None and register.max is not None and register.min > register.max:
        yield Problem(("min",), register.min, f"it is above max ({register.max:g})")


def _of_the_writing(register: Register, codec: Codec) -> Iterator[Problem]:
    table, function = register.place[0], register.write.function
    path = ("write", "function")
    if function == "mask" and not (codec.bit is not None and table is Table.HOLDING):
        yield Problem(
            path, str(function), "FC22 changes bits of a holding register: it goes with table holding, type bit or bits"
        )
    if function == "single" and codec.taken > 1:
        many = f"{codec.type} has {codec.taken}, which go out in one request"
        reason = f"FC06 writes one word and {many}: use multiple or auto"
        yield Problem(path, str(function), reason)
    if not table.writable and "write" in register.model_fields_set:
        yield Problem(("write",), {}, f"{_an(table.noun)} is read-only: drop write")
    yield from steps.problems(register.write.before or (), ("write", "before"))
    yield from steps.problems(register.write.after or (), ("write", "after"))


# --- what it must hold ------------------------------------------------------------------------------------------------


def _of_the_value(register: Register, codec: Codec) -> Iterator[Problem]:
    value, table = register.value, register.place[0]
    if value is None:
        return
    if not table.writable:
        yield Problem(("value",), value, f"{_an(table.noun)} is read-only: drop value to observe it")
        return
    if codec.taken > (most := table.most_written):
        reason = f"its {codec.taken} words are more than the {most} of one request: drop value to observe it"
        yield Problem(("value",), value, reason)
        return
    if codec.doubtful(value):
        yield Problem(("value",), value, f"{DIGITS_LOST}: write it in quotes, with all of them")
        return
    try:
        register.encoded  # noqa: B018  # it is kept, so the encoding is paid for once
    except ValueError as error:
        yield Problem(("value",), value, str(error))
        return
    if codec.type.numeric and not (register.min is None and register.max is None):
        yield from _outside(register, codec, value)


def _outside(register: Register, codec: Codec, value: Value) -> Iterator[Problem]:
    number = codec.number(value)
    if register.min is not None and number < exactly(register.min):
        yield Problem(("value",), value, f"it is below min ({register.min:g}), so it would never be written")
    if register.max is not None and number > exactly(register.max):
        yield Problem(("value",), value, f"it is above max ({register.max:g}), so it would never be written")


def _of_the_ramp(register: Register, codec: Codec) -> Iterator[Problem]:
    """Yield why a register cannot be ramped: what has no way between two values, or no step that could be told."""
    ramp, path = register.write.ramp, ("write", "ramp")
    if ramp is None:
        return
    if not codec.type.numeric:
        yield Problem(path, {}, f"a ramp is for numbers, and the type is {codec.type}: drop it")
        return
    if codec.names:
        yield Problem(path, {}, "the values of an enum have no way from one to the next: drop ramp, or enum")
        return
    if not register.write.verify:
        yield Problem(path, {}, "verify: false is never read, so no step begins anywhere: drop ramp, or verify")
        return
    count, most = abs(exactly(codec.scale)), exactly(ramp.max_step)
    step = most if codec.type.floating else most // count * count
    if not step:
        reason = f"it is less than one count of the register ({decimal_text(count)}): raise it"
        yield Problem((*path, "maxStep"), ramp.max_step, reason)
    elif step <= register.allowed:
        reason = f"the tolerance ({decimal_text(register.allowed)}) hides a step of {decimal_text(step)}: raise maxStep"
        yield Problem((*path, "maxStep"), ramp.max_step, f"{reason} above it, or lower tolerance")


def _of_the_repeat(register: Register) -> Iterator[Problem]:
    """Yield why a register cannot be repeated: only what holds a value, and is read, is written again."""
    write, path = register.write, ("write", "repeatSecs")
    if write.repeat_secs is None:
        return
    if not write.verify:
        yield Problem(path, write.repeat_secs, "verify: false is given once for each value: drop repeatSecs, or verify")
    elif write.ramp is not None:
        reason = "a ramp writes at times of its own, between which a device may lapse: drop repeatSecs, or ramp"
        yield Problem(path, write.repeat_secs, reason)
    elif register.value is None:
        yield Problem(path, write.repeat_secs, "there is no value to be repeated: give value, or drop repeatSecs")
