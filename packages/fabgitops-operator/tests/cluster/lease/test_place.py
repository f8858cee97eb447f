"""Which Lease an operator takes."""

from pathlib import Path

import pytest
from fabgitops_operator.cluster.lease import place
from fabgitops_operator.cluster.lease.keeper import Lease
from fabgitops_operator.cluster.lease.place import lease_of, place_of, terms_of
from fabgitops_operator.hosting.alone import Alone
from fabgitops_operator.settings import Family, Outage, Settings

from .test_keeper import FakeLeases


def test_the_same_namespaces_share_a_lease() -> None:
    """Operators of the same namespaces take turns, in whatever order they name them; of others they do not."""
    names = [
        place_of(Settings(namespace=namespaces))[1]
        for namespaces in ((), ("line-1",), ("line-2",), ("line-1", "line-2"), ("line-2", "line-1", "line-2"))
    ]
    assert names[:3] == ["fabgitops-operator", "fabgitops-operator.line-1", "fabgitops-operator.line-2"]
    assert names[3] == names[4]
    assert len(set(names)) == 4


def test_families_do_not_wait_for_each_other() -> None:
    """The operator of racks, and that of workloads, has another Lease than that of PLCs of the same namespaces."""
    known = {Family.RACKS: "fabgitops-racks", Family.DELIVERY: "fabgitops-delivery", Family.ARGO: "fabgitops-argo"}
    for family, name in known.items():
        names = [place_of(Settings(kinds=family, namespace=namespaces))[1] for namespaces in ((), ("line-1",))]
        assert names == [name, f"{name}.line-1"]


def test_in_a_pod_it_is_where_the_pod_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The namespace is the pod's own, outside a cluster that of the manifests, or the one that was given."""
    monkeypatch.setattr(place, "_POD_NAMESPACE", tmp_path / "namespace")
    assert place_of(Settings())[0] == "fabgitops-system"
    (tmp_path / "namespace").write_text("plant\n")
    assert place_of(Settings())[0] == "plant"
    assert place_of(Settings(lease_namespace="here", lease_name="it")) == ("here", "it")


def test_each_start_has_a_name_of_its_own() -> None:
    """A process that starts where another ran is somebody else: nobody knows whether that one is gone."""
    assert terms_of(Settings()).holder != terms_of(Settings()).holder
    assert terms_of(Settings(lease_outage=Outage.CORRECT)).outlast


async def test_no_lease_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    """--no-lease takes none, and says whose business that is."""
    lease = lease_of(Settings(lease=False), FakeLeases())
    assert isinstance(lease, Alone)
    await lease.acquire()
    assert (lease.held, lease.why_not(), str(lease)) == (True, "", "")
    assert "yours to see" in caplog.text
    assert isinstance(lease_of(Settings(), FakeLeases()), Lease)
