"""Which AnalysisTemplates judge a change, and with which arguments."""

from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.schema import KEYED_BY_NAME

ArgumentName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-zA-Z]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$")]


class TemplateName(ApiModel):
    """One AnalysisTemplate."""

    template_name: ObjectName
    """Name of the AnalysisTemplate, in the namespace of the resource."""


class Argument(ApiModel):
    """One argument for the templates."""

    name: ArgumentName
    """Which argument."""
    value: Annotated[str, Field(max_length=1024)]
    """Its value."""


class Analyses(ApiModel):
    """What judges a change while it goes on."""

    templates: Annotated[tuple[TemplateName, ...], Field(min_length=1, max_length=10)]
    """The AnalysisTemplates whose metrics are measured, all of them."""
    args: Annotated[tuple[Argument, ...], Field(max_length=32, json_schema_extra=KEYED_BY_NAME)] = ()
    """Arguments that the templates take, beside those that they have values for."""
