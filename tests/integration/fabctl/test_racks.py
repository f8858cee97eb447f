"""Racks on the terminal, before a real API server; the tests play the operator."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.rack import KINDS

from ..planes import APPLY, CRDS, FORCE, GROUP, MANIFESTS, MERGE, Reason, only_kubernetes, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.RACKS)]

STYLE = re.compile("\x1b\\[[0-9;]*m")
PARTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "chassis": ("Chassis", "rack-01-c0", {"rackRef": {"name": "rack-01"}, "chassisNumber": 0}),
    "blades": ("Blade", "rack-01-c0s0", {"chassisRef": {"name": "rack-01-c0"}, "bladeNumber": 0}),
    "bmcs": ("BMC", "rack-01-c0s0b0", {"bladeRef": {"name": "rack-01-c0s0"}, "ipAddress": "10.0.0.7"}),
    "racknodes": (
        "RackNode",
        "rack-01-c0s0n0",
        {"bladeRef": {"name": "rack-01-c0s0"}, "bmcRef": {"name": "rack-01-c0s0b0"}, "nodeNumber": 0},
    ),
}
WAITS = {
    "phase": "Ready",
    "observedGeneration": 1,
    "template": {"name": "standard", "planHash": "5f2c"},
    "pending": {"removals": 12, "names": ["rack-01-c1s3n1", "rack-01-c1s3n0"]},
}


@dataclass
class Racks:
    """A namespace with racks in it."""

    plant: Any

    def at(self, plural: str, name: str = "") -> str:
        """Return where objects are."""
        return f"{GROUP}/namespaces/{self.plant.namespace}/{plural}" + (f"/{name}" if name else "")

    def make(self, plural: str, kind: str, name: str, spec: dict[str, Any], **labels: str) -> None:
        """Make an object."""
        metadata = {"name": name, "labels": {f"fabgitops.io/{key}": value for key, value in labels.items()}}
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
        self.plant.api.post(self.at(plural), json=body).raise_for_status()

    def report(self, plural: str, name: str, **status: Any) -> None:
        """Write a status as the operator does."""
        answer = self.plant.api.patch(f"{self.at(plural, name)}/status", json={"status": status}, headers=MERGE)
        answer.raise_for_status()

    def annotations(self, plural: str, name: str) -> dict[str, str]:
        """Return the annotations of an object."""
        found = self.plant.api.get(self.at(plural, name)).raise_for_status().json()["metadata"]
        return dict(found.get("annotations") or {})


@pytest.fixture
def racks(plant: Any) -> Racks:
    """Return a namespace with a rack of one of each."""
    api = plant.api
    for kind in KINDS:
        body = (MANIFESTS / "racks" / f"{kind.crd_name}.yaml").read_text()
        api.patch(f"{CRDS}/{kind.crd_name}", params=FORCE, content=body, headers=APPLY).raise_for_status()
    until(lambda: all(api.get(f"{GROUP}/{kind.plural}").status_code == 200 for kind in KINDS), "the kinds are served")
    made = Racks(plant)
    made.make("racks", "Rack", "rack-01", {"templateRef": {"name": "standard"}, "row": "A"})
    for plural, (title, name, spec) in PARTS.items():
        made.make(plural, title, name, spec, rack="rack-01")
    totals = {"totalChassis": 1, "totalBlades": 1, "totalNodes": 1, "totalBMCs": 1}
    made.report("racks", "rack-01", phase="Ready", observedGeneration=1, **totals)
    return made


def test_racks_are_listed(racks: Racks) -> None:
    """With the counts of what is there; for programs as the API server gave them; an empty listing says so."""
    code, out, _ = racks.plant.fabctl("rack", "list")
    assert code == 0
    assert out.splitlines()[1].split()[:7] == ["rack-01", "Ready", "standard", "1", "1", "1", "1"]
    assert racks.plant.fabctl("rack", "list", "-o", "name")[1] == "rack.fabgitops.io/rack-01\n"
    listed = json.loads(racks.plant.fabctl("rack", "list", "-o", "json")[1])
    assert [each["metadata"]["name"] for each in listed["items"]] == ["rack-01"]
    assert racks.plant.fabctl("rack", "list", "-l", "a=b")[2] == (
        f"No Rack with labels a=b found in namespace {racks.plant.namespace}.\n"
    )


def test_a_rack_is_described(racks: Racks) -> None:
    """All that is known of it, and how to agree to what waits; a name that is not there is told with near ones."""
    racks.report("racks", "rack-01", **WAITS)
    code, out, _ = racks.plant.fabctl("rack", "describe", "rack/rack-01")
    assert code == 0
    assert "Template:  standard" in out
    assert "12 to remove" in out
    assert "fabctl rack approve rack-01" in out
    assert yaml.safe_load(racks.plant.fabctl("rack", "describe", "rack-01", "-o", "yaml")[1])["kind"] == "Rack"
    code, _, errors = racks.plant.fabctl("rack", "describe", "rack-02")
    assert code == 3
    assert errors == (f'fabctl: no Rack "rack-02" in namespace {racks.plant.namespace}: did you mean rack-01?\n')


def test_the_house_of_a_rack_is_drawn(racks: Racks) -> None:
    """Each part stands in what it refers to, PLCs with their sync state among them, and nothing of another rack."""
    racks.plant.create("rack-01-c0-fan", labels={"fabgitops.io/rack": "rack-01"})
    racks.plant.report("rack-01-c0-fan", "DriftDetected", "False", inSync=False, currentValue=7)
    racks.make("chassis", "Chassis", "rack-02-c0", {"rackRef": {"name": "rack-02"}, "chassisNumber": 0}, rack="rack-02")
    racks.report("racknodes", "rack-01-c0s0n0", powerState="On", health="OK")
    code, out, _ = racks.plant.fabctl("tree", "rack-01")
    assert code == 0
    assert out.splitlines() == [
        "rack-01  Ready, template standard",
        "└── chassis rack-01-c0",
        "    ├── blade rack-01-c0s0",
        "    │   └── BMC rack-01-c0s0b0  10.0.0.7",
        "    │       └── node rack-01-c0s0n0  On, OK",
        "    └── PLC rack-01-c0-fan  DRIFT",
    ]
    names = racks.plant.fabctl("tree", "rack-01", "-o", "name")[1].splitlines()
    assert names[1:3] == ["chassis.fabgitops.io/rack-01-c0", "blade.fabgitops.io/rack-01-c0s0"]
    items = json.loads(racks.plant.fabctl("tree", "rack-01", "-o", "json")[1])["items"]
    assert [each["kind"] for each in items] == ["Rack", "Chassis", "Blade", "BMC", "RackNode", "IndustrialPLC"]


def test_a_tree_on_a_terminal_has_colours(racks: Racks, terminal: Any) -> None:
    """How something stands is coloured, and the lines are those of a pipe."""
    racks.report("chassis", "rack-01-c0", powerState="On", health="Critical")
    screen = terminal("tree", "rack-01")
    assert screen.end() == 0
    assert "\x1b[1;31mCritical" in screen.seen
    assert STYLE.sub("", screen.seen).splitlines() == racks.plant.fabctl("tree", "rack-01")[1].splitlines()


def test_without_a_terminal_it_takes_a_yes(racks: Racks) -> None:
    """What would go is shown, and nothing is agreed to: --yes does, with the hash that was shown; --dry-run never."""
    racks.report("racks", "rack-01", **WAITS)
    code, out, errors = racks.plant.fabctl("rack", "approve", "rack-01")
    assert code == 2
    assert "12 to remove" in out
    assert "rack-01-c1s3n1, rack-01-c1s3n0 and 10 more" in out
    assert "--yes does what is shown" in errors
    assert racks.plant.fabctl("rack", "approve", "rack-01", "--dry-run", "--yes")[0] == 0
    assert not racks.annotations("racks", "rack-01")
    code, out, _ = racks.plant.fabctl("rack", "approve", "rack-01", "--yes")
    assert code == 0
    assert out.endswith("rack-01: agreed to, plan 5f2c: 12 to remove\n")
    assert racks.annotations("racks", "rack-01") == {"fabgitops.io/approve": "5f2c"}
    code, out, _ = racks.plant.fabctl("rack", "approve", "rack-01", "--yes")
    assert (code, out.splitlines()[-1]) == (
        0,
        "rack-01: agreed to already; the operator has not carried it out yet",
    )


def test_nothing_that_is_not_shown_is_agreed_to(racks: Racks) -> None:
    """Where nothing waits nothing is written, and neither is where the operator has not seen the latest spec."""
    code, out, _ = racks.plant.fabctl("rack", "approve", "rack-01", "--yes")
    assert (code, out) == (0, "rack-01: nothing waits for a yes\n")
    racks.report("racks", "rack-01", **WAITS)
    racks.plant.api.patch(racks.at("racks", "rack-01"), json={"spec": {"row": "B"}}, headers=MERGE).raise_for_status()
    code, _, errors = racks.plant.fabctl("rack", "approve", "rack-01", "--yes")
    assert code == 1
    assert "the operator has not looked at it since it changed" in errors
    assert not racks.annotations("racks", "rack-01")


@pytest.mark.parametrize(("answer", "agreed"), [(b"y\n", True), (b"\n", False), (b"no\n", False), (b"\x04", False)])
def test_on_a_terminal_it_asks(racks: Racks, terminal: Any, answer: bytes, agreed: bool) -> None:
    """Only a yes agrees; a line without anything does not, and neither does an end of the input."""
    racks.report("racks", "rack-01", **WAITS)
    screen = terminal("rack", "approve", "rack-01")
    screen.until(r"Agree, 12 to remove in .*/rack-01\? \[y/N\] ")
    screen.press(answer)
    assert screen.end() == (0 if agreed else 1)
    assert bool(racks.annotations("racks", "rack-01")) is agreed


def test_a_light_is_switched_and_seen(racks: Racks) -> None:
    """It waits until the BMC's status says so, and is not content with the state from before."""
    racks.report("bmcs", "rack-01-c0s0b0", locate={"wanted": "off", "state": "on"})
    process = racks.plant.start("rack", "locate", "rack-01-c0s0b0", "--on", "-n", racks.plant.namespace)
    until(
        lambda: racks.annotations("bmcs", "rack-01-c0s0b0") == {"fabgitops.io/locate": "on"}, "the light is asked for"
    )
    assert process.poll() is None
    racks.report("bmcs", "rack-01-c0s0b0", locate={"wanted": "on", "state": "on"})
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "rack-01-c0s0b0: the light is on\n")
    asked = racks.plant.fabctl("rack", "locate", "bmc/rack-01-c0s0b0", "--off", "--no-wait")
    assert asked[:2] == (0, "rack-01-c0s0b0: asked for light off\n")
    assert racks.annotations("bmcs", "rack-01-c0s0b0") == {"fabgitops.io/locate": "off"}


