"""The life of an installation, in the order in which it happens: each test goes on where the one before it ended."""

from pathlib import Path

import pytest
from mock_plc.net.tls import CA, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, KEY, make

from .cluster import PLANT, PORT, Cluster, Helm, is_ready, until
from .floor import RACK_DEFINITIONS, Floor
from .workloads import BAD, BETTER, GOOD, Workload

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

MIXER, PRESS, LINE, SAFE = "mixer", "press", "line", "safe"
LINE_SIZE = 20
LINE_PLCS = [f"{LINE}-{number:02}" for number in range(LINE_SIZE)]
RACK, DENSE = "rack-01", "dense"
DEFINITIONS = ["industrialplcs.fabgitops.io", "industrialplctemplates.fabgitops.io"]


def test_drift_is_corrected(cluster: Cluster) -> None:
    """A PLC that drifts is written back again and again, with nothing but what Git says, and Events tell of it."""
    cluster.run_mock_plc(MIXER, "--register=4001=2500", "--chaos", "--chaos-interval=3", "--seed=7")
    cluster.declare(MIXER, MIXER, targetRegister=4001, targetValue=2500)
    until(lambda: cluster.status(MIXER).get("correctionsApplied", 0) >= 2, "it is corrected twice")
    until(lambda: cluster.announced(MIXER) >= {"DriftDetected", "DriftCorrected"}, "Events tell of it")
    writes = cluster.writes(MIXER)
    assert len(writes) >= 2
    assert all(each.endswith("-> 2500") for each in writes), writes


def test_helm_test(cluster: Cluster, helm: Helm) -> None:
    """`helm test` passes in a cluster where the operator works."""
    assert cluster.operator()
    assert "Succeeded" in helm("test", "fabgitops", "--timeout", "180s")


def test_client_certificate(cluster: Cluster, helm: Helm, tmp_path: Path) -> None:
    """A PLC that wants a client's certificate is corrected under the chart's own security context."""
    make(tmp_path, [f"{SAFE}.{PLANT}.svc.cluster.local"])
    cluster.keep_secret("safe-server", {name: tmp_path / name for name in (CA, CERTIFICATE, KEY)})
    client = {CA: tmp_path / CA, CERTIFICATE: tmp_path / CLIENT_CERTIFICATE, KEY: tmp_path / CLIENT_KEY}
    cluster.keep_secret("safe-client", client)
    files = [f"--tls-cert=/tls/{CERTIFICATE}", f"--tls-key=/tls/{KEY}", f"--tls-client-ca=/tls/{CA}"]
    cluster.run_mock_plc(SAFE, "--register=100=1200", "--transport=tls", *files, mounted="safe-server")
    helm.install("tlsSecrets.enabled=true")
    tls = {"transport": "tls", "tlsSecretRef": {"name": "safe-client"}}
    cluster.declare(SAFE, SAFE, targetRegister=100, targetValue=2500, connection=tls)
    until(lambda: cluster.all_are([SAFE], "InSync"), "it is in sync")
    (write,) = cluster.writes(SAFE)
    assert write.endswith("1200 -> 2500")


def test_upgrade(cluster: Cluster, helm: Helm) -> None:
    """An upgrade replaces the operator, never runs two at a time, and takes nothing from PLCs and what was counted."""
    before, uids = cluster.status(MIXER)["correctionsApplied"], cluster.uids()
    old = cluster.operator()
    assert cluster.most_operators_during(lambda: helm.install("settings.logLevel=debug")) == 1
    assert cluster.operator() != old
    assert cluster.uids() == uids
    until(lambda: cluster.status(MIXER)["correctionsApplied"] > before, "corrections go on, and are counted on")


@pytest.mark.parametrize(("grace", "wanted"), [(0, 2600), (30, 2700)], ids=["killed", "told to stop"])
def test_operator_lost_in_a_correction(cluster: Cluster, grace: int, wanted: int) -> None:
    """An operator that goes in the middle of a write is followed by one that proves the value, and writes no other."""
    if PRESS not in cluster.uids():
        cluster.run_mock_plc(PRESS, "--register=100=2500", "--fault=delay:2s,on=write")
        cluster.declare(PRESS, PRESS, targetRegister=100, targetValue=2500)
    until(lambda: cluster.all_are([PRESS], "InSync"), "it is in sync")
    operator, told = cluster.operator(), len(cluster.writes(PRESS))
    cluster.want(PRESS, wanted)
    until(lambda: cluster.all_are([PRESS], "Correcting"), "a write is on its way")
    cluster.end_operator(operator, grace)
    assert cluster.operator() != operator
    until(lambda: cluster.status(PRESS).get("currentValue") == wanted, "it holds what Git says")
    until(lambda: cluster.all_are([PRESS], "InSync"), "it is in sync again")
    writes = cluster.writes(PRESS)[told:]
    assert writes
    assert all(each.endswith(f"-> {wanted}") for each in writes), writes


