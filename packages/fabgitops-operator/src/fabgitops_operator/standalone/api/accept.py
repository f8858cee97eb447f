"""What a client takes for an answer: the object itself, a Table of it, or its metadata alone."""

from dataclasses import dataclass
from enum import Enum

from fabgitops_operator.standalone.store import RefusedError, refusal


class Shape(Enum):
    """What an answer is made of."""

    OBJECT = "the objects as they are"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"


@dataclass(frozen=True, slots=True)
class Form:
    """A shape, and the version of meta.k8s.io that the client knows it by."""

    shape: Shape
    version: str = "v1"


_SHAPES = {
    "": Shape.OBJECT,
    "Table": Shape.TABLE,
    "PartialObjectMetadata": Shape.METADATA,
    "PartialObjectMetadataList": Shape.METADATA,
}
_ANYTHING = {"*/*", "application/*", "application/json"}


def form(header: str) -> Form:
    """Return the first form of an Accept header that is served here.

    Raises:
        RefusedError: There is none (406).
    """
    for each in media_types(header or "*/*"):
        found = _form(*each)
        if found is not None:
            return found
    raise not_acceptable()


def media_types(header: str) -> list[tuple[str, dict[str, str]]]:
    """Return the types of an Accept header with their parameters, the most wanted first."""
    read = [_media_type(part) for part in header.split(",") if part.strip()]
    return sorted(read, key=lambda each: -_quality(each[1]))


def not_acceptable() -> RefusedError:
    """Return the refusal of whoever takes nothing that is served here."""
    return refusal(406, "NotAcceptable", "only the following media types are accepted: application/json")


def _form(name: str, parameters: dict[str, str]) -> Form | None:
    if name not in _ANYTHING or _quality(parameters) == 0:
        return None
    shape, version = parameters.get("as", ""), parameters.get("v", "v1")
    if shape not in _SHAPES or (shape and parameters.get("g") != "meta.k8s.io"):
        return None
    if version not in {"v1", "v1beta1"}:
        return None
    return Form(_SHAPES[shape], version)


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = (part.strip() for part in text.split(";"))
    return name.lower(), dict(part.split("=", 1) for part in rest if "=" in part)


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
