"""What of an AnalysisTemplate of Argo Rollouts is taken as it is, and what is refused in which words."""

from typing import Any

import pytest
from fabgitops_core.api.argo.reading import UNKNOWN
from fabgitops_core.api.argo.templates import PROMETHEUS_TIMEOUT_SECS, template_taken

from .manifests import refused

PROMETHEUS = {"prometheus": {"address": "http://prometheus:9090", "query": "sum(errors{app='{{args.app}}'})"}}
METRIC: dict[str, Any] = {"name": "errors", "successCondition": "result[0] < 0.05", "provider": PROMETHEUS}


def of(**said: Any) -> dict[str, Any]:
    """Return a template with one metric that says more, or something else."""
    return {"args": [{"name": "app"}], "metrics": [{**METRIC, **said}]}


def test_a_template_is_taken_as_it_is_written() -> None:
    """Metrics, limits that are texts, and conditions of Argo Rollouts mean the same here."""
    spec = template_taken(of(interval="1m", count="5", failureLimit="2", successCondition="result[0] < 1 and true"))
    metric = spec.metrics[0]
    assert (metric.count, metric.failure_limit, metric.interval) == (5, 2, "1m")
    assert metric.success_condition == "result[0] < 1 and true"


def test_prometheus_has_as_long_as_there() -> None:
    """A query of Prometheus may take 30 seconds where the template says nothing, as with Argo Rollouts."""
    found = template_taken(of()).metrics[0].provider.prometheus
    assert found is not None
    assert found.timeout == PROMETHEUS_TIMEOUT_SECS


def test_what_says_nothing_is_taken() -> None:
    """Zeros and empty fields that stand for nothing said are taken."""
    authentication: dict[str, Any] = {"sigv4": {}, "oauth2": {}}
    prometheus = {**PROMETHEUS["prometheus"], "insecure": False, "authentication": authentication, "headers": []}
    said = of(count=0, consecutiveSuccessLimit=0, provider={"prometheus": prometheus})
    assert template_taken({**said, "dryRun": []}).metrics[0].count is None


def test_a_web_document_is_taken() -> None:
    """The provider web is taken with its headers, its path and its time."""
    web = {
        "url": "http://x/{{args.app}}",
        "headers": [{"key": "A", "value": "b"}],
        "jsonPath": "{$.ok}",
        "method": "GET",
    }
    found = template_taken(of(provider={"web": {**web, "timeoutSeconds": 0}})).metrics[0].provider.web
    assert found is not None
    assert (found.url, found.json_path, found.timeout_seconds) == (web["url"], "{$.ok}", 10)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"provider": {"job": {"spec": {}}}}, "provider.job: Jobs are not run"),
        ({"provider": {"datadog": {"query": "q"}}}, "provider.datadog: a metric comes from prometheus or web"),
        ({"provider": {"registers": {"expression": "1"}}}, f"provider.registers: {UNKNOWN}"),
        ({"provider": {"web": {"url": "http://x", "method": "POST"}}}, "provider.web.method is 'POST': a document is"),
        ({"provider": {"web": {"url": "http://x", "insecure": True}}}, "provider.web.insecure is True: certificates"),
        (
            {"provider": {"web": {"url": "http://x", "jsonBody": {"a": 1}}}},
            "provider.web.jsonBody: a document is asked",
        ),
        ({"provider": {"prometheus": {"query": "q", "rangeQuery": {}}}}, "provider.prometheus.rangeQuery: a query is"),
        (
            {"provider": {"prometheus": {"query": "q", "authentication": {"oauth2": {"clientId": "a"}}}}},
            "provider.prometheus.authentication: nobody is authenticated to it",
        ),
        ({"count": "{{args.app}}"}, "count is '{{args.app}}': it must be a number"),
        ({"consecutiveSuccessLimit": 3}, "consecutiveSuccessLimit is 3: a number of successes in a row"),
        ({"threshold": 3}, f"threshold is 3: {UNKNOWN}"),
        ({"successCondition": "result ?? 1"}, "successCondition is 'result ?? 1': '??'"),
    ],
)
def test_what_is_not_done_in_a_metric_is_refused_by_name(said: dict[str, Any], told: str) -> None:
    """Each field of a metric that is not done is named: no change is judged by less than was asked for."""
    assert refused(lambda: template_taken(of(**said))).startswith(f"spec.metrics[0].{told}")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"args": [{"name": "app", "valueFrom": {"secretKeyRef": {"name": "a"}}}]}, "args[0].valueFrom.secretKeyRef"),
        ({"args": [{"name": "app", "valueFrom": {"fieldRef": {}}}]}, "args[0].valueFrom.fieldRef: say it in"),
        ({"dryRun": [{"metricName": "errors"}]}, "dryRun is [{'metricName': 'errors'}]: a metric always counts"),
        ({"templates": [{"templateName": "a"}]}, "templates is [{'templateName': 'a'}]: a template does not name"),
        ({"measurementRetention": [{"metricName": "a", "limit": 3}]}, "measurementRetention is"),
    ],
)
def test_what_is_not_done_in_a_template_is_refused_by_name(said: dict[str, Any], told: str) -> None:
    """So is each field of the template itself."""
    assert refused(lambda: template_taken({**of(), **said})).startswith(f"spec.{told}")
