"""Which scenarios there are: those of our own, and those that installed packages bring.

Who starts the program reads the entry points of the group `fabgitops.scenarios`, and gives them here: each has a name,
and an object that is a `Scenario`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from fabgitops_core.api.chaos.scenarios import SCENARIOS
from fabgitops_core.api.chaos.scenarios import Scenario as Chosen
from fabgitops_core.api.refusals import sentences
from fabgitops_core.control.chaos.scenarios.api_latency import API_LATENCY
from fabgitops_core.control.chaos.scenarios.cpu_stress import CPU_STRESS
from fabgitops_core.control.chaos.scenarios.network_delay import NETWORK_DELAY
from fabgitops_core.control.chaos.scenarios.plc_drift import PLC_DRIFT
from fabgitops_core.control.chaos.scenarios.plc_fault import PLC_FAULT
from fabgitops_core.control.chaos.scenarios.pod_killer import POD_KILLER
from fabgitops_core.control.chaos.scenarios.scenario import Scenario

GROUP = "fabgitops.scenarios"

Registry = Mapping[str, Scenario[Any]]

OURS: Registry = {
    each.name: each for each in (POD_KILLER, CPU_STRESS, NETWORK_DELAY, PLC_FAULT, PLC_DRIFT, API_LATENCY)
}
"""Those that need no package."""


class NotAScenario(Exception):
    """What a package brings cannot be used; the program does not start with it."""


def registry(brought: Iterable[tuple[str, object]] = ()) -> Registry:
    """Return all scenarios by name.

    Args:
        brought: What entry points give: their names, and what they stand for.

    Raises:
        NotAScenario: One is none, is not called what its entry point says, or takes the name of another.
    """
    found: dict[str, Scenario[Any]] = dict(OURS)
    for name, given in brought:
        scenario = _scenario(name, given)
        if name in found or name in _RESERVED:
            raise NotAScenario(f"the entry point {name} of {GROUP} takes a name that is taken: call it something else")
        found[name] = scenario
    return found


_RESERVED = frozenset(Chosen.model_fields[field].alias or field for field in SCENARIOS)


def _scenario(name: str, given: object) -> Scenario[Any]:
    if not isinstance(given, Scenario):
        raise NotAScenario(f"the entry point {name} of {GROUP} gives {type(given).__name__}: it must be a Scenario")
    if given.name != name:
        raise NotAScenario(f"the entry point {name} of {GROUP} gives a scenario that is called {given.name!r}")
    return given


def resolved(chosen: Chosen, known: Registry) -> tuple[Scenario[Any], Any]:
    """Return a scenario that was chosen, and its parameters.

    Raises:
        ValueError: There is none of that name, or the parameters of an extension are not right.
    """
    name, parameters = chosen.chosen
    if chosen.extension is None:
        return known[name], parameters
    extension = chosen.extension
    scenario = known.get(extension.name)
    if scenario is None or extension.name in OURS:
        others = ", ".join(sorted(set(known) - set(OURS))) or "none"
        raise ValueError(f"spec.scenario.extension.name is {extension.name!r}: there are {others}")
    try:
        return scenario, scenario.parameters.model_validate(dict(extension.parameters))
    except ValidationError as error:
        raise ValueError(sentences(error, "spec.scenario.extension.parameters")) from None
