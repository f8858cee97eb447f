"""Certificates for devices behind TLS, out of folders, as the operator asks for them at each connection."""

import base64
import os
from pathlib import Path

import pytest
from fabgitops_core.control.plc.requests import SecretKey, TlsRef
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.engine.ports import SecretError
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.secrets import SecretTls, SecretWords
from fabgitops_operator.standalone.certificate import make
from fabgitops_operator.standalone.secret_files import SecretFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a resource's certificates."""
    made = tmp_path / "line-1" / "oven"
    made.mkdir(parents=True)
    return made


async def test_the_files_are_read_as_a_secret_is(tmp_path: Path, folder: Path) -> None:
    """What is in the folder comes as a Secret of Kubernetes has it; what is not there is left out."""
    (folder / "ca.crt").write_text("PEM")
    (folder / "..data").mkdir()
    (folder / ".hidden").write_text("not read")
    assert await SecretFiles(tmp_path).secret("line-1", "oven") == {"ca.crt": base64.b64encode(b"PEM").decode()}


async def test_what_was_rotated_counts_from_the_next_reading(tmp_path: Path, folder: Path) -> None:
    """Nothing is kept from one reading to the next."""
    files = SecretFiles(tmp_path)
    (folder / "ca.crt").write_text("old")
    before = await files.secret("line-1", "oven")
    (folder / "ca.crt").write_text("new")
    assert await files.secret("line-1", "oven") != before


async def test_a_connection_is_made_with_them(tmp_path: Path, folder: Path) -> None:
    """A context for TLS is made of the files, with the certificate that the operator shows."""
    make(folder, ["oven.plant.example"])
    (folder / "ca.crt").write_bytes((folder / "tls.crt").read_bytes())
    context = await SecretTls(SecretFiles(tmp_path))(TlsRef(secret="line-1/oven"))  # noqa: S106
    assert context.cert_store_stats()["x509"] == 1


@pytest.mark.parametrize(
    ("namespace", "name", "says"),
    [
        ("line-1", "mixer", "there is no file in"),
        ("..", "passwd", "names no folder"),
        ("line-1", "../../etc", "names no folder"),
        ("", "oven", "names no folder"),
    ],
)
async def test_what_is_not_there_is_told(tmp_path: Path, namespace: str, name: str, says: str) -> None:
    """A folder without certificates is named, and no name leads out of the folder that was given."""
    with pytest.raises(ApiError, match=says):
        await SecretFiles(tmp_path).secret(namespace, name)


async def test_without_a_folder_the_way_out_is_told(folder: Path) -> None:
    """A device that asks for certificates says in its status how they are given."""
    del folder
    with pytest.raises(
        Unreachable, match=r"start with --secrets DIR, and put a file for each key .* into DIR/line-1/oven"
    ):
        await SecretTls(SecretFiles(None))(TlsRef(secret="line-1/oven"))  # noqa: S106


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, folder: Path) -> None:
    """A key that the operator's user may not read is told of by its path."""
    (folder / "tls.key").touch(0o000)
    with pytest.raises(ApiError, match=r"tls\.key cannot be read: Permission denied"):
        await SecretFiles(tmp_path).secret("line-1", "oven")


async def test_a_password_is_a_file_of_its_key(tmp_path: Path, folder: Path) -> None:
    """A file for each key, as a mounted Secret has them; one that is larger than a Secret may be is refused."""
    (folder / "password").write_text("1000\n")
    assert await SecretWords(SecretFiles(tmp_path)).text(SecretKey("line-1", "oven", "password")) == "1000\n"
    with (folder / "password").open("wb") as large:
        large.truncate(2 * 1024 * 1024)
    with pytest.raises(SecretError, match="is larger than a Secret may be"):
        await SecretWords(SecretFiles(tmp_path)).text(SecretKey("line-1", "oven", "password"))
