"""Line breaks and escape sequences of a manifest, a template or a device in what is said of a resource."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Notice, Publish
from fabgitops_core.control.events import Failure, FailureKind, Referenced
from fabgitops_core.control.intake import declared
from fabgitops_core.control.kinds import CONTROLLERS
from fabgitops_core.control.plc.reasons import PlcReason

from .conftest import START, Story

PLC = next(each for each in CONTROLLERS if each.kind.name == "IndustrialPLC")
FORGED = "\n2026-01-01 INFO plant/press: forged \x1b[2J\x9b\u2028\x7f"
REGISTER = {"name": "a", "address": 1, "value": 1}
TEMPLATE = {"registers": [{**REGISTER, "value": "${b}"}], "parameters": [{"name": "b", "description": FORGED}]}


def told(spec: dict[str, Any], template: dict[str, Any] | None = None) -> Story:
    """Return what a resource comes to that declares so, and that nobody answers."""
    body = {"metadata": {"generation": 1}, "spec": {"deviceAddress": "10.0.0.5", **spec}}
    event = declared(PLC.kind, body, START)
    story = Story()
    if template is None:
        return story.tell(event)
    shape = declared(INDUSTRIAL_PLC_TEMPLATE, {"spec": template}, START)
    assert shape.spec is None or isinstance(shape.spec, IndustrialPLCTemplateSpec)
    return story.tell(replace(event, referenced=Referenced(START, shape.spec, shape.problem)))


def said(story: Story) -> list[str]:
    """Return every text that is said of it, in statuses and in Events."""
    statuses = [each.status.model_dump(mode="json") for each in story.all if isinstance(each, Publish)]
    texts: list[str] = [each.message for each in story.all if isinstance(each, Notice)]
    while statuses:
        each: Any = statuses.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            statuses += [*each, *each.values()]
        elif isinstance(each, list):
            statuses += each
    return texts


@pytest.mark.parametrize(
    "spec",
    [
        {"deviceAddress": FORGED, "targetRegister": 1, "targetValue": 1},
        {FORGED: 1, "targetRegister": 1, "targetValue": 1},
        {"registers": [{**REGISTER, FORGED: 1}]},
        {"registers": [{**REGISTER, "name": FORGED}]},
        {"registers": [{**REGISTER, "unit": FORGED[:30]}]},
        {"registers": [{**REGISTER, "value": FORGED}]},
        {"registers": [{**REGISTER, "enum": {FORGED: "x"}}]},
        {"registers": [{**REGISTER, "enum": {FORGED[:40]: 1}, "value": "z"}]},
        {"registers": [{**REGISTER, "type": FORGED}]},
        {"registers": [{**REGISTER, "type": "string", "length": 4, "value": "\x1b\n\x9b" * 3}]},
        {"registers": [REGISTER], "tags": [FORGED]},
        {"registers": [REGISTER], "connection": {FORGED: 1}},
        {"registers": [REGISTER], "identity": {FORGED: FORGED}},
        {"templateRef": {"name": FORGED}},
        {"templateRef": {"name": "t", "parameters": {FORGED: 1}}},
        {"templateRef": {"name": "t", "parameters": {"b": FORGED}}},
        {"templateRef": {"name": "t"}},
    ],
    ids=lambda spec: json.dumps(spec)[:60],
)
def test_nothing_that_a_manifest_holds_is_said_raw(spec: dict[str, Any]) -> None:
    """What is refused is quoted with its line breaks and escape sequences shown, in statuses and in Events."""
    story = told(spec, TEMPLATE if "templateRef" in spec else None)
    assert story.notices or story.published, "something is said"
    assert all(each.isprintable() for each in said(story))


@pytest.mark.parametrize(
    "template",
    [
        {**TEMPLATE, FORGED: 1},
        {**TEMPLATE, "parameters": [{"name": FORGED}]},
        {"registers": [{**REGISTER, FORGED: 1}]},
        {"registers": [{**REGISTER, "unit": FORGED}]},
        {"registers": [{**REGISTER, "value": "${" + FORGED + "}"}]},
        {"registers": [{**REGISTER, "enum": {FORGED: 1}}]},
    ],
    ids=lambda template: json.dumps(template)[:60],
)
def test_nothing_that_a_template_holds_is_said_raw(template: dict[str, Any]) -> None:
    """What is wrong with a template is said on its users, with its line breaks and escape sequences shown."""
    story = told({"templateRef": {"name": "t"}}, template)
    assert story.notices or story.published, "something is said"
    assert all(each.isprintable() for each in said(story))


def test_what_went_wrong_below_is_not_said_raw() -> None:
    """The words of a failed connection, which a name server or a certificate may have a part in, are shown likewise."""
    story = told({"registers": [REGISTER]})
    story.due()
    story.fails_to_read(Failure(FailureKind.UNREACHABLE, FORGED))
    assert any("forged" in each for each in said(story))
    assert all(each.isprintable() for each in said(story))


def test_no_notice_is_raw_wherever_it_is_made() -> None:
    """A notice shows control characters, whoever makes it."""
    assert Notice(PlcReason.INTERNAL_ERROR, FORGED).message.isprintable()
