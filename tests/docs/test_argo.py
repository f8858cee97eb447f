"""What Argo Rollouts and Argo CD ship about Rollouts, held against ours: their examples, and what they call healthy."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.argo import refs, rollout, steps, strategies, traffic
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT, ARGO_TEMPLATE
from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID, OURS, THEIRS
from fabgitops_core.api.argo.reading import Hashes, Place, Table, Told
from fabgitops_core.api.argo.rollout import taken
from fabgitops_core.api.argo.telling import told
from fabgitops_core.api.argo.templates import template_taken
from fabgitops_core.api.crd import definition
from fabgitops_core.api.refusals import problems_of
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.control.kinds import ARGO_KINDS, DELIVERY_KINDS
from fabgitops_core.control.rollout.pods.counts import split
from fabgitops_core.control.rollout.pods.limits import limits
from lupa.lua51 import LuaRuntime
from pydantic import ValidationError
from testbed.gomodules import downloaded

from .conftest import Kubectl, established
from .pages import ROOT

NO_YAML = {"traffic-management/rollout-linkerd.yaml"}
"""It has `{{` without quotes in it: kubectl does not take it either."""

REFUSED = {
    "alb": 1,
    "ambassador": 1,
    "apisix": 1,
    "appMesh": 1,
    "experiment": 6,
    "istio": 3,
    "job": 4,
    "secretKeyRef": 1,
    "setMirrorRoute": 1,
    "smi": 1,
    "steps[]": 1,
}
"""How many of the objects each field, or step of two things, is refused in."""

COUNTS = {
    ("Rollout", "taken"): 9,
    ("Rollout", "refused"): 11,
    ("AnalysisTemplate", "taken"): 1,
    ("AnalysisTemplate", "refused"): 4,
    ("ClusterAnalysisTemplate", "refused"): 1,
    ("Experiment", "not served"): 1,
}


def objects(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of Argo Rollouts in a folder; templates of Helm and what is no YAML are none."""
    for file in sorted(folder.rglob("*.yaml")):
        if "templates" not in file.parts and str(file.relative_to(folder)) not in NO_YAML:
            for body in yaml.load_all(file.read_text(), yaml.CSafeLoader):
                if isinstance(body, dict) and body.get("apiVersion") == "argoproj.io/v1alpha1":
                    yield body


def refusals(body: Mapping[str, Any]) -> set[str]:
    """Return for which fields an object is refused."""
    try:
        if body["kind"] == "Rollout":
            taken(body["spec"], body["metadata"], Hashes("a", "b"))
        else:
            template_taken(body["spec"])
    except ValidationError as error:
        problems = problems_of(error)
        assert all(len(each.reason) > 20 for each in problems)
        return {f"{each.path[-2]}[]" if isinstance(each.path[-1], int) else each.path[-1] for each in problems}
    return set()


@pytest.mark.docs
def test_examples_of_argo_rollouts_are_taken_or_refused_by_name() -> None:
    """Every manifest of its examples is taken, or each thing in it that is not done here is named."""
    served = {"Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate"}
    counts: Counter[tuple[str, str]] = Counter()
    why: Counter[str] = Counter()
    for body in objects(downloaded("github.com/argoproj/argo-rollouts") / "examples"):
        found = refusals(body) if body["kind"] in served else set()
        why.update(found)
        came_to = "refused" if found else "taken" if body["kind"] in served else "not served"
        counts[body["kind"], came_to] += 1
    assert (dict(counts), dict(why)) == (COUNTS, REFUSED)


@pytest.mark.docs
@pytest.mark.parametrize(
    ("phase", "generation", "health"),
    [
        (Phase.COMPLETED, 3, "Healthy"),
        (Phase.PROGRESSING, 3, "Progressing"),
        (Phase.PAUSED, 3, "Suspended"),
        (Phase.FAILED, 3, "Degraded"),
        (Phase.COMPLETED, 2, "Progressing"),
    ],
)
def test_argo_cd_sees_a_rollout_for_what_it_is(phase: Phase, generation: int, health: str) -> None:
    """Argo CD's own health of a Rollout, as it ships it, reads our status right, and waits for a new generation."""
    status = RolloutStatus(phase=phase, message="as it is", observed_generation=generation)
    body = {
        "metadata": {"generation": 3},
        "spec": {"replicas": 3, "strategy": {"canary": {}}},
        "status": told(status, 3, (), datetime(2026, 3, 4, tzinfo=UTC)).model_dump(
            mode="json", by_alias=True, exclude_none=True
        ),
    }
    lua: Any = LuaRuntime(unpack_returned_tuples=True)
    lua.globals()["obj"] = lua.table_from(body, recursive=True)
    script = downloaded("github.com/argoproj/argo-cd/v3") / "resource_customizations/argoproj.io/Rollout/health.lua"
    found = lua.execute(script.read_text())
    assert found["status"] == health
    assert (found["message"] == "as it is") == (generation == 3)


