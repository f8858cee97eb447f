"""A device file, running without a socket: its time is the test's."""

from collections.abc import Callable
from dataclasses import dataclass

from mock_plc.exceptions import ModbusException
from mock_plc.machine.machine import Machine
from mock_plc.memory import Table, Unit, Value
from mock_plc.spec.reading import parse

Told = Callable[[str], "Running"]


@dataclass
class Running:
    """A machine and its clock; registers are asked for by name, and written as a client would write them."""

    machine: Machine
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.machine.tick(self.now)

    @property
    def unit(self) -> Unit:
        """Its unit 1."""
        return self.machine.units[1]

    def at(self, seconds: float) -> "Running":
        """Let time pass, each step of the machine at the moment that it has asked for."""
        end = self.now + seconds
        while (due := self.machine.tick(self.now)) is not None and due <= end + 1e-9:
            self.now = max(due, self.now)
        self.now = end
        return self

    def __getitem__(self, name: str) -> Value:
        return self.machine.points[name].get()

    def write(self, address: int, *words: int, table: Table = Table.HOLDING) -> None:
        """Write words or bits."""
        self.unit.write(table, address, words)
        self.machine.tick(self.now)

    def refusal(self, address: int, *words: int, table: Table = Table.HOLDING) -> int:
        """Return the exception code that a write is refused with; 0 if it is not."""
        try:
            self.write(address, *words, table=table)
        except ModbusException as exception:
            return exception.code
        return 0

    def words(self, address: int, count: int = 1, table: Table = Table.HOLDING) -> list[int]:
        """Read words or bits."""
        return self.unit.read(table, address, count)

    def walk(self, name: str, steps: int, interval: float = 1.0) -> list[Value]:
        """Return what a register holds after each of some steps."""
        return [self.at(interval)[name] for _ in range(steps)]


def device(registers: str, seed: int = 1, **more: str) -> Running:
    """Run a device of registers, each a line of a YAML list; `more` is what else the file says."""
    lines = [f"{key}: {value}" for key, value in more.items()]
    return Running(
        Machine(parse("\n".join([*lines, "registers:", *registers.strip().splitlines()]), "test.yaml"), seed)
    )
