"""What a rack is made of: counts, and the names of its places."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel

MAX_CHASSIS, MAX_BLADES, MAX_NODES = 42, 16, 8

LONGEST_RACK_NAME = 54
"""Characters of the name of a Rack: with the longest place behind it, it is a label value of 63."""

PLACE = r"^c[0-9]{1,2}(s[0-9]{1,2}([bn][0-7])?)?$"
"""A place of a part within its rack: chassis c0, blade c0s3, its BMC c0s3b0, its node c0s3n1."""


class BmcMode(StrEnum):
    """How many BMCs a blade has."""

    SHARED = "shared"
    DEDICATED = "dedicated"


class BladeConfig(ApiModel):
    """What is in a blade."""

    node_count: Annotated[int, Field(ge=1, le=MAX_NODES, strict=True)]
    """How many nodes a blade has."""
    bmc_mode: BmcMode
    """Whether one BMC is shared by the nodes of a blade, or each node has a dedicated one."""

    @property
    def bmc_count(self) -> int:
        """Return how many BMCs a blade has."""
        return self.node_count if self.bmc_mode is BmcMode.DEDICATED else 1


class ChassisConfig(ApiModel):
    """What is in a chassis."""

    blade_count: Annotated[int, Field(ge=1, le=MAX_BLADES, strict=True)]
    """How many blades a chassis has."""
    blade_config: BladeConfig
    """What is in each blade."""
