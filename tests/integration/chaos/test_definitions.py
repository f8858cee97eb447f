"""The definitions of chaos on a real API server: it takes them, and says of objects what is said here."""

import json
import runpy
from pathlib import Path
from typing import Any

import httpx
import pytest
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind

from .conftest import KINDS, path_of

pytestmark = pytest.mark.integration

CORPUS = runpy.run_path(str(Path(__file__).parents[3] / "packages/fabgitops-core/tests/api/chaos/manifests.py"))
DEFINED = Admission({kind.name: definition(kind) for kind in KINDS}, ())

Causes = list[tuple[str, str]]


def body_of(kind: Kind, spec: Any, name: str = "default") -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "spec": spec}


def theirs(answer: httpx.Response) -> Causes:
    """Return what the API server says against an object."""
    if answer.is_success:
        return []
    causes = json.loads(answer.text)["details"]["causes"]
    return sorted((each.get("field", ""), each["message"]) for each in causes)


def ours(judged: Judged) -> Causes:
    """Return what is said here."""
    return sorted((each.field, each.message) for each in judged.causes)


def test_an_experiment_is_judged_as_it_is_here(http: httpx.Client) -> None:
    """The API server refuses the experiments that fabctl and a box without a cluster refuse, in the same words."""
    specs = {**CORPUS["TAKEN"], **{name: spec for name, (spec, _) in CORPUS["REFUSED"].items()}}
    for name, spec in specs.items():
        body = body_of(CHAOS_EXPERIMENT, spec)
        said = theirs(http.post(path_of(CHAOS_EXPERIMENT), params={"dryRun": "All"}, json=body))
        assert said == ours(DEFINED.judge(CHAOS_EXPERIMENT.name, body, None, "CREATE")), name


def test_a_stored_run_cannot_be_changed(http: httpx.Client) -> None:
    """The API server refuses each change of a stored experiment but abort, and takes that back for nobody."""
    body = body_of(CHAOS_EXPERIMENT, CORPUS["probed"](), "run")
    stored = http.post(path_of(CHAOS_EXPERIMENT), json=body).raise_for_status().json()
    place = f"{path_of(CHAOS_EXPERIMENT)}/run"
    parts: list[dict[str, Any]] = [{"scenario": {"cpuStress": {}}}, {"durationSecs": 61}, {"probes": []}]
    for part in (*parts, {"probes": None}):
        changed = {**stored, "spec": {**stored["spec"], **part}}
        said = theirs(http.put(place, json=changed))
        assert said
        assert said == ours(DEFINED.judge(CHAOS_EXPERIMENT.name, changed, stored, "UPDATE")), part
    ended = http.put(place, json={**stored, "spec": {**stored["spec"], "abort": True}}).raise_for_status().json()
    again = {**ended, "spec": {**ended["spec"], "abort": False}}
    said = theirs(http.put(place, json=again))
    assert "an experiment that was ended does not go on" in said[0][1]
    assert said == ours(DEFINED.judge(CHAOS_EXPERIMENT.name, again, ended, "UPDATE"))


def test_there_is_one_policy(http: httpx.Client) -> None:
    """A policy of another name than default is refused with that name."""
    for name in ("default", "mine"):
        body = body_of(CHAOS_POLICY, {"enabled": True}, name)
        said = theirs(http.post(path_of(CHAOS_POLICY), params={"dryRun": "All"}, json=body))
        assert said == ours(DEFINED.judge(CHAOS_POLICY.name, body, None, "CREATE"))
        assert bool(said) is (name == "mine")
