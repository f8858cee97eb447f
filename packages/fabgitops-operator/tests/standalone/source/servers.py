"""Real Git servers: smart HTTP by `git http-backend`, with TLS and a token; and an ssh that notes how it is called."""

import base64
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from .repositories import Repo


class GitServer(ThreadingHTTPServer):
    """Serves one repository as `/plant`, and asks for a token if it has one."""

    daemon_threads = True

    def __init__(self, repo: Repo, token: str = "", context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repo, self.token, self.scheme = repo, token, "https" if context else "http"
        self.asked: list[str] = []
        self.moved_to = ""
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        """Return where the repository is."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}/plant"

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that has hung up, or refuses the certificate."""


class _Handler(BaseHTTPRequestHandler):
    """Hands a request to the program that git brings with it (CGI, RFC 3875)."""

    server: GitServer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        given = self.headers.get("Authorization", "")
        self.server.asked.append(given)
        if self.server.moved_to:
            self._say(301, "Location", self.server.moved_to + self.path.removeprefix("/plant"))
        elif self.server.token and given != f"Basic {base64.b64encode(f'git:{self.server.token}'.encode()).decode()}":
            self._say(401, "WWW-Authenticate", 'Basic realm="plant"')
        else:
            self._backend(body)

    def _say(self, status: int, header: str, value: str) -> None:
        """Answer without a body."""
        self.send_response(status)
        self.send_header(header, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.server.repo.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": "/.git" + path.removeprefix("/plant"),
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "plant",
        }
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=True)
        head, _, out = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


@contextmanager
def serving(server: GitServer) -> Iterator[GitServer]:
    """Serve while the block runs."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def played_ssh(folder: Path) -> Path:
    """Return a folder for the PATH with an ssh that runs the command here, and notes how it was called in `called`."""
    path = folder / "bin"
    path.mkdir()
    script = path / "ssh"
    script.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/called\nfor last in "$@"; do :; done\nexec /bin/sh -c "$last"\n'
    )
    script.chmod(0o755)
    return path
