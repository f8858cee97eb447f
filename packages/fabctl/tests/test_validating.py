"""Manifests judged without a cluster, by the program as it is run in a pipeline."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fabctl.judging import problems_of_metadata

Fabctl = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[3]

WRONG = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata:
  name: mixer
  labels: {line: "-3"}
spec:
  deviceAddress: 10.0.0.7
  pollIntervalSecs: 2
  timeoutSecs: 9
  registers:
    - {name: speed, address: 70000}
    - name: mode
      addres5: 7
      address: 3
"""
TEMPLATE = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLCTemplate
metadata: {name: drive}
spec:
  parameters: [{name: ramp}]
  registers: [{name: up, address: 7, value: "${ramp}"}]
---
"""
USER = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: fan}
spec:
  deviceAddress: 10.0.0.7
  templateRef: {name: NAME}
"""


def test_all_that_is_wrong_is_told_with_its_place(fabctl: Fabctl, tmp_path: Path) -> None:
    """Unknown fields, labels, ranges: at once, each with file, line and column; no cluster is asked."""
    (tmp_path / "mixer.yaml").write_text(WRONG)
    (tmp_path / "broken.yaml").write_text("a: [\n")
    ran = fabctl("validate", "-f", str(tmp_path))
    assert ran.returncode == 1
    places = [line.removeprefix(f"{tmp_path}/").partition(" ")[0] for line in ran.stdout.splitlines()]
    assert places == ["broken.yaml:2:", "mixer.yaml:5:12:", "mixer.yaml:9:3:", "mixer.yaml:11:21:", "mixer.yaml:13:7:"]
    assert 'error: IndustrialPLC default/mixer: unknown field "spec.registers[1].addres5"' in ran.stdout
    assert "should be less than or equal to 65535" in ran.stdout
    assert ran.stderr == "1 object in 2 files: 5 errors, 0 warnings\n"


def test_the_policy_judges_too_and_tells_all_its_reasons(fabctl: Fabctl, tmp_path: Path) -> None:
    """What only the admission policy refuses is refused here, at the field that it names."""
    text = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: mixer}
spec:
  deviceAddress: 10.0.0.7
  registers:
    - {name: a, address: 1, tolerance: "200"}
    - name: b
      address: 2
      value: 5
      min: 7
"""
    (tmp_path / "mixer.yaml").write_text(text)
    ran = fabctl("validate", "-f", str(tmp_path / "mixer.yaml"))
    assert ran.returncode == 1
    places = [line.removeprefix(f"{tmp_path}/").partition(" ")[0] for line in ran.stdout.splitlines()]
    assert places == ["mixer.yaml:7:29:", "mixer.yaml:10:7:"]
    assert ran.stdout.count("(ValidatingAdmissionPolicy 'industrialplcs.fabgitops.io'") == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drive", ":13:3: warning: IndustrialPLC default/fan: spec.templateRef.parameters.ramp is missing"),
        ("drum", ":13:17: warning: IndustrialPLC default/fan: spec.templateRef.name is 'drum': no such template"),
    ],
)
def test_what_would_be_taken_and_would_not_work_is_a_warning(
    fabctl: Fabctl, tmp_path: Path, name: str, said: str
) -> None:
    """It is no error, as the API server takes it; --strict makes it one."""
    (tmp_path / "line.yaml").write_text(TEMPLATE + USER.replace("NAME", name))
    ran = fabctl("validate", "-f", str(tmp_path))
    assert ran.returncode == 0
    assert said in ran.stdout
    assert fabctl("validate", "-f", str(tmp_path), "--strict").returncode == 1


def test_what_stands_twice_is_a_warning(fabctl: Fabctl, tmp_path: Path) -> None:
    """The API server would take both, and the last would count."""
    text = TEMPLATE.removesuffix("---\n")
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text)
    ran = fabctl("validate", "-f", str(tmp_path))
    assert (ran.returncode, f"here and at {tmp_path}/a.yaml:1" in ran.stdout) == (0, True)


def test_what_is_fine_says_nothing(fabctl: Fabctl) -> None:
    """Of the examples that are shipped there is nothing to say, but how many they are."""
    ran = fabctl("validate", "-f", str(ROOT / "examples/devices"), "-f", str(ROOT / "examples/racks"))
    lines = [line for line in ran.stdout.splitlines() if "/mock/" not in line]
    assert lines == []


def test_other_formats(fabctl: Fabctl, tmp_path: Path) -> None:
    """GitHub's commands, SARIF and one List say the same places."""
    file = tmp_path / "mixer.yaml"
    file.write_text(WRONG)
    given = ("validate", "-f", str(file), "-o")
    shown = fabctl(*given, "github").stdout.splitlines()
    assert shown[0].startswith(f"::error file={file},line=5,col=12::IndustrialPLC default/mixer: metadata.labels.line")
    sarif = json.loads(fabctl(*given, "sarif").stdout)
    assert sarif["version"] == "2.1.0"
    (run,) = sarif["runs"]
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": str(file)}, "region": {"startLine": 11, "startColumn": 21}}
    assert {each["ruleId"] for each in run["results"]} <= {each["id"] for each in run["tool"]["driver"]["rules"]}
    listed = json.loads(fabctl(*given, "json").stdout)
    assert (listed["kind"], [each["line"] for each in listed["items"]]) == ("List", [5, 9, 11, 13])


