"""The kinds there are: a further one is a module of models, a module of decisions, and a line here."""

from typing import Any

from fabgitops_core.control.controller import Controller
from fabgitops_core.control.plc import PlcController

CONTROLLERS: tuple[Controller[Any], ...] = (PlcController(),)
