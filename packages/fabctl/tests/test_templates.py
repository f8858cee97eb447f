"""Templates as fabctl shows them: whether they are valid, how many use each, and who."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.errors import UsageError
from fabctl.model import view
from fabctl.names import TEMPLATE, named
from fabctl.render.shapes import plain_sections, plain_table
from fabctl.render.templates import details, template_table
from fabctl.template import template_view

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x9b2J \u202e\nforged"


def template(ready: str = "True", message: str = "the template is valid", **status: Any) -> dict[str, Any]:
    """Return a template of generation 2 that was looked at."""
    condition = {"type": "Ready", "status": ready, "message": message, "observedGeneration": 2}
    return {
        "metadata": {
            "name": "drum",
            "namespace": "line-3",
            "generation": 2,
            "creationTimestamp": "2026-01-01T10:00:00Z",
        },
        "spec": {
            "parameters": [{"name": "speed", "description": "Speed in rpm"}, {"name": "unit", "default": 7}],
            "registers": [{"name": "a"}, {"name": "b"}],
        },
        "status": {"users": 2, "conditions": [condition], **status},
    }


def test_a_valid_template_is_one_line() -> None:
    """It has its name, that it is valid, how many use it, and what it takes; its message where wide."""
    made = template_table([template_view(template())], wide=False, namespaces=True, now=NOW)
    assert plain_table(made) == (
        "NAMESPACE   NAME   VALID   USERS   REGISTERS   PARAMETERS    CREATED\n"
        "line-3      drum   yes         2           2   speed, unit   2026-01-01T10:00:00Z\n"
    )
    wide = template_table([template_view(template())], wide=True, namespaces=False, now=NOW)
    assert "the template is valid" in plain_table(wide)


def test_what_is_wrong_with_a_template_is_told() -> None:
    """One that is not valid has a message beside it without being asked."""
    wrong = template_view(template("False", "spec.registers: too few"))
    made = template_table([wrong], wide=False, namespaces=False, now=NOW)
    assert "no" in plain_table(made).split()
    assert "spec.registers: too few" in plain_table(made)


@pytest.mark.parametrize(
    "status",
    [{}, {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}, {"conditions": 7}],
    ids=["none", "of an older spec", "no list"],
)
def test_what_is_not_known_is_not_said(status: dict[str, Any]) -> None:
    """Without a status, or with one of an older spec, nobody knows whether it is valid."""
    body = template()
    body["status"] = status
    seen = template_view(body)
    assert (seen.valid, seen.users) == ("-", "-")


def test_who_uses_a_template_is_shown_with_what_it_gives(plc: Make) -> None:
    """Below a single one stand its parameters, and the PLCs of its namespace that name it."""
    user, other, elsewhere = (plc("InSync", "True", inSync=True) for _ in range(3))
    for body in (user, elsewhere):
        body["spec"] = {"deviceAddress": "10.0.0.7", "templateRef": {"name": "drum", "parameters": {"speed": 21.5}}}
    elsewhere["metadata"]["namespace"] = "line-4"
    shown = plain_sections(details(template_view(template()), map(view, (user, other, elsewhere))))
    assert shown.splitlines() == [
        "Parameters:",
        "  NAME    DEFAULT   DESCRIPTION",
        "  speed   -         Speed in rpm",
        "  unit    7         -",
        "",
        "Used by:",
        "  NAME    ENDPOINT       PARAMETERS   STATUS",
        "  mixer   10.0.0.7:502   speed=21.5   SYNCED",
    ]
    bare = template()
    bare["spec"] = {}
    assert details(template_view(bare), []) == []


def test_what_a_template_holds_comes_to_the_terminal_as_data() -> None:
    """No text of an object commands the terminal, and no shape of it disturbs the table."""
    body = template("False", HOSTILE, users=HOSTILE)
    body["metadata"] |= {"name": HOSTILE, "creationTimestamp": HOSTILE, "generation": HOSTILE}
    body["spec"] = {"parameters": [{"name": HOSTILE, "default": [1]}, 7, None], "registers": "none"}
    seen = template_view(body)
    made = plain_table(template_table([seen, template_view({})], wide=True, namespaces=True, now=NOW))
    made += plain_sections(details(seen, []))
    assert all(character.isprintable() or character == "\n" for character in made)


def test_names_of_templates_are_told_from_names_of_plcs() -> None:
    """plct/NAME and what `-o name` prints are names of templates; plc/NAME is none."""
    typed = ["drum", "plct/drum", "industrialplctemplates.fabgitops.io/mixer", "IndustrialPLCTemplate/drum"]
    assert named(typed, TEMPLATE) == ("drum", "mixer")
    with pytest.raises(UsageError, match='"plc/drum" is not the name of a template: give NAME, plct/NAME or'):
        named(["plc/drum"], TEMPLATE)
    with pytest.raises(UsageError, match="is not the name of a PLC"):
        named(["plct/drum"])
