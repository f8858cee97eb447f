"""TLS for a twin: one throw-away CA, a certificate for all names of its devices, and what whoever connects needs of it.

`--secrets DIR` gets `ca.crt`, for those who go by the system's CAs, and for each Secret that a manifest names
`NAMESPACE/NAME/` with `ca.crt`, `tls.crt` and `tls.key`, as Kubernetes mounts a Secret.
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mock_plc.errors import MockPlcError
from mock_plc.net.transport import Transport
from mock_plc.twin.plant import Site


class CertificatesError(MockPlcError):
    """The certificates have no place: the text says why, and what to do."""

    code = 2


@contextlib.contextmanager
def certified(sites: Sequence[Site], folder: Path | None) -> Iterator[ssl.SSLContext | None]:
    """Yield what the devices behind TLS serve it with, if there are any; the folder has its files until the block ends.

    Raises:
        CertificatesError: Somebody will look at a certificate and there is no folder, or it has such files already.
        TlsError: The certificates cannot be written.
    """
    behind = [site for site in sites if site.transport is Transport.TLS]
    if not behind:
        yield None
        return
    if folder is None:
        _check_nobody_looks(behind)
    from mock_plc.net import tls  # noqa: PLC0415 - its library is slow to import, and seldom needed

    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        made = Path(place)
        tls.make(made, sorted({name for site in behind for name in site.server_names}))
        context = tls.context(made / tls.CERTIFICATE, made / tls.KEY)
        if folder:
            names = {tls.CA: tls.CA, tls.CLIENT_CERTIFICATE: tls.CERTIFICATE, tls.CLIENT_KEY: tls.KEY}
            _put(folder / tls.CA, made / tls.CA, stack)
            for secret in sorted({name for site in behind for name in site.secrets}, key=str):
                for source, name in names.items():
                    _put(folder / secret.namespace / secret.name / name, made / source, stack)
        yield context


def _check_nobody_looks(behind: Sequence[Site]) -> None:
    for site in behind:
        if site.verified:
            raise CertificatesError(
                f"{site.address} ({', '.join(site.plcs)}) is reached over TLS, and its certificate is looked at: give "
                "--secrets DIRECTORY, which gets the twin's CA and the Secrets that the manifests name"
            )


def _put(file: Path, source: Path, stack: contextlib.ExitStack) -> None:
    """Put a file where none is, and take it away at the end, with the folders that it alone was in."""
    data = source.read_bytes()
    try:
        missing = [each for each in file.parents if not each.exists()]
        file.parent.mkdir(parents=True, exist_ok=True)
        for each in reversed(missing):
            stack.callback(_remove_if_empty, each)
        with open(file, "xb", opener=_private) as new:
            new.write(data)
    except FileExistsError:
        raise CertificatesError(
            f"--secrets: {file} is there already, and is not overwritten: name a directory without, or take it away"
        ) from None
    except OSError as error:
        raise CertificatesError(f"--secrets: {file} cannot be written: {error.strerror or error}") from None
    stack.callback(file.unlink, missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # somebody has put something there
        folder.rmdir()
