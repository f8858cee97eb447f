"""The plane without a cluster: a folder for the state, and whoever serves it at the moment.

That is the operator of a test while one runs, and else the API by itself, so that tests can play the operator, or look
at what one has left: the store, what a request does to an object, and the API over it, in a thread of the tests'
process. Whoever asks may do everything there, statuses included.
"""

import asyncio
import random
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import httpx2
import uvloop
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_operator.hosting.web import application, listening
from fabgitops_operator.standalone.api.access import Access, Caller, Role
from fabgitops_operator.standalone.api.server import Api
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.kubeconfig import kubeconfig
from fabgitops_operator.standalone.resources import EVENT, RESOURCES, of_kind
from fabgitops_operator.standalone.store import Actor, How, Objects, Store, Wanted
from testbed.plane import ControlPlane

from .planes import PATIENCE, STANDALONE, Plane

TEMPLATE = of_kind(INDUSTRIAL_PLC_TEMPLATE)
HOST = "127.0.0.1"
TOLD = {
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "reportingController": "example.com/tests",
    "reportingInstance": "tests",
    "action": "Begin",
    "reason": "Begun",
    "type": "Normal",
}
JUDGE = ShippedRules()
"""One for all tests: the rules are compiled once."""


class Alone:
    """The API by itself, in a thread, from `start` to `stop`."""

    def __init__(self, state: Path, port: int) -> None:
        self._state, self._port = state, port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._over = asyncio.Event()
        self._up = threading.Event()
        self._error: BaseException | None = None

    def start(self) -> None:
        """Serve, unless it does."""
        if self._thread is None:
            self._up.clear()
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            self._up.wait()
            if self._error is not None:
                raise self._error

    def stop(self) -> None:
        """End, and leave the state to others."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
            self._thread = None

    def take(self, namespace: str) -> None:
        """Let a source name something in a namespace, and then no more: the namespace stays."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._taken(namespace), self._loop).result()

    def hold(self, namespace: str) -> None:
        """Put an Event there, so that whoever keeps house does not let the namespace go."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._held(namespace), self._loop).result()

    async def _held(self, namespace: str) -> None:
        body = {"apiVersion": EVENT.api_version, "kind": EVENT.kind, "metadata": {"name": "first"}, **TOLD}
        body["regarding"] = {"kind": "Namespace", "name": namespace}
        await self._objects.create(EVENT, namespace, body, How(Actor.CONTROLLER))

    async def _taken(self, namespace: str) -> None:
        spec = {"registers": [{"name": "any", "address": 1}]}
        body = {"apiVersion": TEMPLATE.api_version, "kind": TEMPLATE.kind, "spec": spec}
        body["metadata"] = {"name": "first", "namespace": namespace}
        await self._objects.take("1", [Wanted(TEMPLATE, namespace, "first", body, "first.yaml:1")], [])
        record = self._objects.store.get(TEMPLATE, namespace, "first")
        assert record is not None
        await self._objects.take("2", [], [record])

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised by whoever has started it
            self._error = error
        finally:
            self._up.set()

    @asynccontextmanager
    async def _collecting(self) -> AsyncIterator[None]:
        """Collect what owners leave, as the operator does, and nothing else of its housekeeping."""

        async def collect() -> None:
            while await self._objects.vanished.wait():
                self._objects.vanished.clear()
                await self._objects.collecting.sweep()

        task = asyncio.create_task(collect())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        store = await Store.open(self._state)
        try:
            self._objects = Objects(store, JUDGE)
            access = Access(anybody=Caller("tests", Role.CONTROLLER))
            api = Api(store, self._objects, RESOURCES, access, self._loop.time)
            async with listening(application(api), HOST, self._port), self._collecting():
                self._up.set()
                await self._over.wait()
        finally:
            await store.close()


class Box(Plane):
    """One machine without a cluster."""

    name = STANDALONE

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state, self._source, self._secrets = (folder / name for name in ("state", "source", "secrets"))
        for each in (self._source, self._secrets):
            each.mkdir(parents=True)
        self._port = free_port()
        self._api = Alone(self._state, self._port)
        self._namespaces: list[str] = []
        self._alive: Callable[[], bool] = lambda: False
        self.url = f"http://{HOST}:{self._port}"
        self.kubeconfig = self.operators_kubeconfig = folder / "box.kubeconfig"
        self.kubeconfig.write_text(kubeconfig(self.url))

    @property
    def control(self) -> ControlPlane:
        """Fail: there is none."""
        raise AssertionError("a test that needs what only Kubernetes has is to be marked with only_kubernetes")

    def serve(self) -> None:
        """See to it that somebody serves the API."""
        while self._alive():
            if listens(self._port):
                return
            time.sleep(0.02)
        self._api.start()

    def client(self) -> httpx.Client:
        """Return a client for which somebody serves the API."""
        hooks = {"request": [lambda _request: self.serve()]}
        return httpx.Client(base_url=self.url, trust_env=False, timeout=PATIENCE, event_hooks=hooks)

    def transport(self) -> httpx2.AsyncBaseTransport:
        """Return a transport for which somebody serves the API."""
        return _Served(self)

    def add_namespace(self, name: str) -> None:
        """Make a namespace."""
        self.serve()
        self._api.take(name)
        self._namespaces.append(name)

    def stop(self) -> None:
        """Stop the API."""
        self._api.stop()

    def start(self) -> None:
        """Start it again."""
        self.serve()

    def command(self, *namespaces: str) -> list[str]:
        """Return what runs it on this state; it looks after all namespaces, and a box is of one test."""
        del namespaces
        folders = {"source": self._source, "state": self._state, "secrets": self._secrets}
        flags = [word for name, folder in folders.items() for word in (f"--{name}", str(folder))]
        return ["standalone", *flags, "--listen", f"{HOST}:{self._port}"]

    def make_way(self) -> None:
        """Leave port and state to an operator, which would let empty namespaces go."""
        while self._namespaces:
            self.serve()
            self._api.hold(self._namespaces.pop())
        self._api.stop()

    def runs(self, alive: Callable[[], bool]) -> None:
        """Note who serves the API."""
        self._alive = alive

    def let_secrets_be_read(self) -> None:
        """Do nothing: its folder is named to each operator."""

    def keep_secret(self, namespace: str, name: str, data: Mapping[str, bytes]) -> None:
        """Write the files of a Secret, as a mounted one looks."""
        folder = self._secrets / namespace / name
        folder.mkdir(parents=True, exist_ok=True)
        for field, content in data.items():
            (folder / field).write_bytes(content)


class _Served(httpx2.AsyncHTTPTransport):
    """Sends requests to a box."""

    def __init__(self, box: Box) -> None:
        super().__init__(trust_env=False)
        self._box = box

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See to it that somebody serves the API, and send."""
        await asyncio.to_thread(self._box.serve)
        return await super().handle_async_request(request)


def listens(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with socket.socket() as tried:
        return tried.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a port that nobody listens on, nor is given for a connection while one server makes way for the next.

    Systems take those for connections from 32768 on (Linux) or 49152 (RFC 6335).
    """
    while True:
        port = random.randint(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as found, suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((HOST, port))
            return port


@contextmanager
def box(folder: Path) -> Iterator[Box]:
    """Yield a box; its API does not outlive the block."""
    found = Box(folder)
    try:
        yield found
    finally:
        found.stop()
