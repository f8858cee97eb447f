"""The steps of a canary, as Argo Rollouts says them: each does exactly one thing here."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.reading import Place, Table, each, fields, items, kept, refused, within
from fabgitops_core.api.argo.refs import analyses

_ONE = "a step does exactly one thing: make a step of each"
_NONE = "a step does one thing: setWeight, pause, setCanaryScale, setHeaderRoute or analysis; to wait write pause: {}"
_EXPERIMENT = (
    "experiments are not run: compare versions with the strategy abTesting of a Rollout of fabgitops.io/v1, or judge"
    " the canary by a step analysis"
)
_MIRROR = "requests are not mirrored: send some of them to the canary by setWeight or setHeaderRoute"
_PLUGIN = "step plugins are not run: do it in a Job, and judge by a step analysis with the provider web"

_HEADER: Table = {"headerName": kept, "headerValue": within({"exact": kept, "prefix": kept, "regex": kept})}

STEP: Table = {
    "setWeight": kept,
    "pause": within({"duration": kept}),
    "setCanaryScale": within({"weight": kept, "replicas": kept, "matchTrafficWeight": kept}),
    "setHeaderRoute": within({"name": kept, "match": each(_HEADER)}),
    "analysis": analyses,
    "experiment": refused(_EXPERIMENT),
    "setMirrorRoute": refused(_MIRROR),
    "plugin": refused(_PLUGIN),
}


def steps(at: Place, raw: Any) -> dict[str, Any]:
    """Take the steps of a canary."""
    return {at.name: [_step(at.of(place), item) for place, item in items(at, raw)]}


def _step(at: Place, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        return at.refuse(raw, _NONE)
    said = [name for name, value in raw.items() if value is not None]
    if len(said) != 1:
        return at.refuse(", ".join(map(str, said)), _ONE if said else _NONE)
    return fields(at, raw, STEP)
