"""Manifests of what is there, on both planes: what they say makes the same again."""

import json
from typing import Any

import pytest
import yaml

from ..planes import GROUP, MERGE

pytestmark = pytest.mark.integration


def test_what_is_exported_makes_the_same_again(plant: Any) -> None:
    """Deleted and created by what was printed, a PLC has the same spec, labels and annotations of people."""
    plant.create("mixer", labels={"line": "3"}, tags=["hot"])
    notes = {"metadata": {"annotations": {"owner": "shift-1"}}}
    place = f"{GROUP}/namespaces/{plant.namespace}/industrialplcs"
    plant.api.patch(f"{place}/mixer", json=notes, headers=MERGE).raise_for_status()
    plant.fabctl("suspend", "mixer", "--reason", "belt", "--yes", "--no-wait")
    plant.report("mixer", "InSync", "True", inSync=True)
    before = plant.get("mixer")
    code, out, err = plant.fabctl("export", "mixer")
    assert (code, err) == (0, "")
    (manifest,) = yaml.safe_load_all(out)
    assert set(manifest) == {"apiVersion", "kind", "metadata", "spec"}
    plant.delete("mixer")
    plant.api.post(place, json=manifest).raise_for_status()
    after = plant.get("mixer")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["labels"] == {"line": "3"}
    assert after["metadata"]["annotations"] == {"owner": "shift-1"}


def test_templates_come_with_those_who_use_them(plant: Any) -> None:
    """First, and each once; one that is not there is told, and the rest is printed."""
    body: dict[str, Any] = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLCTemplate"}
    body["metadata"] = {"name": "drive"}
    body["spec"] = {"registers": [{"name": "speed", "address": 1, "value": 7}]}
    plant.api.post(f"{GROUP}/namespaces/{plant.namespace}/industrialplctemplates", json=body).raise_for_status()
    for name, template in (("fan-1", "drive"), ("fan-2", "drive"), ("fan-3", "gone")):
        plant.create_map(name, 502, templateRef={"name": template})
    code, out, err = plant.fabctl("export", "fan-1", "fan-2", "--templates")
    assert (code, err) == (0, "")
    assert [each["metadata"]["name"] for each in yaml.safe_load_all(out)] == ["drive", "fan-1", "fan-2"]
    code, out, err = plant.fabctl("export", "--templates", "-o", "json")
    listed = json.loads(out)
    assert (code, listed["kind"]) == (1, "List")
    assert [each["metadata"]["name"] for each in listed["items"]] == ["drive", "fan-1", "fan-2", "fan-3"]
    assert 'no IndustrialPLCTemplate "gone"' in err


def test_what_a_rack_makes_is_left_out(plant: Any) -> None:
    """Its Rack makes it again: it is counted, and printed only by its name."""
    plant.create("mixer")
    owner = {"apiVersion": "v1", "kind": "Rack", "name": "rack-01", "uid": "u-1", "controller": True}
    body: dict[str, Any] = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC"}
    body["metadata"] = {"name": "rack-01-pdu", "ownerReferences": [owner]}
    body["spec"] = {"deviceAddress": "10.0.0.7", "targetRegister": 1, "targetValue": 1}
    plant.api.post(f"{GROUP}/namespaces/{plant.namespace}/industrialplcs", json=body).raise_for_status()
    code, out, err = plant.fabctl("export")
    assert (code, err) == (0, "1 left out, which Racks make; to print one of them give its name\n")
    assert [each["metadata"]["name"] for each in yaml.safe_load_all(out)] == ["mixer"]
    (named,) = yaml.safe_load_all(plant.fabctl("export", "rack-01-pdu")[1])
    assert "ownerReferences" not in named["metadata"]


def test_where_there_is_nothing_it_says_so(plant: Any) -> None:
    """On standard error, and prints no document."""
    assert plant.fabctl("export") == (0, "", f"No IndustrialPLC found in namespace {plant.namespace}.\n")
