"""A doorway before the API server that may turn everybody away, as a server that has too much to do does."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

TOO_MANY = {
    "kind": "Status",
    "apiVersion": "v1",
    "status": "Failure",
    "reason": "TooManyRequests",
    "message": "too many requests, please try again later",
    "details": {"retryAfterSeconds": 1},
    "code": 429,
}
DROPPED = {"Host", "Content-Length", "Transfer-Encoding", "Connection"}


class Doorway:
    """Passes requests on in the name of one account, unless it is `shut`; `turned_away` counts those that were not."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = url, session
        self.shut = False
        self.turned_away = 0

    def _is_shut(self) -> bool:
        return self.shut

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as the API server does, or with 429."""
        if self._is_shut():
            self.turned_away += 1
            return web.json_response(TOO_MANY, status=429, headers={"Retry-After": "1"})
        headers = {name: value for name, value in request.headers.items() if name not in DROPPED}
        url, body = f"{self._url}{request.path_qs}", await request.read()
        async with self._session.request(request.method, url, headers=headers, data=body) as found:
            kept = {name: value for name, value in found.headers.items() if name not in DROPPED}
            response = web.StreamResponse(status=found.status, headers=kept)
            await response.prepare(request)
            async for chunk in found.content.iter_any():
                if self._is_shut():
                    break
                await response.write(chunk)
            await response.write_eof()
            return response


@asynccontextmanager
async def doorway(kubeconfig: Path, folder: Path) -> AsyncIterator[tuple[Doorway, Path]]:
    """Yield a doorway to the API server of a kubeconfig, and a kubeconfig that leads through it."""
    found = yaml.safe_load(kubeconfig.read_text())
    cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    pem = folder / "doorway.pem"
    parts = (user["client-certificate-data"], user["client-key-data"])
    pem.write_bytes(b"".join(base64.b64decode(part) for part in parts))
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    tls.load_cert_chain(pem)
    connector = aiohttp.TCPConnector(ssl=tls, limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False) as session:
        door = Doorway(cluster["server"], session)
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", door.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        through = folder / "through-the-doorway"
        found["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}
        found["users"][0]["user"] = {}
        through.write_text(yaml.safe_dump(found))
        try:
            yield door, through
        finally:
            await runner.cleanup()