BASE = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: fan}
spec:
  registers: [{name: up, address: 7}]
"""
PATCH = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: fan}
spec: {deviceAddress: ADDRESS}
"""


def plant(folder: Path, address: str) -> None:
    """Write a base that is half a PLC, and an overlay whose patch is the other half."""
    (folder / "base").mkdir()
    (folder / "base/fan.yaml").write_text(BASE)
    (folder / "base/kustomization.yaml").write_text("resources: [fan.yaml]\n")
    (folder / "line-3").mkdir()
    (folder / "line-3/address.yaml").write_text(PATCH.replace("ADDRESS", address))
    kustomization = "namePrefix: l3-\nresources: [../base]\npatches: [{path: address.yaml}]\n"
    (folder / "line-3/kustomization.yaml").write_text(kustomization)


@pytest.fixture(scope="session")
def kubectl() -> str:
    """Return the folder of a kubectl, which the test bed has built."""
    from testbed.gotools import KUBECTL, built  # noqa: PLC0415

    return str(built(KUBECTL)["kubectl"].parent)


@pytest.mark.integration
def test_what_an_overlay_uses_is_left_alone(fabctl: Fabctl, tmp_path: Path, kubectl: str) -> None:
    """Half an object and a patch are judged as what kustomize builds of them, with their place in the base."""
    plant(tmp_path, "10.0.0.7")
    ran = fabctl("validate", "-f", str(tmp_path), PATH=kubectl)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "1 object in 4 files: 0 errors, 0 warnings\n")
    (tmp_path / "line-3/address.yaml").write_text(PATCH.replace("ADDRESS", '"a b"'))
    ran = fabctl("validate", "-f", str(tmp_path), PATH=kubectl)
    assert f"{tmp_path}/base/fan.yaml:4:1: error: IndustrialPLC default/l3-fan" in ran.stdout
    alone = fabctl("validate", "-f", str(tmp_path / "base"), PATH=kubectl)
    assert (alone.returncode, "spec.deviceAddress: Required value" in alone.stdout) == (1, True)
    (tmp_path / "line-3/kustomization.yaml").write_text("resources: [nowhere.yaml]\n")
    ran = fabctl("validate", "-f", str(tmp_path / "line-3"), PATH=kubectl)
    assert "line-3/kustomization.yaml: error: kustomize cannot build this: " in ran.stdout


def test_without_kustomize_it_says_what_is_missing(fabctl: Fabctl, tmp_path: Path) -> None:
    """It does not judge halves instead."""
    plant(tmp_path, "10.0.0.7")
    ran = fabctl("validate", "-f", str(tmp_path), PATH=str(tmp_path))
    said = "error: kustomize has to build this, and neither kustomize nor kubectl is there: install one of them\n"
    assert (ran.returncode, ran.stdout) == (1, f"{tmp_path}/line-3/kustomization.yaml: {said}")


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"name": "a", "labels": {"a/b/c": "x"}}, ("metadata", "labels", "a/b/c")),
        ({"name": "a", "labels": {"a": "x" * 64}}, ("metadata", "labels", "a")),
        ({"name": "a", "annotations": {"-": "x"}}, ("metadata", "annotations", "-")),
        ({"name": "a", "annotations": {"a": "x" * 300_000}}, ("metadata", "annotations")),
        ({"name": "A"}, ("metadata", "name")),
        (None, ("metadata",)),
    ],
)
def test_names_labels_and_annotations(metadata: Any, path: tuple[str, ...]) -> None:
    """What Kubernetes allows of metadata, no definition says."""
    assert [where for where, _ in problems_of_metadata(metadata)] == [path]
    fine = {"name": "a", "labels": {"x.y/z": "", "a": "B.c_d"}, "annotations": {"x.y/z": "anything\n"}}
    assert problems_of_metadata(fine) == []