def test_a_light_that_does_not_follow_is_told(racks: Racks) -> None:
    """After its time it says what the BMC's status says, or that no operator answers; a missing BMC is told at once."""
    late = ("rack", "locate", "rack-01-c0s0b0", "--on", "--timeout", "1")
    code, _, errors = racks.plant.fabctl(*late)
    assert code == 6
    assert "the operator did not answer: does the one of racks run?" in errors
    locate = {"wanted": "on", "state": "unknown", "message": "this BMC has no light"}
    racks.report("bmcs", "rack-01-c0s0b0", locate=locate)
    code, _, errors = racks.plant.fabctl(*late)
    assert code == 6
    assert "the light is not on within 1 s, but unknown: this BMC has no light" in errors
    code, _, errors = racks.plant.fabctl("rack", "locate", "rack-01-c0s0b9", "--on")
    assert code == 3
    assert "did you mean rack-01-c0s0b0?" in errors


def test_who_may_not_is_told(racks: Racks) -> None:
    """The right that is missing is named, with its verb."""
    racks.report("racks", "rack-01", **WAITS)
    reader: Path = racks.plant.grant("rack-reader", ("fabgitops.io", "racks", ["get", "list"]))
    assert racks.plant.fabctl("rack", "list", kubeconfig=reader)[0] == 0
    code, _, errors = racks.plant.fabctl("rack", "approve", "rack-01", "--yes", kubeconfig=reader)
    assert code == 4
    assert "may not patch racks.fabgitops.io" in errors
