"""An event as it travels: CloudEvents 1.0.2, its JSON format, and how attributes become headers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from fabgitops_core.control.happenings import Happening

from fabgitops_operator.bus.settings import PREFIX, Mode

STRUCTURED_TYPE = "application/cloudevents+json; charset=UTF-8"
"""The content type of one whole event (JSON format, section 3)."""

DATA_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """An event made ready: `attributes` are those of CloudEvents, `headers` what of them does not stand in `body`.

    `subject` is what it is called where the names of all begin alike: its type, behind the prefix if that is not there.
    """

    attributes: Mapping[str, str]
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    subject: str

    @property
    def id(self) -> str:
        """Return what tells it from every other, and is the same when it is sent again."""
        return self.attributes["id"]

    @property
    def type(self) -> str:
        """Return what has happened."""
        return self.attributes["type"]

    @property
    def partition(self) -> str:
        """Return what it stays in order with."""
        return self.attributes["partitionkey"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Makes messages: as this operator calls itself and its types, in this mode."""

    source: str
    prefix: str
    mode: Mode

    def seal(self, happening: Happening) -> Message:
        """Make a message of what has happened.

        Raises:
            ValueError: Its data is not fit for JSON.
            TypeError: Neither is this.
        """
        name = self._name(happening.type)
        attributes = self._attributes(happening, happening.type if happening.foreign else name)
        data = _placed(happening.data, happening.source_at, attributes["source"])
        if self.mode is Mode.BINARY:
            return Message(attributes, attributes, DATA_TYPE, _json(data), name)
        whole = {**attributes, "datacontenttype": DATA_TYPE, "data": data}
        return Message(attributes, {}, STRUCTURED_TYPE, _json(whole), name)

    def _name(self, event_type: str) -> str:
        return f"{self.prefix}.{event_type.removeprefix(PREFIX).removeprefix('.')}"

    def _attributes(self, happening: Happening, event_type: str) -> dict[str, str]:
        subject = {"subject": happening.subject} if happening.subject else {}
        return {
            **happening.extensions,
            **subject,
            "specversion": "1.0",
            "id": happening.id,
            "source": f"{self.source}/{happening.source.lstrip('/')}",
            "type": event_type,
            "time": happening.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "partitionkey": happening.partition,  # the extension Partitioning: Kafka's key
        }


def in_percent(text: str) -> str:
    """Write a value as headers of HTTP and NATS carry it (HTTP binding, section 3.1.3.2)."""
    return "".join(
        char if "!" <= char <= "~" and char not in '"%' else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )


def _placed(data: Mapping[str, object], way: tuple[str, ...], value: str) -> Mapping[str, object]:
    """Return data with a value where the way through its members leads; no way changes nothing."""
    if not way:
        return data
    first, *rest = way
    inner = data.get(first)
    return {**data, first: _placed(inner, tuple(rest), value) if rest and isinstance(inner, Mapping) else value}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> dict[str, object]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not fit for JSON")
