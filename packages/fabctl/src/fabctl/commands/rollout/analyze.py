"""`fabctl rollout analyze`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.errors import Unreachable, UsageError
from fabctl.fields import mapping, text
from fabctl.names import ANALYSIS, named
from fabctl.offline import tried
from fabctl.options import HERE, Connection, Format, Names
from fabctl.render import show_sections
from fabctl.render.objects import made, show_objects
from fabctl.render.trials import as_object, trial_sections
from fabctl.spans import duration, time

if TYPE_CHECKING:
    from fabctl.fields import Body

Typed = Annotated[str, Parameter(allow_leading_hyphen=True)]


async def analyze(
    name: Names | None = None,
    /,
    *,
    prometheus: str,
    from_: Annotated[str, Parameter(name="--from", allow_leading_hyphen=True)] = "-7d",
    to: Typed = "now",
    step: str = "5m",
    lasting: str = "1h",
    arg: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    filename: Annotated[str | None, Parameter(alias="-f")] = None,
    token_file: Path | None = None,
    output: Annotated[Literal["table", "wide", "json"], Parameter(alias="-o")] = "table",
    connection: Connection = HERE,
) -> int:
    """Try an AnalysisTemplate over history: how often changes would have failed that were begun then.

    The code that judges in the operator judges by what Prometheus knows of the past. It takes the extra that brings
    that code: pip install "fabctl[offline]".

    Args:
        name: The AnalysisTemplate in the cluster, also as fat/NAME.
        prometheus: URL of the Prometheus, for metrics that name none.
        from_: When the first change is begun: so long ago, or a time.
        to: When the last one is over: now, so long ago, or a time.
        step: How far apart changes are begun.
        lasting: How long each change goes on: metrics without a count are measured for so long.
        arg: Value of an argument of the template, as NAME=VALUE; several times for several.
        filename: File of the AnalysisTemplate, in the place of a name: no cluster is asked.
        token_file: File with the token that the server of --prometheus wants; no other server is sent it.
        output: How to print; wide shows all changes that would not have passed.
        connection: Which cluster, and where in it.
    """
    if (name is None) is (filename is None):
        raise UsageError("give either the NAME of an AnalysisTemplate or a file of one: fabctl rollout analyze -f FILE")
    now = datetime.now(UTC)
    times = (time(from_, now, "--from"), time(to, now, "--to"), duration(step, "--step"))
    long, values = duration(lasting, "--lasting"), _values(arg)
    from fabctl.fetching import check_url, getting  # noqa: PLC0415 - it takes long to import

    check_url(prometheus)
    ask = getting(token_file, prometheus)
    template = _in_file(filename) if filename is not None else await _in_cluster(str(name), connection)
    title = text(mapping(template.get("metadata")).get("name")) or str(filename)
    try:
        trial = tried(template, values, times, ask, prometheus, long)
    except OSError as error:
        raise Unreachable(f"Prometheus: {error}") from None
    if output == "json":
        show_objects([made("Trial", title, **as_object(title, times, long, trial))], Format.JSON, one=False)
    else:
        show_sections(trial_sections(title, times, long, trial, wide=output == "wide"))
    return 0


def _values(given: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise UsageError(f'--arg is "{each}": give NAME=VALUE')
        values[name] = value
    return values


async def _in_cluster(name: str, connection: Connection) -> Body:
    (wanted,) = named((name,), ANALYSIS)
    async with connected(connection) as cluster:
        return await cluster.get(wanted, ANALYSIS)


def _in_file(filename: str) -> Body:
    """Return the AnalysisTemplate in a file.

    Raises:
        UsageError: There is none, or more than one.
    """
    from fabctl.manifests import files_of, read  # noqa: PLC0415 - only files need it

    found = read(files_of((filename,)))
    if found.troubles:
        raise UsageError(str(found.troubles[0]))
    templates = [each.body for each in found.manifests if each.kind == ANALYSIS.title]
    if len(templates) != 1:
        raise UsageError(f"{filename} has {len(templates)} AnalysisTemplates: give a file with one")
    return templates[0]
