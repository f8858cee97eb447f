"""The walk through Fabrica's rack example: its curl lines, in order, by curl."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from ..planes import until

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

# Two of the example's bodies have a brace too many, and are taken without it.
STANDARD = """{
    "name": "standard-rack",
    "chassisCount": 2,
    "chassisConfig": {
    "bladeCount": 4,
    "bladeConfig": {
      "nodeCount": 2,
      "bmcMode": "shared"
      }
    },
      "description": "Standard 2-chassis rack with 4 blades per chassis"
    }"""
RACK_01 = """{
    "name": "rack-01",
    "templateUID": "%s",
    "location": "datacenter-1",
    "datacenter": "DC1",
    "row": "A",
    "position": "01"
    }"""
DEDICATED = """{
    "name": "dedicated-bmc-rack",
    "chassisCount": 1,
    "chassisConfig": {
      "bladeCount": 2,
      "bladeConfig": {
        "nodeCount": 4,
        "bmcMode": "dedicated"
      }
    }
  }"""
RACK_02 = """{
    "name": "rack-02",
    "templateUID": "%s",
    "location": "datacenter-1"
  }"""


class Curl:
    """curl, as the example types it."""

    def __init__(self, server: str) -> None:
        self._server = server

    def __call__(self, *words: str) -> Any:
        """Run it, and return the answer."""
        line = [word.replace("http://localhost:8080", self._server) for word in words]
        return json.loads(subprocess.run(["curl", "-sS", *line], check=True, capture_output=True, timeout=60).stdout)

    def post(self, path: str, body: str) -> Any:
        """Run a line that makes something."""
        url = f"http://localhost:8080{path}"
        return self("-X", "POST", url, "-H", "Content-Type: application/json", "-d", body)


@pytest.fixture
def curl(url: str) -> Curl:
    """Return curl before the facade."""
    assert shutil.which("curl"), "curl is not installed"
    return Curl(url)


def ready(curl: Curl, uid: str) -> Any:
    """Wait until a rack is ready, and return it: the example sleeps instead."""
    shown = {}

    def is_ready() -> bool:
        shown.update(curl(f"http://localhost:8080/racks/{uid}"))
        return bool(shown["status"]["phase"] == "Ready")

    until(is_ready, "the rack is ready")
    return shown


def test_the_example_is_walked_through(curl: Curl) -> None:
    """What the example's lines make and ask for is there, with the counts that it promises."""
    template = curl.post("/racktemplates", STANDARD)
    rack = curl.post("/racks", RACK_01 % template["metadata"]["uid"])
    assert rack["kind"] == "Rack"
    assert rack["status"]["phase"] == "Pending"

    uid = rack["metadata"]["uid"]
    shown = ready(curl, uid)
    assert shown["metadata"] == rack["metadata"] | {"updatedAt": shown["metadata"]["updatedAt"]}
    assert shown["spec"]["templateUID"] == template["metadata"]["uid"]
    assert shown["spec"]["location"] == "datacenter-1"
    counts = {"totalChassis": 2, "totalBlades": 8, "totalNodes": 16, "totalBMCs": 8}
    assert shown["status"].items() >= {"phase": "Ready", **counts}.items()

    chassis = curl("http://localhost:8080/chassis")
    blades = curl("http://localhost:8080/blades")
    nodes = curl("http://localhost:8080/nodes")
    bmcs = curl("http://localhost:8080/bmcs")
    assert [len(each) for each in (chassis, blades, nodes, bmcs)] == [2, 8, 16, 8]
    assert {each["kind"] for each in nodes} == {"Node"}
    assert [each["metadata"]["uid"] for each in chassis] == shown["status"]["chassisUIDs"]

    first = curl(f"http://localhost:8080/chassis/{shown['status']['chassisUIDs'][0]}")
    in_it = [each["metadata"]["uid"] for each in blades if each["spec"]["chassisUID"] == first["metadata"]["uid"]]
    assert first["spec"]["rackUID"] == uid
    assert len(in_it) == 4
    assert first["status"]["bladeUIDs"] == in_it

    template = curl.post("/racktemplates", DEDICATED)
    rack = curl.post("/racks", RACK_02 % template["metadata"]["uid"])
    shown = ready(curl, rack["metadata"]["uid"])
    counts = {"totalChassis": 1, "totalBlades": 2, "totalNodes": 8, "totalBMCs": 8}
    assert shown["status"].items() >= {"phase": "Ready", **counts}.items()


def test_each_node_has_its_bmc(curl: Curl) -> None:
    """A shared BMC manages the nodes of its blade, and says so."""
    template = curl.post("/racktemplates", STANDARD)
    ready(curl, curl.post("/racks", RACK_01 % template["metadata"]["uid"])["metadata"]["uid"])
    nodes = {each["metadata"]["uid"]: each for each in curl("http://localhost:8080/nodes")}
    for bmc in curl("http://localhost:8080/bmcs"):
        managed = [nodes[uid] for uid in bmc["status"]["managedNodeUIDs"]]
        assert [node["spec"]["nodeNumber"] for node in managed] == [0, 1]
        assert {node["spec"]["bmcUID"] for node in managed} == {bmc["metadata"]["uid"]}
        assert {node["spec"]["bladeUID"] for node in managed} == {bmc["spec"]["bladeUID"]}
