"""What several commands take."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter
from cyclopts.validators import Number

from fabctl.names import check_name


def _check_name(_type: Any, value: str | None) -> None:
    if value is not None:
        check_name(value)


Name = Annotated[str, Parameter(validator=_check_name)]
"""The name of an object in Kubernetes; checked, because it becomes part of a URL."""

Names = Annotated[str, Parameter(name="NAME")]
"""The name of one of several PLCs as it was typed; `names` has what is made of it."""

_CONNECTION = Group("Cluster")


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


Output = Annotated[
    Format,
    Parameter(
        alias="-o",
        help="table, wide (more columns), json and yaml (objects as the API server gave them; see "
        "--show-managed-fields) or name.",
    ),
]


ManagedFields = Annotated[
    bool,
    Parameter(
        name="--show-managed-fields",
        negative="",
        help="Keep metadata.managedFields, the record of who set which field, in json and yaml.",
    ),
]


Filenames = Annotated[
    tuple[str, ...],
    Parameter(name=["--filename", "-f"], negative="", consume_multiple=False, allow_leading_hyphen=True),
]
"""Files of manifests, folders, or - for standard input."""


TableOutput = Annotated[Literal["table", "wide"], Parameter(alias="-o")]
"""How to print what is only for people."""


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Connection:
    """Which cluster, and where in it."""

    namespace: Annotated[
        Name | None, Parameter(alias="-n", help="Namespace; without it that of the kubeconfig's context.")
    ] = None
    context: Annotated[str | None, Parameter(help="Context of the kubeconfig; without it the current one.")] = None
    kubeconfig: Annotated[
        Path | None, Parameter(help="Kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the pod's account.")
    ] = None
    request_timeout: Annotated[
        float, Parameter(validator=Number(gt=0), help="Seconds to wait for each answer of the API server.")
    ] = 10.0


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Scope(Connection):
    """Which cluster, and which of its objects."""

    all_namespaces: Annotated[bool, Parameter(alias="-A", negative="", help="All namespaces instead of one.")] = False
    selector: Annotated[
        str | None, Parameter(alias="-l", help="Only those with these labels, as in line=3,stage!=test.")
    ] = None


HERE = Connection()
HERE_ALL = Scope()
