"""What several commands take."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter, Token
from cyclopts.validators import Number

from fabctl.defaults import variable
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
    CSV = "csv"


class Template(str):
    """A format that says itself what to print: jsonpath=TEMPLATE or custom-columns=NAME:PATH,…."""

    __slots__ = ()
    KINDS = ("jsonpath", "custom-columns")


def is_table(output: "Format | Template") -> bool:
    """Return whether it is a table that is printed, and not objects."""
    return output in {Format.TABLE, Format.WIDE, Format.CSV}


def _format(_type: Any, tokens: Sequence[Token]) -> "Format | Template":
    given = tokens[0].value
    kind, equals, expression = given.partition("=")
    if equals and kind in Template.KINDS and expression:
        return Template(given)
    if given in Template.KINDS or (equals and kind in Template.KINDS):
        raise ValueError(f"{kind} says what to print: -o {kind}={_EXAMPLES[kind]}")
    try:
        return Format(given.lower())
    except ValueError:
        there = ", ".join([*Format, *(f"{each}=…" for each in Template.KINDS)])
        raise ValueError(f"{given!r} is no format: {there}") from None


_EXAMPLES = {"jsonpath": "'{.items[*].metadata.name}'", "custom-columns": "NAME:.metadata.name"}


def _no_csv(_type: Any, value: "Format | Template") -> None:
    if value is Format.CSV:
        raise ValueError("what this prints is no table: csv is none of its formats")


_OBJECTS = (
    "json and yaml (objects as the API server gave them; see --show-managed-fields), name, jsonpath=TEMPLATE or "
    "custom-columns=NAME:PATH,…"
)

Output = Annotated[
    Format | Template,
    Parameter(
        alias="-o", converter=_format, n_tokens=1, validator=_no_csv, help=f"table, wide (says more), {_OBJECTS}."
    ),
]

Rows = Annotated[
    Format | Template,
    Parameter(
        alias="-o",
        converter=_format,
        n_tokens=1,
        env_var=variable("output"),
        help=f"table, wide (more columns), csv, {_OBJECTS}.",
    ),
]
"""How to print what is a table."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Printing:
    """What is left out."""

    no_headers: Annotated[bool, Parameter(negative="", help="Leave out the line with the names of columns.")] = False
    quiet: Annotated[
        bool, Parameter(alias="-q", negative="", help="Say nothing on standard error where nothing is wrong.")
    ] = False

    def say(self, sentence: str) -> None:
        """Say something on standard error that is no data, and nothing wrong."""
        if not self.quiet:
            sys.stderr.write(sentence + "\n")


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
        Name | None,
        Parameter(
            alias="-n",
            env_var=variable("namespace"),
            help="Namespace; without it that of the kubeconfig's context.",
        ),
    ] = None
    context: Annotated[
        str | None,
        Parameter(env_var=variable("context"), help="Context of the kubeconfig; without it the current one."),
    ] = None
    kubeconfig: Annotated[
        Path | None,
        Parameter(
            env_var=variable("kubeconfig"),
            help="Kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the pod's account.",
        ),
    ] = None
    request_timeout: Annotated[
        float,
        Parameter(
            validator=Number(gt=0),
            env_var=variable("request-timeout"),
            help="Seconds to wait for each answer of the API server.",
        ),
    ] = 10.0
    color: Annotated[
        Literal["auto", "always", "never"] | None,
        Parameter(
            env_var=variable("color"),
            help="Colours: auto has them on a terminal, unless NO_COLOR is set; always, or never.",
        ),
    ] = None

    def __post_init__(self) -> None:
        """Have whatever prints go by what is said here: it looks into the environment."""
        if self.color is not None:
            os.environ[variable("color")] = self.color


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Scope(Connection):
    """Which cluster, and which of its objects."""

    all_namespaces: Annotated[bool, Parameter(alias="-A", negative="", help="All namespaces instead of one.")] = False
    selector: Annotated[
        str | None, Parameter(alias="-l", help="Only those with these labels, as in line=3,stage!=test.")
    ] = None


AllContexts = Annotated[
    bool, Parameter(negative="", help="All contexts of the kubeconfig, side by side; --context a,b are these two.")
]


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Looking(Scope):
    """Which clusters, and which of their objects, of what only looks: --context takes several."""

    all_contexts: AllContexts = False


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Anywhere(Connection):
    """Which clusters, and where in them, of what only looks: --context takes several."""

    all_contexts: AllContexts = False


HERE = Connection()
ANYWHERE = Anywhere()
PRINTING = Printing()
HERE_ALL = Scope()
LOOK_HERE = Looking()
