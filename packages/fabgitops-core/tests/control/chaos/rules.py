"""The six rules by which nothing outlives an experiment: each can be taken out, to see what it is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Which rules hold; without one of them the adversary wins."""

    record_before_act: bool = True
    renewals_make_nothing: bool = True
    tombstones: bool = True
    no_repetition: bool = True
    expiry: bool = True
    deadlines: bool = True
    own_process: bool = True
    """The other half of the rule about deadlines: a clock is believed only of the process that told it."""


ALL = Rules()
