"""What applying would change, beside what kubectl makes of the same files; nothing is stored by asking."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..planes import APPLY, GROUP, MERGE, Reason, only_kubernetes

pytestmark = pytest.mark.integration


def manifest(name: str, kind: str = "IndustrialPLC", **spec: Any) -> dict[str, Any]:
    """Return a manifest, of a PLC in the short form unless something else is said."""
    given = spec or {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500}
    return {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": given}


def written(folder: Path, *manifests: Any) -> str:
    """Write manifests into a file, and return its name."""
    file = folder / "line.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    return str(file)


def test_what_would_be_created_changed_and_written(plant: Any, tmp_path: Path) -> None:
    """The lines that differ, the registers and what becomes of each; exit code 1, and nothing is changed by asking."""
    plant.create("mixer", deviceAddress="10.0.0.7")
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    before = plant.get("mixer")
    changed = manifest("mixer", deviceAddress="10.0.0.7", targetRegister=4001, targetValue=2600)
    file = written(tmp_path, changed, manifest("oven"))
    code, out, err = plant.fabctl("diff", "-f", file)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert "-  targetValue: 2500" in lines
    assert "+  targetValue: 2600" in lines
    assert f"--- IndustrialPLC {plant.namespace}/oven not there" in lines
    rows = [line.split() for line in lines if line.startswith(f"  {plant.namespace}/")]
    where = ["10.0.0.7:502", "unit", "1", "register", "4001", "holding", "4001"]
    assert rows == [
        [f"{plant.namespace}/mixer", *where, "2500", "2500", "2600", "written"],
        [f"{plant.namespace}/oven", *where, "-", "-", "2500", "written", "unless", "it", "holds", "it"],
    ]
    assert plant.get("mixer") == before
    assert plant.fabctl("get-status", "oven")[0] == 3


def test_where_nothing_changes_it_says_nothing(plant: Any, tmp_path: Path) -> None:
    """Exit code 0, also of a folder with what is not ours in it, and from standard input."""
    plant.create("mixer")
    same = manifest("mixer")
    file = written(tmp_path, same, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    (tmp_path / "README.md").write_text("no manifest")
    told = "1 of other groups than fabgitops.io left alone\n"
    assert plant.fabctl("diff", "-f", str(tmp_path)) == (0, "", told)
    process = plant.start("diff", "-f", "-", "-n", plant.namespace, stdin=subprocess.PIPE)
    assert process.communicate(Path(file).read_text(), timeout=60) == ("", told)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "version", ["fabgitops.io/../../api/v1", "fabgitops.io/v1?x=", "fabgitops.io/", "fabgitops.io"]
)
def test_a_version_leads_to_nothing_that_is_not_ours(plant: Any, tmp_path: Path, version: str) -> None:
    """It becomes part of a URL: nothing is asked for one that could lead elsewhere, whatever stands in between."""
    file = written(tmp_path, {**manifest("x", kind="Secret"), "apiVersion": version})
    code, out, err = plant.fabctl("diff", "-f", file)
    assert (code, out) == (3, "")
    assert f"Secret says apiVersion {version}: there is fabgitops.io/v1" in err


def test_what_is_refused_is_told_with_its_place(plant: Any, tmp_path: Path) -> None:
    """The API server's words, with file and line; exit code above 1, and the others are shown all the same."""
    file = tmp_path / "line.yaml"
    wrong = yaml.safe_dump(manifest("wrong", deviceAddress="10.0.0.7", targetRegister=1, targetValue=70000))
    file.write_text(f"{yaml.safe_dump(manifest('oven'))}---\n{wrong}---\na: [\n")
    code, out, err = plant.fabctl("diff", "-f", str(file))
    assert code == 2
    assert "+  name: oven" in out
    assert "wrong" not in out
    assert f"fabctl: {file}:10: IndustrialPLC wrong: " in err
    assert "spec.targetValue" in err
    assert "this is no YAML" in err


def test_a_template_changes_those_that_use_it(plant: Any, tmp_path: Path) -> None:
    """Of a template that would change, the registers of the PLCs that use it are shown, also of those in no file."""
    spec = {
        "parameters": [{"name": "ramp", "default": 5}],
        "registers": [{"name": "up", "address": 7, "value": "${ramp}"}],
    }
    body = manifest("drive", "IndustrialPLCTemplate", **spec)
    place = f"{GROUP}/namespaces/{plant.namespace}/industrialplctemplates"
    plant.api.post(place, json=body).raise_for_status()
    plant.create_map("fan-1", 502, templateRef={"name": "drive"})
    plant.create_map("fan-2", 502, templateRef={"name": "drive", "parameters": {"ramp": 9}})
    seen = {"name": "up", "place": "holding 7", "desired": "5", "actual": "5", "inSync": True}
    plant.report("fan-1", "InSync", "True", registers=[seen], registersInSync="1/1")
    spec["parameters"] = [{"name": "ramp", "default": 6}]
    body = manifest("drive", "IndustrialPLCTemplate", **spec)
    code, out, _ = plant.fabctl("diff", "-f", written(tmp_path, body), "-o", "json")
    listed = json.loads(out)
    assert (code, listed["kind"]) == (1, "List")
    template, fan = listed["items"]
    assert template["fields"] == [{"field": "spec.parameters[ramp].default", "before": 5, "after": 6}]
    assert (fan["metadata"]["name"], fan["by"]) == ("fan-1", "drive")
    assert fan["registers"] == [
        {"register": "up", "place": "holding 7", "holds": "5", "wanted": "5", "thenWanted": "6", "then": "written"}
    ]


