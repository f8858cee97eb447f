"""A web server that hears CloudEvents: what a bus of racks is told, in the order in which it is told."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self


class _Server(ThreadingHTTPServer):
    """A server that thinks nothing of who is killed in the middle of a request."""

    def handle_error(self, *_: Any) -> None:
        """Say nothing: what was not heard whole is told again."""


class Listener:
    """Takes every event, and keeps it."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    def __enter__(self) -> Self:
        """Begin to listen."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def take(self, event: dict[str, Any]) -> None:
        """Keep an event."""
        with self._lock:
            self._events.append(event)

    def heard(self, partition: str) -> list[dict[str, Any]]:
        """Return the events of a Rack ("namespace/name"), each once, in the order in which it was told first."""
        with self._lock:
            events = list(self._events)
        return list({event["id"]: event for event in reversed(events) if _partition(event) == partition}.values())[::-1]

    def types(self, partition: str) -> list[str]:
        """Return the types of these events."""
        return [str(event["type"]) for event in self.heard(partition)]

    def created(self, partition: str) -> set[str]:
        """Return the ids of those that tell that something was made."""
        return {str(event["id"]) for event in self.heard(partition) if str(event["type"]).endswith(".created")}


def _partition(event: dict[str, Any]) -> str:
    return str(event.get("partitionkey", ""))


def _handler(listener: Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.take(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
