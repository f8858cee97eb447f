"""Addresses for pods on this machine: the API server takes no loopback addresses in EndpointSlices.

`python -m testbed.addresses` puts half of a network for documentation (RFC 5737, TEST-NET-2) on the loopback interface,
where Linux then takes all of it as its own, says so on stdout, and takes it away again when stdin ends: when its parent
closed it, or was killed. Several may run at once; the last one to end takes the addresses away.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from testbed.cache import cache_folder
from testbed.errors import AddressesRefusedError

RANGE = ipaddress.ip_network("198.51.100.128/25")
OURS = f"{next(RANGE.hosts())}/{RANGE.prefixlen}"
GIVEN = "given"


@contextmanager
def pod_addresses() -> Iterator[None]:
    """The addresses of `RANGE` are on this machine for the time of the block.

    Raises:
        AddressesRefusedError: this is not Linux, or we may not put them there; the message says what it takes.
    """
    command = [sys.executable, "-P", "-m", "testbed.addresses"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as holder:  # leaving this block closes its stdin and waits for it
        said = holder.stdout.readline().strip() if holder.stdout else ""
        if said != GIVEN:
            raise AddressesRefusedError(f"pods get no addresses on this machine: {said or 'see above'}")
        yield


def _hold() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of stdin is what ends it
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "addresses.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        said = _refusal("add")
        print(said or GIVEN, flush=True)
        if not said:
            sys.stdin.read()
            _give_back(lock)
    return 1 if said else 0


def _give_back(lock: IO[str]) -> None:
    fcntl.flock(lock, fcntl.LOCK_UN)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # somebody else has them still
    if said := _refusal("delete"):
        print(f"testbed: {OURS} stays on lo: {said}", file=sys.stderr)


def _refusal(what: str) -> str:
    """Add or delete the addresses; return why that could not be done, or nothing."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        return "it takes Linux, and its program `ip` (Debian and Ubuntu: iproute2)"
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if not all(map(shutil.which, sudo[:1])):
        return "it takes root, or `sudo` without a password"
    verb = "replace" if what == "add" else what  # replace: one that is there already will do
    done = subprocess.run(
        [*sudo, "ip", "address", verb, OURS, "dev", "lo"], capture_output=True, text=True, check=False
    )
    return f"`ip address {verb} {OURS} dev lo` says: {done.stderr.strip()}" if done.returncode else ""


if __name__ == "__main__":
    sys.exit(_hold())
