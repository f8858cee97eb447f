"""A small definition and a small policy: in which order a request is judged, and what of it was so before."""

import copy
from typing import Any

import pytest
from fabgitops_core.admission.judging import STOPPED, Admission, Clean, Judged
from fabgitops_core.admission.rules import SyntaxFault, pattern
from fabgitops_core.admission.structure import structure
from fabgitops_core.admission.wording import Cause, encoded, quoted

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["speed"],
    "properties": {
        "speed": {"type": "integer", "minimum": 1, "maximum": 9},
        "ratio": {"type": "number", "minimum": 0.5, "nullable": True},
        "mode": {"type": "string", "enum": ["slow", "fast"], "default": "slow"},
        "label": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "free": {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "size": {"type": "integer", "maximum": 3}},
                "x-kubernetes-validations": [
                    {
                        "rule": "!has(self.size) || self.size != 2",
                        "message": "no 2",
                        "messageExpression": "self.name + ' has 2'",
                    }
                ],
            },
        },
    },
    "x-kubernetes-validations": [
        {"rule": "!has(self.ratio) || self.ratio < 9.0", "message": "too much", "fieldPath": ".ratio"}
    ],
}
STATUS: dict[str, Any] = {"type": "object", "properties": {"count": {"type": "integer", "minimum": 0}}}


def definition() -> dict[str, Any]:
    """Return the definition."""
    schema = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            **{name: {"type": "string"} for name in ("apiVersion", "kind")},
            "metadata": {"type": "object"},
            "spec": SPEC,
            "status": STATUS,
        },
    }
    version = {"name": "v1", "subresources": {"status": {}}, "schema": {"openAPIV3Schema": schema}}
    return {"spec": {"group": "g", "names": {"plural": "mills"}, "versions": [version]}}


