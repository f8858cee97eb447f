"""What all guards promise, in their order; each is a module of its own."""

from .rule import Rule
from .rules.answers import Answers
from .rules.commands import Commands
from .rules.confirming import Confirming
from .rules.conflict import Conflict
from .rules.cooldown import Cooldown
from .rules.fight import Fight
from .rules.identity import Identity
from .rules.mode import Mode
from .rules.settling import Settling
from .rules.values import Values
from .rules.windows import Windows

GUARDS: tuple[type[Rule], ...] = (
    Mode,
    Settling,
    Conflict,
    Identity,
    Answers,
    Confirming,
    Cooldown,
    Windows,
    Fight,
)
RULES: tuple[type[Rule], ...] = (*GUARDS, Values, Commands)
OF_GUARDS = tuple(each.name for each in GUARDS)
