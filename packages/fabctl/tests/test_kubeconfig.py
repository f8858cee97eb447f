"""What a kubeconfig says of who we are and how we get there: obeyed as by kubectl, or refused by the field's name."""

import asyncio
import base64
import json
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabctl.cluster.transport import Transport
from fabctl.kubeconfig.access import by_kubeconfig
from fabctl.kubeconfig.errors import KubeconfigError, NoCredentialsError
from fabctl.kubeconfig.files import chosen
from mock_plc.net.tls import make

V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
PLUGIN = """
import json, os, pathlib, sys
told = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
runs = pathlib.Path(sys.argv[1])
runs.write_text((runs.read_text() if runs.exists() else "") + json.dumps(told) + "\\n")
token = f"token-{len(runs.read_text().splitlines())}"
print(json.dumps({"kind": "ExecCredential", "apiVersion": told["apiVersion"], "status": {"token": token}}))
"""

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return what writes a kubeconfig of one context."""

    def write(user: dict[str, Any], server: str = "http://127.0.0.1:1", **cluster: Any) -> Path:
        path = tmp_path / "kubeconfig"
        document = {
            "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "plant"}}],
            "current-context": "x",
        }
        path.write_text(yaml.safe_dump(document))
        return path

    return write


class Server:
    """An API server that believes only some who show themselves."""

    def __init__(self) -> None:
        self.seen: list[web.BaseRequest] = []
        self.refused: set[str] = set()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Remember a request, and answer 401 where it is not believed."""
        self.seen.append(request)
        return web.Response(status=401 if request.headers.get("Authorization") in self.refused else 200)


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


Get = Callable[[], Awaitable[int]]


@asynccontextmanager
async def client_of(path: Path) -> AsyncIterator[Get]:
    """Return what asks the way of a kubeconfig, and returns the status of the answer."""
    transport = Transport(by_kubeconfig(chosen([path])), 10.0)

    async def get() -> int:
        async with transport.ask("GET", "/version") as answer:
            await answer.read(10.0)
            return answer.head.status

    yield get
    transport.close()


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        ({}, []),
        ({"token": "secret"}, [("Authorization", "Bearer secret")]),
        ({"username": "jane", "password": "pw"}, [("Authorization", "Basic amFuZTpwdw==")]),
        (
            {
                "token": "t",
                "as": "jane",
                "as-uid": "7",
                "as-groups": ["ops", "night"],
                "as-user-extra": {"example.com/why": ["shift", "é"]},
            },
            [
                ("Authorization", "Bearer t"),
                ("Impersonate-User", "jane"),
                ("Impersonate-Group", "ops"),
                ("Impersonate-Group", "night"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-Extra-example.com%2Fwhy", "shift"),
                ("Impersonate-Extra-example.com%2Fwhy", "é"),
            ],
        ),
    ],
    ids=["nobody", "token", "password", "impersonation"],
)
async def test_who_we_are_is_said_with_each_request(
    written: Written, server: Server, url: str, user: dict[str, Any], headers: list[tuple[str, str]]
) -> None:
    """Token, password and whom to act as reach the API server as kubectl says them."""
    async with client_of(written(user, url)) as get:
        await get()
    said = [(name, value) for name, value in server.seen[0].headers.items() if name.startswith(("Auth", "Imp"))]
    assert sorted(said) == sorted(headers)


async def test_a_rotated_token_counts_at_once(written: Written, server: Server, url: str, tmp_path: Path) -> None:
    """A token that is refused is read from its file again, and the request goes out once more."""
    (tmp_path / "token").write_text("old\n")
    async with client_of(written({"tokenFile": "token"}, url)) as get:
        assert await get() == 200
        (tmp_path / "token").write_text("new\n")
        server.refused = {"Bearer old"}
        assert await get() == 200
    assert [each.headers["Authorization"] for each in server.seen] == ["Bearer old", "Bearer old", "Bearer new"]


def plugin(folder: Path, version: str, **more: Any) -> dict[str, Any]:
    """Return a user whose credentials a program prints, which keeps what it was told."""
    script = folder / "plugin.py"
    script.write_text(PLUGIN)
    arguments = [str(script), str(folder / "runs")]
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": arguments, **more}}


def runs(folder: Path) -> list[dict[str, Any]]:
    """Return what the program was told each time."""
    return [json.loads(line) for line in (folder / "runs").read_text().splitlines()]


@pytest.mark.parametrize("version", [V1, V1BETA1])
async def test_a_plugin_is_asked_once_for_all(
    written: Written, server: Server, url: str, tmp_path: Path, version: str
) -> None:
    """Many requests share what a plugin said, which is told the version to answer in; a refusal asks it once more."""
    user = plugin(tmp_path, version, interactiveMode="Never", provideClusterInfo=True)
    async with client_of(written(user, url)) as get:
        await asyncio.gather(*(get() for _ in range(10)))
    told = {"interactive": False, "cluster": {"server": url}}
    assert runs(tmp_path) == [{"kind": "ExecCredential", "apiVersion": version, "spec": told}]
    assert {each.headers["Authorization"] for each in server.seen} == {"Bearer token-1"}


