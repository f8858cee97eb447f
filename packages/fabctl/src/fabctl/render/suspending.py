"""What suspend and resume would do, as tables. Pure."""

from collections.abc import Sequence

from fabctl.fields import text
from fabctl.model import View
from fabctl.render.shapes import Table

NAMED = 3
"""So many PLCs are named in a question, more are counted."""


def named_shortly(plcs: Sequence[View], namespace: str | None) -> str:
    """Return which PLCs are meant, for a question; the namespace is None when they are in several."""
    if namespace is None:
        named = ", ".join("/".join(plc.key) for plc in plcs)
        return named if len(plcs) <= NAMED else f"{len(plcs)} PLCs in all namespaces"
    if len(plcs) <= NAMED:
        return f"{', '.join(plc.name for plc in plcs)} in namespace {text(namespace)}"
    return f"{len(plcs)} PLCs in namespace {text(namespace)}"


def suspended_table(plcs: Sequence[View], reason: str, *, namespaces: bool) -> Table:
    """Return what would become of each PLC that is to be suspended."""
    rows = [(plc.name, plc.endpoint, str(plc.status), _suspended(plc, reason)) for plc in plcs]
    return _table("To be suspended", ("Name", "Endpoint", "Status", "Then"), rows, plcs, namespaces=namespaces)


def resumed_table(plcs: Sequence[View], *, namespaces: bool) -> Table:
    """Return what would become of each PLC that is to be resumed."""
    rows = [(plc.name, plc.endpoint, said(plc), _resumed(plc)) for plc in plcs]
    return _table("To be resumed", ("Name", "Endpoint", "Suspended for", "Then"), rows, plcs, namespaces=namespaces)


def _suspended(plc: View, reason: str) -> str:
    if plc.suspended_for is not None:
        return "unchanged" if plc.suspended_for == reason else f"suspended as before; until now for: {said(plc)}"
    return "suspended by Git, and by fabctl as well" if plc.suspend else "neither read nor written"


def _resumed(plc: View) -> str:
    if plc.suspend:
        return "still suspended, by spec.suspend in Git"
    return f"read again, and what differs {'corrected' if plc.auto_correct else 'reported'}"


def said(plc: View) -> str:
    """Return why fabctl has suspended a PLC."""
    return plc.suspended_for or "no reason given"


def _table(
    title: str, headers: tuple[str, ...], rows: Sequence[tuple[str, ...]], plcs: Sequence[View], *, namespaces: bool
) -> Table:
    if namespaces:
        headers = ("Namespace", *headers)
        rows = [(plc.namespace, *row) for plc, row in zip(plcs, rows, strict=True)]
    return Table(title, headers, tuple(rows))
