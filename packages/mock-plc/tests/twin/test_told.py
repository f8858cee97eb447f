"""What a twin leaves beside itself while it runs: the device map, and certificates for those who look at them."""

import ssl
from pathlib import Path

import pytest
from mock_plc.twin import device_map
from mock_plc.twin.certificates import CertificatesError, certified
from mock_plc.twin.device_map import DeviceMapError

from .reading import plc, read

PLACES = {"10.0.0.7:502": "127.0.0.1:41001", "[::1]:502": "127.0.0.1:41002"}
BEHIND_TLS = "deviceAddress: plc-7.line-1\nport: 802\ntargetRegister: 1\ntargetValue: 2\n"


def test_the_device_map_is_there_while_it_holds(tmp_path: Path) -> None:
    """It maps address to address, is readable for others, leaves nothing beside it, and goes with its twin."""
    file = tmp_path / "twin.yaml"
    with device_map.written(file, PLACES):
        head, *lines = file.read_text().splitlines()
        assert head.startswith("# Written by mock-plc twin")
        assert lines == ['"10.0.0.7:502": "127.0.0.1:41001"', '"[::1]:502": "127.0.0.1:41002"']
        assert file.stat().st_mode & 0o777 == 0o644
        assert list(tmp_path.iterdir()) == [file]
    assert list(tmp_path.iterdir()) == []


def test_the_map_of_another_twin_stays(tmp_path: Path) -> None:
    """One that another twin has put in its place meanwhile is not taken away, and one that is gone is no trouble."""
    file = tmp_path / "twin.yaml"
    with device_map.written(file, PLACES):
        device_map.check(file)
        other = device_map.written(file, {"a:1": "b:2"})
        other.__enter__()
    assert '"a:1": "b:2"' in file.read_text()
    file.unlink()
    other.__exit__(None, None, None)


@pytest.mark.parametrize("content", [b"registers: []\n", b"\xff"])
def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    """What no twin has written stays as it is, and another name is asked for."""
    file = tmp_path / "plant.yaml"
    file.write_bytes(content)
    with pytest.raises(DeviceMapError, match=r"plant\.yaml is there already"):
        device_map.check(file)
    device_map.check(tmp_path / "new.yaml")


def test_a_map_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is named with the system's reason."""
    with (
        pytest.raises(DeviceMapError, match=r"--device-map .*/no/twin.yaml cannot be written: No such file"),
        device_map.written(tmp_path / "no/twin.yaml", PLACES),
    ):
        pass


def test_who_looks_at_certificates_needs_them(tmp_path: Path) -> None:
    """Devices behind TLS whose certificate is looked at need a folder for the CA; others have a certificate anyway."""
    sites = read(plc("m", BEHIND_TLS + "connection: {transport: tls}"))
    with pytest.raises(CertificatesError) as raised, certified(sites, None):
        pass
    assert str(raised.value).startswith(
        "plc-7.line-1:802 (line-1/m) is reached over TLS, and its certificate is looked"
    )
    careless = read(plc("m", BEHIND_TLS + "connection: {transport: tls, tlsInsecureSkipVerify: true}"))
    with certified(careless, None) as context:
        assert isinstance(context, ssl.SSLContext)
    with certified(read(plc("m", BEHIND_TLS)), None) as context:
        assert context is None


def test_secrets_are_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    """Each Secret has CA, certificate and key, for its owner's eyes; all of it is gone at the end."""
    one = plc("one", BEHIND_TLS + "connection: {transport: tls, tlsSecretRef: {name: certs}}")
    other = BEHIND_TLS.replace("7", "8") + "connection: {transport: tls, tlsSecretRef: {name: own}}"
    two = plc("two", other, "line-2")
    folder = tmp_path / "secrets"
    (folder / "line-1").mkdir(parents=True)
    with certified(read(one, two), folder):
        files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        each = ("ca.crt", "tls.crt", "tls.key")
        assert files == {"ca.crt", *(f"line-1/certs/{name}" for name in each), *(f"line-2/own/{name}" for name in each)}
        assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
        client = ssl.create_default_context(cafile=folder / "line-1/certs/ca.crt")
        client.load_cert_chain(folder / "line-2/own/tls.crt", folder / "line-2/own/tls.key")
    assert [str(path.relative_to(folder)) for path in folder.rglob("*")] == ["line-1"]


def test_certificates_of_somebody_else_are_not_overwritten(tmp_path: Path) -> None:
    """Where one of the files is already nothing is changed at all."""
    (tmp_path / "line-1/certs").mkdir(parents=True)
    mine = tmp_path / "line-1/certs/tls.key"
    mine.write_text("a secret")
    sites = read(plc("m", BEHIND_TLS + "connection: {transport: tls, tlsSecretRef: {name: certs}}"))
    with pytest.raises(CertificatesError, match=r"tls.key is there already, and is not overwritten"):
        certified(sites, tmp_path).__enter__()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "a secret"
