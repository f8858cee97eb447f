"""Why an event was not taken, told apart by what can be done about it, and what ends a start.

BusError        the bus cannot be used as it is set: nothing begins
NotTaken        an event was not taken
├── Away          nor would any other be: wait, for as long as the bus asks
├── Later         others may be: those after it in its partition wait
└── Refused       the same again would be refused again: go on without it
"""


class BusError(Exception):
    """The bus cannot be used as it is set: the text says which, why, and the way out."""


class NotTaken(Exception):
    """The bus did not take an event; the text says why, in one line.

    Args:
        why: The reason, and the way out where there is one.
        pause: Seconds for which the bus asks not to be asked again.
    """

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class Away(NotTaken):
    """The bus takes nothing now."""


class Later(NotTaken):
    """The bus does not take this one now."""


class Refused(NotTaken):
    """The bus will never take this one."""
