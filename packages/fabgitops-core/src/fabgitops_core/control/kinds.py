"""The kinds there are: a further one is a module of models, a module of decisions, and a line here."""

from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.plc.settling import SETTLE_SECS
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.plc.template import TemplateController


def controllers(settle_secs: float = SETTLE_SECS) -> tuple[Controller[Any], ...]:
    """Return the decisions of each kind; what others refer to stands before them, so that it is listed first.

    Args:
        settle_secs: How long what a PLC's resource wants must have stood before it is written; 0 writes at once.
    """
    return (TemplateController(), PlcController(settle_secs))


CONTROLLERS: tuple[Controller[Any], ...] = controllers()
"""The same, as they are unless told otherwise."""

KINDS: tuple[Kind, ...] = tuple(controller.kind for controller in CONTROLLERS)
"""Each has a CustomResourceDefinition."""
