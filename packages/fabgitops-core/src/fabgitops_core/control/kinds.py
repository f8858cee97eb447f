"""The kinds there are: a further one is a module of models, a module of decisions, and a line here."""

from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.plc import PlcController
from fabgitops_core.control.template import TemplateController

CONTROLLERS: tuple[Controller[Any], ...] = (TemplateController(), PlcController())
"""What others refer to stands before them, so that it is listed first."""

KINDS: tuple[Kind, ...] = tuple(controller.kind for controller in CONTROLLERS)
"""Each has a CustomResourceDefinition."""
