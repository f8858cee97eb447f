"""Whether a register can be read where readFrom says: what of that needs the value, or is not said in CEL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabgitops_core.api.refusals import Problem
from fabgitops_core.codec.agreeing import InvalidCodec
from fabgitops_core.codec.numbers import DIGITS_LOST, decimal_text
from fabgitops_core.codec.showing import meaning, nearest, words_for
from fabgitops_core.codec.tables import parse_reference
from fabgitops_core.codec.types import DataType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fabgitops_core.api.plc.read_from import ReadFrom
    from fabgitops_core.api.plc.registers import Register
    from fabgitops_core.codec.codec import Codec

_LAST = 65535
_FIELDS = {"order": "byteOrder", "names": "enum", "last_bit": "lastBit"}


def problems(register: Register) -> list[Problem]:
    """Return what is wrong with where a register is read; what only follows from an earlier problem is not said."""
    given = register.read_from
    if given is None:
        return []
    wrong = [*_of_the_place(given), *_of_the_register(register)]
    if wrong:
        return wrong
    try:
        shown = register.shown
    except InvalidCodec as error:
        if error.field == "absent":
            return [Problem(("noValue",), list(register.no_value or ()), f"{error.reason} (as it is read)")]
        return [_problem(_FIELDS.get(error.field, error.field), given, error.reason)]
    wrong = [*_of_the_form(register, given, shown), *_of_the_table(given, shown)]
    return wrong or list(_of_the_value(register, given, shown))


def _problem(field: str, given: ReadFrom, reason: str) -> Problem:
    return Problem(("readFrom", field), given.model_dump(mode="json").get(field), reason)


def _of_the_place(given: ReadFrom) -> Iterator[Problem]:
    if (given.address is None) == (given.reference is None):
        yield Problem(("readFrom",), {}, "say where it is read, once: address (0-based as on the wire) or reference")
    elif given.reference is not None and given.table not in {None, parse_reference(given.reference)[0]}:
        table, address = parse_reference(given.reference)
        reason = f"it is {table} {address}, and table says {given.table}: drop one of them"
        yield _problem("reference", given, reason)


def _of_the_register(register: Register) -> Iterator[Problem]:
    """Yield what a register cannot be that is read elsewhere."""
    path, table = ("readFrom",), register.place[0]
    if register.parts or not table.writable:
        yield Problem(
            path, {}, f"{'a sum' if register.parts else 'what'} is only read: drop readFrom, and say its place"
        )
    if register.scale_register is not None:
        yield Problem(path, {}, "what scaleRegister says stands beside where it is written: drop readFrom, or that")
    if not register.write.verify:
        yield Problem(path, {}, "verify: false is never read: drop readFrom, or verify")
    if register.write.ramp is not None:
        yield Problem(path, {}, "a ramp goes on from what is held where it is written: drop readFrom, or ramp")
    if register.codec.bit is not None and register.write.function != "mask":
        reason = (
            "the other bits of its word would be written as they are read where it is written, and what is read "
            "elsewhere need not be held there: write.function: mask changes them in the device (FC22)"
        )
        yield Problem(path, {}, reason)


def _of_the_form(register: Register, given: ReadFrom, shown: Codec) -> Iterator[Problem]:
    own = register.codec
    if (*given.place, shown) == (*register.place, own):
        yield Problem(("readFrom",), {}, "that is where and how it is written: drop readFrom")
    if (DataType.STRING in {own.type, shown.type}) and own.type is not shown.type:
        yield _problem("type", given, f"it is written as {own.type}, and a text is no number: give both the same type")
    if given.enum is not None and not own.names:
        yield _problem("enum", given, "the values that are written have no names: give the register an enum, too")
    for field in ("scale", "offset"):
        if shown.doubtful(getattr(given, field)):
            yield _problem(field, given, f"{DIGITS_LOST}: leave it out, or write one nearer to 0")


def _of_the_table(given: ReadFrom, shown: Codec) -> Iterator[Problem]:
    table, address = given.place
    if table.bits and shown.type is not DataType.BOOL:
        yield _problem("type", given, f"a {table.noun} holds true or false: drop type, or choose another table")
    if address + shown.taken - 1 > _LAST:
        field = "address" if given.reference is None else "reference"
        yield _problem(field, given, f"{shown.type} takes {shown.taken} words from there, and the last is {_LAST}")
    if shown.type is not DataType.STRING:
        for field in ("encoding", "padding"):
            if getattr(given, field) is not None:
                yield _problem(field, given, f"it goes with type string, and the type is {shown.type}")


def _of_the_value(register: Register, given: ReadFrom, shown: Codec) -> Iterator[Problem]:
    """Yield why nobody could tell from what is read whether the register holds its value."""
    if register.encoded is None:
        return
    wanted = meaning(register.codec, register.encoded)
    if wanted is None or words_for(shown, wanted) is not None:
        return
    path, said = ("readFrom",), wanted if isinstance(wanted, str) else decimal_text(wanted)
    close = None if isinstance(wanted, str) else nearest(shown, wanted)
    if close is None or isinstance(wanted, str):
        what = f"it is no name of readFrom.enum ({', '.join(sorted(name for name, _ in shown.names))})"
        what = what if isinstance(wanted, str) and shown.names else f"{shown.type} as it is read holds no such value"
        yield Problem(path, {}, f"{register.value!r} could never be told from what is read: {what}")
    elif abs(close - wanted) > register.allowed:
        reason = (
            f"{said} is never read: the nearest is {decimal_text(close)}; "
            f"say a tolerance of at least {decimal_text(abs(close - wanted))}, or how finer it is read"
        )
        yield Problem(path, {}, reason)
