"""The tasks of this repository: `./dev` lists them, `./dev SESSION [ARGUMENTS]` runs one."""

# All sessions on one Python share one environment, .nox/workspace-3.X, which uv brings up to uv.lock in the moment it
# takes to see that nothing changed. `wheels` uses none of it: it installs what a user installs.

import atexit
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13")
PACKAGES = ("fabgitops-core", "fabgitops-operator", "fabctl", "mock-plc")

# Files made from code and committed: it writes them, with --check added it only compares.
GENERATE = ("python", "tools/generate.py")

# What mypy checks, a run each: see [tool.mypy] in pyproject.toml.
TYPED = (*(f"packages/{name}" for name in PACKAGES), "tools", "tests", "benchmarks", "noxfile.py", "conftest.py")

# What runs everywhere: what needs no API server, no programs that we did not write, no containers and no cluster.
PROGRAMS = ("integration", "interop", "observability", "docs", "chart", "gateway", "images", "e2e")
NEEDING = (*PROGRAMS, "corpus", "crash", "kernel")
UNIT = " and ".join(f"not {name}" for name in NEEDING)

# What a change must pass, and what else CI runs: programs of others, most of them built once from Go modules.
TEST = ("lint", "unit", "wheels", "integration")
REST = ("workflows", "docs", "observability", "chart", "gateway", "interop", "corpus")

# What the tests against Modbus stacks of others need, each program with the Debian package that has it.
INTEROP = {"cc": "gcc", "pkg-config": "pkg-config", "mbpoll": "mbpoll"}

# What the tests of the agent of chaos need.
KERNEL = {"iptables": "iptables", "ip": "iproute2"}

# How tests on an API server are shared out: each process has one of its own, and a file's tests stay together, in the
# order of their names, since what one installs is there for those after it.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")

# What is measured, and the module of benchmarks/ that does it.
BENCHMARKS = {
    "polls": "run",
    "modbus": "modbus",
    "fabctl": "start",
    "racks": "racks",
    "rollouts": "rollouts",
    "standalone": "standalone",
    "store": "store",
}

# What a command gets after Ctrl-C to end its processes and remove its files; nox would kill it after half a second.
CLEANUP_SECS = 60

# nox itself would end at once and leave what it runs behind; as Ctrl-C it passes the command that is running.
signal.signal(signal.SIGTERM, signal.default_int_handler)

nox.needs_version = ">=2026.4"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["test"]


@cache
def default_python() -> str:
    """Return the Python that UV_PYTHON asks for, or else the version of the first one that uv finds."""
    if asked := os.environ.get("UV_PYTHON"):
        return asked
    command = ["uv", "python", "find", "--system", "--show-version"]
    version = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return ".".join(version.split(".")[:2])


def workspace(session: nox.Session, python: str | None = None, *groups: str) -> None:
    """Make the shared environment of a Python equal to the lock, and the one that this session's commands run in.

    `groups` are what it needs of dependencies that are in no other session's way.
    """
    python = python or default_python()
    session.env["UV_PROJECT_ENVIRONMENT"] = str(ROOT / ".nox" / f"workspace-{python.replace(os.sep, '_')}")
    session.env["UV_PYTHON"] = python
    session.env["VIRTUAL_ENV"] = None  # nox's own, of which uv would say that it is not the project's
    # Without what Python compiles, each of the hundreds of processes that tests start would compile all that it reads.
    session.env["PYTHONDONTWRITEBYTECODE"] = None
    wanted = [word for group in groups for word in ("--group", group)]
    session.run("uv", "sync", "--locked", "--all-packages", *wanted)


def run(session: nox.Session, *command: str) -> None:
    """Run a command of the shared environment; after Ctrl-C it has the time to end what it has started."""
    session.run("uv", "run", "--no-sync", *command, interrupt_timeout=CLEANUP_SECS)


def run_all(session: nox.Session, *commands: tuple[str, ...]) -> None:
    """Run every command although one before it failed, then fail with the list of those that did."""
    failed = []
    for command in commands:
        try:
            run(session, *command)
        except CommandFailed:
            failed.append(" ".join(command))
    if failed:
        session.error("failed: " + "; ".join(failed))


def pytest(session: nox.Session, *selection: str) -> None:
    """Run the selected tests of the whole workspace, or those that the arguments name, read where the user stands."""
    here = Path(session.invoked_from)
    if session.posargs and here.is_relative_to(ROOT):
        session.chdir(here)
    run(session, "pytest", *selection, *session.posargs)


