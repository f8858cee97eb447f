"""The kinds there are, by family: a further one is a module of models, a module of decisions, and a line here.

A family is what one operator looks after, with the rights that it takes; no family imports another.
"""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.kinds import ARGO_EXPERIMENT, CLUSTER_TEMPLATE
from fabgitops_core.api.argo.owning import DEFAULT_ID
from fabgitops_core.api.argo.runs import ANALYSIS_RUN
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.kinds import Kind
from fabgitops_core.control.analysis.template import AnalysisTemplateController
from fabgitops_core.control.chaos.registry import OURS, Registry
from fabgitops_core.control.chaos.repeating import ScheduleController
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.plc.settling import SETTLE_SECS
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.template import TemplateController
from fabgitops_core.control.rack.bmc.table import BmcController
from fabgitops_core.control.rack.table import RackController
from fabgitops_core.control.rack.template import RackTemplateController
from fabgitops_core.control.rollout.argo import ArgoRolloutController, ArgoTemplateController
from fabgitops_core.control.rollout.table import RolloutController
from fabgitops_core.control.setpoint.table import SetpointRolloutController


def families(
    settle_secs: float = SETTLE_SECS, argo_instance_id: str = DEFAULT_ID, scenarios: Registry = OURS
) -> Mapping[str, tuple[Controller[Any], ...]]:
    """Return the decisions of each kind; what others refer to stands before them, so that it is listed first.

    Those of `setpoints` lead what is of `plc`: one operator looks after both, and lists them first. What judges changes
    is of two families. Of one template every operator says the same, so whoever comes second finds that it is said.

    Args:
        settle_secs: How long what a PLC's resource wants must have stood before it is written, and what a fleet wants
            before a change of it begins; 0 does not wait.
        argo_instance_id: What the label says of Rollouts of Argo's kind that are looked after.
        scenarios: What chaos experiments may do, with what installed packages bring.
    """
    return {
        "plc": (TemplateController(), PlcController(settle_secs)),
        "setpoints": (AnalysisTemplateController(), SetpointRolloutController(settle_secs)),
        "delivery": (AnalysisTemplateController(), RolloutController()),
        "argo": (
            ArgoTemplateController(),
            ArgoTemplateController(CLUSTER_TEMPLATE),
            ArgoRolloutController(argo_instance_id),
        ),
        "racks": (RackTemplateController(), RackController(), BmcController()),
        "chaos": (ScheduleController(), ExperimentController(scenarios)),
    }


FAMILIES: Mapping[str, tuple[Controller[Any], ...]] = families()
"""The same, as they are unless told otherwise."""

CONTROLLERS: tuple[Controller[Any], ...] = FAMILIES["plc"]
"""Those of what every user has."""

KINDS: tuple[Kind, ...] = tuple(controller.kind for controller in CONTROLLERS)
"""Each has a CustomResourceDefinition that every user is given; those of other families are for who asks for them."""

SETPOINT_KINDS: tuple[Kind, ...] = tuple(controller.kind for controller in FAMILIES["setpoints"])
"""With these changes of set-points go over a fleet in waves."""

DELIVERY_KINDS: tuple[Kind, ...] = tuple(controller.kind for controller in FAMILIES["delivery"])
"""With these workloads go from one version to the next; what judges changes is among them, too."""

ARGO_KINDS: tuple[Kind, ...] = (*(controller.kind for controller in FAMILIES["argo"]), ANALYSIS_RUN, ARGO_EXPERIMENT)
"""The same as Argo Rollouts has it: of a group that is not ours, so it is defined only where nobody else did.

Nobody looks after Experiments: none can be made.
"""

CHAOS_KINDS: tuple[Kind, ...] = (*(controller.kind for controller in FAMILIES["chaos"]), CHAOS_POLICY)
"""What is tried on a plant, when, and what of that is allowed at all."""
