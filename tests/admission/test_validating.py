"""`fabctl validate` without a cluster refuses just what the API server refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.offline import rules as offline
from fabctl.offline.rules import Rules
from fabgitops_core.admission.judging import Admission
from fabgitops_operator.standalone.judging import policies

from .frozen import thawed

GIVEN, ANSWERS = thawed()
MANIFESTS = Path(__file__).parents[2] / "packages/fabgitops-operator/src/fabgitops_operator/manifests"
ASKED = [(question, answer) for question, answer in ANSWERS if not question.old and question.validation == "Strict"]


def test_there_is_something_to_ask() -> None:
    """Objects that are taken, and such as are refused by definitions, policy and for unknown fields."""
    assert len(ASKED) > 100
    assert any("object" in answer for _, answer in ASKED)
    assert any(answer["unknown"] for _, answer in ASKED)
    assert any(reason == "" for _, answer in ASKED for _, reason, _ in answer["causes"])


@pytest.fixture(scope="module")
def rules() -> Rules:
    """Return what judges, by the definitions and the policy under which the answers were given."""
    found = Rules()
    found.__dict__["_admission"] = Admission(GIVEN["definitions"], GIVEN["policies"])
    return found


@pytest.mark.parametrize(("question", "answer"), ASKED, ids=[question.name for question, _ in ASKED])
def test_it_refuses_what_the_api_server_refused(rules: Rules, question: Any, answer: Any) -> None:
    """No less and no more; and what the API server said is among all that is said."""
    found = rules.refused(question.body)
    assert (not found) == ("object" in answer), found
    sentences = " ".join(message for _, message in found)
    said = [message.partition("denied request: ")[2] or message for _, _, message in answer["causes"]]
    assert all(message in sentences for message in said if "some validation rules were not checked" not in message)
    assert all(f'unknown field "{field}"' in sentences for field in answer["unknown"])


def test_every_kind_that_is_shipped_is_known() -> None:
    """Whichever family it is of: each is judged, and a field that it does not have is told."""
    shipped = sorted(MANIFESTS.rglob("*.fabgitops.io.yaml"))
    judge = Rules()
    for file in shipped:
        names = yaml.safe_load(file.read_text())["spec"]["names"]
        body = {"apiVersion": "fabgitops.io/v1", "kind": names["kind"], "metadata": {"name": "x"}, "spec": {"odd": 1}}
        assert (("spec", "odd"), 'unknown field "spec.odd"') in judge.refused(body), file
    assert len(shipped) >= 8


def test_the_policy_is_the_operators() -> None:
    """Each is installed without the other, and has the same."""
    assert offline.policies() == policies()
