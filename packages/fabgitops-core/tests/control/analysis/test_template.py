"""AnalysisTemplates: what is refused, with its field and column, and what those get who are judged by one."""

from typing import Any

import pytest
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateSpec, AnalysisTemplateStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.control.analysis.template import AnalysisTemplateController
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Notice, Publish
from fabgitops_core.control.events import Due
from fabgitops_core.control.intake import declared
from fabgitops_core.control.kinds import FAMILIES

from .metrics import AT, RATE

FLEET: dict[str, Any] = {"provider": {"fleet": {}}}

REFUSED: list[tuple[Any, str]] = [
    ({"metrics": []}, "spec.metrics: it must have at least one"),
    ({"metrics": [RATE, RATE]}, "spec.metrics[1].name is 'rate': it is there twice"),
    ({"metrics": [{"name": "m", "provider": {}}]}, "say where the metric comes from by exactly one of prometheus, web"),
    (
        {"metrics": [{"name": "m", "provider": {"fleet": {}, "registers": {"expression": "true"}}}]},
        "say where the metric comes from by exactly one of prometheus, web",
    ),
    (
        {"metrics": [{**RATE, "successCondition": "result[0] << 1"}]},
        "spec.metrics[0].successCondition is 'result[0] << 1': '<' does not belong there (column 12)",
    ),
    (
        {"metrics": [{**RATE, "failureCondition": "any(result, {# > limit})"}]},
        "spec.metrics[0].failureCondition is 'any(result, {# > limit})': undeclared reference to 'limit' (column 18)",
    ),
    (
        {"metrics": [{"name": "m", "provider": {"registers": {"expression": "press.temp"}}}]},
        "spec.metrics[0].provider.registers.expression is 'press.temp': undeclared reference to 'press' (column 1)",
    ),
    (
        {"metrics": [{"name": "m", "provider": {"web": {"url": "https://mes", "jsonPath": "{$..errors}"}}}]},
        "spec.metrics[0].provider.web.jsonPath is '{$..errors}': '..errors' is no step of a path (column 3)",
    ),
    (
        {"metrics": [{**RATE, "provider": {"prometheus": {"query": "up{line='{{args.line}}'}"}}}]},
        "spec.metrics[0].provider.prometheus.query is \"up{line='{{args.line}}'}\": the template has no argument line",
    ),
    (
        {"metrics": [{**RATE, "provider": {"prometheus": {"query": "{{ inputs.line }}"}}}]},
        "{{ inputs.line }} is no argument: write {{args.NAME}}",
    ),
    ({"metrics": [{**FLEET, "name": "m", "count": 2}]}, "a metric that is measured more than once needs an interval"),
    (
        {"metrics": [{**RATE, "count": 2, "interval": "0s"}]},
        "spec.metrics[0].interval is '0s': it must be longer than nothing: 1m30s",
    ),
    (
        {"metrics": [{**RATE, "count": 2, "failureLimit": 3}]},
        "count must be at least failureLimit and inconclusiveLimit, or they are never reached",
    ),
    ({"metrics": [RATE], "args": [{"name": "a"}, {"name": "a"}]}, "spec.args[1].name is 'a': it is there twice"),
]


@pytest.mark.parametrize(("spec", "why"), REFUSED, ids=range(len(REFUSED)))
def test_a_template_that_cannot_judge_is_refused(spec: Any, why: str) -> None:
    """What could not be measured or judged is told by its field, and what is no condition by its column."""
    assert why in declared(ANALYSIS_TEMPLATE, {"spec": spec}, AT).problem


def test_an_argument_is_looked_at_when_it_has_a_value() -> None:
    """A condition with arguments is right where it would be with numbers, and is filled in for who has the values."""
    given = {"args": [{"name": "limit", "value": "0.05"}, {"name": "line"}]}
    query = {"prometheus": {"query": 'scrap{line="{{args.line}}"}'}}
    metric = {**RATE, "successCondition": "result[0] < {{ args.limit }}", "provider": query}
    spec = AnalysisTemplateSpec.model_validate({**given, "metrics": [metric]})
    assert spec.missing({}) == ["line"]
    found = spec.resolved(spec.metrics[0], {"line": "7"})
    assert found.success_condition == "result[0] < 0.05"
    assert found.provider.prometheus is not None
    assert found.provider.prometheus.query == 'scrap{line="7"}'
    assert spec.resolved(spec.metrics[0], {"line": "7", "limit": "1"}).success_condition == "result[0] < 1"


def test_who_is_judged_gets_the_template_or_why_there_is_none() -> None:
    """A valid template is offered and says so; one that is not says why, on itself and to who asks for it."""
    controller = AnalysisTemplateController()
    key = Key(ANALYSIS_TEMPLATE.name, "plant", "checks")
    state, _ = controller.step(controller.start(key), declared(ANALYSIS_TEMPLATE, {"spec": {"metrics": [RATE]}}, AT))
    state, commands = controller.step(state, Due(AT, PASS))
    assert [type(each) for each in commands] == [Publish]
    assert isinstance(controller.offer(state)[0], AnalysisTemplateSpec)
    wrong = {"spec": {"metrics": [{**RATE, "successCondition": "reslt < 1"}]}, "metadata": {"generation": 2}}
    state, commands = controller.step(state, declared(ANALYSIS_TEMPLATE, wrong, AT))
    told = next(each.status for each in commands if isinstance(each, Publish))
    assert isinstance(told, AnalysisTemplateStatus)
    ready = told.conditions[0]
    assert (told.observed_generation, ready.status, ready.reason) == (2, "False", "InvalidSpec")
    assert "undeclared reference to 'reslt' (column 1)" in ready.message
    assert [each.message for each in commands if isinstance(each, Notice)] == [ready.message]
    assert controller.offer(state) == (None, ready.message)


def test_two_operators_say_the_same_of_a_template() -> None:
    """Changes of two families are judged by one template, each by an operator: who comes second has nothing to write.

    Where both come at once each writes once, and what stands there last was said by both.
    """
    key, body = Key(ANALYSIS_TEMPLATE.name, "plant", "checks"), {"spec": {"metrics": [RATE]}}
    stored: list[dict[str, Any]] = [{}, {}]
    said = []
    for family, before in zip(("setpoints", "delivery", "delivery"), (None, None, "first"), strict=True):
        (controller,) = [each for each in FAMILIES[family] if each.kind.name == ANALYSIS_TEMPLATE.name]
        found = {**body, "status": stored[0]} if before else body
        state, _ = controller.step(controller.start(key), declared(ANALYSIS_TEMPLATE, found, AT))
        _, commands = controller.step(state, Due(AT, PASS))
        told = [each.status for each in commands if isinstance(each, Publish)]
        stored[0] = told[0].model_dump(mode="json", by_alias=True, exclude_none=True) if told else stored[0]
        said.append(told)
    assert said[0] == said[1] != []
    assert said[2] == []
