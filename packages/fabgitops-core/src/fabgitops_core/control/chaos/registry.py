"""Which scenarios there are: those of our own, and those that installed packages bring.

Who starts the program reads the entry points of the group `fabgitops.scenarios`: each has a name, and an object that is
a `Scenario`. One that cannot be used is known by its name, and by why: nothing else is the worse for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from fabgitops_core.api.chaos.scenarios import SCENARIOS
from fabgitops_core.api.chaos.scenarios import Scenario as Chosen
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.refusals import sentences
from fabgitops_core.control.chaos.scenarios.api_latency import API_LATENCY
from fabgitops_core.control.chaos.scenarios.cpu_stress import CPU_STRESS
from fabgitops_core.control.chaos.scenarios.network_delay import NETWORK_DELAY
from fabgitops_core.control.chaos.scenarios.plc_drift import PLC_DRIFT
from fabgitops_core.control.chaos.scenarios.plc_fault import PLC_FAULT
from fabgitops_core.control.chaos.scenarios.pod_killer import POD_KILLER
from fabgitops_core.control.chaos.scenarios.scenario import Scenario

GROUP = "fabgitops.scenarios"


@dataclass(frozen=True, slots=True)
class Broken:
    """What an installed package brings under a name, and cannot be used; `why` says so, and which package that is."""

    why: str


Registry = Mapping[str, Scenario[Any] | Broken]

OURS: Mapping[str, Scenario[Any]] = {
    each.name: each for each in (POD_KILLER, CPU_STRESS, NETWORK_DELAY, PLC_FAULT, PLC_DRIFT, API_LATENCY)
}
"""Those that need no package."""


class NotAScenario(Exception):
    """What a package brings cannot be used: its text says why."""


_RESERVED = frozenset(Chosen.model_fields[field].alias or field for field in SCENARIOS)


def registry(brought: Mapping[str, Scenario[Any] | Broken] = MappingProxyType({})) -> Registry:
    """Return all scenarios by name: our own, and those that packages bring, which take the name of none of ours."""
    return {**{name: each for name, each in brought.items() if name not in _RESERVED}, **OURS}


def scenario_of(name: str, given: object) -> Scenario[Any]:
    """Return what the entry point of a name gives.

    Raises:
        NotAScenario: It is none, is not called what its entry point says, or takes the name of one of ours.
    """
    if name in _RESERVED:
        raise NotAScenario("it takes the name of one of ours: call it something else")
    if re.fullmatch(_PATTERN, name) is None:
        raise NotAScenario("a name begins with a small letter, and has up to 63 letters and digits")
    if not isinstance(given, Scenario):
        raise NotAScenario(f"it gives {type(given).__name__}, which is no Scenario")
    if given.name != name:
        raise NotAScenario(f"it gives a scenario that is called {given.name!r}")
    if wrong := _wrong(given):
        raise NotAScenario(wrong)
    return given


_PATTERN = r"[a-z][A-Za-z0-9]{0,62}"


def _wrong(given: Scenario[Any]) -> str:
    """Return what attribute of a scenario is not what it must be, or nothing."""
    parameters: object = given.parameters
    is_model = isinstance(parameters, type) and issubclass(parameters, BaseModel)
    takes = (
        (is_model, "parameters: a pydantic model"),
        (_all_of(given.targets, TargetKind), "targets: a frozenset of TargetKind"),
        (_all_of(given.needs, str), "needs: a frozenset of texts"),
        (given.one_shot in {True, False}, "one_shot: True or False"),
    )
    return next((f"its attribute {said}" for holds, said in takes if not holds), "")


def _all_of(given: object, kind: type) -> bool:
    return isinstance(given, frozenset) and all(isinstance(each, kind) for each in given)


def resolved(chosen: Chosen, known: Registry) -> tuple[Scenario[Any], Any]:
    """Return a scenario that was chosen, and its parameters.

    Raises:
        ValueError: There is none of that name, or the parameters of an extension are not right.
    """
    name, parameters = chosen.chosen
    if chosen.extension is None:
        if isinstance(left_out := known.get(name), Broken):
            raise ValueError(f"spec.scenario is {name}, which cannot be done here: {left_out.why}")
        return OURS[name], parameters
    extension = chosen.extension
    scenario = _extension(extension.name, known)
    try:
        return scenario, scenario.parameters.model_validate(dict(extension.parameters))
    except ValidationError as error:
        raise ValueError(sentences(error, "spec.scenario.extension.parameters")) from None


def _extension(name: str, known: Registry) -> Scenario[Any]:
    """Return the scenario of a package.

    Raises:
        ValueError: There is none of that name, or it cannot be used.
    """
    others = {each: found for each, found in known.items() if each not in OURS}
    match others.get(name):
        case None:
            usable = sorted(each for each, found in others.items() if not isinstance(found, Broken))
            raise ValueError(f"spec.scenario.extension.name is {name!r}: there are {', '.join(usable) or 'none'}")
        case Broken(why):
            raise ValueError(f"spec.scenario.extension.name is {name!r}, which cannot be used: {why}")
        case found:
            return found
