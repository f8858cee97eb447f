"""The PLC's memory: its holding registers, which are the one truth that is served, and what was done to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MAX_WORD = 65535


@dataclass(frozen=True, slots=True)
class Access:
    """One request that was served: `values` are those read or written, each 0 to 65535."""

    unit_id: int
    address: int
    values: tuple[int, ...]
    before: tuple[int, ...] = ()


@dataclass(slots=True)
class Device:
    """Holding registers by address (0-based as on the wire), each an unsigned word.

    `on_read` and `on_write` are told of every request served, and may return a Modbus exception code (1 to 255) to be
    answered instead.
    """

    registers: dict[int, int]
    on_read: Callable[[Access], int | None] | None = None
    on_write: Callable[[Access], int | None] | None = None
    reads: int = 0
    writes: list[Access] = field(default_factory=list)

    def __post_init__(self) -> None:
        for address, value in self.registers.items():
            _check("register", address)
            _check("value", value)

    def __getitem__(self, address: int) -> int:
        """Return what a register holds."""
        return self.registers[address]

    def __setitem__(self, address: int, value: int) -> None:
        """Change a register behind everybody's back, as a drift does."""
        _check("value", value)
        self.registers[address] = value

    def holds(self, address: int, count: int) -> bool:
        """Return whether all of `count` registers from `address` on are there."""
        return all(each in self.registers for each in range(address, address + count))

    def read(self, unit_id: int, address: int, count: int) -> int | None:
        """Note that registers are read; return an exception code to answer instead, or None."""
        self.reads += 1
        if self.on_read is None:
            return None
        return self.on_read(Access(unit_id, address, tuple(self.registers[address + i] for i in range(count))))

    def write(self, unit_id: int, address: int, values: tuple[int, ...]) -> int | None:
        """Write registers; return an exception code to answer instead of doing it, or None."""
        before = tuple(self.registers[address + i] for i in range(len(values)))
        access = Access(unit_id, address, values, before)
        code = self.on_write(access) if self.on_write else None
        if code is None:
            self.registers |= {address + i: value for i, value in enumerate(values)}
            self.writes.append(access)
        return code


def parse_registers(given: list[str], default: int) -> Mapping[int, int]:
    """Return addresses and values from texts like `4001` and `4001=2500`.

    Raises:
        ValueError: A text is neither, or a number is outside 0 to 65535.
    """
    registers: dict[int, int] = {}
    for text in given:
        address, _, value = text.partition("=")
        try:
            number, content = int(address, 0), int(value, 0) if value else default
        except ValueError:
            raise ValueError(f"{text!r} is neither an address (4001) nor an address and a value (4001=2500)") from None
        _check("register", number)
        _check("value", content)
        registers[number] = content
    return registers


def _check(name: str, number: int) -> None:
    if not 0 <= number <= MAX_WORD:
        raise ValueError(f"the {name} is {number}: it must be 0 to {MAX_WORD}")