def refuse_arguments(session: nox.Session) -> None:
    """Fail when a session is given arguments that it has no use for."""
    if session.posargs:
        session.error(f"{session.name} takes no arguments, got: {' '.join(session.posargs)}")


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style, types, layers, spelling, and that generated files are current."""
    refuse_arguments(session)
    workspace(session)
    run_all(
        session,
        ("ruff", "format", "--check"),
        ("ruff", "check"),
        *(("mypy", path) for path in TYPED),
        ("lint-imports",),
        ("codespell",),
        (*GENERATE, "--check"),
    )


@nox.session
def fix(session: nox.Session) -> None:
    """Format, fix what needs no thought, and make the generated files anew."""
    refuse_arguments(session)
    workspace(session)
    run_all(session, ("ruff", "format"), ("ruff", "check", "--fix"), GENERATE)


def at_once(session: nox.Session, *shared_out: str) -> tuple[str, ...]:
    """Return what has tests run side by side, more than there are processors since some wait for time or for processes.

    A selection is not worth the start of what runs them.
    """
    if session.posargs:
        return ()
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ("-n", str(processors + 1), *(shared_out or ("--dist", "worksteal")))


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests that need nothing but this machine; ARGUMENTS go to pytest."""
    workspace(session)
    pytest(session, "-m", UNIT, *at_once(session))


@nox.session
def nightly(session: nox.Session) -> None:
    """Run the tests that try examples, with others each time and many more of them; ARGUMENTS go to pytest."""
    workspace(session)
    pytest(
        session, "-m", f"({UNIT}) and hypothesis", "--hypothesis-profile=nightly", "--timeout=3600", *at_once(session)
    )


def unit_on(python: str) -> None:
    """Define the session that runs the unit tests on one Python."""

    def session_on(session: nox.Session) -> None:
        workspace(session, python)
        pytest(session, "-m", UNIT, *at_once(session))

    session_on.__doc__ = f"Run the unit tests on Python {python}."
    nox.session(name=f"unit-{python}")(session_on)


for supported in PYTHONS:
    unit_on(supported)


@nox.session(name="unit-all")
def unit_all(session: nox.Session) -> None:
    """Run the unit tests on each supported Python that this machine has."""
    for python in PYTHONS:
        found = subprocess.run(["uv", "python", "find", "--system", python], capture_output=True, check=False)
        if found.returncode == 0:
            session.notify(f"unit-{python}")
        else:
            session.warn(f"no Python {python} here")


@nox.session
def wheels(session: nox.Session) -> None:
    """Build the wheels, install each alone into a fresh environment, run its smoke test there."""
    refuse_arguments(session)
    built = build(session)
    # Of ours, only what was just built: a constraint that is a file outdoes any release of that name on an index.
    ours = Path(session.create_tmp()) / "ours.txt"
    ours.write_text("".join(f"{name} @ {wheel.as_uri()}\n" for name, wheel in built.items()))
    for name, wheel in built.items():
        check_contents(session, wheel)
        python = fresh_environment(session, name, "--constraint", str(ours), str(wheel))
        session.run(python, "-I", f"packages/{name}/tests/smoke.py")
    session.log(f"{len(built)} wheels built, installed alone and tried")


def build(session: nox.Session) -> dict[str, Path]:
    """Build each package's sdist, and from it its wheel; return the wheels by package."""
    if DIST.exists():
        shutil.rmtree(DIST)
    for name in PACKAGES:
        session.run("uv", "build", "--package", name, "--out-dir", str(DIST))
    return {name: next(DIST.glob(f"{name.replace('-', '_')}-*.whl")) for name in PACKAGES}


def check_contents(session: nox.Session, wheel: Path) -> None:
    """Fail unless a wheel carries its licence, its type marker, and nothing beside its package but manual pages."""
    package, version = wheel.name.split("-")[:2]
    metadata = f"{package}-{version}.dist-info"
    names = zipfile.ZipFile(wheel).namelist()
    missing = {f"{metadata}/licenses/LICENSE", f"{package}/py.typed"}.difference(names)
    pages = f"{package}-{version}.data/data/share/man/"
    stray = [name for name in names if name.split("/")[0] not in {package, metadata} and not name.startswith(pages)]
    if missing or stray:
        session.error(f"{wheel.name}: lacks {sorted(missing)}, has {stray} that does not belong there")