async def test_credentials_that_a_plugin_gave_are_asked_for_anew(
    written: Written, server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the API server refuses them, ten requests that are under way ask the plugin once, and go out again."""
    monkeypatch.setattr("fabctl.kubeconfig.login.AGAIN_SECS", 0.0)
    async with client_of(written(plugin(tmp_path, V1, interactiveMode="Never"), url)) as get:
        await get()
        server.refused = {"Bearer token-1"}
        answers = await asyncio.gather(*(get() for _ in range(10)))
    assert set(answers) == {200}
    assert len(runs(tmp_path)) == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [("import sys; sys.exit('log in\\nfirst')", "ended with 1: log in first"), ("print('hi')", "did not print")],
)
async def test_a_plugin_that_fails_is_one_line(written: Written, url: str, script: str, said: str) -> None:
    """What a plugin complains of is told, what it prints is not: it may be a secret."""
    command = {"apiVersion": V1, "command": sys.executable, "args": ["-c", script], "interactiveMode": "Never"}
    async with client_of(written({"exec": command}, url)) as get:
        with pytest.raises(NoCredentialsError) as told:
            await get()
    assert said in str(told.value)
    assert "\n" not in str(told.value)


async def test_a_certificate_may_be_for_another_name(written: Written, tmp_path: Path, server: Server) -> None:
    """With tls-server-name the API server may be reached by an address that its certificate is not for."""
    make(tmp_path, ["inside.example"])  # and this machine's loopback
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    tls.load_verify_locations(tmp_path / "ca.crt")
    tls.verify_mode = ssl.CERT_REQUIRED
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.2", 0, ssl_context=tls).start()
    where = f"https://127.0.0.2:{runner.addresses[0][1]}"
    trust = {"certificate-authority-data": base64.b64encode((tmp_path / "ca.crt").read_bytes()).decode()}
    user = {"client-certificate": "client.crt", "client-key": "client.key"}
    try:
        async with client_of(written(user, where, **trust, **{"tls-server-name": "inside.example"})) as get:
            assert await get() == 200
        async with client_of(written(user, where, **trust)) as get:
            with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
                await get()
        async with client_of(written(user, where, **{"insecure-skip-tls-verify": True})) as get:
            assert await get() == 200
    finally:
        await runner.cleanup()


async def test_a_proxy_is_gone_through(written: Written, server: Server, url: str) -> None:
    """With proxy-url requests go to the proxy, which is told where they are for."""
    async with client_of(written({}, "http://plant.example", **{"proxy-url": url})) as get:
        await get()
    assert server.seen[0].headers["Host"] == "plant.example"


@pytest.mark.parametrize(
    ("user", "cluster", "said"),
    [
        ({"auth-provider": {"name": "oidc"}}, {}, "auth-provider is not supported"),
        ({"token": 5}, {}, "token is no text"),
        ({"as-groups": ["ops"]}, {}, "without as"),
        ({"as": "jane\nx"}, {}, "as holds control characters"),
        ({"asGroups": ["ops"]}, {}, "not known: asGroups"),
        ({"token": "t", "username": "jane"}, {}, "username beside token"),
        ({"client-certificate": "c"}, {}, "client-certificate and client-key"),
        ({"client-certificate-data": "eA==", "client-key-data": "eA=="}, {}, "client-certificate is not what"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1alpha1"}}, {}, "exec.apiVersion"),
        ({"exec": {"apiVersion": V1, "command": "true"}}, {}, "exec.interactiveMode"),
        (
            {"exec": {"apiVersion": V1, "command": "none-such", "interactiveMode": "Never", "installHint": "get it"}},
            {},
            'exec.command "none-such" cannot be found or run: get it',
        ),
        ({}, {"proxy-url": "socks5://127.0.0.1:1"}, "proxy-url socks5://127.0.0.1:1 is no"),
        ({}, {"certificate-authority": "none"}, "certificate-authority cannot be read"),
        ({}, {"certificate-authority-data": "?"}, "certificate-authority-data is no PEM"),
        ({}, {"certificate-authority": "a", "insecure-skip-tls-verify": True}, "insecure-skip-tls-verify beside"),
        ({}, {"insecure-skip-tls-verify": "yes"}, "insecure-skip-tls-verify is neither true nor false"),
        ({}, {"api-key": "k"}, "not known: api-key"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_name(
    written: Written, user: dict[str, Any], cluster: dict[str, Any], said: str
) -> None:
    """No field that says who we are or how we get there is passed over."""
    with pytest.raises(KubeconfigError) as told:
        by_kubeconfig(chosen([written(user, **cluster)]))
    assert said in str(told.value)
    assert "\n" not in str(told.value)
