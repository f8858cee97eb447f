"""What is there for good, out of the garbage collector's way.

The collector goes through everything that is alive to find what is not. Of a million objects that stay for as long as
their resource does that takes a second, in which no poll has its turn, and while they are made it does so each moment.
"""

import gc

EVERY = 200
"""So many resources are put out of its way at once: what makes them takes a few milliseconds to go through."""


class Lasting:
    """Counts resources that are new, and puts aside what was made for them.

    A cycle that is garbage at that moment is put aside as well, and stays: next to none are made of a resource.
    """

    def __init__(self) -> None:
        self._new = 0

    def one_more(self) -> None:
        """Note that a resource is there that was not there before."""
        self._new += 1
        if self._new >= EVERY:
            self._new = 0
            settle_memory()


def settle_memory() -> None:
    """Put what is there aside: going through it costs each poll a tenth more."""
    gc.freeze()
