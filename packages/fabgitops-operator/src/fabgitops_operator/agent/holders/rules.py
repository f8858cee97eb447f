"""The rules by which a pod's packets come into the queue: a chain of our own, named after the injection.

A rule never drops: it queues, and where nobody listens it lets pass (`--queue-bypass`). So what a dead holder leaves
behind does nothing. Commands are lists of arguments made of checked numbers and addresses; there is no shell.
"""

import hashlib
import ipaddress
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

PREFIX = "FABGITOPS-"
_WAIT_SECS, _PATIENCE_SECS = "5", 10
_PROGRAMS = {4: "iptables", 6: "ip6tables"}
_MAX_PORT = 65535
Command = tuple[str, ...]


class RulesError(Exception):
    """The packet filter refused a rule: its text says which, and why."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where packets go that are meant: a network in CIDR notation, a port there, if not any, and by tcp or udp."""

    network: str
    port: int | None = None
    protocol: str = "tcp"

    def __post_init__(self) -> None:
        """Check it, since it becomes part of a command.

        Raises:
            ValueError: One of the three is none.
        """
        ipaddress.ip_network(self.network)
        if self.port is not None and not 0 < self.port <= _MAX_PORT:
            raise ValueError(f"port {self.port} is not 1 to {_MAX_PORT}")
        if self.protocol not in {"tcp", "udp"}:
            raise ValueError(f'protocol "{self.protocol}" is neither tcp nor udp')

    @property
    def version(self) -> int:
        """Of which IP it is: 4 or 6."""
        return ipaddress.ip_network(self.network).version

    def match(self) -> Command:
        """Return the arguments that match it."""
        port = ("--dport", str(self.port)) if self.port else ()
        return ("-d", self.network, "-p", self.protocol, *port)


def chain(injection: str) -> str:
    """Return the name of an injection's chain; a chain's name has 28 characters at most."""
    return PREFIX + hashlib.sha256(injection.encode()).hexdigest()[:16].upper()


def queue_number(injection: str) -> int:
    """Return the number of an injection's queue, 1 to 65535."""
    return int.from_bytes(hashlib.sha256(injection.encode()).digest()[:2]) or 1


def adding(injection: str, ways: Sequence[Way]) -> Iterator[Command]:
    """Return the commands that queue what leaves for some ways; without any, all that leaves but for the loopback."""
    name, queue = chain(injection), str(queue_number(injection))
    to_queue = ("-j", "NFQUEUE", "--queue-num", queue, "--queue-bypass")
    for version in sorted({way.version for way in ways} or _PROGRAMS):
        yield _command(version, "-N", name)
        for match in [way.match() for way in ways if way.version == version] or [("!", "-o", "lo")]:
            yield _command(version, "-A", name, *match, *to_queue)
        yield _command(version, "-A", "POSTROUTING", "-j", name)


def removing(version: int, name: str, listed: str) -> Iterator[Command]:
    """Return the commands that take a chain away, of what all the rules that are listed say is there."""
    jump = ("POSTROUTING", "-j", name)
    if f"-A {' '.join(jump)}" in listed.splitlines():
        yield _command(version, "-D", *jump)
    yield _command(version, "-F", name)
    yield _command(version, "-X", name)


def _command(version: int, *arguments: str) -> Command:
    return (_PROGRAMS[version], "-w", _WAIT_SECS, "-t", "mangle", *arguments)


def run(command: Command) -> str:
    """Run a command in the network namespace that this process is in, and return what it prints.

    Raises:
        RulesError: It failed, did not end, or is not there.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECS, check=False)  # noqa: S603 - a list of checked arguments
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RulesError(f"{' '.join(command)}: {error}") from None
    if done.returncode:
        raise RulesError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def sweep(only: Collection[str] | None = None) -> list[str]:
    """Take chains of ours out of this network namespace, all or only some; return which were there.

    Raises:
        RulesError: As of `run`.
    """
    gone = []
    for version in _PROGRAMS:
        listed = run(_command(version, "-S"))
        names = [line.removeprefix("-N ") for line in listed.splitlines() if line.startswith(f"-N {PREFIX}")]
        for name in names if only is None else sorted(set(names).intersection(only)):
            for command in removing(version, name, listed):
                run(command)
            gone.append(name)
    return gone
