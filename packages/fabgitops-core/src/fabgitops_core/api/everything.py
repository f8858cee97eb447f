"""All kinds of resources that there are: each has a CustomResourceDefinition."""

from fabgitops_core.api.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.template import INDUSTRIAL_PLC_TEMPLATE

KINDS: tuple[Kind, ...] = (INDUSTRIAL_PLC_TEMPLATE, INDUSTRIAL_PLC)
