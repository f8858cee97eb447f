"""How templates are shown: a table of them, and of a single one its parameters and who uses it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from fabctl.fields import NOTHING
from fabctl.model import View
from fabctl.render.shapes import Section, Table
from fabctl.template import TemplateView
from fabctl.times import since

_NUMERIC = frozenset({"Users", "Registers"})


def template_table(
    views: Sequence[TemplateView], *, wide: bool, namespaces: bool, now: datetime, steady: bool = False
) -> Table:
    """Return the table; what the status says has a column where a template is not valid, or it is wide or `steady`."""
    columns: list[tuple[str, Callable[[TemplateView], str]]] = [
        ("Name", lambda each: each.name),
        ("Valid", lambda each: each.valid),
        ("Users", lambda each: each.users),
        ("Registers", lambda each: str(each.registers)),
        ("Parameters", lambda each: ", ".join(name for name, _, _ in each.parameters) or NOTHING),
        ("Created", lambda each: since(each.created, now)),
    ]
    if namespaces:
        columns.insert(0, ("Namespace", lambda each: each.namespace))
    if wide or steady or any(each.valid == "no" for each in views):
        columns.append(("Message", lambda each: each.message))
    rows = tuple(tuple(value(each) for _, value in columns) for each in views)
    return Table("Templates", tuple(header for header, _ in columns), rows, _NUMERIC)


def details(template: TemplateView, plcs: Iterable[View]) -> list[Section]:
    """Return its parameters, and who of the PLCs uses it, with what they give and how they are."""
    sections = []
    if template.parameters:
        sections.append(Section("Parameters", Table("", ("Name", "Default", "Description"), template.parameters)))
    users = [each for each in plcs if each.template == template.name and each.namespace == template.namespace]
    rows = tuple((each.name, each.endpoint, each.parameters or NOTHING, str(each.status)) for each in users)
    if rows:
        sections.append(Section("Used by", Table("", ("Name", "Endpoint", "Parameters", "Status"), rows)))
    return sections
