"""Values that are cleared with null, and the chart as a part of another."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .helm import CHART, KUBERNETES, Helm, HelmError, Object, Values, find, objects, pod_specs

pytestmark = pytest.mark.chart

VALUES: Values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
ALL_ON: Values = {
    **{name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboards", "podDisruptionBudget")},
    **{
        name: {"enabled": True}
        for name in ("networkPolicy", "mockPlc", "tlsSecrets", "test", "racks", "delivery", "setpointRollouts")
    },
    "chaos": {"enabled": True, "agent": {"enabled": True}},
    "plc": {"cidrs": ["10.20.0.0/16"]},
}
# What leads to more than was asked for, or to nothing that runs, if it is left out: null has to be refused.
NEVER_NULL = {
    *(("networkPolicy", name) for name in ("apiServerPorts", "dns")),
    *(("rbac", name) for name in ("create", "aggregate")),
    *(("image",), ("image", "repository"), ("plc", "ports"), ("replicas",), ("settings", "lease")),
}


def keys(values: Values, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return each key of the values, as the way to it."""
    for name, value in values.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from keys(value, (*above, name))


def cleared(values: Values, key: tuple[str, ...]) -> Values:
    """Return the values with null for one key."""
    first, *rest = key
    if not rest:
        return {**values, first: None}
    inner = values.get(first, {})
    return {**values, first: cleared(inner if isinstance(inner, dict) else {}, tuple(rest))}


def outcome(helm: Helm, key: tuple[str, ...]) -> str:
    """Return what is wrong with what becomes of a null; nothing where it leaves out, or is refused by name."""
    try:
        text = helm.template(cleared(ALL_ON, key))
        objects(text)
    except HelmError as error:
        told = str(error)
        names = f"at '/{'/'.join(key[:-1])}'".replace("'/'", "''"), f"'{key[-1]}'"
        named = all(each in told for each in names) or ".".join(key) in told
        return "" if named and "executing" not in told else told
    return "was not refused" if key in NEVER_NULL else "<nil>" * ("<nil>" in text or "%!" in text)


@pytest.mark.parametrize("name", VALUES)
def test_null(helm: Helm, name: str) -> None:
    """Any value that is null is left out, or refused in a sentence that names it, whatever else is switched on."""
    wrong = {".".join(key): told for key in keys({name: VALUES[name]}) if (told := outcome(helm, key))}
    assert wrong == {}


def test_null_leaves_out(helm: Helm) -> None:
    """A probe, a pull policy, a context and amounts that are null are not there, and Kubernetes decides."""
    absent = ("livenessProbe", "securityContext", "resources")
    values = {**dict.fromkeys(absent), "image": {"pullPolicy": None}, "podSecurityContext": None}
    pod = pod_specs(helm.objects({**values, "revisionHistoryLimit": None}))["fab-fabgitops"]
    container = pod["containers"][0]
    assert container.keys() & {*absent, "imagePullPolicy"} == set()
    assert "securityContext" not in pod
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    deployment = find(helm.objects({"revisionHistoryLimit": None}), "Deployment", "-fabgitops")
    assert "revisionHistoryLimit" not in deployment["spec"]


@pytest.fixture
def umbrella(tmp_path: Path) -> Path:
    """Return a chart that has this one as a part of it, on a condition and by a tag."""
    whole = tmp_path / "umbrella"
    shutil.copytree(CHART, whole / "charts/fabgitops")
    version = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    part: dict[str, Any] = {"name": "fabgitops", "version": version, "condition": "fabgitops.enabled", "tags": ["plc"]}
    chart = {"apiVersion": "v2", "name": "umbrella", "version": "1.0.0", "dependencies": [part]}
    (whole / "Chart.yaml").write_text(json.dumps(chart), encoding="utf-8")
    return whole


def rendered(helm: Helm, whole: Path, values: Values) -> list[Object]:
    """Return what the other chart is made of."""
    return objects(helm.run("template", "all", whole, "--kube-version", KUBERNETES, values=values))


def test_part_of_another_chart(helm: Helm, umbrella: Path) -> None:
    """What Helm and its habits put among the values of a part of a chart passes, and the condition switches it off."""
    shared = {"global": {"imageRegistry": "registry.example.com"}, "tags": {"plc": True}}
    part: Values = {"enabled": True, "tags": {}, "exports": {"data": {}}, "global": {"storageClass": ""}}
    assert find(rendered(helm, umbrella, {**shared, "fabgitops": part}), "Deployment", "-fabgitops")
    assert rendered(helm, umbrella, {"fabgitops": {"enabled": False}}) == []


def test_typo_in_a_part(helm: Helm, umbrella: Path) -> None:
    """A typing error is refused there as well, and so is a null that must not be."""
    for values in ({"enabledd": True}, {"settings": {"logLevels": "info"}}):
        (name,) = (key.rpartition("/")[2] for key in ("enabledd", "logLevels") if key in json.dumps(values))
        with pytest.raises(HelmError, match=name):
            rendered(helm, umbrella, {"fabgitops": values})
    with pytest.raises(HelmError, match="replicas"):
        rendered(helm, umbrella, {"fabgitops": {"replicas": None}})


def test_null_in_a_part(helm: Helm, umbrella: Path) -> None:
    """A probe that the other chart clears with null is left out there too."""
    values: Values = {"livenessProbe": None, "nodeSelector": None, "image": {"pullPolicy": None, "tag": None}}
    deployment = find(rendered(helm, umbrella, {"fabgitops": values}), "Deployment", "-fabgitops")
    assert "livenessProbe" not in deployment["spec"]["template"]["spec"]["containers"][0]
