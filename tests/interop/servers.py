"""Modbus servers that we did not write: built by their own tools, each in a process that ends with the test."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testbed.errors import SourceError
from testbed.golang import find_go

HERE = Path(__file__).parent


def _tool(name: str, way_out: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"interop needs {name}, which is not here: {way_out}", pytrace=False)
    return found


def _built(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))} failed in {cwd}:\n{done.stderr}", pytrace=False)


def build_libmodbus(into: Path) -> Path:
    """Compile the server made of libmodbus, the C library that most Modbus tools stand on."""
    compiler = _tool("cc", "install a C compiler, such as Debian's gcc")
    packages = _tool("pkg-config", "install pkg-config")
    asked = subprocess.run([packages, "--cflags", "--libs", "libmodbus"], capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.fail("interop needs libmodbus, which is not here: install Debian's libmodbus-dev", pytrace=False)
    program = into / "libmodbus-server"
    _built(compiler, "-O1", "-o", program, "server.c", *asked.stdout.split(), cwd=HERE / "libmodbus")
    return program


def build_simonvetter(into: Path) -> Path:
    """Build the server made of the Go library github.com/simonvetter/modbus."""
    try:
        go = find_go()
    except SourceError as error:
        pytest.fail(f"interop needs Go: {error}", pytrace=False)
    program = into / "simonvetter-server"
    _built(go, "build", "-o", program, ".", cwd=HERE / "simonvetter")
    return program


@contextmanager
def serving(program: Path, *arguments: str | Path) -> Iterator[int]:
    """Run a server and yield its port."""
    pipe = subprocess.PIPE
    with subprocess.Popen([program, *arguments], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()
