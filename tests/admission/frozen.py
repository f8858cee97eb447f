"""A sample of the API server's answers, frozen with the definitions and the policy that they were given under.

So it tries what judges, whatever becomes of the definitions: those of today are tried by the corpus.
"""

import json
import random
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fabgitops_operator.standalone.judging import policies

from .asking import Answer, definitions
from .corpus import SEED, Json, Question

FOLDER = Path(__file__).parent / "frozen"
MANY = 400
LONGEST = 1500
_PARTICULAR = re.compile(r"\"[^\"]*\"|'[^']*'|\d+|\b[a-z]\b")


def freeze(answers: Iterable[tuple[Question, Answer]], stored: dict[str, Json]) -> None:
    """Write a sample: one question for each sort of answer, and others by dice."""
    short = [each for each in answers if len(json.dumps([asdict(each[0]), each[1]])) < LONGEST]
    random.Random(SEED).shuffle(short)  # noqa: S311
    chosen: dict[Any, tuple[Question, Answer]] = {}
    for question, answer in short:
        chosen.setdefault((question.kind, question.old != "", _sort(answer)), (question, answer))
    kept = [*list(chosen.values())[:MANY], *short[: max(0, MANY - len(chosen))]]
    FOLDER.mkdir(exist_ok=True)
    for each in stored.values():
        each["metadata"].pop("managedFields", None)
    _write("given.json", [{"definitions": definitions(), "policies": policies(), "stored": stored}])
    _write("answers.jsonl", [{"question": asdict(question), "answer": answer} for question, answer in kept])


def thawed() -> tuple[Json, list[tuple[Question, Answer]]]:
    """Return what was given (definitions, policies, stored objects), and the questions with their answers."""
    given: Json = json.loads((FOLDER / "given.json").read_text(encoding="utf-8"))
    lines = (FOLDER / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    return given, [(Question(**each["question"]), each["answer"]) for each in map(json.loads, lines)]


def _write(name: str, lines: list[Json]) -> None:
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    (FOLDER / name).write_text(text, encoding="utf-8")


def _sort(answer: Answer) -> str:
    """Return an answer without what is particular to its question."""
    causes = [_PARTICULAR.sub("…", " ".join(cause)) for cause in answer["causes"]]
    return json.dumps([sorted(set(causes)), len(answer["unknown"]), len(answer["warnings"]), "object" in answer])
