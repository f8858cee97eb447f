"""Refusals of more than one cause, and of a policy, as a real API server composes them."""

from fabgitops_operator.standalone.store.objects.refusals import Fault, invalid

from .asking import told
from .things import THING


def test_several_causes_are_told_in_one_message_each_once() -> None:
    """One cause stands alone, several stand in brackets; what is said twice is told once."""
    one, two = Fault("spec.a", "FieldValueRequired", "Required value"), Fault("spec.b", "FieldValueInvalid", "odd")
    assert told(invalid(THING, "Thing", "x", [one])) == (
        422,
        "Invalid",
        'Thing.test.example "x" is invalid: spec.a: Required value',
    )
    error = invalid(THING, "Thing", "x", [one, two, one])
    assert told(error)[2] == 'Thing.test.example "x" is invalid: [spec.a: Required value, spec.b: odd]'
    assert error.status["details"] == {
        "name": "x",
        "group": "test.example",
        "kind": "Thing",
        "causes": [
            {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
            {"reason": "FieldValueInvalid", "message": "odd", "field": "spec.b"},
            {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
        ],
    }


def test_a_policy_forbids_the_whole() -> None:
    """It names no field, and the resource in place of the kind; code and reason are those of what is invalid."""
    why = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"
    error = invalid(THING, "Thing", "x", [Fault("", "", why)])
    assert told(error) == (422, "Invalid", f'things.test.example "x" is forbidden: {why}')
    details = {"name": "x", "group": "test.example", "kind": "things", "causes": [{"message": why}]}
    assert error.status["details"] == details