def fresh_environment(session: nox.Session, name: str, *wanted: str) -> str:
    """Install what is wanted from wheels alone into a new environment; return the path of its Python."""
    environment = ROOT / ".nox" / "wheels" / name
    python = str(environment / "bin" / "python")
    session.run("uv", "venv", "--quiet", "--clear", "--python", default_python(), str(environment))
    session.run("uv", "pip", "install", "--python", python, "--only-binary", ":all:", *wanted)
    return python


@nox.session
def integration(session: nox.Session) -> None:
    """Run the tests that need a real API server, started by the test bed; ARGUMENTS go to pytest."""
    workspace(session)
    pytest(session, "-m", "integration", *at_once(session, *BY_FILE))


@nox.session
def faults(session: nox.Session) -> None:
    """Play the fault matrix on a real API server and print it (minutes); --write puts it into docs/reliability.md."""
    workspace(session)
    pytest(session, "-m", "integration", "tests/integration/operator/matrix")


@nox.session
def pictures(session: nox.Session) -> None:
    """Make pictures of fabctl anew: of a plant that runs for that, and of each example device on a real API server."""
    refuse_arguments(session)
    workspace(session)
    run(session, "python", "tools/pictures.py")
    session.env["FABGITOPS_PICTURES"] = "write"
    run(session, "pytest", "-m", "integration", "tests/test_devices_applied.py")


@nox.session
def soak(session: nox.Session) -> None:
    """Let an adversary at 500 PLCs and two operators, and look for leaks: --minutes M (10), --plcs N, --seed S."""
    workspace(session)
    usual = ("--minutes", "10", "--plcs", "500")
    run(session, "pytest", "-m", "integration", "tests/integration/operator/soak", *usual, *session.posargs)


@nox.session
def corpus(session: nox.Session) -> None:
    """Ask the API server 29,000 questions, and have each judged without it (minutes); --freeze keeps a sample."""
    workspace(session)
    pytest(session, "-m", "corpus", "tests/admission/test_corpus.py")


@nox.session
def crash(session: nox.Session) -> None:
    """Kill what stores two hundred times under load, and look for what it promised; ARGUMENTS go to pytest."""
    workspace(session)
    pytest(session, "-m", "crash")


@nox.session
def observability(session: nox.Session) -> None:
    """Run dashboards, rules and alerts on a real Prometheus, which is built once (minutes); ARGUMENTS go to pytest."""
    workspace(session)
    pytest(session, "-m", "observability")


@nox.session
def chart(session: nox.Session) -> None:
    """Check the chart by Helm 3 and 4 and linters, and install it on a real API server; ARGUMENTS go to pytest."""
    workspace(session)
    pytest(session, "-m", "chart", *at_once(session, *BY_FILE))


@nox.session
def gateway(session: nox.Session) -> None:
    """Send requests through a real gateway, and lead rollouts there: Contour, Envoy; ARGUMENTS go to pytest."""
    workspace(session, None, "gateway")
    pytest(session, "-m", "gateway")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation's site (.docs/site) strictly, and run what pages tell to type; ARGUMENTS go to pytest."""
    workspace(session)
    run(session, "python", "tools/site.py")
    run(session, "zensical", "build", "--strict")
    pytest(session, "-m", "docs", *at_once(session))


def missing_for_interop() -> list[str]:
    """Return the Debian packages that have to be installed before stacks of others can be built and asked."""
    missing = [package for program, package in INTEROP.items() if shutil.which(program) is None]
    if "pkg-config" in missing or subprocess.run(["pkg-config", "--exists", "libmodbus"], check=False).returncode:
        missing.append("libmodbus-dev")
    return missing


@nox.session
def interop(session: nox.Session) -> None:
    """Run the tests against Modbus stacks, buses and BMCs of others: libmodbus, NATS …; installs what is missing."""
    workspace(session, None, "redfish")
    install(session, missing_for_interop())
    pytest(session, "-m", "interop")


@nox.session
def kernel(session: nox.Session) -> None:
    """Hold packets and burn processor time as the agent of chaos does, on this kernel; Linux, as root."""
    if sys.platform != "linux" or os.geteuid():
        session.error(f"{session.name} makes network namespaces and control groups: run it as root on Linux")
    workspace(session)
    install(session, [package for program, package in KERNEL.items() if shutil.which(program) is None])
    pytest(session, "-m", "kernel")


