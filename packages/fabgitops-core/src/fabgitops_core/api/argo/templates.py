"""AnalysisTemplates of Argo Rollouts, cluster-wide ones too, as ours.

Conditions stay as they are written: those of expr-lang are read as CEL where they have a counterpart there.
"""

from typing import Any

from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.api.argo.reading import Place, Table, Told, each, fields, kept, refused, within
from fabgitops_core.api.refusals import refuse

PROMETHEUS_TIMEOUT_SECS = 30
"""How long Argo Rollouts waits for Prometheus where nothing is said (its API documentation, PrometheusMetric)."""

_PROVIDERS = ("cloudWatch", "datadog", "graphite", "influxdb", "job", "kayenta", "newRelic", "plugin", "skywalking")
_INSTEAD = "a metric comes from prometheus or web: ask it there, by its HTTP API or an exporter"
_JOB = "Jobs are not run: let it serve its verdict as JSON, and ask by the provider web"
_NO_KEY = "Secrets are not read: give the argument a value, or ask by way of a proxy that authenticates"
_LATER = "say it in spec.…analysis.args of the Rollout, which is what a template is filled in for"
_DRY_RUN = (
    "a metric always counts here: try it by fabctl rollout analyze, or give it a count, failureLimit and"
    " inconclusiveLimit -1, and a great consecutiveErrorLimit instead"
)
_RETENTION = "the last ten measurements of each metric are kept, and nothing else can be said: leave it out"
_TEMPLATES = "a template does not name others: name them all in the analysis of the Rollout"
_INSECURE = "certificates are always verified: the operator is told the authority of its Prometheus by --prometheus-ca"
_AUTHENTICATION = "nobody is authenticated to it: ask by way of a proxy that does"
_HEADERS = "Prometheus is asked without headers of one's own: ask by way of a proxy, or by the provider web"
_RANGE = "a query is about one moment: say max_over_time or avg_over_time in it"
_METHOD = "a document is asked for by GET alone"
_SUCCESSES = "a number of successes in a row is not counted: say count, and the failures that are bearable"
_NUMBER = "it must be a number: an argument cannot stand there"


def _number(at: Place, raw: Any) -> dict[str, Any]:
    """Take a number, which may be written as a text."""
    if not isinstance(raw, str):
        return kept(at, raw)
    return {at.name: int(raw)} if raw.removeprefix("-").isdecimal() and len(raw) < 10 else at.refuse(raw, _NUMBER)


def _positive(at: Place, raw: Any) -> dict[str, Any]:
    """Take a number; 0 is what stands for nothing said."""
    made = _number(at, raw)
    return {} if made.get(at.name) == 0 else made


def _no_successes(at: Place, raw: Any) -> dict[str, Any]:
    return {} if _number(at, raw).get(at.name, 0) == 0 else at.refuse(raw, _SUCCESSES)


def _nobody(at: Place, raw: Any) -> dict[str, Any]:
    """Take it when it says nothing: Argo Rollouts writes empty mappings."""
    said = raw and (not isinstance(raw, dict) or any(raw.values()))
    return at.refuse(None, _AUTHENTICATION) if said else {}


def _get(at: Place, raw: Any) -> dict[str, Any]:
    return {} if raw in ("", "GET") else at.refuse(raw, _METHOD)


_PROMETHEUS: Table = {
    "address": kept,
    "query": kept,
    "timeout": _positive,
    "insecure": refused(_INSECURE),
    "authentication": _nobody,
    "headers": refused(_HEADERS),
    "rangeQuery": refused(_RANGE),
}
_WEB: Table = {
    "url": kept,
    "jsonPath": kept,
    "headers": each({"key": kept, "value": kept}),
    "timeoutSeconds": _positive,
    "method": _get,
    "body": refused(_METHOD),
    "jsonBody": refused(_METHOD),
    "insecure": refused(_INSECURE),
    "authentication": _nobody,
}


def _prometheus(at: Place, raw: Any) -> dict[str, Any]:
    return {at.name: {"timeout": PROMETHEUS_TIMEOUT_SECS, **fields(at, raw, _PROMETHEUS)}}


_PROVIDER: Table = {
    "prometheus": _prometheus,
    "web": within(_WEB),
    **dict.fromkeys((*_PROVIDERS, "wavefront"), refused(_INSTEAD)),
    "job": refused(_JOB),
}
_METRIC: Table = {
    "name": kept,
    "interval": kept,
    "initialDelay": kept,
    "count": _positive,
    "successCondition": kept,
    "failureCondition": kept,
    "failureLimit": _number,
    "inconclusiveLimit": _number,
    "consecutiveErrorLimit": _number,
    "consecutiveSuccessLimit": _no_successes,
    "provider": within(_PROVIDER),
}
_VALUE_FROM: Table = {"secretKeyRef": refused(_NO_KEY), "fieldRef": refused(_LATER)}
_SPEC: Table = {
    "args": each({"name": kept, "value": kept, "valueFrom": within(_VALUE_FROM)}),
    "metrics": each(_METRIC),
    "dryRun": refused(_DRY_RUN),
    "measurementRetention": refused(_RETENTION),
    "templates": refused(_TEMPLATES),
}


def template_taken(spec: Any) -> AnalysisTemplateSpec:
    """Return the spec of an AnalysisTemplate, or of a ClusterAnalysisTemplate, of Argo Rollouts as one of ours.

    Raises:
        ValidationError: Something of it is not done here, or is not valid; each by its path in the manifest, with the
            reason and what to use instead.
    """
    told = Told()
    made = fields(Place(told), spec, _SPEC)
    refuse("AnalysisTemplate", told.problems)
    return AnalysisTemplateSpec.model_validate(made)