def test_plcs_lost_and_back(cluster: Cluster) -> None:
    """PLCs that go all at once are told as unreachable, and are in sync again by themselves when they are back."""
    cluster.run_mock_plc(LINE, f"--count={LINE_SIZE}")
    for number, name in enumerate(LINE_PLCS):
        cluster.declare(name, LINE, port=PORT + number, targetRegister=4001, targetValue=2500)
    until(lambda: cluster.all_are(LINE_PLCS, "InSync"), "all of them are in sync")
    cluster.scale(LINE, 0)
    until(lambda: cluster.all_are(LINE_PLCS, "ConnectionFailed"), "all of them are lost")
    assert cluster.all_are([PRESS], "InSync")
    cluster.scale(LINE, 1)
    until(lambda: cluster.all_are(LINE_PLCS, "InSync"), "all of them are back")
    until(lambda: "ConnectionRestored" in cluster.announced(LINE_PLCS[0]), "an Event tells of it")


def test_a_rack_is_made_healed_and_collected(cluster: Cluster, helm: Helm, floor: Floor) -> None:
    """A Rack is made as its template says, a part that somebody deletes comes back, and with the Rack all parts go."""
    helm.install("racks.enabled=true")
    assert set(cluster.definitions()) == {*DEFINITIONS, *RACK_DEFINITIONS}
    floor.declare_template(DENSE, chassis=1, blades=2, nodes=2)
    floor.declare(RACK, DENSE)
    until(lambda: floor.is_ready(RACK), "the rack is ready")
    assert floor.counts(RACK) == (1, 2, 2, 4)
    before, blade = floor.parts(RACK), f"{RACK}-c0s1"
    floor.take_blade(blade)
    until(lambda: floor.parts(RACK).get(blade, before[blade]) != before[blade], "the blade is made again")
    assert {**floor.parts(RACK), blade: before[blade]} == before
    until(lambda: cluster.announced(RACK) >= {"Provisioned", "ChildRecreated"}, "Events tell of it")
    floor.delete(RACK)
    until(lambda: not floor.parts(RACK), "all its parts are collected")
    assert not floor.racks()


def test_a_workload_goes_from_version_to_version(cluster: Cluster, helm: Helm) -> None:
    """A good version goes out when somebody promotes its canary; a bad one is given up and costs no good pod."""
    helm.install("delivery.enabled=true")
    panel = Workload(cluster, "panel")
    panel.declare(GOOD, replicas=2)
    until(lambda: panel.phase() == "Completed", "the first version is out")
    panel.want(BETTER)
    until(lambda: panel.phase() == "Paused", "it waits for somebody")
    assert panel.available() == {GOOD: 1, BETTER: 1}
    panel.say("promote", f"{panel.status()['currentPodHash']}/1")
    until(lambda: panel.phase() == "Completed" and panel.available() == {BETTER: 2}, "the better version is out")
    panel.want(BAD)
    fewest = []

    def is_given_up() -> bool:
        fewest.append(panel.available().get(BETTER, 0))
        return bool(panel.status().get("abort")) and panel.pods() == 2

    until(is_given_up, "the bad version is given up")
    assert min(fewest) == 2, "all pods of the better version were there all the time"
    assert panel.phase() == "Failed"
    assert "deadline" in panel.status()["cause"].lower() or "progress" in panel.status()["cause"]
    until(lambda: cluster.announced("panel") >= {"RolloutCompleted", "RolloutAborted"}, "Events tell of it")
    panel.delete()
    until(lambda: panel.pods() == 0, "its pods are collected")


def test_uninstalling_keeps_the_plcs(cluster: Cluster, helm: Helm) -> None:
    """Uninstalling takes the operator and leaves what was declared, which an operator installed later goes on with."""
    uids, definitions = cluster.uids(), cluster.definitions()
    helm.uninstall()
    until(lambda: not cluster.operators(), "the operator is gone")
    assert cluster.definitions() == definitions
    assert cluster.uids() == uids
    cluster.want(PRESS, 2800)
    helm.install()
    assert all(map(is_ready, cluster.operators()))
    until(lambda: cluster.status(PRESS).get("currentValue") == 2800, "it goes on where it was")
    assert cluster.uids() == uids
