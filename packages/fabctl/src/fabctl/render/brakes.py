"""How fleet brakes are shown. Pure."""

from collections.abc import Sequence
from datetime import datetime

from fabctl.brakes import Brake
from fabctl.fields import NOTHING
from fabctl.render.shapes import Section, Table
from fabctl.times import since

NAMED = 10
"""So many PLCs are named that a brake holds, more are counted."""


def brake_table(brakes: Sequence[Brake], now: datetime) -> Table:
    """Return the table."""
    rows = [(each.namespace, each.name, each.state, _since(each, now), _why(each)) for each in brakes]
    return Table("Fleet brakes", ("Namespace", "Name", "Brake", "Since", "Why"), tuple(rows))


def brake_section(brake: Brake, held: Sequence[str] | None, now: datetime) -> Section:
    """Return all that is known of a brake that is on.

    Args:
        brake: The brake.
        held: The PLCs that say that it holds their corrections; None where they cannot be listed.
        now: What ages are counted to.
    """
    return Section(
        "",
        (
            ("Fleet brake", f"{brake.namespace}/{brake.name}"),
            ("On since", since(brake.since, now)),
            ("Why", brake.why or NOTHING),
            ("PLCs held", _held(held)),
        ),
    )


def _held(held: Sequence[str] | None) -> str:
    if held is None:
        return "not known: you may not list them"
    if not held:
        return "none that differs now"
    more = f" and {len(held) - NAMED} more" if len(held) > NAMED else ""
    return f"{len(held)}: {', '.join(held[:NAMED])}{more}"


def _since(brake: Brake, now: datetime) -> str:
    return since(brake.since if brake.on else brake.released or brake.since, now)


def _why(brake: Brake) -> str:
    if not brake.on:
        return f"let go: {brake.reason}" if brake.reason else "let go"
    return f"{brake.why}{'; let go, and the operator has not heard of it yet' if brake.let_go else ''}" or NOTHING
