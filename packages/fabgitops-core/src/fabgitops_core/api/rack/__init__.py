"""A rack and what it is made of: the models, and what the API server checks of them."""

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack.parts import BLADE, BMC, CHASSIS, RACK_NODE
from fabgitops_core.api.rack.rack import RACK
from fabgitops_core.api.rack.racktemplate import RACK_TEMPLATE

KINDS: tuple[Kind, ...] = (RACK_TEMPLATE, RACK, CHASSIS, BLADE, BMC, RACK_NODE)
"""All kinds of the family; what is referred to stands before who refers to it."""

__all__ = ["BLADE", "BMC", "CHASSIS", "KINDS", "RACK", "RACK_NODE", "RACK_TEMPLATE"]
