"""One question, two answers: what the API server says, and what is said here, in one form."""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.admission.preparing import copied_value
from fabgitops_core.api.crd import definition
from fabgitops_core.control.kinds import KINDS

from .corpus import Json, Question

Answer = dict[str, Any]
"""`causes` (field, reason, message), `unknown` fields, `warnings`, and the `object`, if taken, without metadata."""

NAMESPACE = "corpus"
HEADERS = {"Content-Type": "application/json"}
PLURALS = {kind.name: kind.plural for kind in KINDS}
_UNKNOWN = re.compile(r'unknown field "(.*?)"(?=, unknown field|$)', re.DOTALL)
_WARNING = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')


def definitions() -> dict[str, Json]:
    """Return the definitions that are shipped, by kind."""
    return {kind.name: definition(kind) for kind in KINDS}


def path_of(kind: str, name: str = "") -> str:
    """Return where objects of a kind are, or one of them."""
    return f"/apis/fabgitops.io/v1/namespaces/{NAMESPACE}/{PLURALS[kind]}" + (f"/{name}" if name else "")


def of_the_server(http: httpx.Client, question: Question) -> Answer:
    """Ask the API server, which stores nothing of it."""
    query = {"dryRun": "All", "fieldValidation": question.validation}
    content = json.dumps(question.body)
    if question.old:
        path = path_of(question.kind, question.old) + (f"/{question.subresource}" if question.subresource else "")
        answer = http.put(path, params=query, content=content, headers=HEADERS)
    else:
        answer = http.post(path_of(question.kind), params=query, content=content, headers=HEADERS)
    return read(answer)


def read(answer: httpx.Response) -> Answer:
    """Return what an answer of the API server says."""
    told = [found.encode().decode("unicode_escape") for found in _WARNING.findall(answer.headers.get("warning", ""))]
    body = answer.json()
    if answer.is_success:
        return _answer(warnings=told, object_=body)
    if answer.status_code == httpx.codes.BAD_REQUEST and "strict decoding error" in body["message"]:
        return _answer(unknown=_UNKNOWN.findall(body["message"]))
    if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
        raise AssertionError(f"{answer.status_code}: {answer.text}")
    causes = body["details"]["causes"]
    return _answer([[each.get("field", ""), each.get("reason", ""), each["message"]] for each in causes], warnings=told)


def of_ours(admission: Admission, question: Question, stored: Mapping[str, Json]) -> Answer:
    """Ask `fabgitops_core.admission`."""
    judged = admission.judge(
        question.kind,
        copy.deepcopy(question.body),
        stored[question.old] if question.old else None,
        "UPDATE" if question.old else "CREATE",
        question.subresource,
        question.validation,
    )
    return said(judged)


def said(judged: Judged) -> Answer:
    """Return what a judgement says."""
    if judged.unknown:
        return _answer(unknown=[found for each in judged.unknown for found in _UNKNOWN.findall(each)])
    causes = [[each.field, each.reason, each.message] for each in judged.causes]
    return _answer(causes, warnings=list(judged.warnings), object_=None if causes else judged.body)


def _answer(
    causes: list[list[str]] | None = None,
    unknown: list[str] | None = None,
    warnings: list[str] | None = None,
    object_: Json | None = None,
) -> Answer:
    answer: Answer = {
        "causes": sorted(causes or []),
        "unknown": sorted(unknown or []),
        "warnings": sorted(warnings or []),
    }
    if object_ is not None:
        answer["object"] = {key: copied_value(value) for key, value in object_.items() if key != "metadata"}
    return answer