def test_a_comment_for_a_pull_request(plant: Any, tmp_path: Path) -> None:
    """Markdown: a table of registers, the lines folded away, and nothing in it that means something to Markdown."""
    plant.create("mixer")
    body = manifest("mixer", deviceAddress="10.0.0.7", targetRegister=4001, targetValue=7, tags=["```@all|x"])
    code, out, _ = plant.fabctl("diff", "-f", written(tmp_path, body), "-o", "markdown")
    assert (code, out.splitlines()[0]) == (1, "### fabctl diff: 1 changed")
    assert "| `register 4001` | `holding 4001` | - | `2500` | `7` | `written unless it holds it` |" in out
    assert "\n````diff\n" in out


def kubectl(plant: Any, program: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run kubectl in the namespace."""
    return subprocess.run(
        [program, *arguments, "-n", plant.namespace],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KUBECONFIG": str(plant.plane.kubeconfig)},
    )


def test_it_says_what_kubectl_apply_does(plant: Any, tmp_path: Path, kubectl_program: Path) -> None:
    """Also of a field that a manifest has dropped since: what would be there is what is there once it is applied."""
    dropped: dict[str, Any] = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 7}
    first = manifest("mixer", **dropped, tags=["hot"], pollIntervalSecs=7)
    assert kubectl(plant, kubectl_program, "apply", "-f", "-", given=json.dumps(first)).returncode == 0
    assert plant.fabctl("diff", "-f", written(tmp_path, first))[:2] == (0, "")
    file = written(tmp_path, manifest("mixer", **dropped))
    code, out, _ = plant.fabctl("diff", "-f", file)
    assert code == 1
    assert "-  pollIntervalSecs: 7" in out
    assert "-  - hot" in out
    assert kubectl(plant, kubectl_program, "diff", "-f", file).returncode == 1
    assert kubectl(plant, kubectl_program, "apply", "-f", file).returncode == 0
    assert "pollIntervalSecs" not in plant.get("mixer")["spec"]
    assert plant.fabctl("diff", "-f", file)[:2] == (0, "")
    assert kubectl(plant, kubectl_program, "diff", "-f", file).returncode == 0


@only_kubernetes(Reason.FIELDS)
def test_it_says_what_flux_does(plant: Any, tmp_path: Path) -> None:
    """Where somebody applies on the server, a field that their manifest has dropped goes, and one of others stays."""
    place = f"{GROUP}/namespaces/{plant.namespace}/industrialplcs/mixer"
    spec: dict[str, Any] = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 7}
    flux = {"fieldManager": "kustomize-controller", "force": "true"}
    first = json.dumps(manifest("mixer", **spec, tags=["hot"]))
    plant.api.patch(place, params=flux, content=first, headers=APPLY).raise_for_status()
    others = {"spec": {"pollIntervalSecs": 7}}
    plant.api.patch(place, json=others, headers=MERGE).raise_for_status()
    code, out, _ = plant.fabctl("diff", "-f", written(tmp_path, manifest("mixer", **spec)), "-o", "json")
    assert code == 1
    assert json.loads(out)["items"][0]["fields"] == [{"field": "spec.tags[0]", "before": "hot"}]
    flags = ("--field-manager", "somebody", "-o", "json")
    code, out, _ = plant.fabctl("diff", "-f", written(tmp_path, manifest("mixer", **spec)), *flags)
    assert (code, json.loads(out)["items"]) == (0, [])


@only_kubernetes(Reason.RIGHTS)
def test_who_may_not_is_told(plant: Any, tmp_path: Path) -> None:
    """A dry run takes the right to do it: without, exit code 4 and the verb that is missing."""
    plant.create("mixer")
    reader = plant.grant("diff-reader", ("fabgitops.io", "industrialplcs", ["get", "list"]))
    changed = manifest("mixer", deviceAddress="10.0.0.7", targetRegister=4001, targetValue=7)
    code, out, err = plant.fabctl("diff", "-f", written(tmp_path, changed), kubeconfig=reader)
    assert (code, out) == (4, "")
    assert "diff-reader may not patch industrialplcs.fabgitops.io" in err


def test_an_api_server_that_is_away_is_no_difference(plant: Any, tmp_path: Path) -> None:
    """It is exit code 5, and not 1, which says that something would change."""
    file = written(tmp_path, manifest("mixer"))
    plant.plane.stop()
    try:
        code, out, err = plant.fabctl("diff", "-f", file)
    finally:
        plant.plane.start()
    assert (code, out) == (5, "")
    assert "cannot be reached" in err


def test_on_a_terminal_lines_are_coloured(plant: Any, terminal: Any, tmp_path: Path) -> None:
    """What goes is red and what comes green, and the sign stands there all the same."""
    plant.create("mixer")
    changed = manifest("mixer", deviceAddress="10.0.0.7", targetRegister=4001, targetValue=7)
    screen = terminal("diff", "-f", written(tmp_path, changed))
    assert screen.end() == 1
    assert "\x1b[31m-  targetValue: 2500\x1b[0m" in screen.seen
    assert "\x1b[32m+  targetValue: 7\x1b[0m" in screen.seen
