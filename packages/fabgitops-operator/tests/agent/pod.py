"""A pod without a cluster: a network namespace, and a process in it that asks itself and says how long that took."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NETWORK = {"network": "127.0.0.0/8", "protocol": "udp"}
LOST = -1.0
_PROBE = """
import socket, sys, time
told, tells = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
told.bind(("127.0.0.1", 5502))
print("up", flush=True)
for line in sys.stdin:
    times, timeout = line.split()
    told.settimeout(float(timeout))
    for _ in range(int(times)):
        began = time.monotonic()
        tells.sendto(b"?", ("127.0.0.1", 5502))
        try:
            told.recv(1)
            print(time.monotonic() - began, flush=True)
        except TimeoutError:
            print(-1.0, flush=True)
"""


@dataclass
class Pod:
    """The process that is in it."""

    process: "subprocess.Popen[str]"

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def asked(self, times: int = 3, timeout: float = 1.0) -> list[float]:
        """Return how many seconds a datagram took over its own loopback, each time; LOST if it did not come by then."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{times} {timeout}\n")
        self.process.stdin.flush()
        return [float(self.process.stdout.readline()) for _ in range(times)]

    def chains(self) -> str:
        """Return the packet filter's rules of it."""
        command = ["nsenter", "--net", "--target", str(self.pid), "iptables", "-w", "5", "-t", "mangle", "-S"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def pod() -> Iterator[Pod]:
    """Run one."""
    inside = 'ip link set lo up && exec "$0" -c "$1"'
    command = ["unshare", "--net", "sh", "-c", inside, sys.executable, _PROBE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "up\n"
            yield Pod(process)
        finally:
            process.kill()
