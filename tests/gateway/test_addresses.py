"""Addresses for pods: they are on a machine for as long as somebody holds them, and not longer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gateway

# In a network of its own, since a test run may hold the addresses of the machine's meanwhile.
SCRIPT = """
import subprocess, sys, time
from testbed.addresses import OURS

HOLD = '''
from testbed.addresses import pod_addresses
with pod_addresses():
    print("held", flush=True)
    input()
'''

def held():
    return OURS in subprocess.run(["ip", "address", "show", "lo"], capture_output=True, text=True, check=True).stdout

def holder():
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=-1, stdout=-1, text=True)
    assert process.stdout.readline() == "held\\n"
    return process

assert not held()
first, second = holder(), holder()
assert held()
first.communicate("\\n")
assert held()
second.kill()
deadline = time.monotonic() + 30
while held():
    assert time.monotonic() < deadline
    time.sleep(0.05)
print("gone")
"""


@pytest.mark.usefixtures("addresses")
def test_addresses_go_with_their_last_holder(tmp_path: Path) -> None:
    """They stay while one of two holders is left, and go when the last one is killed."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can make a network of its own")
    command = ["unshare", "--net", sys.executable, "-c", SCRIPT]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "gone\n", done.stderr
