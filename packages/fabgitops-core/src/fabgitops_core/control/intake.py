"""From an object as the API or a file gives it to the event that tells a controller of it.

Nothing here raises for what a user wrote: one object that does not parse says so on itself and disturbs no other.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import FORCE_AT, GROUP, NOTHING, REQUESTED_AT, ApiModel
from fabgitops_core.api.refusals import sentences
from fabgitops_core.control.events import Declared, SyncRequest

MOST_SHARED = 4096
"""So many different sets of labels are kept once for all who carry the same."""


def declared(kind: Kind, body: Mapping[str, Any], at: datetime, *, led: bool = False) -> Declared[Any, Any]:
    """Return what an object of `kind` declares; a spec that does not parse becomes its `problem`.

    Its labels are among it where such are `led`, or the kind is described.
    """
    metadata = _mapping(body.get("metadata"))
    annotations = _mapping(metadata.get("annotations"))
    spec, problem = _spec(kind, body.get("spec"))
    return Declared(
        at=at,
        generation=generation_of(body),
        spec=spec,
        problem=problem,
        request=_request(annotations),
        status=status_of(kind, body),
        uid=_text(metadata.get("uid")),
        created=_text(metadata.get("creationTimestamp")),
        annotations=_texts(annotations) or NOTHING if kind.described else _ours(annotations),
        leaving="deletionTimestamp" in metadata,
        labels=_labels(metadata) if led or kind.described else NOTHING,
        lasting=_lasting(kind, body.get("spec")) if spec is None else None,
        rival=_rival(kind, metadata),
        finalizers=tuple(filter(None, map(_text, _sequence(metadata.get("finalizers"))))),
    )


def generation_of(body: Mapping[str, Any]) -> int:
    """Return the `metadata.generation` of an object, 0 where it has none."""
    generation = _mapping(body.get("metadata")).get("generation")
    return generation if isinstance(generation, int) and generation > 0 else 0


def looked_at(kind: Kind, body: Mapping[str, Any], *, led: bool = False) -> tuple[Any, ...]:
    """Return all that decisions look at of an object but its status: where it is the same, so is what is declared.

    Labels are among it where objects of the kind are `led`, and all of both where it is described.
    """
    metadata = _mapping(body.get("metadata"))
    annotations = _mapping(metadata.get("annotations"))
    return (
        metadata.get("generation"),
        *map(annotations.get, (REQUESTED_AT, FORCE_AT, *kind.annotations)),
        "deletionTimestamp" in metadata,
        body.get("spec"),
        *((metadata.get("labels"),) if led or kind.described else ()),
        *((annotations,) if kind.described else ()),
        *((_rival(kind, metadata),) if kind.rival else ()),
    )


def _spec(kind: Kind, raw: object) -> tuple[ApiModel | None, str]:
    try:
        return kind.spec.model_validate(raw if raw is not None else {}), ""
    except ValidationError as error:
        return None, sentences(error)
    except RecursionError:
        return None, "spec is nested too deeply to be looked into: nothing in it holds lists of lists"


def _lasting(kind: Kind, raw: object) -> ApiModel | None:
    """Return what counts of a spec that does not parse as a whole; None where that does not parse either."""
    if kind.lasting is None:
        return None
    name, model = kind.lasting
    try:
        return model.model_validate(_mapping(raw).get(name))
    except (ValidationError, RecursionError):
        return None


def status_of(kind: Kind, body: Mapping[str, Any]) -> ApiModel | None:
    """Return the stored status; one that somebody spoilt counts for nothing, as only we have a word there.

    Half a character (a surrogate alone) is spoilt, too: JSON may name one, and none can be written again.
    """
    raw = body.get("status")
    try:
        status = kind.status.model_validate(raw) if raw and kind.status else None
        json.dumps(raw if status else None, ensure_ascii=False).encode()
    except (ValidationError, RecursionError, UnicodeEncodeError):
        return None
    return status


def _rival(kind: Kind, metadata: Mapping[str, Any]) -> str:
    return kind.rival(metadata.get("managedFields")) if kind.rival else ""


def _request(annotations: Mapping[str, Any]) -> SyncRequest | None:
    token = annotations.get(REQUESTED_AT)
    return SyncRequest(str(token), force=annotations.get(FORCE_AT) == token) if token else None


def _ours(annotations: Mapping[Any, Any]) -> Mapping[str, str]:
    """Return the annotations of our own group, as far as they are texts."""
    texts = _texts(annotations)
    return {name: text for name, text in texts.items() if _is_ours(name.partition("/")[0])} or NOTHING


def _texts(raw: Mapping[Any, Any]) -> dict[str, str]:
    return {name: text for name, text in raw.items() if isinstance(name, str) and isinstance(text, str)}


def _labels(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of an object, as far as they are texts; all who carry the same share them."""
    texts = _texts(_mapping(metadata.get("labels")))
    return _shared(tuple(sorted(texts.items()))) if texts else NOTHING


@lru_cache(maxsize=MOST_SHARED)
def _shared(labels: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return MappingProxyType({sys.intern(name): sys.intern(text) for name, text in labels})


def _is_ours(prefix: str) -> bool:
    """Return whether a prefix is our group, or a part of it."""
    return prefix == GROUP or prefix.endswith(f".{GROUP}")


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _sequence(raw: object) -> Sequence[Any]:
    return raw if isinstance(raw, list) else ()


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}
