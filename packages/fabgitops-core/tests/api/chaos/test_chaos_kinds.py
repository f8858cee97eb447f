"""What may be declared of chaos: the models and the rules in the definitions say the same."""

from typing import Any

import pytest
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT, ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import CHAOS_POLICY, ChaosPolicySpec
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE, ChaosScheduleSpec
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.refusals import sentences
from pydantic import ValidationError

from .manifests import PLCS, PROBE, REFUSED, TAKEN, Spec, aimed, experiment, probed

KINDS = (CHAOS_EXPERIMENT, CHAOS_SCHEDULE, CHAOS_POLICY)
DEFINED = Admission({kind.name: definition(kind) for kind in KINDS}, ())


def judged(kind: Kind, spec: Spec, old: Spec | None = None, name: str = "default") -> Judged:
    """Return what the API server makes of an object, new or changed."""

    def body(of: Spec) -> dict[str, Any]:
        about = {"name": name, "namespace": "plant", "uid": "u"}
        return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": about, "spec": of}

    operation = "CREATE" if old is None else "UPDATE"
    return DEFINED.judge(kind.name, body(spec), None if old is None else body(old), operation)


def said(of: Judged) -> str:
    """Return all that is said against an object."""
    return "; ".join(f"{cause.field}: {cause.message}" for cause in of.causes)


def stored(spec: Spec) -> Spec:
    """Return a spec as the API server stores it, with its defaults."""
    kept: Spec = judged(CHAOS_EXPERIMENT, spec).body["spec"]
    return kept


@pytest.mark.parametrize("name", TAKEN)
def test_what_makes_sense_is_taken(name: str) -> None:
    """Who writes an experiment as the reference says it is refused nothing, by the API server or by the operator."""
    assert said(judged(CHAOS_EXPERIMENT, TAKEN[name])) == ""
    assert ChaosExperimentSpec.model_validate(TAKEN[name]) == ChaosExperimentSpec.model_validate(stored(TAKEN[name]))


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_none_is_refused_with_a_reason(name: str) -> None:
    """The API server and the operator refuse the same, and both say the field and what to write instead."""
    spec, why = REFUSED[name]
    assert why in said(judged(CHAOS_EXPERIMENT, spec))
    with pytest.raises(ValidationError) as caught:
        ChaosExperimentSpec.model_validate(spec)
    assert why in sentences(caught.value)


def test_a_run_says_all_beforehand() -> None:
    """A stored experiment is one run: nothing of it can be changed but abort, and that only once."""
    before = stored(probed())
    for changed in (
        {**before, "scenario": {"cpuStress": {}}},
        {**before, "target": {**before["target"], "mode": "all"}},
        {**before, "durationSecs": 61},
        {**before, "startDeadlineSecs": 61},
        {**before, "probes": []},
        {key: value for key, value in before.items() if key != "probes"},
    ):
        assert "cannot be changed, an experiment is one run" in said(judged(CHAOS_EXPERIMENT, changed, before))
    ended = {**before, "abort": True}
    assert said(judged(CHAOS_EXPERIMENT, ended, before)) == ""
    for again in ({**before, "abort": False}, before):
        assert "does not go on: make another" in said(judged(CHAOS_EXPERIMENT, again, ended))


def test_a_target_does_not_vanish_from_a_run() -> None:
    """A stored experiment keeps its target, whatever else is changed with it."""
    before = stored(experiment())
    late = experiment({"apiLatency": {"delayMillis": 5}}, None)
    assert "target cannot be changed" in said(judged(CHAOS_EXPERIMENT, late, before))


def test_probes_have_names_of_their_own() -> None:
    """Two probes of one name are refused: nobody could tell whose answers the status shows."""
    spec = experiment(probes=[PROBE, PROBE])
    assert "probes[1]" in said(judged(CHAOS_EXPERIMENT, spec))
    with pytest.raises(ValidationError) as caught:
        ChaosExperimentSpec.model_validate(spec)
    assert "another probe has this name" in sentences(caught.value)


def test_a_condition_that_means_nothing_is_refused() -> None:
    """A probe whose condition cannot be evaluated is refused with what is wrong with it."""
    query = {"query": "up", "condition": "result[0] <"}
    with pytest.raises(ValidationError) as caught:
        ChaosExperimentSpec.model_validate(experiment(probes=[{"name": "p", "prometheus": query}]))
    assert "spec.probes[0].prometheus.condition" in sentences(caught.value)


def test_a_schedule_takes_a_changed_template() -> None:
    """What the next runs are may be changed, as an experiment may not."""
    before = {"schedule": "0 3 * * 1", "template": {"spec": experiment()}}
    after = {**before, "template": {"spec": aimed(mode="all")}}
    assert said(judged(CHAOS_SCHEDULE, after, before)) == ""
    assert ChaosScheduleSpec.model_validate(after).template.spec.duration_secs == 60


@pytest.mark.parametrize(("field", "value"), [("schedule", "0 25 * * *"), ("timeZone", "Europe/Berlina")])
def test_a_schedule_that_means_nothing_is_refused(field: str, value: str) -> None:
    """A schedule that never comes, or a place that nobody knows, is told of by its field."""
    spec = {"schedule": "0 3 * * 1", "template": {"spec": experiment()}, field: value}
    with pytest.raises(ValidationError) as caught:
        ChaosScheduleSpec.model_validate(spec)
    assert f"spec.{field} is {value!r}" in sentences(caught.value)


def test_there_is_one_policy_and_it_allows_nothing_by_itself() -> None:
    """A policy has one name, is the cluster's, and says no to what it does not name."""
    assert said(judged(CHAOS_POLICY, {"enabled": True})) == ""
    assert "call it default" in said(judged(CHAOS_POLICY, {}, name="mine"))
    assert definition(CHAOS_POLICY)["spec"]["scope"] == "Cluster"
    assert {definition(kind)["spec"]["scope"] for kind in KINDS[:2]} == {"Namespaced"}
    nothing = ChaosPolicySpec.model_validate({})
    assert (nothing.enabled, nothing.scenarios, nothing.real_plcs, nothing.allow_self) == (False, (), False, False)


def test_which_of_seven_was_chosen() -> None:
    """A scenario is known by the name that its user wrote."""
    for spec, name in (
        (experiment(), "podKiller"),
        (experiment({"plcDrift": {"register": "speed", "value": 1}}, PLCS), "plcDrift"),
        (experiment({"apiLatency": {"delayMillis": 5}}, None), "apiLatency"),
    ):
        assert ChaosExperimentSpec.model_validate(spec).scenario.chosen[0] == name
