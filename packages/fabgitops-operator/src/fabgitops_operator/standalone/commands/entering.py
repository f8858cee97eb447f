"""Commands that decide who gets in: a certificate, tokens, kubeconfigs."""

import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabgitops_operator.standalone.commands.telling import told
from fabgitops_operator.standalone.settings import Entry, Kept
from fabgitops_operator.streams import say


class Given(StrEnum):
    """What a token lets its owner do: READ to look, OPERATE to sync and declare as well, CONTROLLER statuses, too."""

    READ = "read"
    OPERATE = "operate"
    CONTROLLER = "controller"


def certificate(
    kept: Kept | None = None,
    *,
    host: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    days: Annotated[int, Parameter(validator=Number(gte=1, lte=36500))] = 3650,
) -> int:
    """Make a certificate that is signed by itself, so that the API can be reached from other machines.

    fabgitops-operator standalone certificate --host line-a.plant.example --host 10.20.1.5

    It is put into the state (tls.crt, tls.key), where the next start finds it and serves TLS. Who is given a kubeconfig
    by `standalone kubeconfig` trusts it, and no other.

    Args:
        kept: Where the state is.
        host: A name or address by which this machine is reached; repeat it. This machine's name and loopback are added.
        days: How long it is valid.
    """
    from fabgitops_operator.hosting.showing import CertificateError  # noqa: PLC0415
    from fabgitops_operator.standalone.certificate import make  # noqa: PLC0415

    hosts = dict.fromkeys([*host, socket.gethostname(), "localhost", "127.0.0.1", "::1"])
    return told(lambda: say(f"{make((kept or Kept()).state, list(hosts), days)[0]}\n"), CertificateError)


def token(
    name: str,
    /,
    kept: Kept | None = None,
    *,
    role: Given = Given.READ,
    revoke: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Make a token for somebody and print it, once: a digest of it is kept. It counts at once, until it is taken back.

    fabgitops-operator standalone token anna --role operate

    fabgitops-operator standalone token anna --revoke

    Args:
        name: Whose it is; it stands in the log.
        kept: Where the state is.
        role: What it lets them do: read, operate (sync, and declare what is not in the source), controller (statuses).
        revoke: Take the token of that name back instead.
    """
    from fabgitops_operator.standalone.api.access import Role  # noqa: PLC0415
    from fabgitops_operator.standalone.api.tokens import FILE, TokenError, issue  # noqa: PLC0415
    from fabgitops_operator.standalone.api.tokens import revoke as take_back  # noqa: PLC0415

    file = (kept or Kept()).state / FILE
    if revoke:
        return told(lambda: take_back(file, name), TokenError)
    return told(lambda: say(f"{issue(file, name, Role(role.value))}\n"), TokenError)


def kubeconfig(
    name: str,
    /,
    entry: Entry | None = None,
    *,
    role: Given = Given.READ,
    server: str = "",
    ca: Path | None = None,
) -> int:
    """Print a kubeconfig for somebody, with a token of their own and the certificate to trust: to be saved, and kept.

    fabgitops-operator standalone kubeconfig anna --role operate --server https://10.20.1.5:8443 >anna.kubeconfig

    Args:
        name: Whose it is; it stands in the log.
        entry: Where the API listens, and what it shows.
        role: What the token lets them do: read, operate (sync, and declare what is not in the source), controller.
        server: URL by which they reach it. Default: made of --listen and this machine's name.
        ca: Certificates (PEM) that --tls-cert is trusted by, where those of every system do not trust it.
    """
    from fabgitops_operator.hosting.listen import place  # noqa: PLC0415
    from fabgitops_operator.standalone.api.access import Role  # noqa: PLC0415
    from fabgitops_operator.standalone.api.tokens import FILE, TokenError, issue  # noqa: PLC0415
    from fabgitops_operator.standalone.entrance import EntranceError, pair  # noqa: PLC0415
    from fabgitops_operator.standalone.kubeconfig import kubeconfig as text  # noqa: PLC0415
    from fabgitops_operator.standalone.kubeconfig import url  # noqa: PLC0415

    entry = entry or Entry()

    def work() -> None:
        where, files = place(entry.listen), pair(entry)
        if files is None:
            say(text(server or url(where.host, where.port, tls=False)))
            return
        trusted = ca or (None if entry.tls_cert else files.certificate)
        host = where.host if where.is_loopback else socket.gethostname()
        secret = issue(entry.state / FILE, name, Role(role.value))
        say(text(server or url(host, where.port, tls=True), trusted.read_bytes() if trusted else b"", secret))

    return told(work, EntranceError, TokenError, FileNotFoundError)
