"""Which analyses judge a change, as Argo Rollouts says it: templates, cluster-wide ones too, and their arguments."""

import re
from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.reading import Place, Table, each, fields, kept, refused, within

_FIELD = re.compile(r"metadata\.(?:(?P<plain>name|namespace|uid)|(?P<map>labels|annotations)\['(?P<key>[^']+)'\])")
_BOTH = "this name stands for a template of the namespace and for a cluster-wide one: give the two different names"
_DRY_RUN = (
    "a metric always counts here: try it by fabctl rollout analyze, or give it a count, failureLimit and"
    " inconclusiveLimit -1, and a great consecutiveErrorLimit in its template instead"
)
_RETENTION = "the last ten measurements of each metric are kept, and nothing else can be said: leave it out"
_RUN_METADATA = "an AnalysisRun has the labels of Argo Rollouts and of the operator alone: leave it out"
_NO_HASHES = "the hashes of revisions are not known here: give the argument a value"
_NO_FIELD = "it must be metadata.name, .namespace, .uid, .labels['KEY'] or .annotations['KEY'] of the Rollout"
_NOT_THERE = "the Rollout has no such field: give it one, or give the argument a value"
_WHICH = "it must be Stable or Latest"


_TEMPLATE: Table = {"templateName": kept, "clusterScope": kept}


def _template(at: Place, raw: Any) -> dict[str, Any]:
    """Take the reference to one template, and note whether it is cluster-wide."""
    made = fields(at, raw, _TEMPLATE)
    wide = made.pop("clusterScope", False)
    if not isinstance(wide, bool):
        return at.of("clusterScope").refuse(wide, "it must be true or false")
    name = str(made.get("templateName"))
    if at.told.templates.setdefault(name, wide) is not wide:
        return at.of("templateName").refuse(name, _BOTH)
    return made


def _templates(at: Place, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, list):
        return {at.name: raw}
    return {at.name: [_template(at.of(place), item) for place, item in enumerate(raw)]}


def _hash(at: Place, raw: Any) -> dict[str, Any]:
    if raw not in ("Stable", "Latest"):
        return at.refuse(raw, _WHICH)
    known, at.told.by_hash = at.told.hashes, True
    if known is None:
        return at.refuse(raw, _NO_HASHES)
    if at.told.symbolic:
        return {"value": raw}
    return {"value": known.stable if raw == "Stable" else known.latest}


def _field_path(at: Place, raw: Any) -> dict[str, Any]:
    """Take the value of a field of the Rollout's metadata, as it stands now."""
    found = _FIELD.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        return at.refuse(raw, _NO_FIELD)
    metadata, key = at.told.metadata, found["plain"] or found["key"]
    holder = metadata.get(found["map"]) if found["map"] else metadata
    value = holder.get(key) if isinstance(holder, Mapping) else None
    at.told.by_field = True
    if not isinstance(value, str):
        return at.refuse(raw, _NOT_THERE)
    return {"value": raw if at.told.symbolic else value}


_FIELD_REF: Table = {"fieldPath": _field_path}


def _field_ref(at: Place, raw: Any) -> dict[str, Any]:
    return fields(at, raw, _FIELD_REF)


_VALUE_FROM: Table = {"podTemplateHashValue": _hash, "fieldRef": _field_ref}


def _value_from(at: Place, raw: Any) -> dict[str, Any]:
    return fields(at, raw, _VALUE_FROM)


ANALYSES: Table = {
    "templates": _templates,
    "args": each({"name": kept, "value": kept, "valueFrom": _value_from}),
    "dryRun": refused(_DRY_RUN),
    "measurementRetention": refused(_RETENTION),
    "analysisRunMetadata": refused(_RUN_METADATA),
}
"""What judges a step, or a blue-green."""

analyses = within(ANALYSES)
background = within({**ANALYSES, "startingStep": kept})
