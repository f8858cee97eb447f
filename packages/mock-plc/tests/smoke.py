"""Tries the installed wheel by itself: it serves, ends on SIGTERM, has its example, and needs no core.

Run with the Python of an environment that holds the wheel and what it declares, nothing else.
"""

import re
import socket
import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# Transaction, protocol, length, unit (Modbus Messaging on TCP/IP, 3.1.3); then function 3, address 4001, one register.
REQUEST = bytes.fromhex("0001 0000 0006 01 03 0fa1 0001")
REPLY = bytes.fromhex("0001 0000 0005 01 03 02 09c4")  # two bytes: 2500

program = str(Path(sys.executable).with_name("mock-plc"))
command = [program, "--bind", "127.0.0.1", "--port", "0"]
with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as plc:
    try:
        assert plc.stderr is not None
        line = plc.stderr.readline()
        port = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert port, f"no address in its first line: {line}"
        with socket.create_connection(("127.0.0.1", int(port[1])), timeout=10) as connection:
            connection.sendall(REQUEST)
            reply = connection.makefile("rb").read(len(REPLY))
        assert reply == REPLY, reply.hex(" ")
        plc.terminate()
        assert plc.wait(timeout=10) == 0
    finally:
        plc.kill()

with tempfile.TemporaryDirectory() as directory:
    file = Path(directory, "plc.yaml")
    file.write_bytes(subprocess.run([program, "example"], check=True, stdout=subprocess.PIPE).stdout)
    subprocess.run([program, "check", str(file)], check=True)

assert find_spec("fabgitops_core") is None, "mock-plc must not need fabgitops-core"
print("mock-plc", version("mock-plc"))
