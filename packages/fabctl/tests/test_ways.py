"""What is read elsewhere, written together, with steps, or again: shown of a PLC with who says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.commands.describe import template_or_why_not
from fabctl.errors import UnknownPLC
from fabctl.guards import guards
from fabctl.maps import resolved
from fabctl.model import view
from fabctl.names import Kind
from fabctl.registers import State
from fabctl.render.description import description
from fabctl.render.maps import troubles
from fabctl.render.shapes import plain_sections
from fabctl.render.tables import status_table
from fabctl.render.ways import ways_sections
from fabctl.ways import ways

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = {"address": 24, "valueFrom": {"secretKeyRef": {"name": "drive", "key": "password"}}}
SAVE = {"reference": "40031", "value": 1}
COIL = {"table": "coil", "address": 7, "value": True}
STATE = {"address": 1602, "type": "uint32", "enum": {"Stop": 2, "Run": 3}}
TEMPLATE: dict[str, Any] = {
    "parameters": [{"name": "secs", "default": 40}],
    "connection": {"ignore": ["transactionId", "unitId"], "echo": True, "timeoutSecs": 3},
    "identity": {"vendor": "ACME"},
    "pollIntervalSecs": 9,
    "registers": [
        {"name": "speed", "address": 100, "group": "band", "write": {"before": [KEY, COIL], "after": [SAVE]}},
        {"name": "mode", "reference": "40104", "readFrom": STATE, "write": {"repeatSecs": "${secs}"}},
        {"name": "power", "address": 101, "group": "band"},
    ],
}


def of_template(body: dict[str, Any], *own: dict[str, Any]) -> dict[str, Any]:
    """Return a PLC that takes its map from the template, with registers of its own."""
    spec = {"deviceAddress": "10.0.0.7", "templateRef": {"name": "drive"}, "registers": list(own)}
    return {**body, "spec": spec, "metadata": {**body["metadata"], "name": "mixer"}}


def rows(body: dict[str, Any], template: dict[str, Any] | None = None) -> list[tuple[str, ...]]:
    """Return the rows of the part."""
    (section,) = ways_sections(view(body), ways(body, template), drifted=False)
    content: Any = section.content
    return list(content.rows)


def told(body: dict[str, Any], template: dict[str, Any]) -> str:
    """Return all that describe shows of a PLC and its template."""
    return plain_sections(description(view(resolved(body, template)), [], NOW, ways=ways(body, template)))


def test_what_a_template_says_is_shown_with_its_source(mapped: Make) -> None:
    """Each of the five stands in a row of its own, with template, parameter or resource as who says it."""
    body = of_template(mapped(mode={"repeats": 12}), {"name": "speed", "write": {"after": [{**SAVE, "value": 2}]}})
    assert rows(body, TEMPLATE) == [
        ("speed", "group", "band: as one with power", "template"),
        ("speed", "before", "Secret drive, key password to holding 24; true to coil 7", "template"),
        ("speed", "after", "2 to reference 40031", "resource"),
        ("mode", "read from", "holding 1602, type=uint32, enum={Stop: 2, Run: 3}", "template"),
        ("mode", "repeated", "every 40 s; 12 times so far", "template; from parameter secs"),
        ("power", "group", "band: as one with speed", "template"),
    ]


def test_without_a_template_nobody_needs_a_source(mapped: Make) -> None:
    """What the resource alone says has no column for who says it, and what is as ever no part at all."""
    body = mapped()
    assert ways_sections(view(body), ways(body, None), drifted=False) == []
    body["spec"] = {"registers": [{"name": "speed", "address": 100, "value": 1, "write": {"repeatSecs": 30}}]}
    assert rows(body) == [("speed", "repeated", "every 30 s; none stored yet")]


def test_what_differs_alone_has_its_ways(mapped: Make) -> None:
    """With --drifted only those of registers that are known to differ are shown."""
    body = of_template(mapped("DriftDetected", "False", mode={"inSync": False}))
    (section,) = ways_sections(view(body), ways(body, TEMPLATE), drifted=True)
    content: Any = section.content
    assert {row[0] for row in content.rows} == {"mode"}
    assert ways_sections(view(of_template(mapped())), ways(body, TEMPLATE), drifted=True) == []


def test_a_template_that_cannot_be_read_is_told(mapped: Make) -> None:
    """What the status counts is shown all the same, and it is said that the rest is not known, and why."""
    body = of_template(mapped(mode={"repeats": 1}))
    assert rows(body)[0][:3] == ("mode", "repeated", "1 time so far")
    shown = plain_sections(description(view(body), [], NOW, ways=ways(body, None, "you may not get it")))
    assert "Not shown:      you may not get it" in shown


def test_the_connection_of_a_template_is_shown(mapped: Make) -> None:
    """What the device copies wrongly, its echo and who it must say it is are named, with which came from the template.

    What the resource says goes before it.
    """
    body = of_template(mapped())
    body["spec"] |= {"connection": {"echo": False}, "timeoutSecs": 2}
    shown = told(body, TEMPLATE)
    assert "Connection:     ignore=[transactionId, unitId], echo=False\n" in shown
    assert "Identity:       vendor=ACME\n" in shown
    assert "Poll interval:  9 s\n" in shown
    assert "From template:  connection.ignore, identity.vendor, pollIntervalSecs\n" in shown


def test_guards_know_the_registers_of_a_template(mapped: Make) -> None:
    """The guards that go by what registers say name those that come from a template as well."""
    said = {each.name: each.setting for each in guards(resolved(of_template(mapped()), TEMPLATE))}
    assert said["group"] == "band as one: speed, power"
    assert said["secrets"] == "speed by drive/password"
    assert said["identity"] == "vendor=ACME"


def test_what_is_unfinished_is_told_with_the_way_out(mapped: Make) -> None:
    """A save that nobody confirmed leaves its register WRITING, and what happens next stands in describe and status."""
    body = mapped("VerificationFailed", "False", speed={"inSync": None, "unfinished": True})
    plc = view(body)
    assert plc.registers[0].state is State.WRITING
    assert plc.registers[0].difference == "speed was written, and nobody knows whether what goes after it was"
    for shown in (plain_sections(description(plc, [], NOW)), plain_sections(troubles(plc, NOW, wide=False))):
        assert "what goes after it may not have been written" in shown
        assert "nobody knows whether what goes after speed (write.after) was written" in shown
        assert "fabctl sync mixer" in shown
    assert "Unfinished" not in plain_sections(description(view(mapped()), [], NOW))


def test_repeats_of_a_plc_stand_in_its_status(mapped: Make) -> None:
    """How often all its registers were repeated is shown once there is something to tell, also in a wide listing."""
    body = mapped()
    assert "Repeats" not in plain_sections(description(view(body), [], NOW))
    assert "Repeats" not in status_table([view(body)], wide=True, namespaces=False, now=NOW).headers
    body["status"]["repeats"] = 240
    assert "Repeats" in status_table([view(body)], wide=True, namespaces=False, now=NOW).headers
    assert "Repeats:              240 (stored once an hour at the latest)" in plain_sections(
        description(view(body), [], NOW)
    )


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [7], ["x\x1b[2J"], {"a": []}, [{"valueFrom": []}]])
def test_any_value_is_shown_somehow(mapped: Make, odd: Any) -> None:
    """Whatever an edited object or template holds in these fields, nothing fails and nothing commands a terminal."""
    write = {"before": odd, "after": odd, "repeatSecs": odd}
    register = {"name": "speed", "readFrom": odd, "group": odd, "write": write}
    template = {"registers": [register, {**register, "write": odd}], "connection": odd, "parameters": odd}
    for body in (of_template(mapped(), register), of_template(mapped(speed={"repeats": odd, "unfinished": odd}))):
        shown = told(body, template)
        assert all(character.isprintable() or character == "\n" for character in shown)


class WithoutTemplates:
    """A cluster that has no template of that name."""

    async def get(self, name: str, kind: Kind, namespace: str) -> Any:
        """Tell so."""
        raise UnknownPLC(f"no {kind.title} {namespace}/{name}")


@pytest.mark.parametrize(
    ("name", "why"), [("gone", "no IndustrialPLCTemplate line-3/gone"), ("../x", "../x"), (None, "")]
)
async def test_a_plc_is_shown_although_its_template_is_not_there(mapped: Make, name: str | None, why: str) -> None:
    """A template that is missing, or has no name that there can be, keeps nobody from seeing the PLC."""
    body = mapped()
    body["spec"] = {"templateRef": {"name": name}}
    cluster: Any = WithoutTemplates()
    found, unknown = await template_or_why_not(cluster, body)
    assert found is None
    assert why in unknown
    assert bool(unknown) == (name is not None)
