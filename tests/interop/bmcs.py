"""BMCs that we did not write, each a process that ends with the test: sushy-tools' emulator, and its static mockups."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import trustme

MOCKUP = Path(__file__).parent / "mockup"
USER, WORD = "admin", "correct horse"
READY_SECS = 30.0


@dataclass(frozen=True)
class Foreign:
    """Where it is, the file with the CA that its certificate is signed by, and what it says of what it is asked."""

    port: int
    ca: Path
    log: Path

    @property
    def url(self) -> str:
        """Return where it is, for libraries."""
        return f"https://127.0.0.1:{self.port}"


@contextmanager
def emulator(folder: Path, machines: Sequence[dict[str, object]]) -> Iterator[Foreign]:
    """Run sushy-emulator with machines that are played, over TLS, behind a user and a password.

    Its machines follow a change of power after 1 to 11 seconds, as real ones do.
    """
    ca, certificate, key = _certificates(folder)
    accounts = folder / "accounts"
    accounts.write_bytes(USER.encode() + b":" + bcrypt.hashpw(WORD.encode(), bcrypt.gensalt(4)))
    settings = folder / "emulator.conf"
    settings.write_text(
        f"SUSHY_EMULATOR_FAKE_SYSTEMS = {list(machines)!r}\n"
        f"SUSHY_EMULATOR_AUTH_FILE = {str(accounts)!r}\n"
        f"SUSHY_EMULATOR_STATE_DIR = {str(folder)!r}\n"
    )
    log = folder / "emulator.log"
    with _running("sushy-emulator", "--fake", "--config", settings, certificate=certificate, key=key, log=log) as port:
        yield Foreign(port, ca, log)


@contextmanager
def mockup(folder: Path) -> Iterator[Foreign]:
    """Run sushy-static on a small mockup of our own: it takes every change, and does nothing."""
    ca, certificate, key = _certificates(folder)
    log = folder / "mockup.log"
    with _running("sushy-static", "-m", MOCKUP, certificate=certificate, key=key, log=log) as port:
        yield Foreign(port, ca, log)


def _certificates(folder: Path) -> tuple[Path, Path, Path]:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    ca, certificate, key = (folder / name for name in ("ca.pem", "certificate.pem", "key.pem"))
    authority.cert_pem.write_to_path(ca)
    certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    return ca, certificate, key


@contextmanager
def _running(program: str, *arguments: str | Path, certificate: Path, key: Path, log: Path) -> Iterator[int]:
    port = _free_port()
    command = [str(Path(sys.executable).with_name(program)), *arguments, "-i", "127.0.0.1", "-p", str(port)]
    command += ["--ssl-certificate", certificate, "--ssl-key", key]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
        try:
            _wait(process, port)
            yield port
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it answers a handshake."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    end = time.monotonic() + READY_SECS
    while time.monotonic() < end:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as plain, anybody.wrap_socket(plain):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{process.args!r} does not answer")
