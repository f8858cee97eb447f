"""What requests do to objects, compared with what a real API server answered (`test_recorded`)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.standalone.resources import Resource, of_kind
from fabgitops_operator.standalone.store import Actor, How, Objects, Outcome, RefusedError, Store

from .cases import CASES, Ask, Body
from .told import ANSWERS, MANIFESTS, Told

PLC = next(of_kind(kind) for kind in KINDS if kind.name == "IndustrialPLC")


class Definitions:
    """Judges by the shipped definitions, without policies."""

    def __init__(self) -> None:
        found = [yaml.safe_load(file.read_text()) for file in MANIFESTS.glob("*.fabgitops.io.yaml")]
        self._admission = Admission({each["spec"]["names"]["kind"]: each for each in found}, [])

    def judge(self, resource: Resource, *asked: Any) -> Judged:
        """Judge what is to be stored, whoever asks."""
        if resource.definition is None:
            return Judged(dict(asked[0]))
        return self._admission.judge(resource.kind, *asked[:5])


@dataclass
class Plane:
    """Objects that are asked as the API asks them."""

    objects: Objects

    async def answer(self, ask: Ask) -> tuple[int, Body]:
        """Carry a request out; return what is answered."""
        how = How(
            Actor.CONTROLLER if ask.subresource else Actor.USER,
            ask.subresource,
            dry_run=ask.query.get("dryRun") == "All",
            validation=ask.query.get("fieldValidation", "Warn"),
        )
        try:
            if ask.method == "GET":
                return self._looked(ask)
            done = await self._done(ask, how)
        except RefusedError as error:
            return error.status["code"], error.status
        if ask.method == "DELETE" and done.gone:
            return 200, _success(ask.name, done)
        return 201 if done.created else 200, done.decoded()

    def _looked(self, ask: Ask) -> tuple[int, Body]:
        record = self.objects.store.get(PLC, ask.namespace, ask.name)
        if record is not None:
            return 200, record.decoded()
        details = {"name": ask.name, "group": PLC.group, "kind": PLC.plural}
        message = f'{PLC.named} "{ask.name}" not found'
        return 404, {
            "kind": "Status",
            "status": "Failure",
            "reason": "NotFound",
            "message": message,
            "details": details,
        }

    async def _done(self, ask: Ask, how: How) -> Outcome:
        at = (PLC, ask.namespace)
        match ask.method:
            case "POST":
                return await self.objects.create(*at, ask.body, how)
            case "PUT":
                return await self.objects.replace(*at, ask.name, ask.body, how)
            case "DELETE":
                return await self.objects.delete(*at, ask.name, ask.body, how)
        return await self.objects.patch(*at, ask.name, ask.body, "merge" if ask.method == "MERGE" else "json", how)


def _success(name: str, done: Outcome) -> Body:
    uid = done.decoded()["metadata"]["uid"]
    details = {"name": name, "group": PLC.group, "kind": PLC.plural, "uid": uid}
    return {"kind": "Status", "status": "Success", "details": details}


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    """Return objects in a store with the namespace `semantics`."""
    async with await Store.open(tmp_path) as store:
        objects = Objects(store, Definitions())
        await objects.use("semantics")
        yield Plane(objects)


@pytest.mark.parametrize("name", CASES)
async def test_requests_are_answered_as_the_api_server_answers_them(plane: Plane, name: str) -> None:
    """Whatever is asked, code, reason, message, causes and object are those of a real API server."""
    told, answers = Told(), json.loads(ANSWERS.read_text())[name]
    playing = CASES[name]()
    ask = next(playing)
    for number, expected in enumerate(answers):
        got = await plane.answer(ask)
        assert json.loads(json.dumps(told.told(*got))) == expected, f"{number}: {ask}"
        if number + 1 < len(answers):
            ask = playing.send(got)
