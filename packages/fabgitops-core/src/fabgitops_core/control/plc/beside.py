"""What a register has written before and after it, each time: from a spec to places, and from a text to a word."""

import re
from collections.abc import Iterator, Sequence

from fabgitops_core.api.plc.registers import Register
from fabgitops_core.api.plc.steps import WriteStep
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.requests import Around, SecretKey, SideWrite

_NUMBER = re.compile(r"[0-9]{1,5}|0[xX][0-9A-Fa-f]{1,4}")
_TRUTHS = {"true": 1, "false": 0, "1": 1, "0": 0}
_LARGEST = 65535


def around(register: Register, namespace: str) -> Around | None:
    """Return what is written before and after a register of a namespace; nearly always nothing."""
    write = register.write
    if not (write.before or write.after):
        return None
    before, after = (_side_writes(each or (), namespace) for each in (write.before, write.after))
    return Around(before, after)


def _side_writes(steps: Sequence[WriteStep], namespace: str) -> tuple[SideWrite, ...]:
    return tuple(_side_write(each, namespace) for each in steps)


def _side_write(step: WriteStep, namespace: str) -> SideWrite:
    table, address = step.place
    if step.value_from is None:
        return SideWrite(table, address, int(step.value or 0))
    ref = step.value_from.secret_key_ref
    return SideWrite(table, address, None, SecretKey(namespace, ref.name, ref.key))


def named(given: Around) -> Iterator[tuple[str, SideWrite]]:
    """Yield what is written around a register in its order, each by the name of its field."""
    for field, steps in (("before", given.before), ("after", given.after)):
        for at, step in enumerate(steps):
            yield f"write.{field}[{at}]", step


def word_of(text: str, table: Table) -> int:
    """Return the word, or for a coil the bit, that a text from a Secret means.

    Raises:
        ValueError: It means none; the message says what would, and nothing of the text.
    """
    said = text.strip()
    if table.bits:
        if (truth := _TRUTHS.get(said.lower())) is None:
            raise ValueError("is not true or false, as a coil takes")
        return truth
    number = int(said, 16 if said[:2].lower() == "0x" else 10) if _NUMBER.fullmatch(said) else -1
    if not 0 <= number <= _LARGEST:
        raise ValueError(f"is no word: a number from 0 to {_LARGEST}, or 0x0000 to 0xFFFF")
    return number
