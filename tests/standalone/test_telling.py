"""What happens to a rollout is told to a sink of CDEvents, by a box that is really run, killed and run again."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml

from .conftest import Box, until

pytestmark = pytest.mark.timeout(180)
ROLLOUT = "/apis/fabgitops.io/v1/namespaces/default/setpointrollouts/speeds"


class Sink:
    """Takes events in both forms, or answers `away` while that is a status; keeps CloudEvents' attributes and data."""

    def __init__(self) -> None:
        self.away = 0
        self.told: list[tuple[dict[str, str], Any]] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not sink.away:
                    sink.told.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
                self.send_response(sink.away or 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def ids(self) -> list[str]:
        """Return the id of each event, in order, however often it came."""
        return [headers["ce-id"] for headers, _event in self.told]

    def types(self) -> list[str]:
        """Return what happened, in short: each event once."""
        first = {headers["ce-id"]: headers["ce-type"] for headers, _event in reversed(self.told)}
        return [each.removeprefix("dev.cdevents").lstrip("x.")[:-6] for each in reversed(first.values())]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A sink that takes everything."""
    sink = Sink()
    yield sink
    sink.close()


class Fleet:
    """Some mixers on a box, whose set-points change by a rollout in two waves."""

    def __init__(self, box: Box, count: int = 3) -> None:
        self._box = box
        self._ports = [box.plc(r1=2500) for _ in range(count)]
        waves = [{"count": 1, "bakeSeconds": 0}, {"percent": 100, "bakeSeconds": 0}]
        spec = {"selector": {"matchLabels": {"machine": "mixer"}}, "waves": waves}
        self._write("speeds", self._object("speeds", "SetpointRollout", spec))
        self.want(2500)

    def want(self, value: int) -> None:
        """Have Git want something of all of them, at once, as a commit does."""
        self._write("mixers", *(self._mixer(number, port, value) for number, port in enumerate(self._ports)))

    def _mixer(self, number: int, port: int, value: int) -> dict[str, Any]:
        spec = {"deviceAddress": "127.0.0.1", "port": port, "targetRegister": 1, "targetValue": value}
        return self._object(f"mixer-{number}", "IndustrialPLC", {**spec, "pollIntervalSecs": 1})

    def _object(self, name: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        metadata = {"name": name, "labels": {"machine": "mixer"}}
        return {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}

    def _write(self, name: str, *objects: dict[str, Any]) -> None:
        written = self._box.folder / f"{name}.yaml"
        written.write_text(yaml.safe_dump_all(objects))
        written.replace(self._box.source / written.name)

    def status(self) -> dict[str, Any]:
        """Return how the rollout stands."""
        answer = self._box.get(ROLLOUT)
        return dict(answer.body.get("status") or {}) if answer.status == 200 else {}

    def has(self, phase: str, released: str) -> bool:
        """Return whether it is in a phase, with so many released."""
        status = self.status()
        return (status.get("phase"), status.get("releasedText")) == (phase, released)

    def settled(self) -> None:
        """Wait until all of it is known and in sync."""
        until(lambda: self.has("Watching", "3/3"), "all hold what Git wants")


CHANGE = [
    "pipelinerun.started",
    "fabgitops-rollout.progressed",
    "environment.modified",
    "pipelinerun.finished",
]
SETTLED = ("--settle-secs", "1")
"""What is changed at once is one change: without it one begins with the first that is heard of, on a busy machine."""


def test_a_change_is_told(box: Box, sink: Sink) -> None:
    """A sink hears of a change from its begin to its end, in order, each once, and whose it is; metrics count it."""
    fleet = Fleet(box)
    with box.running(*SETTLED, "--bus", sink.url, "--bus-mode", "binary", "--bus-source", "plant-7"):
        fleet.settled()
        fleet.want(2600)
        until(lambda: fleet.has("Done", "3/3"), "the change is done")
        until(lambda: len(sink.told) == len(CHANGE), "all is told")
        assert 'fabgitops_bus_published_total{bus="http",result="taken"} 4.0' in box.get("/metrics").text
        until(lambda: not fleet.status().get("outbox"), "the outbox is empty")
    assert sink.types() == CHANGE
    for headers, event in sink.told:
        context = event["context"]
        assert headers["ce-source"] == context["source"]
        assert context["source"].startswith("plant-7/resources/SetpointRollout/")
        assert (headers["ce-id"], headers["ce-type"]) == (context["id"], context["type"])
    assert len({event["context"]["chainId"] for _headers, event in sink.told}) == 1
    assert sink.told[-1][1]["subject"]["content"]["outcome"] == "success"


def test_what_waits_for_a_sink_outlives_the_process(box: Box, sink: Sink) -> None:
    """A change goes on while the sink is away; killed then, a new process tells all of it, once, with the same ids."""
    fleet, sink.away = Fleet(box), 503
    flags = *SETTLED, "--bus", sink.url, "--bus-mode", "binary"
    with box.running(*flags) as process:
        fleet.settled()
        fleet.want(2600)
        until(lambda: fleet.has("Done", "3/3"), "the change is done although nobody hears of it")
        until(lambda: "is away: 503" in box.get("/readyz").text, "it is said that the sink is away")
        until(lambda: len(fleet.status().get("outbox", [])) == len(CHANGE), "all waits")
        waiting = [each["id"] for each in fleet.status()["outbox"]]
        process.kill()
        process.wait()
    assert (len(waiting), sink.told) == (len(CHANGE), [])
    sink.away = 0
    with box.running(*flags):
        until(lambda: len(sink.told) == len(CHANGE), "all is told")
        until(lambda: fleet.status().get("outbox", []) == [], "nothing waits any more")
    assert sink.ids() == waiting
    assert sink.types() == CHANGE


def test_an_event_that_is_refused_is_said_at_the_rollout(box: Box, sink: Sink) -> None:
    """What a sink never takes is given up with an Event at the rollout, is counted there, and stops nothing."""
    fleet, sink.away = Fleet(box), 413
    with box.running(*SETTLED, "--bus", sink.url, "--bus-mode", "binary"):
        fleet.settled()
        fleet.want(2600)
        until(lambda: fleet.status().get("untold") == len(CHANGE), "what was given up is counted")
        until(lambda: "an event is given up: 413 " in box.get("/apis/events.k8s.io/v1/events").text, "it is said")
        until(lambda: fleet.has("Done", "3/3"), "the change is done all the same")
