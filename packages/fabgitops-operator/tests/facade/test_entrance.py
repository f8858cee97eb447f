"""Where the facade may be opened."""

from pathlib import Path

import pytest
from fabgitops_operator.app import call
from fabgitops_operator.facade.runtime import EntranceError, entrance
from fabgitops_operator.facade.settings import FacadeSettings
from fabgitops_operator.hosting.showing import CertificateError


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:8080", "localhost:8080", "127.8.8.8:1"])
def test_loopback_needs_nothing(listen: str) -> None:
    """On this machine alone it is opened in plain."""
    assert entrance(FacadeSettings(listen=listen))[1] is None


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "10.0.0.1:0", "[::]:8080", "rack.example:8080"])
def test_elsewhere_it_takes_tls(listen: str) -> None:
    """Off loopback it is refused without a certificate, with the way out."""
    with pytest.raises(EntranceError, match="--tls-cert and --tls-key, or listen on 127"):
        entrance(FacadeSettings(listen=listen))


def test_half_a_pair_is_refused() -> None:
    """A certificate without its key, or the other way round, is a mistake, also on loopback."""
    with pytest.raises(EntranceError, match="belong together"):
        entrance(FacadeSettings(tls_cert=Path("x")))
    with pytest.raises(CertificateError, match="no TLS with x and y"):
        entrance(FacadeSettings(tls_cert=Path("x"), tls_key=Path("y")))


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (["--listen", "0.0.0.0:0"], 2, "would let everybody who reaches this machine change racks in your name"),
        (["--listen", "nowhere"], 2, "is no ADDRESS:PORT"),
        (["--namespace", "No_Such"], 2, '"No_Such" is no name of a namespace'),
        ([], 1, "no way to the API server"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    flags: list[str],
    code: int,
    says: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The program says why it does not serve, with its exit code."""
    monkeypatch.setattr("sys.argv", ["fabgitops-operator", "facade", *flags])
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert call() == code
    errors = capfd.readouterr().err
    assert says in errors
    assert "Traceback" not in errors
