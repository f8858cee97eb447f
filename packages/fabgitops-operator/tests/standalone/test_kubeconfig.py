"""The kubeconfig that fabctl and kubectl are given."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_operator.standalone.kubeconfig import kubeconfig, url, write


def entries(text: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the context, cluster and user that the current context leads to."""
    content = yaml.safe_load(text)
    named = {
        kind: {each["name"]: each[kind[:-1]] for each in content[kind]} for kind in ("contexts", "clusters", "users")
    }
    context = named["contexts"][content["current-context"]]
    return context, named["clusters"][context["cluster"]], named["users"][context["user"]]


def test_over_plain_http_there_is_no_secret() -> None:
    """On loopback the file says where the API is, and nothing else."""
    context, cluster, user = entries(kubeconfig("http://127.0.0.1:8080"))
    assert (context["namespace"], cluster, user) == ("default", {"server": "http://127.0.0.1:8080"}, {})


def test_over_tls_it_has_all_that_is_needed() -> None:
    """The certificate to trust and the token stand in the file itself, so that it can be handed over."""
    _, cluster, user = entries(kubeconfig("https://box:8443", ca=b"PEM", token="fab-1"))  # noqa: S106
    assert base64.b64decode(cluster["certificate-authority-data"]) == b"PEM"
    assert user == {"token": "fab-1"}


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:8080"),
        ("0.0.0.0", True, "https://127.0.0.1:8080"),  # noqa: S104
        ("::", True, "https://[::1]:8080"),
        ("fe80::1", True, "https://[fe80::1]:8080"),
        ("line-a.plant.example", True, "https://line-a.plant.example:8080"),
    ],
)
def test_the_address_is_one_that_is_reached(host: str, tls: bool, expected: str) -> None:
    """Nobody can connect to 0.0.0.0: it stands for the loopback of who looks; IPv6 is put in brackets."""
    assert url(host, 8080, tls=tls) == expected


def test_it_is_for_its_owner_alone_and_written_once(tmp_path: Path) -> None:
    """The file may hold a token, so nobody else may read it; the same content again does not touch it."""
    path = tmp_path / "kubeconfig"
    write(path, "a")
    before = path.stat()
    write(path, "a")
    assert stat.S_IMODE(before.st_mode) == 0o600
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    write(path, "b")
    assert path.read_text() == "b"
    assert list(tmp_path.iterdir()) == [path]
