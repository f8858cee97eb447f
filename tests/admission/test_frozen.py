"""What the API server answered once is answered here, without it."""

import json
from typing import Any

import pytest
from fabgitops_core.admission.judging import Admission

from .asking import Answer, of_ours
from .corpus import Question
from .frozen import thawed

GIVEN, ANSWERS = thawed()


@pytest.fixture(scope="module")
def admission() -> Admission:
    """Return what judges by the frozen definitions and the frozen policy."""
    return Admission(GIVEN["definitions"], GIVEN["policies"])


@pytest.mark.parametrize(("question", "answer"), ANSWERS, ids=[question.name for question, _ in ANSWERS])
def test_the_answer_is_that_of_the_api_server(admission: Admission, question: Question, answer: Answer) -> None:
    """A frozen question is answered as the API server did: the same causes, warnings, unknown fields and object."""
    before = json.dumps([question.body, GIVEN["stored"]])
    ours: Any = of_ours(admission, question, GIVEN["stored"])
    assert ours == answer
    assert json.dumps([question.body, GIVEN["stored"]]) == before


def test_the_sample_has_something_of_everything() -> None:
    """Objects that are taken, causes of each kind, unknown fields, warnings and refusals of the policy are in it."""
    answers = [answer for _, answer in ANSWERS]
    reasons = {reason for answer in answers for _, reason, _ in answer["causes"]}
    assert {"", "FieldValueInvalid", "FieldValueRequired", "FieldValueDuplicate", "FieldValueTooMany"} <= reasons
    assert {"FieldValueTypeInvalid", "FieldValueNotSupported", "FieldValueTooLong"} <= reasons
    for sort in ("object", "unknown", "warnings"):
        assert any(answer.get(sort) for answer in answers), sort
    assert {question.subresource for question, _ in ANSWERS if question.old} == {"", "status"}