def policy(*validations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return a policy that is bound."""
    rules = {"apiGroups": ["g"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["mills"]}
    spec = {
        "matchConstraints": {"resourceRules": [rules]},
        "matchConditions": [{"name": "new", "expression": "oldObject == null || object.spec != oldObject.spec"}],
        "validations": list(validations),
        **more,
    }
    binding = {"policyName": "p", "validationActions": ["Deny"]}
    return [
        {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "p"}, "spec": spec},
        {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "b"}, "spec": binding},
    ]


def mill(status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Return an object."""
    body: dict[str, Any] = {"apiVersion": "g/v1", "kind": "Mill", "metadata": {"name": "m"}, "spec": spec}
    return body if status is None else {**body, "status": status}


def judged(new: dict[str, Any], old: dict[str, Any] | None = None, *policies: dict[str, Any], **more: str) -> Judged:
    """Judge a request."""
    admission = Admission({"Mill": definition()}, policies)
    return admission.judge("Mill", new, old, "UPDATE" if old else "CREATE", **more)


def fields(given: Judged) -> list[str]:
    """Return which fields are blamed."""
    return [cause.field for cause in given.causes]


def test_defaults_nulls_and_what_is_free() -> None:
    """A default stands where nothing or a null does, a null goes where none may be, and what is free stays as it is."""
    given = judged(mill(speed=3, mode=None, label=None, ratio=None, free={"a": [None, {"b": 1}]}))
    assert given.causes == ()
    assert given.body["spec"] == {"speed": 3, "mode": "slow", "ratio": None, "free": {"a": [None, {"b": 1}]}}


def test_what_is_given_is_not_changed() -> None:
    """A body that is pruned and filled up is a copy."""
    given = mill(speed=3, other=1, parts=[{"name": "a", "x": 1}])
    before = copy.deepcopy(given)
    judged(given, validation="Ignore")
    assert given == before


def test_unknown_fields() -> None:
    """Strict refuses them before anything else is looked at, Warn tells of them, Ignore drops them in silence."""
    given = mill(speed=0, other=1, parts=[{"name": "a", "size": 1, "x": {}}])
    told = ('unknown field "spec.other"', 'unknown field "spec.parts[0].x"')
    assert (judged(given).unknown, judged(given).causes) == (told, ())
    warned = judged(given, validation="Warn")
    assert (warned.warnings, warned.unknown, fields(warned)) == (told, (), ["spec.speed"])
    ignored = judged(given, validation="Ignore")
    assert (ignored.warnings, ignored.unknown, fields(ignored)) == ((), (), ["spec.speed"])
    assert ignored.body["spec"]["parts"] == [{"name": "a", "size": 1}]


def test_unknown_metadata_is_told_too() -> None:
    """A field that no object has in its metadata is unknown."""
    given = {**mill(speed=1), "metadata": {"name": "m", "labels": {"a": "b"}, "label": "x"}, "specs": {}}
    assert judged(given).unknown == ('unknown field "metadata.label"', 'unknown field "specs"')


def test_rules_are_asked_when_types_are_right() -> None:
    """A wrong type keeps rules from being asked, and that is told; a bound that is broken does not."""
    assert judged(mill(speed="x", ratio=10)).causes[1:] == (STOPPED,)
    assert fields(judged(mill(speed=0, ratio=10))) == ["spec.speed", "spec.ratio"]


def test_a_bound_of_a_whole_number_is_whole() -> None:
    """As on the API server, 0 is not below a minimum of 0.5, which is cut to 0: a rule has to say it."""
    assert fields(judged(mill(speed=1, ratio=0))) == []
    assert fields(judged(mill(speed=1, ratio=0.4))) == ["spec.ratio"]


def test_the_sentence_of_a_rule() -> None:
    """A rule puts its sentence together, and blames its node or the field that it names."""
    parts = [{"name": "a", "size": 2}]
    assert judged(mill(speed=1, parts=parts)).causes == (
        Cause("spec.parts[0]", "FieldValueInvalid", 'Invalid value: "object": a has 2'),
    )


def test_items_with_the_same_key() -> None:
    """The second of two items with the same key is refused."""
    assert judged(mill(speed=1, parts=[{"name": "a"}, {"name": "b"}, {"name": "a"}])).causes == (
        Cause("spec.parts[2]", "FieldValueDuplicate", 'Duplicate value: {"name":"a"}'),
    )


OLD = mill(speed=0, ratio=10, label="A", mode="slow", parts=[{"name": "a", "size": 2}, {"name": "b", "size": 7}])


def test_what_did_not_change_is_not_refused_again() -> None:
    """What is stored may stay although it is wrong, also where a keyed item moves: only what changes is refused."""
    assert judged(OLD, OLD).causes == ()
    moved = mill(**{**OLD["spec"], "parts": [{"name": "c"}, *reversed(OLD["spec"]["parts"])]})
    given = judged(moved, OLD)
    assert fields(given) == ["spec.ratio"]  # a rule of the spec, which is another one now
    assert [warning.split(":")[0] for warning in given.warnings] == ["spec.parts[2]"]
    changed = mill(**{**OLD["spec"], "label": "B"})
    assert fields(judged(changed, OLD)) == ["spec.label", "spec.ratio"]


def test_a_rule_that_says_nothing_refuses_what_stood_before() -> None:
    """A whole number that is written as 2.0 passes the schema; a rule cannot read it, and that is refused each time."""
    old = mill(speed=1, mode="slow", parts=[{"name": "a", "size": 2.0}])
    (cause,) = judged(old, old).causes
    assert (cause.field, cause.message) == (
        "spec.parts[0]",
        'Invalid value: "object": invalid data, expected int, got float64 evaluating rule: no 2',
    )


def test_new_is_new() -> None:
    """The same object is refused where it is created."""
    assert fields(judged(OLD)) == ["spec.speed", "spec.label", "spec.parts[1].size", "spec.ratio", "spec.parts[0]"]


def test_a_status_is_written_by_its_own_door() -> None:
    """Without the subresource the old status stays, with it the old spec; only the status is looked at there."""
    old = mill({"count": 1}, speed=1, mode="slow")
    assert judged(mill({"count": 5}, speed=2), old).body["status"] == {"count": 1}
    assert "status" not in judged(mill({"count": 5}, speed=2)).body
    told = judged(mill({"count": 5}, speed=7), old, subresource="status")
    assert (told.body["status"], told.body["spec"]["speed"]) == ({"count": 5}, 1)
    (cause,) = judged(mill({"count": -1}, speed=7), old, subresource="status").causes
    assert cause.field == "status.count"
    assert cause.message == "Invalid value: -1: count in body should be greater than or equal to 0"


def test_a_status_beside_a_spec_that_was_judged_before() -> None:
    """A spec that nothing was said against is not looked at with each status; the status is, with the same words."""
    admission = Admission({"Mill": definition()}, ())
    old = admission.judge("Mill", mill(speed=1, parts=[{"name": "a"}]), None, "CREATE").body
    plain = Admission({"Mill": definition()}, ())
    for status in ({"count": 1}, {"count": -1}, {"count": 1, "x": 1}, {"count": None}, {}, None):
        specs: tuple[Any, ...] = (old["spec"], {"speed": 0}, {**old["spec"], "x": 1}, [[]])
        for spec in specs:
            for validation in ("Strict", "Warn", "Ignore"):
                new = {**old, "spec": spec} if status is None else {**old, "spec": spec, "status": status}
                asked = ("Mill", new, {**old, "status": {"count": 7}}, "UPDATE", "status", validation)
                plain._clean = Clean()
                assert admission.judge(*asked) == plain.judge(*asked)


@pytest.mark.parametrize("levels", [400, 1500, 5000])
def test_what_is_nested_deeply_is_refused(levels: int) -> None:
    """A body in which lists are nested deeper than anybody means is refused with a sentence, and ends nothing."""
    deep: Any = []
    for _ in range(levels):
        deep = [deep]
    for given in (mill(speed=deep), mill(speed=1, free={"a": 1}, parts=deep), mill({"count": deep}, speed=1)):
        assert judged(given, mill(speed=1), subresource="status" if "status" in given else "").causes


SLOW = {
    "expression": "variables.most <= 5",
    "message": "too fast",
    "messageExpression": "'at most 5, not ' + string(variables.most)",
}
MOST = {"variables": [{"name": "most", "expression": "object.spec.speed"}, {"name": "bad", "expression": "object.no"}]}
DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "


def test_a_policy_refuses() -> None:
    """A policy refuses with its sentence, after the definition, and says nothing of a spec that did not change."""
    rules = policy(SLOW, **MOST)
    assert judged(mill(speed=6), None, *rules).causes == (Cause("", "", DENIED + "at most 5, not 6"),)
    assert fields(judged(mill(speed=6, label="A"), None, *rules)) == ["spec.label"]
    assert judged(mill(speed=5), None, *rules).causes == ()
    assert judged(mill(speed=6), mill(speed=6), *rules).causes == ()
    assert len(judged(mill(speed=7), mill(speed=6), *rules).causes) == 1
    assert judged(mill({"count": 1}, speed=7), mill(speed=7), *rules, subresource="status").causes == ()


def test_a_policy_that_cannot_say_refuses() -> None:
    """An expression that has no value refuses, and tells which it was; a variable that nobody asks for does not."""
    (cause,) = judged(mill(speed=1), None, *policy({"expression": "variables.bad == 1"}, **MOST)).causes
    why = 'composited variable "bad" fails to evaluate: no such key: no'
    assert cause.message == f"{DENIED}expression 'variables.bad == 1' resulted in error: {why}"
    assert judged(mill(speed=1), None, *policy(SLOW, **MOST)).causes == ()


def test_of_several_refusals_the_first_is_told() -> None:
    """A policy tells the first validation that fails, with the fixed sentence where the better one has no value."""
    failing = {"expression": "false", "message": " said ", "messageExpression": "variables.bad"}
    assert judged(mill(speed=1), None, *policy(failing, SLOW, **MOST)).causes[0].message == DENIED + "said"
    assert (
        judged(mill(speed=1), None, *policy({"expression": "1 > 2"})).causes[0].message
        == DENIED + "failed expression: 1 > 2"
    )


@pytest.mark.parametrize(
    "more",
    [
        {"uniqueItems": True},
        {"format": "uri"},
        {"oneOf": []},
        {"x-kubernetes-validations": [{"rule": "true", "reason": "x"}]},
    ],
)
def test_a_schema_that_says_more_is_not_judged(more: dict[str, Any]) -> None:
    """A keyword that is not looked at here is an error: passed over, it would let in what the API server does not."""
    with pytest.raises(ValueError, match="not judged here"):
        structure({"type": "string", **more})


@pytest.mark.parametrize("more", [{"failurePolicy": "Ignore"}, {"paramKind": {}}, {"auditAnnotations": []}])
def test_a_policy_that_says_more_is_not_judged(more: dict[str, Any]) -> None:
    """Nor is a policy that lets through what it cannot judge, or that asks for what is not here."""
    with pytest.raises(ValueError, match="not judged here"):
        Admission({}, policy(SLOW, **more))


def test_texts_are_quoted_as_go_does() -> None:
    """Quotes, control characters and what cannot be printed are escaped; JSON has no < and no > in it."""
    assert quoted('a"b\\\n\x00\u00a0ä\u2028\U000e0001') == '"a\\"b\\\\\\n\\x00\\u00a0ä\\u2028\\U000e0001"'
    assert encoded({"b": "<&>", "a": [1, None, True]}) == '{"a":[1,null,true],"b":"\\u003c\\u0026\\u003e"}'


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        (
            r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$",
            ["", "a b", "ä€", "\u00a0"],
            ["a\n", "\x7f", "\u202e", "\u2028", "\ufeff", "\U000e0041"],
        ),
        (r"^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\n)*$", ["a\nb\n"], ["a\rb"]),
        (r"^[\x00-\x{ff}]*$", ["ÿ"], ["Ā", "\n€"]),
        (r"^a$", ["a"], ["a\n"]),
        (r"^[$]\d\w$", ["$1a"], ["$\u0661a", "$1ä"]),
        (r"\p{Cc}", ["a\x01"], ["a"]),
        (r"^\P{Cc}$", ["a"], ["\x01"]),
    ],
)
def test_patterns_mean_what_they_mean_to_re2(text: str, yes: list[str], no: list[str]) -> None:
    """Categories of characters, code points in braces, and `$` at the very end, as RE2 has them."""
    assert [each for each in yes + no if pattern(text).search(each)] == yes


@pytest.mark.parametrize("text", [r"\p{Greek}", r"[\P{Cc}]", "("])
def test_a_pattern_that_is_not_known_is_an_error(text: str) -> None:
    """A category that nothing here knows is an error, not a pattern that means something else."""
    with pytest.raises(SyntaxFault):
        pattern(text)
