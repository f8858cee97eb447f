"""A Deployment whose pods a Rollout takes over: the template stands there, and nowhere else."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fabgitops_core.api.meta import ApiModel, ObjectName
from fabgitops_core.api.schema import UNSTORED


class WorkloadVersion(StrEnum):
    """The version of the kind that says what the pods are."""

    APPS_V1 = "apps/v1"


class WorkloadKind(StrEnum):
    """The kind that says what the pods are."""

    DEPLOYMENT = "Deployment"


class ScaleDown(StrEnum):
    """What becomes of the pods of the Deployment itself."""

    NEVER = "never"
    ON_SUCCESS = "onsuccess"
    PROGRESSIVELY = "progressively"


class WorkloadRef(ApiModel):
    """The Deployment that says what the pods are."""

    api_version: WorkloadVersion
    """apps/v1."""
    kind: WorkloadKind
    """Deployment."""
    name: ObjectName
    """Its name, in the namespace of the Rollout."""
    scale_down: Annotated[ScaleDown, Field(json_schema_extra=UNSTORED)] = ScaleDown.NEVER
    """What becomes of its own pods: never when not given, which leaves them; onsuccess, which takes them all away when
    the Rollout has brought a version out; or progressively, as many as the Rollout has available instead."""