def install(session: nox.Session, packages: list[str]) -> None:
    """Install Debian packages; fail where that cannot be done."""
    if not packages:
        return
    hint = f"install {' '.join(packages)}, on Debian and Ubuntu: sudo apt-get install {' '.join(packages)}"
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if not all(map(shutil.which, ["apt-get", *sudo[:1]])):
        session.error(f"{session.name} needs {' and '.join(packages)}, and there is no apt-get to get it with: {hint}")
    try:
        session.run(*sudo, "apt-get", "update", "--quiet", external=True)
        session.run(*sudo, "apt-get", "install", "--yes", "--no-install-recommends", *packages, external=True)
    except CommandFailed:
        session.error(f"{session.name} needs {' and '.join(packages)}, and apt-get could not install it: {hint}")


@nox.session
def images(session: nox.Session) -> None:
    """Build the container images, print their sizes, and run them; --help tells ARGUMENTS."""
    workspace(session)
    run(session, "python", "tools/images.py", "--twice", *session.posargs)
    if not {"--help", "--only-parts"}.intersection(session.posargs):
        run(session, "pytest", "-m", "images", "tests/images")


@nox.session
def e2e(session: nox.Session) -> None:
    """Try chart and images in a cluster made with kind, or in that of --kubeconfig FILE; --help tells ARGUMENTS."""
    workspace(session)
    command = ("uv", "run", "--no-sync", "python", "tools/e2e.py", *session.posargs)
    session.run(*command, interrupt_timeout=300)  # seconds after Ctrl-C to clean the cluster up in


@nox.session
def demo(session: nox.Session) -> None:
    """Show the main job: operator, two chaotic PLCs, fabctl; --kubernetes, --rollout, --keep: see --help."""
    workspace(session)
    # It hears Ctrl-C itself. What only nox is told, nox tells it soon, and then gives it the time to take all down.
    command = ("uv", "run", "--no-sync", "python", "tools/demo.py", *session.posargs)
    session.run(*command, interrupt_timeout=2, terminate_timeout=CLEANUP_SECS)


@nox.session
@nox.parametrize("what", [nox.param(module, id=name) for name, module in BENCHMARKS.items()])
def bench(session: nox.Session, what: str) -> None:
    """Measure what a poll, a request, fabctl's start and lists, or a box without a cluster costs; see --help."""
    workspace(session)
    run(session, "python", "-m", f"benchmarks.{what}", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change decisions of core one at a time, and show what no test notices: [COUNT] [--only plc|session]; hours."""
    workspace(session, None, "mutants")
    run(session, "python", "tools/mutants.py", *session.posargs)


@nox.session
def workflows(session: nox.Session) -> None:
    """Check .github and the shell scripts: actionlint (built with Go), shellcheck, zizmor for what is given away."""
    refuse_arguments(session)
    workspace(session)
    files = [str(path) for path in sorted((ROOT / ".github" / "workflows").iterdir())]
    shellcheck = Path(session.env["UV_PROJECT_ENVIRONMENT"] or "") / "bin" / "shellcheck"
    with session.chdir("tools/actionlint"):
        run(session, "testbed", "go", "tool", "actionlint", "-shellcheck", str(shellcheck), *files)
    run(session, "shellcheck", "dev", ".ci/run")
    run(session, "zizmor", "--offline", "--persona", "auditor", ".github")


@nox.session
def release(session: nox.Session) -> None:
    """Prepare a release: PACKAGE major|minor|patch|first [--dry-run]: its version, its changelog, the tag to make."""
    workspace(session)
    run(session, "python", "tools/release.py", *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run what a change must pass: lint, unit, wheels, integration; --all also the rest, --rest that alone."""
    choices = {(): TEST, ("--all",): (*TEST, *REST), ("--rest",): REST}
    chosen = choices.get(tuple(session.posargs))
    if chosen is None:
        session.error(f"test takes --all or --rest, got: {' '.join(session.posargs)}")
    for name in chosen:
        session.notify(name, [])
    if chosen is TEST:
        last = f"Left out: {', '.join(REST)}; ./dev test --all runs them too, each ./dev NAME by itself."
        atexit.register(print, last, file=sys.stderr, flush=True)  # after nox's own last word