def test_without_the_extra_a_cluster_is_asked(fabctl: Fabctl, tmp_path: Path) -> None:
    """And where there is none, that is what is told."""
    (tmp_path / "mixer.yaml").write_text(WRONG)
    ran = fabctl("validate", "--server", "-f", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (5, "")
    assert "no kubeconfig" in ran.stderr


def test_links_that_go_in_circles_are_followed_once(fabctl: Fabctl, tmp_path: Path) -> None:
    """A repository may have several, and each way through them would be a folder of its own."""
    (tmp_path / "line-3").mkdir()
    (tmp_path / "line-3/mixer.yaml").write_text(TEMPLATE)
    for name in "abc":
        (tmp_path / name).symlink_to(".")
        (tmp_path / "line-3" / name).symlink_to("..")
    ran = fabctl("validate", "-f", str(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, "1 object in 1 file: 0 errors, 0 warnings\n")


def test_a_link_out_of_a_folder_is_followed(fabctl: Fabctl, tmp_path: Path) -> None:
    """What it leads to is meant as well."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/mixer.yaml").write_text(TEMPLATE)
    (tmp_path / "line-3").mkdir()
    (tmp_path / "line-3/link").symlink_to("../shared")
    assert fabctl("validate", "-f", str(tmp_path / "line-3")).stderr.startswith("1 object in 1 file:")


def test_folders_may_be_as_deep_as_the_system_lets_them(fabctl: Fabctl, tmp_path: Path) -> None:
    """Each is looked into, and no depth of Python's is in the way."""
    top = tmp_path / "deep"
    top.mkdir()
    make = "import os\nfor _ in range(1050): os.mkdir('a'); os.chdir('a')\nopen('x.yaml', 'w').write('a: [')"
    try:
        subprocess.run([sys.executable, "-c", make], check=True, cwd=top)
        ran = fabctl("validate", "-f", str(top))
    finally:  # pytest would go into it level by level
        subprocess.run(["rm", "-rf", str(top)], check=True)
    assert (ran.returncode, ran.stderr) == (1, "0 objects in 1 file: 1 error, 0 warnings\n")


def test_an_impossible_file_name_is_not_there(fabctl: Fabctl) -> None:
    """It is not told of the output that it could not be written."""
    name = "x" * 300
    ran = fabctl("validate", "-f", name)
    assert (ran.returncode, ran.stderr) == (2, f"fabctl: no file or folder {name}: check -f\n")


def test_what_never_ends_is_told(fabctl: Fabctl, tmp_path: Path) -> None:
    """A link in a repository may lead to a device; it takes no more memory than a large file."""
    (tmp_path / "x.yaml").symlink_to("/dev/zero")
    ran = fabctl("validate", "-f", str(tmp_path))
    said = f"{tmp_path}/x.yaml: error: it cannot be read: it has more than 256 MiB\n"
    assert (ran.returncode, ran.stdout) == (1, said)


@pytest.mark.parametrize("entry", ["x" * 300, r"a\0b"])
def test_any_text_may_stand_in_a_kustomization(fabctl: Fabctl, tmp_path: Path, entry: str) -> None:
    """A description, or a patch, that could name no file names none."""
    (tmp_path / "kustomization.yaml").write_text(f'commonAnnotations: {{why: "{entry}"}}\nresources: [fan.yaml]\n')
    (tmp_path / "fan.yaml").write_text("half of an object")
    ran = fabctl("validate", "-f", str(tmp_path), PATH=str(tmp_path))
    assert (ran.returncode, ran.stderr) == (1, "0 objects in 2 files: 1 error, 0 warnings\n")
    assert ran.stdout.startswith(f"{tmp_path}/kustomization.yaml: error: kustomize has to build this")


@pytest.mark.integration
def test_each_of_many_objects_in_a_file_is_found_there(fabctl: Fabctl, tmp_path: Path, kubectl: str) -> None:
    """As soon as if they stood in files of their own, though kustomize tells of each where it is from."""
    count = 1000
    one = PATCH.replace("ADDRESS", "10.0.0.7").replace("fan", "fan-{at}")
    (tmp_path / "fans.yaml").write_text("---\n".join(one.replace("{at}", f"{at:04}") for at in range(count)))
    (tmp_path / "kustomization.yaml").write_text("resources: [fans.yaml]\n")
    ran = fabctl("validate", "-f", str(tmp_path), PATH=kubectl)
    assert ran.stderr == f"{count} objects in 2 files: {count} errors, 0 warnings\n"
    assert ran.stdout.splitlines()[-1].startswith(f"{tmp_path}/fans.yaml:{5 * count - 1}:")
