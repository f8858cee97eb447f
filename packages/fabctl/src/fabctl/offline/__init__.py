"""What fabctl can do with the code of the operator, which the extra `offline` brings: the one place that imports it.

`rules` judges manifests.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from fabctl.errors import Lacking, Refused
from fabctl.trials import Begun, Measured, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from fabctl.fields import Body

INSTALL = 'pip install "fabctl[offline]"'


def is_installed() -> bool:
    """Return whether the extra is."""
    return find_spec("fabgitops_core") is not None


def tried(
    template: Body,
    args: Mapping[str, str],
    times: tuple[datetime, datetime, timedelta],
    ask: Callable[[str, float], bytes],
    prometheus: str,
    lasting: timedelta,
) -> Trial:
    """Judge by an AnalysisTemplate as if a change had been begun at each of many past times.

    Args:
        template: The AnalysisTemplate.
        args: Values of its arguments.
        times: The first, the last, and how far apart changes are begun.
        ask: Gets a URL within so many seconds; OSError where there is no answer.
        prometheus: URL of the server for metrics that name none.
        lasting: How long each change goes on.

    Raises:
        Lacking: The extra is not installed.
        UsageError: It cannot be tried so.
        Refused: The template is not valid.
        OSError: Prometheus cannot be reached.
    """
    try:
        from fabgitops_core.control.analysis.replaying import DryRunError, dry_run  # noqa: PLC0415 - few have it
    except ImportError as error:
        raise Lacking(
            f"this needs the code that judges in the operator ({error.name}), and it is not installed: {INSTALL}"
        ) from None
    try:
        run = dry_run(template, args, *times, ask, prometheus=prometheus, lasting=lasting)
    except DryRunError as error:
        raise Refused(str(error)) from None
    return Trial(
        tuple(Begun(each.begun, str(each.verdict), each.metric, each.why) for each in run.ends),
        tuple(Measured(each.at, each.metric, each.value, str(each.verdict), each.why) for each in run.rows),
        dict(run.passed_over),
    )
