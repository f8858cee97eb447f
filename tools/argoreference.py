"""The reference of Argo Rollouts' kinds as a page: what becomes here of each field of a manifest, and of a status.

It is read off the tables by which manifests are read: a field is taken, holds anyway, or is refused with what to use
instead, in the words that the operator says.
"""

from collections.abc import Iterator, Mapping, Sequence
from inspect import getclosurevars
from typing import Any

from fabgitops_core.api.argo import refs, rollout, steps, strategies, templates, traffic
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.argo.reading import Place, Table, Take, Told, met
from fabgitops_core.api.crd import definition

_BELOW: Mapping[Take, Table] = {
    rollout._workload_ref: rollout._REF,
    strategies.strategy: strategies._WAYS,
    strategies._canary: strategies._CANARY,
    strategies._blue_green: strategies._BLUE_GREEN,
    steps.steps: steps.STEP,
    traffic.routing: traffic._TRAFFIC,
    traffic._plugins: {traffic.PLUGIN: traffic._gateway},
    traffic._gateway: traffic._PLUGIN,
    refs._templates: refs._TEMPLATE,
    refs._value_from: refs._VALUE_FROM,
    refs._field_ref: refs._FIELD_REF,
    templates._prometheus: templates._PROMETHEUS,
}
"""The fields of what is read by a function of its own."""

_LISTS = {steps.steps, refs._templates}
_ROUTES = "an item of `gatewayAPI.routes` of ours"
_NOTES: Mapping[str, str] = {
    "replicas": "taken; 1 when not given, which is not written into the manifest",
    "workloadRef.kind": f"Deployment is taken; else **refused**: {rollout._DEPLOYMENT}",
    "templates[].clusterScope": "taken: true is for a ClusterAnalysisTemplate",
    **{f"plugins.{traffic.PLUGIN}.{name}": f"taken, as {_ROUTES}" for name in ("httpRoute", "grpcRoute")},
    "metrics[].consecutiveSuccessLimit": f"0 is taken; else **refused**: {templates._SUCCESSES}",
    "metrics[].provider.web.method": f"GET is taken; else **refused**: {templates._METHOD}",
    **{
        f"metrics[].provider.{provider}.authentication": f"**refused**: {templates._AUTHENTICATION}"
        for provider in ("prometheus", "web")
    },
}
_HEAD = """\
<!-- Made from the tables in fabgitops-core by tools/argoreference.py: change those, not this. -->

# Argo Rollouts reference

What becomes of each field of a manifest of `argoproj.io/v1alpha1` where [an operator of ours]({guide}) looks after \
it. A field that is taken means what it means in a [Rollout](rollout.md) or an \
[AnalysisTemplate](analysistemplate.md) of `fabgitops.io/v1`, which have the same names. One that is refused stops \
the whole Rollout before anything of it is done (condition Stalled, phase Degraded), and the message says what \
stands here; so does `fabctl validate`. What is not on this page is refused as unknown. The definitions of the kinds \
keep every field, so that none is lost before it is read.

null, and an empty text, list or `false` where the field is refused, are taken for a field that is not there.
"""
_STATUS = """
## Status of a Rollout

All that the operator goes on from stands in `status.fabgitops`, which is the status of a \
[Rollout](rollout.md#status) of ours. The others say the same in the words of Argo Rollouts, for its tools. What \
somebody changes in them is a word: those fields say so.
"""


def page() -> str:
    """Return the page, in Markdown."""
    ways = strategies._WAYS
    sections = (
        ("Rollout: spec", _rows("", rollout._SPEC, without=("strategy",))),
        ("spec.strategy", _rows("", ways, without=("canary", "blueGreen"))),
        ("spec.strategy.canary", _rows("", strategies._CANARY, without=("steps", "trafficRouting"))),
        ("spec.strategy.canary.steps[]", _rows("", steps.STEP)),
        ("spec.strategy.canary.trafficRouting", _rows("", traffic._TRAFFIC)),
        ("spec.strategy.blueGreen", _rows("", strategies._BLUE_GREEN)),
        ("Analyses", _rows("", _table_of(refs.background))),
        ("AnalysisTemplate and ClusterAnalysisTemplate: spec", _rows("", templates._SPEC)),
    )
    told = "".join(f"\n## {title}\n{_intro(title)}\n{_table(rows)}" for title, rows in sections)
    head = _HEAD.format(guide="../guides/argo-rollouts.md#manifests-as-they-stand")
    return f"{head}{told}{_STATUS}\n{''.join(_status())}"


_INTROS = {
    "spec.strategy": "Exactly one of `canary` and `blueGreen`, whose fields follow.",
    "spec.strategy.canary.steps[]": "Each step does exactly one thing.",
    "Analyses": (
        "`analysis` of a canary (only there with `startingStep`) and of a step, `prePromotionAnalysis` and"
        " `postPromotionAnalysis`."
    ),
}


def _intro(title: str) -> str:
    return f"\n{_INTROS[title]}\n" if title in _INTROS else ""


def _table(rows: Iterator[tuple[str, str]]) -> str:
    return "| field | here |\n|---|---|\n" + "".join(f"| `{name}` | {said} |\n" for name, said in rows)


def _rows(above: str, table: Table, without: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield each field with what becomes of it, and those below it; the same again are left to their own section."""
    for name, take in table.items():
        path = f"{above}{name}"
        if name in without:
            continue
        if take in {refs.analyses, refs.background}:
            yield path, "[an analysis](#analyses)"
        elif below := _table_of(take):
            yield from _rows(f"{path}{'[]' if _is_list(take) else ''}.", below)
        else:
            yield path, _NOTES.get(path) or _comes_to(name, take)


def _table_of(take: Take) -> Table:
    """Return the table by which what is below a field is read, an empty one where there is none."""
    found = _BELOW.get(take) or getclosurevars(take).nonlocals.get("table")
    return found or ({} if take not in _many() else traffic._ROUTE)


def _many() -> set[Take]:
    return {traffic._NAMED["httpRoutes"], traffic._NAMED["grpcRoutes"]}


def _is_list(take: Take) -> bool:
    return take in _LISTS or take in _many() or take.__qualname__.startswith("each.")


def _comes_to(name: str, take: Take) -> str:
    """Return what becomes of a field, found out by a value that only what takes everything takes.

    Raises:
        LookupError: It is read by a table that is not known here.
    """
    if take is met:
        return "holds anyway, whatever it says"
    if why := getclosurevars(take).nonlocals.get("why"):
        return f"**refused**: {why}"
    told = Told()
    take(Place(told, (name,)), {"no": "value"})
    if any(len(each.path) > 1 for each in told.problems):
        raise LookupError(f"what is below {name} is read by a table of its own: name that in _BELOW")
    return f"taken; else **refused**: {told.problems[0].reason}" if told.problems else "taken"


def _status() -> Iterator[str]:
    version = definition(ARGO_ROLLOUT)["spec"]["versions"][0]
    yield from _fields("", version["schema"]["openAPIV3Schema"]["properties"]["status"])


def _fields(above: str, schema: Mapping[str, Any]) -> Iterator[str]:
    for name, field in schema["properties"].items():
        yield f"- **`{above}{name}`**: {' '.join(field.get('description', '').split())}\n"
        inner = field.get("items", field)
        if "properties" in inner and name != "fabgitops":
            yield from _fields(f"{above}{name}{'[]' if 'items' in field else ''}.", inner)
