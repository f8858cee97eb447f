"""What may be set, and that a wrong bus never becomes another one."""

import sys
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App, CycloptsError
from fabgitops_operator.bus.address import BusKind, address_of
from fabgitops_operator.bus.choosing import bus_of
from fabgitops_operator.bus.errors import BusError
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.bus.standing import Result, Standing
from prometheus_client import CollectorRegistry, generate_latest

from .conftest import happening
from .test_outbox import KEY, until


def parsed(*flags: str) -> BusSettings:
    """Return what a command line sets."""
    app = App(result_action="return_value")

    @app.default
    def run(settings: BusSettings | None = None) -> BusSettings:
        return settings or BusSettings()

    found = app(list(flags), exit_on_error=False, print_error=False)
    assert isinstance(found, BusSettings)
    return found


async def test_without_a_bus_events_stay_in_the_process() -> None:
    """The default needs no other program."""
    async with bus_of(parsed()) as bus:
        assert isinstance(bus, Memory)


@pytest.mark.parametrize(
    ("text", "kind", "hosts", "tls", "name"),
    [
        ("nats://bus", BusKind.NATS, ("bus:4222",), False, ""),
        ("tls://a,b:4333/EVENTS", BusKind.NATS, ("a:4222", "b:4333"), True, "EVENTS"),
        ("kafka://[::1]:9093/plant.events", BusKind.KAFKA, ("[::1]:9093",), False, "plant.events"),
        ("kafka+tls://a,b", BusKind.KAFKA, ("a:9092", "b:9092"), True, ""),
        ("https://hooks.example/events?code=7", BusKind.HTTP, ("hooks.example:443",), True, ""),
    ],
)
def test_where_a_bus_is(text: str, kind: BusKind, hosts: tuple[str, ...], tls: bool, name: str) -> None:
    """Hosts, ports, TLS and the name of stream or topic stand in one URL; logs leave out what may be a secret."""
    address = address_of(text)
    assert (address.kind, address.hosts, address.tls, address.name) == (kind, hosts, tls, name)
    assert "code" not in address.shown


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--bus", "redis://bus"], r'"redis://bus" is no bus: memory, nats://HOST'),
        (["--bus", "nats"], "is no bus"),
        (["--bus", ""], "is no bus"),
        (["--bus", "nats://"], "is no bus"),
        (["--bus", "nats://bus:0"], "no HOST or HOST:PORT"),
        (["--bus", "nats://bus:99999"], "no HOST or HOST:PORT"),
        (["--bus", "kafka://a,,b"], "no HOST or HOST:PORT"),
        (["--bus", "nats://ann:secret@bus"], "use --bus-credentials FILE"),
        (["--bus", "nats://bus/a.b"], "does not end with the name of a stream"),
        (["--bus", "kafka://bus/a/b"], "does not end with the name of a topic"),
        (["--bus", "http://a,b/"], "over HTTP there is one"),
        (["--bus-prefix", "IO.*"], "cannot begin the type"),
        (["--bus-source", "a b"], "is no source"),
        (["--bus-source", "/plant/"], "is no source"),
        (["--bus", "nats://bus", "--bus-ca", "ca.pem"], "--bus-ca has no effect on nats://bus"),
        (["--bus-credentials", "file"], "no effect without a --bus"),
        (["--bus", "nats://bus", "--bus-credentials", "f", "--bus-sasl", "PLAIN"], "--bus-sasl has no effect"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_would_be_right(flags: list[str], why: str) -> None:
    """What cannot be, or would have no effect, ends the command line, and the text says the way out."""
    with pytest.raises(CycloptsError, match=why):
        parsed(*flags)


@pytest.mark.parametrize(("url", "module"), [("nats://bus", "nats"), ("kafka://bus", "aiokafka")])
async def test_a_client_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, url: str, module: str) -> None:
    """Where the extra of a bus is missing nothing begins, and the text has the command that installs it."""
    extra = url.split(":", maxsplit=1)[0]
    monkeypatch.delitem(sys.modules, f"fabgitops_operator.bus.{extra}", raising=False)
    for name in [name for name in sys.modules if name.split(".", maxsplit=1)[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BusError, match=rf"--bus is {url}.*pip install 'fabgitops-operator\[{extra}\]'"):
        async with bus_of(BusSettings(bus=url)):
            pass


@pytest.mark.parametrize("url", ["https://bus/", "tls://bus", "kafka+tls://bus"])
@pytest.mark.parametrize(
    ("settings", "text", "why"),
    [
        ("bus_credentials", None, "file cannot be read: No such file"),
        ("bus_credentials", "two\nlines", "is not one line USER:PASSWORD or a token"),
        ("bus_credentials", "", "is not one line"),
        ("bus_ca", "no certificate", "has no certificates in PEM"),
        ("bus_ca", None, "has no certificates in PEM: No such file"),
    ],
)
async def test_a_file_that_cannot_be_used_ends_the_start(
    tmp_path: Path, url: str, settings: str, text: str | None, why: str
) -> None:
    """A file that is not there, or is something else, is told at the start, by the flag that names it."""
    file = tmp_path / "file"
    if text is not None:
        file.write_text(text)
    wanted: dict[str, Any] = {settings: file}
    with pytest.raises(BusError, match=why):
        async with bus_of(BusSettings(bus=url, **wanted)):
            pass


async def test_kafka_asks_for_a_user(tmp_path: Path) -> None:
    """Kafka knows no token: that is told at the start."""
    (tmp_path / "token").write_text("token")
    with pytest.raises(BusError, match="Kafka asks for a user and a password"):
        async with bus_of(BusSettings(bus="kafka://bus", bus_credentials=tmp_path / "token")):
            pass


async def test_a_bus_that_cannot_be_reached_is_no_other_bus() -> None:
    """A bus that is away keeps events waiting, says so, and never turns into memory."""
    async with bus_of(BusSettings(bus="http://127.0.0.1:9/")) as bus:
        bus.publish(KEY, happening(0), lambda: None)
        await until(lambda: "http://127.0.0.1:9/ is away" in bus.standing().remark())
        assert bus.standing().kind is BusKind.HTTP
        assert bus.standing().waiting == 1
        await bus.close(0)


def test_metrics_show_how_it_stands() -> None:
    """What waits, for how long, and what came of each attempt is there to be scraped."""
    standing = Standing(BusKind.NATS, 7, 42.5, trouble="away")
    standing.results.update({Result.TAKEN: 3, Result.REFUSED: 1})
    registry = CollectorRegistry()
    registry.register(BusMetrics(lambda: standing))
    text = generate_latest(registry).decode()
    assert 'fabgitops_bus_outbox{bus="nats"} 7.0' in text
    assert 'fabgitops_bus_oldest_seconds{bus="nats"} 42.5' in text
    assert 'fabgitops_bus_published_total{bus="nats",result="taken"} 3.0' in text
    assert 'fabgitops_bus_published_total{bus="nats",result="refused"} 1.0' in text
    assert 'fabgitops_bus_published_total{bus="nats",result="overflow"} 0.0' in text
