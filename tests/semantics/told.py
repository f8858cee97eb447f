"""Answers in a form in which planes can be compared: uids and versions by the order in which they came, no times."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

Body = dict[str, Any]

ANSWERS = Path(__file__).with_name("answers.json")
MANIFESTS = Path(str(files("fabgitops_operator"))) / "manifests"

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_VERSIONS = re.compile(r"(?<=in record \()\d+(?=\))")

_UNLIKE = (
    (re.compile(r"(?<= is invalid: )\[.*\]$", re.DOTALL), "[…]"),  # in any order; the causes say the same
    (re.compile(r"(UPPER-|x_)[a-z0-9]{5}"), r"\1<five>"),
    (re.compile(r'Invalid value: "\{.*\}":', re.DOTALL), 'Invalid value: "{…}":'),
    (re.compile(r"StorageError: .* AdditionalErrorMsg: "), ""),
    (re.compile(r"(Object 'Kind' is missing).*", re.DOTALL), r"\1"),
    (re.compile(r"(error in our request): .*", re.DOTALL), r"\1"),
    (re.compile(r'(?<= as )"[^"]*07:00"'), "a time"),
)
"""Where the store says the same in fewer words, or says more."""


class Told:
    """Puts the answers of one case into that form."""

    def __init__(self) -> None:
        self._uids: dict[str, str] = {}
        self._versions: dict[str, str] = {}

    def told(self, code: int, body: Body) -> Body:
        """Return an answer as it is compared."""
        if body.get("kind") == "Status":
            return {"code": code, **self._status(body)}
        return {"code": code, "object": self._object(body)}

    def _status(self, body: Body) -> Body:
        kept: Body = {key: self._text(body[key]) for key in ("status", "reason", "message") if key in body}
        details = {key: value for key, value in (body.get("details") or {}).items() if key != "causes"}
        causes = [
            [each.get(key, "") for key in ("field", "reason", "message")]
            for each in (body.get("details") or {}).get("causes", [])
        ]
        if kept.get("status") == "Success":
            kept.pop("message", None)
        kept["details"] = {key: self._text(value) for key, value in details.items()}
        if causes:
            kept["causes"] = sorted({tuple(self._text(part) for part in each) for each in causes})
        return kept

    def _object(self, body: Body) -> Body:
        metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
        version = str(metadata.get("resourceVersion"))
        self._versions.setdefault(version, f"v{len(self._versions) + 1}")
        metadata["resourceVersion"] = self._versions[version]
        for key in ("uid", "creationTimestamp", "deletionTimestamp"):
            if key in metadata:
                metadata[key] = self._text(metadata[key])
        return {**body, "metadata": metadata}

    def _text(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        value = _TIME.sub("<time>", value)
        value = _VERSIONS.sub("<version>", value)
        for unlike, alike in _UNLIKE:
            value = unlike.sub(alike, value)
        return _UID.sub(lambda found: self._uids.setdefault(found[0], f"<uid {len(self._uids) + 1}>"), value)
