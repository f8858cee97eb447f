"""What all guards promise, in their order; each is a module of its own."""

from typing import Any

from hypothesis import strategies as st

from .rule import Rule
from .rules.adoption import Adoption
from .rules.answers import Answers
from .rules.approval import Approval
from .rules.budget import Budget
from .rules.commands import Commands
from .rules.confirming import Confirming
from .rules.conflict import Conflict
from .rules.cooldown import Cooldown
from .rules.fight import Fight
from .rules.identity import Identity
from .rules.interlocks import Interlocks
from .rules.mode import Mode
from .rules.ramp import Ramp
from .rules.settling import Settling
from .rules.values import Values
from .rules.windows import Windows

GUARDS: tuple[type[Rule], ...] = (
    Mode,
    Adoption,
    Settling,
    Conflict,
    Identity,
    Answers,
    Confirming,
    Cooldown,
    Interlocks,
    Windows,
    Budget,
    Fight,
    Approval,
    Ramp,
)
RULES: tuple[type[Rule], ...] = (*GUARDS, Values, Commands)
OF_GUARDS = tuple(each.name for each in GUARDS)

_SET = st.lists(
    st.one_of(*(st.tuples(st.just(each.name), each.chosen) for each in GUARDS if not each.chosen.is_empty)), max_size=3
)
CHOSEN: st.SearchStrategy[dict[str, Any]] = _SET.map(lambda some: {**dict.fromkeys(OF_GUARDS), **dict(some)})
"""How a user sets some of the guards: one that holds everything leaves nothing to be seen of the others."""
