"""How the loads of PLCs are shown. Pure."""

from collections.abc import Sequence
from typing import Any

from fabctl.fields import NOTHING
from fabctl.loads import Load
from fabctl.render.shapes import Table

_ANSWERS = {True: "yes", False: "no", None: NOTHING}


def loads_table(loads: Sequence[Load], *, namespaces: bool) -> Table:
    """Return the table."""
    rows = tuple(
        (
            *((each.namespace,) if namespaces else ()),
            each.name,
            NOTHING if each.seconds is None else f"{each.seconds:.3f}",
            str(each.drifts),
            str(each.corrections),
            str(each.failures),
            _ANSWERS[each.answers],
        )
        for each in loads
    )
    headers = ("Name", "Last pass s", "Drifts", "Corrections", "Failures", "Answers")
    where = ("Namespace",) if namespaces else ()
    return Table("Since the operator began", (*where, *headers), rows, frozenset(headers[1:5]))


def fields_of(load: Load) -> dict[str, Any]:
    """Return it for programs."""
    return {
        "lastPassSeconds": load.seconds,
        "drifts": load.drifts,
        "corrections": load.corrections,
        "failures": load.failures,
        "answers": load.answers,
    }
