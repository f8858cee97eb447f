"""What happens to some Racks, told to a bus; as `python telling.py URL` it prints the id of each that is taken."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from fabgitops_core.api.meta import Key
from fabgitops_core.control.happenings import Happening
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings

KEY = Key("Rack", "plant", "rack-1")
RACKS = 5
EACH = 20
BEGUN = datetime(2026, 11, 29, 12, tzinfo=UTC)


def happening(rack: int, number: int, size: int = 0) -> Happening:
    """What happened as the `number`th to a rack, with so much said of it."""
    return Happening(
        id=f"uid-{rack}/{number}",
        type="io.fabrica.racknode.created",
        source=f"/resources/RackNode/uid-{rack}-{number}",
        subject=f"plant/Käfig {rack} %",
        at=BEGUN + timedelta(milliseconds=number),
        partition=f"plant/rack-{rack}",
        extensions={"resourcekind": "RackNode"},
        data={"number": number, "name": "Käfig", "more": "x" * size},
    )


def publish_all(outbox: Outbox | Memory, taken: Callable[[str], None], numbers: Iterable[int] = range(EACH)) -> None:
    """Publish events of all racks, one of each in turn."""
    for number in numbers:
        for rack in range(RACKS):
            event = happening(rack, number)
            outbox.publish(KEY, event, partial(taken, event.id))


async def main(url: str) -> None:
    """Tell all there is to tell, and stay."""
    async with bus_of(BusSettings(bus=url)) as outbox:
        publish_all(outbox, partial(print, flush=True))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
