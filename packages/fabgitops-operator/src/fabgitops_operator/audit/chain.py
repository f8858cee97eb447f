"""The chain: each record carries the hash of the one before it, and its own, over the very bytes of its line.

No clock, no file: lines in, lines out. A line is JSON whose last field is `hash`; what is hashed is all that stands
before that field. `seq` counts from 1, `prev` is the hash of the record before, `chain` tells one chain from others.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""What the first record of a chain carries as the hash of the one before it."""

_ENDS = re.compile(rb',"hash":"([0-9a-f]{64})"\}$')


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a chain: `hash` is its own."""

    chain: str
    seq: int = 0
    hash: str = GENESIS


class Seal:
    """How records are hashed: by SHA-256, which anybody can, or with a key by HMAC-SHA-256 (RFC 2104)."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self.name = "hmac-sha256" if key else "sha256"
        self.key_id = self.of(b"fabgitops audit key")[:16] if key else ""
        """Tells one key from another, and nothing of the key."""

    def of(self, data: bytes) -> str:
        """Return the hash of some bytes, as 64 hexadecimal digits."""
        if self._key:
            return hmac.new(self._key, data, hashlib.sha256).hexdigest()
        return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """A record as it stands in a file: its fields, the hash that it carries, and the bytes that were hashed."""

    fields: Mapping[str, Any]
    hash: str
    body: bytes

    @property
    def head(self) -> Head:
        """Return it as the last of its chain."""
        return Head(str(self.fields["chain"]), int(self.fields["seq"]), self.hash)

    @property
    def prev(self) -> str:
        """Return the hash that it says the record before has."""
        return str(self.fields["prev"])


def linked(head: Head, seal: Seal, fields: Mapping[str, Any]) -> tuple[Head, bytes]:
    """Return the chain's new head, and the line, with its end, of a record that follows the old one."""
    chained = {"chain": head.chain, "seq": head.seq + 1, **fields, "prev": head.hash}
    line = sealed(seal, chained)
    return Head(head.chain, head.seq + 1, line[-67:-3].decode()), line


def sealed(seal: Seal, fields: Mapping[str, Any]) -> bytes:
    """Return fields as a line that carries its own hash."""
    body = json.dumps(fields, separators=(",", ":")).encode()[:-1]
    return body + f',"hash":"{seal.of(body)}"}}\n'.encode()


def parsed(line: bytes) -> Line | None:
    """Return the record that a line is, or None for one that is none; whether its hash is right is another matter."""
    end = _ENDS.search(line)
    if end is None:
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("chain"), str):
        return None
    seq = fields.get("seq")
    is_number = isinstance(seq, int) and not isinstance(seq, bool) and seq > 0
    return Line(fields, end[1].decode(), line[: end.start()]) if is_number and "prev" in fields else None


def parsed_head(raw: bytes) -> Line | None:
    """Return what a folder notes as its last record, whose hash is then `prev`, or None where that is nothing."""
    return parsed(raw.rstrip(b"\n").replace(b'"last":', b'"prev":', 1))
