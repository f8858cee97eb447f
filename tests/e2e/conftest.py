"""The cluster that `./dev e2e` has prepared, with the chart installed; it leaves nothing behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lightkube
import pytest
from lightkube.config import client_adapter

from .chaos import AGENT, OPERATOR, Chaos, Watch
from .cluster import Cluster, Helm
from .evidence import collect
from .floor import Floor

LEASE = [f"settings.lease{name}Secs={secs}" for name, secs in (("Duration", 12), ("Deadline", 8), ("Retry", 1))]
"""An operator that was killed is followed as soon as that may be: nobody wants to wait a minute each time."""


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Return the helm that `./dev e2e` has found."""
    return Helm(os.environ["FABGITOPS_HELM"], os.environ["KUBECONFIG"], os.environ["FABGITOPS_TAG"])


@pytest.fixture(scope="session")
def cluster(helm: Helm, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Return the cluster with two namespaces of our own: one for the operator, one for a plant; removed at the end."""
    config = lightkube.KubeConfig.from_file(os.environ["KUBECONFIG"])
    with lightkube.Client(config=config, field_manager="fabgitops-e2e") as client:
        found = Cluster(client, helm.tag)
        found.refuse_if_installed()
        try:
            found.make_namespaces()
            with kept_evidence(client, request.session):
                helm.install()
                yield found
        finally:
            try:
                helm.uninstall()
            finally:
                found.clean_up()


@pytest.fixture
def floor(cluster: Cluster) -> Floor:
    """Return the racks of the cluster."""
    return Floor(cluster.client)


@contextmanager
def kept_evidence(client: lightkube.Client, session: pytest.Session) -> Iterator[None]:
    """Keep what the cluster tells if anything fails, before it is gone."""
    failed = True
    try:
        yield
        failed = session.testsfailed > 0
    finally:
        if failed:
            collect(client, Path(os.environ["FABGITOPS_EVIDENCE"]))


@pytest.fixture(scope="session")
def chaos(cluster: Cluster, helm: Helm) -> Iterator[Chaos]:
    """Return chaos experiments that may be, with their operator and agent; all are over at the end."""
    helm.install("chaos.enabled=true", "chaos.agent.enabled=true", *LEASE)
    config = lightkube.KubeConfig.from_file(os.environ["KUBECONFIG"]).get()
    assert config
    with client_adapter.Client(config, client_adapter.ConnectionParams()) as api:
        found = Chaos(cluster, Watch(api))
        found.allow()
        found.run_watch()
        for component in (OPERATOR, AGENT):
            found.pod_of(component)
        try:
            yield found
        finally:
            found.clear()
