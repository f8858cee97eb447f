"""A running Prometheus, and what it scrapes: what tests say about versions of applications."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import yaml
from testbed import processes
from testbed.gotools import PROMETHEUS, built

from ..integration.planes import until  # noqa: TID252 - tests have no package


class Samples:
    """What is scraped every second, and where Prometheus is that has it then."""

    def __init__(self, url: str, said: dict[str, float]) -> None:
        self.url = url
        self._said = said

    def say(self, series: str, value: float) -> None:
        """Let a series, such as `errors{version="v2"}`, have a value, and wait until it can be asked for."""
        self._said[series] = value
        until(lambda: self._found(series) == value, f"{series} was scraped")

    def _found(self, series: str) -> float | None:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": series}, trust_env=False)
        rows = answer.json()["data"]["result"] if answer.is_success else []
        return float(rows[0]["value"][1]) if rows else None


@contextmanager
def samples(folder: Path) -> Iterator[Samples]:
    """Run a Prometheus for the time of the block."""
    said: dict[str, float] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(said))
    Thread(target=server.serve_forever, daemon=True).start()
    own, log = processes.ReservedPort(), folder / "prometheus.log"
    process = processes.start(_command(folder, own.number, server.server_port), log)
    url = f"http://127.0.0.1:{own.number}"
    try:
        until(lambda: _is_ready(url), "Prometheus answers")
        yield Samples(url, said)
    finally:
        processes.stop(process, 10)
        own.release()
        server.shutdown()
        server.server_close()


def _command(folder: Path, port: int, target: int) -> list[str]:
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    jobs = [{"job_name": "apps", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"global": every, "scrape_configs": jobs}))
    flags = {"config.file": folder / "prometheus.yml", "storage.tsdb.path": folder / "data"}
    told = [f"--{flag}={value}" for flag, value in flags.items()]
    return [str(built(PROMETHEUS)["prometheus"]), *told, f"--web.listen-address=127.0.0.1:{port}"]


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _handler(said: Mapping[str, float]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Say all of it."""
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write("".join(f"{series} {value}\n" for series, value in dict(said).items()).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
