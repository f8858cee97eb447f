"""An object is judged by the rules that are shipped, without an API server."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_operator.standalone.judging import ShippedRules

PLC = SimpleNamespace(definition=INDUSTRIAL_PLC)
TEMPLATE = SimpleNamespace(definition=INDUSTRIAL_PLC_TEMPLATE)
EVENT = SimpleNamespace(definition=None)


def body(kind: str = "IndustrialPLC", **spec: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": "mixer"}, "spec": spec}


def test_what_is_right_is_taken_with_its_defaults() -> None:
    """A manifest that says only what it must is accepted, and gets the defaults of the definition."""
    judged = ShippedRules().judge(PLC, body(deviceAddress="plc", targetRegister=1, targetValue=2), None, "CREATE")
    assert (judged.causes, judged.unknown, judged.warnings) == ((), (), ())
    assert (judged.body["spec"]["port"], judged.body["spec"]["suspend"]) == (502, False)


def test_the_definition_refuses_with_the_field() -> None:
    """What the schema and its rules refuse is told with the path of the field, as the API server tells it."""
    judged = ShippedRules().judge(PLC, body(deviceAddress="plc", port=0, targetRegister=1), None, "CREATE")
    assert [(cause.field, cause.reason) for cause in judged.causes] == [
        ("spec.port", "FieldValueInvalid"),
        ("spec", "FieldValueInvalid"),
    ]
    assert judged.causes[0].message == "Invalid value: 0: spec.port in body should be greater than or equal to 1"


def test_the_policy_refuses_what_only_the_value_shows() -> None:
    """A value that does not fit its type is refused by the policy, of a resource and of a template."""
    registers = [{"name": "speed", "address": 1, "value": 70000}]
    for resource, given in (
        (PLC, body(deviceAddress="plc", registers=registers)),
        (TEMPLATE, body("IndustrialPLCTemplate", registers=registers)),
    ):
        (cause,) = ShippedRules().judge(resource, given, None, "CREATE").causes
        assert "the value 70000 of speed does not fit uint16" in cause.message


def test_an_event_is_not_judged() -> None:
    """What is no kind of ours is taken as it is."""
    event = {"kind": "Event", "any": {"thing": None}}
    assert ShippedRules().judge(EVENT, event, None, "CREATE").body == event


def test_several_threads_may_ask() -> None:
    """Judgements that are made at the same time do not mix."""
    rules = ShippedRules()
    given = [
        body(deviceAddress="plc", registers=[{"name": f"r{value}", "address": 1, "value": value}])
        for value in range(65400, 65600)
    ]
    with ThreadPoolExecutor(4) as pool:
        judged = list(pool.map(lambda each: rules.judge(PLC, each, None, "CREATE"), given))
    assert [len(each.causes) for each in judged] == [0] * 136 + [1] * 64
    assert all(f" of r{65536 + at} " in each.causes[0].message for at, each in enumerate(judged[136:]))


def test_rules_have_a_name_that_stays() -> None:
    """The same rules have the same name in another process, so what was judged before a restart counts after it."""
    program = "from fabgitops_operator.standalone.judging import ShippedRules; print(ShippedRules().name)"
    other = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == ShippedRules().name


def test_an_approval_carries_the_name_of_who_gives_it() -> None:
    """Nobody approves in another's name; what was approved may be edited and taken back by anybody."""

    def approved(digest: str, by: str) -> dict[str, Any]:
        given = body(deviceAddress="plc", targetRegister=1, targetValue=2)
        marks = {"fabgitops.io/approve": digest, "fabgitops.io/approved-by": by}
        return {**given, "metadata": {"name": "mixer", "annotations": marks}}

    def causes(new: dict[str, Any], old: dict[str, Any], who: str) -> list[str]:
        judged = ShippedRules().judge(PLC, new, old, "UPDATE", who=who)
        return [cause.message for cause in judged.causes]

    never = {**approved("", ""), "metadata": {"name": "mixer"}}
    assert causes(approved("a1", "alice"), never, "alice") == []
    (told,) = causes(approved("a1", "alice"), never, "bob")
    assert told.endswith("fabgitops.io/approved-by must be bob")
    assert causes(approved("a1", "bob"), approved("a1", "alice"), "alice") != []
    assert causes(approved("a1", "alice"), approved("a1", "alice"), "bob") == []
    assert causes(never, approved("a1", "alice"), "bob") == []
