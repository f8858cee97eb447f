"""How experiments and agents are shown in tables. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from fabctl.chaos.agents import Agent
from fabctl.chaos.experiments import RUNNING, Experiment
from fabctl.chaos.tree import left_of
from fabctl.fields import NOTHING
from fabctl.render.shapes import Table
from fabctl.times import since

Column = tuple[str, Callable[[Experiment], str]]


def experiments_table(
    experiments: Iterable[Experiment], *, wide: bool, namespaces: bool, now: datetime, title: str = "Experiments"
) -> Table:
    """Return the table of experiments; wide it says to what each is done, and when it ended."""
    columns: list[Column] = [
        *([("Namespace", lambda each: each.namespace)] if namespaces else []),
        ("Name", lambda each: each.name),
        ("Scenario", lambda each: each.scene if wide else each.scenario),
        *([("Target", lambda each: each.done_to or "the operator of PLCs")] if wide else []),
        ("Phase", lambda each: each.phase),
        ("Verdict", lambda each: each.verdict or NOTHING),
        ("Targets", lambda each: each.selected or NOTHING),
        ("Left", lambda each: (left_of(each, now) if each.phase == RUNNING else "") or NOTHING),
        ("Created", lambda each: since(each.created, now)),
        *([("Finished", lambda each: since(each.finished, now))] if wide else []),
        ("Message", lambda each: each.message or NOTHING),
    ]
    rows = tuple(tuple(value(each) for _, value in columns) for each in experiments)
    return Table(title, tuple(header for header, _ in columns), rows)


def agents_table(agents: Sequence[Agent], now: datetime, *, wide: bool) -> Table:
    """Return the table of agents: a column for each capability, and behind them why one is missing."""
    abilities = sorted({name for each in agents for name in each.abilities})
    lacking = any(each.lacking for each in agents)
    headers = ["Node", "State", "Renewed", *abilities, "Version", *(["Lacking"] if lacking else [])]
    rows = [
        [
            each.node,
            each.state,
            since(each.renewed, now),
            *(each.ability(name) for name in abilities),
            each.version,
            *([each.lacking or NOTHING] if lacking else []),
            *([each.address or NOTHING, each.lease, each.instance or NOTHING] if wide else []),
        ]
        for each in agents
    ]
    headers += ["Address", "Lease", "Instance"] if wide else []
    return Table("Agents", tuple(headers), tuple(map(tuple, rows)))
