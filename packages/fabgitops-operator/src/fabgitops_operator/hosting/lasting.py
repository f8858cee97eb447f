"""What is there for good, out of the garbage collector's way.

The collector goes through everything that is alive to find what is not. Of a million objects that stay for as long as
their resource does that takes a second, in which no poll has its turn, and while they are made it does so each moment.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = 200
"""So many resources are put out of its way at once: what makes them takes a few milliseconds to go through."""


class Lasting:
    """Puts aside what was made for resources, as their number grows.

    A cycle that is garbage at that moment is put aside as well, and stays. So what comes and goes, such as a resource
    that is made anew each minute, puts nothing aside: only more than there ever were do.
    """

    def __init__(self) -> None:
        self._settled = 0

    def grown_to(self, count: int) -> None:
        """Note that there are so many resources."""
        if count >= self._settled + EVERY:
            self._settled = count
            settle_memory()


def settle_memory() -> None:
    """Put what is there aside: going through it costs each poll a tenth more."""
    gc.freeze()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Put the collector off while much is made at once: it would look through that again and again, in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
