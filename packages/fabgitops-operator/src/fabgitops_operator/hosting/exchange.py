"""What is asked and what is answered, without a socket."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"


class Query:
    """The parameters of a URL; of one that is given twice the first counts, as in Kubernetes."""

    def __init__(self, text: str = "") -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            self._values.setdefault(name, []).append(value)

    def get(self, name: str) -> str:
        """Return a parameter, or nothing."""
        return self._values.get(name, [""])[0]

    def names(self) -> Iterable[str]:
        """Return the names of the parameters that are given."""
        return self._values.keys()

    def all(self, name: str) -> list[str]:
        """Return what a parameter was given, each time."""
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        """Return whether a parameter is on: Kubernetes takes all but "0" and "false" for that."""
        values = self._values.get(name)
        return values is not None and values[0].lower() not in {"0", "false"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; names of headers are in lower case, the path is without its query and decoded."""

    method: str
    path: str
    query: Query = field(default_factory=Query)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Return what the body says that it is, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is whole; `media_type` is empty where there must be none (a 304)."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class BrokenOffError(Exception):
    """An answer that has begun cannot be ended: the connection is cut, so that nobody takes the part for the whole."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer in chunks, each of which is sent at once; a watch ends when the server does, a listing goes on."""

    chunks: AsyncIterator[bytes]
    media_type: str = JSON
    watch: bool = False


Answer = Reply | Streamed


def encoded(value: Any) -> bytes:
    """Return a value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def said(value: Any, status: int = 200) -> Reply:
    """Return a reply of JSON."""
    return Reply(status, encoded(value))


def text(body: str, status: int = 200) -> Reply:
    """Return a reply of plain text."""
    return Reply(status, body.encode(), "text/plain; charset=utf-8")


def warning_headers(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return headers that tell of something that is odd and was done, or refused for other reasons, all the same."""
    return tuple(("Warning", f'299 - "{_quoted(each)}"') for each in texts)


def _quoted(text: str) -> str:
    """Return a text as the quoted string of a Warning header (RFC 7234, section 5.5), in one line."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line.replace("\\", "\\\\").replace('"', '\\"')
