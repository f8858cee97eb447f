"""The PLC's memory: its holding registers, which are the one truth that is served, and what was done to them."""

from collections.abc import Callable
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

    `reads` and `writes` keep what was served: how many reads, and each write in order. `on_read` and `on_write` are
    told of each before it is served, and may return a Modbus exception code to be answered instead (1 to 8, 10 or 11:
    Modbus Application Protocol V1.1b3, section 7).

    Raises:
        ValueError: There is no register, or an address or a value is outside 0 to 65535.
    """

    registers: dict[int, int]
    on_read: Callable[[Access], int | None] | None = None
    on_write: Callable[[Access], int | None] | None = None
    reads: int = 0
    writes: list[Access] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.registers:
            raise ValueError("a device has at least one register")
        self.registers = dict(self.registers)
        for address, value in self.registers.items():
            _check("register", address)
            _check("value", value)

    def __getitem__(self, address: int) -> int:
        """Return what a register holds; KeyError if there is no such register."""
        return self.registers[address]

    def __setitem__(self, address: int, value: int) -> None:
        """Change a register behind everybody's back, as a drift does.

        Raises:
            KeyError: There is no such register.
            ValueError: The value is outside 0 to 65535.
        """
        if address not in self.registers:
            raise KeyError(address)
        _check("value", value)
        self.registers[address] = value

    def read(self, unit_id: int, address: int, count: int) -> int | None:
        """Note that registers are read; return an exception code to answer instead, or None."""
        code: int | None = None
        if self.on_read:
            code = self.on_read(Access(unit_id, address, tuple(self.registers[address + i] for i in range(count))))
        self.reads += code is None
        return code

    def write(self, unit_id: int, address: int, values: tuple[int, ...]) -> int | None:
        """Write registers; return an exception code to answer instead of doing it, or None."""
        before = tuple(self.registers[address + i] for i in range(len(values)))
        access = Access(unit_id, address, values, before)
        code = self.on_write(access) if self.on_write else None
        if code is None:
            self.registers |= {address + i: value for i, value in enumerate(values)}
            self.writes.append(access)
        return code


def _check(name: str, number: int) -> None:
    if not 0 <= number <= MAX_WORD:
        raise ValueError(f"the {name} is {number}: it must be 0 to {MAX_WORD}")