KINDS = {kind.kind: f"{kind.plural}.{kind.version}.{kind.group}" for kind in (ARGO_ROLLOUT, ARGO_TEMPLATE)}
"""What kubectl calls the kinds that it is to show."""


@pytest.fixture
def argo(kubectl: Kubectl, tmp_path: Path) -> Iterator[Kubectl]:
    """Return kubectl for an API server that has the kinds of Argo Rollouts, for the time of a test.

    What it remembers of the kinds that there are is its own: the others would go on taking ours for these.
    """
    kubectl = Kubectl(kubectl.path, Path(kubectl.environment["KUBECONFIG"]))
    kubectl.environment["KUBECACHEDIR"] = str(tmp_path)
    kinds = (ARGO_ROLLOUT, ARGO_TEMPLATE)
    kubectl("apply", "--server-side", "-f", "-", text=yaml.safe_dump_all(map(definition, kinds)))
    established(kubectl)
    yield kubectl
    kubectl("delete", "crd", *(kind.crd_name for kind in kinds))


@pytest.mark.docs
def test_nothing_of_a_manifest_is_pruned(argo: Kubectl) -> None:
    """The API server keeps each field of each example, so that what is not done is refused, and not lost."""
    examples = objects(downloaded("github.com/argoproj/argo-rollouts") / "examples")
    wanted = {f"example-{number}": body for number, body in enumerate(examples) if body["kind"] in KINDS}
    metadata = {name: {"metadata": {"name": name, "namespace": "default"}} for name in wanted}
    argo("create", "-f", "-", text=yaml.safe_dump_all({**body, **metadata[name]} for name, body in wanted.items()))
    found = yaml.safe_load(argo("get", ",".join(KINDS.values()), "-n", "default", "-o", "yaml"))["items"]
    assert {each["metadata"]["name"]: each["spec"] for each in found} == {
        name: body["spec"] for name, body in wanted.items()
    }


TABLES = {
    **{f"rollout {name}": take for name, take in rollout._SPEC.items()},
    **{f"canary {name}": take for name, take in strategies._CANARY.items()},
    **{f"blueGreen {name}": take for name, take in strategies._BLUE_GREEN.items()},
    **{f"step {name}": take for name, take in steps.STEP.items()},
    **{f"routing {name}": take for name, take in traffic._TRAFFIC.items()},
    **{f"plugin {name}": take for name, take in traffic._PLUGIN.items()},
    **{f"analysis {name}": take for name, take in refs.ANALYSES.items()},
}
TAKEN_OTHERWISE = {"strategy", "steps", "managedRoutes", "httpRoutes", "grpcRoutes", "args"}
"""What is taken, and is a list or a way: the value that is tried here is neither."""


def not_done(tables: Table) -> set[str]:
    """Return the fields that are refused whatever stands in them."""
    found = set()
    for where, take in tables.items():
        told, name = Told(), where.split()[1]
        take(Place(told, (name,)), {"some": "thing"})
        found |= {name} if any(each.path == (name,) for each in told.problems) else set()
    return found - TAKEN_OTHERWISE


def test_the_guide_names_what_is_not_done() -> None:
    """Each field of a Rollout of Argo Rollouts that is refused stands in the guide with what to use instead."""
    page = (ROOT / "docs/guides/argo-rollouts.md").read_text()
    rows = re.findall(r"^\| ((?:step )?`.*?) \| (\S.*?) \|$", page, re.MULTILINE)
    assert sorted(name for row, _ in rows for name in re.findall(r"`(\w+)`", row)) == sorted(not_done(TABLES))


def test_what_the_guide_says_is_different() -> None:
    """One of two pods stays at 75 % without a surge, and each operator looks after its own group alone."""
    assert tuple(split(2, 75, limits(2, 0, 1))) == (1, 1)
    assert {kind.group for kind in DELIVERY_KINDS} == {"fabgitops.io"}
    assert {kind.group for kind in ARGO_KINDS} == {"argoproj.io"}
    page = (ROOT / "docs/guides/argo-rollouts.md").read_text()
    assert f"`{INSTANCE_ID}: {DEFAULT_ID}`" in page
    assert f"`{THEIRS}`" in page
    assert f"--field-manager={OURS}" in page
