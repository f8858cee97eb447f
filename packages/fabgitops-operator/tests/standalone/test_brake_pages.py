"""The fleet brake on a box is looked at by whoever may read, and let go by whoever may operate; that is all."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from fabgitops_operator.standalone.api.access import Access, Role, Token, digest
from fabgitops_operator.standalone.brake import FileBrake
from fabgitops_operator.standalone.brake_pages import brake_pages

ONE = "/api/v1/namespaces/fabgitops-system/configmaps/fabgitops-operator-brake"
ALL = "/api/v1/configmaps"
ON = {"state": "engaged", "id": "ab12", "since": "2026-01-01T00:00:00Z", "why": "6 of 8 PLCs drifted"}
WORDS = {"data": {"release": "ab12", "releaseReason": "the switch is back"}}
MERGE = {"Content-Type": "application/merge-patch+json"}

Client = TestClient[Any, Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the brake is kept: it is on."""
    path = tmp_path / "brake.json"
    path.write_text(json.dumps(ON))
    return path


@pytest.fixture
async def client(file: Path) -> AsyncIterator[Client]:
    """Return a client of the pages."""
    tokens = [Token(role.value, role, digest(role.value)) for role in Role]
    app = web.Application()
    app.add_routes(brake_pages(FileBrake(file), Access(lambda: tokens)))
    async with TestClient(TestServer(app)) as client:
        yield client


def by(role: Role) -> dict[str, str]:
    """Return the headers of a change by somebody."""
    return {**MERGE, "Authorization": f"Bearer {role.value}"}


async def test_it_is_shown_as_a_config_map(client: Client, file: Path) -> None:
    """By its name, and in a list, which is empty where nothing is kept."""
    body = await (await client.get(ONE)).json()
    assert (body["kind"], body["metadata"]["name"], body["data"]) == ("ConfigMap", "fabgitops-operator-brake", ON)
    listed = await (await client.get(ALL, params={"labelSelector": "fabgitops.io/brake"})).json()
    assert listed["items"] == [body]
    file.unlink()
    assert (await (await client.get(ALL)).json())["items"] == []
    assert (await client.get(ONE)).status == 404
    assert (await client.patch(ONE, json=WORDS, headers=by(Role.OPERATE))).status == 404


async def test_who_may_operate_lets_it_go(client: Client, file: Path) -> None:
    """The words are added to what is kept; who may only read is refused with the role that it takes."""
    refused = await client.patch(ONE, json=WORDS, headers=by(Role.READ))
    assert refused.status == 403
    assert "it takes the role operate" in (await refused.json())["message"]
    assert json.loads(file.read_text()) == ON
    answer = await client.patch(ONE, json=WORDS, headers=by(Role.OPERATE))
    assert (await answer.json())["data"] == {**ON, **WORDS["data"]}
    assert json.loads(file.read_text()) == {**ON, **WORDS["data"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": {"state": "released"}}, 422),
        ({"data": {"release": None}}, 400),
        ({"data": {}}, 400),
        ({"metadata": {}}, 400),
        ("no JSON", 400),
    ],
    ids=range(5),
)
async def test_nothing_else_of_it_is_written(client: Client, file: Path, body: object, status: int) -> None:
    """Only the words of a release are taken."""
    data = body if isinstance(body, str) else json.dumps(body)
    assert (await client.patch(ONE, data=data, headers=by(Role.OPERATE))).status == status
    assert json.loads(file.read_text()) == ON


async def test_it_is_neither_replaced_nor_deleted(client: Client, file: Path) -> None:
    """What would take it away is a method that there is not; so is another kind of patch."""
    for method in ("PUT", "POST", "DELETE"):
        assert (await client.request(method, ONE, headers=by(Role.CONTROLLER))).status == 405
    other = {**by(Role.OPERATE), "Content-Type": "application/json-patch+json"}
    assert (await client.patch(ONE, data="[]", headers=other)).status == 415
    assert json.loads(file.read_text()) == ON
