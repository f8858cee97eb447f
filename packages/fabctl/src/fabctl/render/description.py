"""All that is known of one PLC, in titled parts. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fabctl.counting import hint
from fabctl.fields import NOTHING, Body, moment, shown, text
from fabctl.model import View
from fabctl.render.events import events_section
from fabctl.render.maps import registers_section
from fabctl.render.shapes import Pairs, Section, Table
from fabctl.render.suspending import said
from fabctl.render.tables import said_once
from fabctl.render.ways import ways_sections
from fabctl.times import since
from fabctl.ways import NO_WAYS, Ways, unfinished


def description(
    plc: View,
    events: Iterable[Body] | str,
    now: datetime,
    *,
    wide: bool = False,
    drifted: bool = False,
    ways: Ways = NO_WAYS,
    more: Sequence[Section] = (),
) -> list[Section]:
    """Return the parts.

    Args:
        plc: The PLC.
        events: Its Events, or the reason why they are not known.
        now: What ages are counted to.
        wide: Whether to show the raw words of registers as well.
        drifted: Whether to show only the registers that differ.
        ways: How its registers are read and written otherwise than at their own places, once, and alone.
        more: Parts that stand before the conditions.
    """
    return [
        Section("", _head(plc, now)),
        Section("Spec (Git)", _spec(plc, ways)),
        *([registers_section(plc, now, wide=wide, drifted=drifted)] if plc.is_map else []),
        *ways_sections(plc, ways, drifted=drifted),
        Section("Status (reality)", _status(plc, now)),
        *more,
        conditions_section(plc.conditions, now),
        events_section(events, now),
    ]


def _head(plc: View, now: datetime) -> Pairs:
    return (
        ("Name", plc.name),
        ("Namespace", plc.namespace),
        ("Status", f"{plc.status}  {plc.message}".rstrip()),
        ("Labels", ", ".join(f"{text(name)}={shown(value)}" for name, value in plc.labels.items()) or NOTHING),
        ("Created", since(plc.created, now)),
    )


def _spec(plc: View, ways: Ways) -> Pairs:
    return (
        ("Endpoint", plc.endpoint),
        ("Unit id", plc.unit_id),
        *_wanted(plc, ways),
        *((("Connection", plc.connection),) if plc.connection != NOTHING else ()),
        *((("Identity", plc.identity),) if plc.identity != NOTHING else ()),
        ("Poll interval", f"{plc.interval} s" if plc.interval != NOTHING else "that of the template, or 5 s"),
        ("Auto-correct", f"no, {plc.not_corrected}" if plc.not_corrected else "yes"),
        ("Suspended", "yes" if plc.suspend else "no"),
        *(() if plc.suspended_for is None else (("Suspended for", f"{said(plc)} (fabctl resume {plc.name} ends it)"),)),
        ("Tags", plc.tags or NOTHING),
    )


def _wanted(plc: View, ways: Ways) -> Pairs:
    if not plc.is_map:
        return (("Target register", plc.register), ("Target value", plc.target))
    template: Pairs = (("Template", plc.template), ("Parameters", plc.parameters)) if plc.template else ()
    template += (("From template", ", ".join(ways.given)),) if ways.given else ()
    template += (("Not shown", ways.unknown),) if ways.unknown else ()
    count = f"{len(plc.registers)}, {len(plc.wanted)} with a desired value" if plc.registers else NOTHING
    return (*template, ("Registers", count))


def _status(plc: View, now: datetime) -> Pairs:
    return (
        ("In sync", plc.in_sync_count or NOTHING) if plc.is_map else ("Actual value", plc.last_read_shown),
        ("Drifts", str(plc.drifts)),
        ("Corrections applied", str(plc.corrections)),
        *((("Repeats", f"{plc.repeats} (stored once an hour at the latest)"),) if plc.repeats else ()),
        ("Drifted since", since(plc.drifted_since, now)),
        ("Last change", since(plc.last_update, now)),
        ("Last error", plc.last_error or NOTHING),
        *((("Counting", counted),) if (counted := hint(plc)) else ()),
        *((("Unfinished", open_end),) if (open_end := unfinished(plc)) else ()),
        *((("Hint", plc.hint),) if plc.hint else ()),
        ("Last sync handled", plc.handled or NOTHING),
    )


def conditions_section(conditions: Sequence[Body], now: datetime) -> Section:
    """Return the conditions of an object."""
    if not conditions:
        return Section("Conditions", (("none", "the operator has not looked at it yet"),))
    messages = said_once(shown(condition.get("message")) for condition in conditions)
    rows = tuple(
        (
            shown(condition.get("type")),
            shown(condition.get("status")),
            shown(condition.get("reason")),
            since(moment(condition.get("lastTransitionTime")), now),
            message,
        )
        for condition, message in zip(conditions, messages, strict=True)
    )
    return Section("Conditions", Table("", ("Type", "Status", "Reason", "Since", "Message"), rows))
