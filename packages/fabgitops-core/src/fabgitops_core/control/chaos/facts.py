"""What decides whether there may be chaos at all, and is asked for again with each look."""

from dataclasses import dataclass

from fabgitops_core.api.chaos.policy import ChaosPolicySpec


@dataclass(frozen=True, slots=True)
class Facts:
    """The ChaosPolicy, None where there is none; whether the namespace of the targets opts in; why all is stopped.

    Where nobody has `answered` yet all is stopped because nothing is known, and not because anybody wants it.
    """

    policy: ChaosPolicySpec | None
    opted_in: bool
    stopped: str = ""
    answered: bool = True
