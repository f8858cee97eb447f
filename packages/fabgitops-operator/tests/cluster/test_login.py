"""How kopf goes to the API server: the same way, and as the same one, as the client that lists and writes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_operator.cluster.asking import Asking
from fabgitops_operator.cluster.kube import Kube
from fabgitops_operator.cluster.kubeconfig.access import Access, by_kubeconfig
from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.files import chosen
from fabgitops_operator.cluster.login import kopf_login
from fabgitops_operator.hosting.errors import Unavailable
from fabgitops_operator.hosting.hearing import Hearing, Scope

SCOPE = Scope(INDUSTRIAL_PLC)
LIST = f"/apis/{INDUSTRIAL_PLC.group}/v1/{INDUSTRIAL_PLC.plural}"
WATCH = f"{LIST}?watch=true"
NOTHING = {"kind": "List", "metadata": {"resourceVersion": "1"}, "items": []}
PLUGIN = """
import json, pathlib, sys
runs = pathlib.Path(sys.argv[1])
runs.write_text((runs.read_text() if runs.exists() else "") + "x")
status = {"token": f"token-{len(runs.read_text())}"}
print(json.dumps({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status}))
"""


class Server:
    """An API server that gives these answers, one after the other, and then lists nothing."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.refused: set[str] = set()
        self.seen: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer."""
        self.seen.append(dict(request.headers))
        if request.headers.get("Authorization") in self.refused:
            return web.json_response({"kind": "Status", "message": "Unauthorized"}, status=401)
        if self.answers:
            code, text = self.answers.pop(0)
            return web.Response(status=code, text=text, content_type="application/json" if text[:1] == "{" else None)
        return web.json_response(NOTHING)


@pytest.fixture
async def server() -> Server:
    """Return what the API server does."""
    return Server()


@pytest.fixture
async def url(server: Server) -> AsyncIterator[str]:
    """Return where the API server is."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    async with TestServer(app) as listening:
        yield str(listening.make_url("")).rstrip("/")


def access_as(folder: Path, url: str, user: dict[str, Any]) -> Access:
    """Return the way that a kubeconfig says."""
    document = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(document))
    return by_kubeconfig(chosen([folder / "kubeconfig"]))


async def session_of(access: Access, hearing: Hearing | None = None) -> aiohttp.ClientSession:
    """Return the session that kopf is given."""
    return (await kopf_login(access, Asking(access, hearing or Hearing([SCOPE], 60.0)))()).aiohttp_session


async def test_kopf_acts_as_whom_the_kubeconfig_says(server: Server, url: str, tmp_path: Path) -> None:
    """Token and impersonation are said by kopf's requests, too."""
    access = access_as(tmp_path, url, {"token": "t", "as": "jane", "as-groups": ["ops"]})
    async with await session_of(access) as session, session.get(f"{url}/version") as response:
        assert response.status == 200
    said = {name: value for name, value in server.seen[0].items() if name.startswith(("Auth", "Imp"))}
    assert said == {"Authorization": "Bearer t", "Impersonate-User": "jane", "Impersonate-Group": "ops"}


async def test_the_client_acts_as_whom_the_kubeconfig_says(server: Server, url: str, tmp_path: Path) -> None:
    """So do the requests of the client that lists and writes, also with a token that was replaced meanwhile."""
    (tmp_path / "token").write_text("old")
    kube = Kube(access_as(tmp_path, url, {"tokenFile": "token", "as": "jane", "as-groups": ["ops"]}), [INDUSTRIAL_PLC])
    for token in ("old", "new"):
        (tmp_path / "token").write_text(token)
        _ = [body async for body in kube.list_all(INDUSTRIAL_PLC, None)]
        server.refused = {"Bearer old"}
    await kube.close()
    said = [(each["Authorization"], each["Impersonate-User"], each["Impersonate-Group"]) for each in server.seen]
    assert said == [(f"Bearer {token}", "jane", "ops") for token in ("old", "old", "new")]


async def test_a_plugin_that_fails_is_told_as_no_answer(url: str, tmp_path: Path) -> None:
    """Without credentials nothing is sent; the client says so as of a server that is away, and why."""
    command = {"command": sys.executable, "args": ["-c", "import sys; sys.exit('log in')"]}
    version = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    kube = Kube(access_as(tmp_path, url, {"exec": {**version, **command}}), [INDUSTRIAL_PLC])
    with pytest.raises(Unavailable, match="log in") as told:
        _ = [body async for body in kube.list_all(INDUSTRIAL_PLC, None)]
    await kube.close()
    assert (told.value.reason, isinstance(told.value.__cause__, NoCredentialsError)) == ("unreachable", True)


async def test_one_plugin_run_serves_both(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client and kopf share what a plugin said, and what it says after that was refused to one of them."""
    monkeypatch.setattr("fabgitops_operator.cluster.kubeconfig.login.AGAIN_SECS", 0.0)
    (tmp_path / "plugin.py").write_text(PLUGIN)
    command = {"command": sys.executable, "args": [str(tmp_path / "plugin.py"), str(tmp_path / "runs")]}
    version = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    access = access_as(tmp_path, url, {"exec": {**version, **command}})
    kube = Kube(access, [INDUSTRIAL_PLC])

    async def listed() -> None:
        _ = [body async for body in kube.list_all(INDUSTRIAL_PLC, None)]

    async with await session_of(access) as session:
        await asyncio.gather(listed(), session.get(url + LIST))
        assert (tmp_path / "runs").read_text() == "x"
        server.refused = {"Bearer token-1"}
        await asyncio.gather(listed(), session.get(url + LIST))
    await kube.close()
    assert (tmp_path / "runs").read_text() == "xx"


@pytest.mark.parametrize(
    ("code", "text", "said", "refused"),
    [
        (403, json.dumps({"kind": "Status", "message": "you may not watch"}), "403: you may not watch", True),
        (401, json.dumps({"kind": "Status", "message": "Unauthorized"}), "401: Unauthorized", True),
        (404, "404 page not found", "is its definition installed?", False),
        (429, json.dumps({"kind": "Status", "message": "too many"}), "429: too many", False),
        (500, "<html>\n oops", "not one of an API server: 500 <html> oops", False),
        (200, "<html>log in", "not one of an API server: 200 <html>log in", False),
        (302, "moved", "not one of an API server: 302", False),
    ],
)
async def test_what_is_no_watch_is_told_and_tried_again(
    server: Server, url: str, tmp_path: Path, code: int, text: str, said: str, refused: bool
) -> None:
    """Whatever else is answered, kopf waits for a watch, and readiness tells why; only a refusal lets writes wait."""
    hearing = Hearing([SCOPE], 0.0)
    hearing.unlisted(SCOPE, "listing is refused", refused=True)
    server.answers = [(code, text)]
    async with await session_of(access_as(tmp_path, url, {}), hearing) as session:
        asked = asyncio.create_task(session.get(url + WATCH))
        while said not in hearing.not_ready():
            await asyncio.sleep(0.01)
        assert bool(hearing.hold(lambda _scope: True)) == refused
        response = await asked
        assert response.status == 200
    assert hearing.hold(lambda _scope: True) == ""
    assert (hearing.not_ready(), hearing.up) == ("", True)


async def test_what_only_a_new_beginning_mends_passes(server: Server, url: str, tmp_path: Path) -> None:
    """A version that is too old (410) is not asked for again: kopf begins anew."""
    server.answers = [(410, json.dumps({"kind": "Status", "message": "too old"}))]
    async with await session_of(access_as(tmp_path, url, {})) as session, session.get(url + WATCH) as response:
        assert response.status == 410
