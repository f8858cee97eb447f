"""The command line without a cluster."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

Fabctl = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = Path(sys.executable).with_name("fabctl")
KINDS = ("clusters", "users", "contexts")


def kubeconfig(path: Path, server: str, **names: str) -> Path:
    """Write a kubeconfig with one context, "plant"."""
    document = {
        "clusters": [{"name": "plant", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [{"name": "plant", "context": {"cluster": names.get("cluster", "plant"), "user": "me"}}],
        "current-context": names.get("current", "plant"),
    }
    path.write_text(yaml.safe_dump(document))
    return path


def complaint(run: subprocess.CompletedProcess[str], code: int = 5) -> str:
    """Return the one line of a run that failed as it should."""
    assert (run.returncode, run.stdout) == (code, ""), run
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("fabctl: ")
    return run.stderr


def test_version_needs_no_cluster(fabctl: Fabctl) -> None:
    """`fabctl version` and `--version` work where there is no cluster."""
    offline = fabctl("version")
    assert (offline.returncode, offline.stdout) == (0, f"fabctl {version('fabctl')}\n")
    assert offline.stderr.startswith("fabctl: no kubeconfig: give --kubeconfig FILE")
    alone = fabctl("version", "--client", "-o", "json")
    known = {"fabctl": version("fabctl"), "operators": None, "definitions": None}
    (told,) = json.loads(alone.stdout)["items"]
    assert (alone.returncode, {name: told[name] for name in known}, alone.stderr) == (0, known, "")
    assert version("fabctl") in fabctl("--version").stdout


COMMANDS = [
    "approve",
    "get-status",
    "describe",
    "diff",
    "doctor",
    "events",
    "export",
    "history",
    "import",
    "list",
    "sync",
    "suspend",
    "resume",
    "templates",
    "validate",
    "wait",
    "watch",
    "tree",
]
GROUPED = ["rack list", "rack describe", "rack approve", "rack locate", "brake status", "brake release"]
ROLLOUT = [
    "list",
    "get",
    "status",
    "plan",
    "approve",
    "promote",
    "pause",
    "resume",
    "abort",
    "retry",
    "undo",
    "release",
    "history",
]


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPED, *(f"rollout {word}" for word in ROLLOUT)])
def test_help_of_a_command_connects_to_nothing(fabctl: Fabctl, command: str) -> None:
    """The help of every command names its options and needs no cluster."""
    shown = fabctl(*command.split(), "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "--kubeconfig" in shown.stdout


def test_help_names_the_commands(fabctl: Fabctl) -> None:
    """The help of all lists each command with what it does."""
    shown = fabctl("--help").stdout
    assert "get-status (status)" in shown
    assert "Show Git vs. reality: target, actual value" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get-stat"], 'Did you mean "get-status"?'),
        (["get-status", "-o", "xml"], "table, wide, json, yaml, name, csv, jsonpath=…, custom-columns=…"),
        (["get-status", "mixer", "-A"], "exclude each other"),
        (["get-status", "mixer", "-l", "a=b"], "exclude each other"),
        (["describe"], "NAME"),
        (
            ["rack", "describe", "plc/mixer"],
            "is not the name of a rack: give NAME, rack/NAME or rack.fabgitops.io/NAME",
        ),
        (["rack", "locate", "rack-01-c0s0b0"], "give either --on or --off"),
        (["rack", "locate", "rack-01-c0s0b0", "--on", "--off"], "give either --on or --off"),
        (["rack", "locate", "rack/rack-01", "--on"], "is not the name of a BMC"),
        (["-n", "a/b", "brake", "status"], "cannot be a name in Kubernetes"),
        (["-n", "a/b", "rack", "list"], "cannot be a name in Kubernetes"),
        (["rollout", "status", "plc/mixer"], "is not the name of a rollout: give NAME, spr/NAME"),
        (["rollout", "undo", "a", "--hold", "--to-revision", "2"], "leave out --to-revision"),
        (["rollout", "undo", "a", "--to-revision", "0"], "--to-revision"),
        (["rollout", "status", "a", "--timeout", "5"], "--timeout is for how long --watch waits"),
        (["rollout", "status", "a", "b"], "unexpected arguments: b"),
        (["rollout", "pause"], "either the NAME of a rollout or --all: fabctl rollout pause NAME"),
        (["rollout", "pause", "-A"], "to pause every rollout that it selects: fabctl rollout pause --all -A"),
        (["rollout", "pause", "a", "--reason", " "], "--reason says nothing"),
        (["rollout", "release", "a", "--all"], "either the NAME of a PLC or --all, not both: fabctl rollout release"),
        (["rollout", "get", "a", "-w", "-o", "json"], "--watch draws a tree: drop it, or -o json"),
        (["tree"], "NAME"),
        (["tree", "a", "b"], "unexpected arguments: b"),
        (["describe", "../secrets"], "is not the name of a PLC"),
        (["get-status", "--sort-by", "colour"], '"name", "status", "drifts"'),
        (["get-status", "-n", "a/b"], "cannot be a name in Kubernetes"),
        (["sync"], "either the NAME of a PLC or --all"),
        (["sync", "mixer", "--all"], "either the NAME of a PLC or --all, not both"),
        (["sync", "-A"], "fabctl sync --all -A"),
        (["sync", "-l", "line in (3,4)"], "fabctl sync --all -l 'line in (3,4)'"),
        (["suspend", "mixer"], "--reason"),
        (["suspend", "mixer", "--reason", " "], "--reason says nothing"),
        (["suspend", "mixer", "--reason", "a\x1b[2J"], "a line of at most 256 characters that can be printed"),
        (["suspend", "mixer", "--reason", "x" * 257], "a line of at most 256 characters"),
        (["suspend", "-A", "--reason", "x"], "fabctl suspend --all -A"),
        (["resume", "mixer", "--all"], "either the NAME of a PLC or --all, not both: fabctl resume NAME"),
        (["approve"], "either the NAME of a PLC or --all: fabctl approve NAME"),
        (["approve", "a", "b", "--digest", "5f2c"], "--digest names the plan of a single PLC"),
        (["approve", "--all", "--digest", "5f2c"], "--digest names the plan of a single PLC"),
        (["events", "mixer", "-A"], "exclude each other"),
        (["events", "-w", "-o", "json"], "--watch prints lines of one context: drop it, or -o json"),
        (["list", "a", "b"], "unexpected arguments: a b (see: fabctl list --help)"),
        (["describe", "pod/mixer"], '"pod/mixer" is not the name of a PLC: give NAME, plc/NAME'),
        (["sync", "plc/"], "cannot be a name in Kubernetes"),
        (["--context", "x"], "no command after --context x"),
        (["-n"], "-n needs a value"),
        (["-A", "describe", "mixer"], "-A"),
        (["sync", "mixer", "--timeout", "0"], "--timeout"),
        (["watch", "--interval", "0"], "--interval"),
        (["list", "--request-timeout", "-1"], "--request-timeout"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(fabctl: Fabctl, arguments: list[str], words: str) -> None:
    """A command line that makes no sense is refused in one line before anything is sent."""
    assert words in complaint(fabctl(*arguments), code=2)


def test_no_kubeconfig_says_how_to_give_one(fabctl: Fabctl) -> None:
    """Where nothing says which cluster, the ways to say it are named."""
    assert "--kubeconfig FILE, set KUBECONFIG" in complaint(fabctl("get-status"))


def test_a_missing_kubeconfig_is_named(fabctl: Fabctl, tmp_path: Path) -> None:
    """The file that is not there is named, and what named it."""
    missing = tmp_path / "nope"
    assert f"no kubeconfig file {missing}: check --kubeconfig" in complaint(fabctl("list", "--kubeconfig", missing))
    assert f"no kubeconfig file {missing}: check KUBECONFIG" in complaint(fabctl("list", KUBECONFIG=str(missing)))


def test_a_folder_is_told_as_such(fabctl: Fabctl, tmp_path: Path) -> None:
    """A folder in the place of the kubeconfig is not told as missing."""
    assert f"{tmp_path} cannot be read: " in complaint(fabctl("list", "--kubeconfig", tmp_path))
    assert f"{tmp_path} cannot be read: " in complaint(fabctl("list", KUBECONFIG=str(tmp_path)))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with process substitution")
def test_a_kubeconfig_may_be_a_pipe(tmp_path: Path) -> None:
    """A kubeconfig that another program makes is read, as by `--kubeconfig <(program)` of a shell."""
    file = kubeconfig(tmp_path / "config", "ftp://plant")
    script = '"$1" list --kubeconfig <(cat "$2")'
    ran = subprocess.run(["bash", "-c", script, "bash", COMMAND, file], capture_output=True, text=True, check=False)
    assert "server ftp://plant is no http:// or https:// URL" in complaint(ran)


@pytest.mark.parametrize(
    "content", ["a: [", "- 1", "\x00", "clusters: {}\ncontexts: [1]\n", *(f"{kind}: 5\n" for kind in KINDS)]
)
def test_a_broken_kubeconfig_is_named(fabctl: Fabctl, tmp_path: Path, content: str) -> None:
    """A file that is no kubeconfig is told in one line with its name."""
    file = tmp_path / "broken"
    file.write_text(content)
    assert str(file) in complaint(fabctl("list", "--kubeconfig", file))


def test_a_wrong_context_lists_those_there_are(fabctl: Fabctl, tmp_path: Path) -> None:
    """Who mistypes a context sees the right ones."""
    file = kubeconfig(tmp_path / "config", "https://127.0.0.1:9")
    assert 'no context "plan": give one with --context; there are: plant' in complaint(
        fabctl("list", "--kubeconfig", file, "--context", "plan")
    )


def test_a_context_without_its_cluster_is_told(fabctl: Fabctl, tmp_path: Path) -> None:
    """A context that names a cluster that is not in the file is told with the name."""
    file = kubeconfig(tmp_path / "config", "https://127.0.0.1:9", cluster="gone")
    assert 'there is no cluster "gone"' in complaint(fabctl("list", "--kubeconfig", file))


def test_several_kubeconfigs_are_read_as_one(fabctl: Fabctl, tmp_path: Path) -> None:
    """KUBECONFIG may name several files, as for kubectl; missing ones are passed over."""
    empty = tmp_path / "first"
    empty.write_text("current-context: plant\n")
    second = kubeconfig(tmp_path / "second", "http://127.0.0.1:9", current="")
    told = complaint(fabctl("list", KUBECONFIG=f"{empty}:{tmp_path / 'none'}:{second}"))
    assert "http://127.0.0.1:9" in told


def test_an_unreachable_server_is_named(fabctl: Fabctl, tmp_path: Path) -> None:
    """Where nobody listens, the server and the context are named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    file = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}")
    told = complaint(fabctl("get-status", "--kubeconfig", file))
    assert f'http://127.0.0.1:{port} of context "plant" cannot be reached' in told


def test_a_silent_server_does_not_hold_the_user(fabctl: Fabctl, tmp_path: Path) -> None:
    """A server that accepts and never answers is given up after --request-timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{silent.getsockname()[1]}")
        told = complaint(fabctl("get-status", "--kubeconfig", file, "--request-timeout", "0.3"))
    assert "no answer in time" in told


def test_a_silent_tls_server_is_not_told_as_lack_of_trust(fabctl: Fabctl, tmp_path: Path) -> None:
    """A server that accepts and never answers the TLS handshake is away, and nothing is said against certificates."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = kubeconfig(tmp_path / "config", f"https://127.0.0.1:{silent.getsockname()[1]}")
        told = complaint(fabctl("get-status", "--kubeconfig", file, "--request-timeout", "0.3"))
    assert "no answer in time" in told
    assert "trust" not in told


@pytest.mark.parametrize("server", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:x", "https://["])
def test_a_server_that_is_no_url_is_told(fabctl: Fabctl, tmp_path: Path, server: str) -> None:
    """A kubeconfig whose server is not a URL is told in one line."""
    file = kubeconfig(tmp_path / "config", server)
    assert 'context "plant"' in complaint(fabctl("get-status", "--kubeconfig", file))


@pytest.mark.parametrize("value", [r'"a\0b"', r'"a\ud800b"', "0x" + "f" * 5000])
def test_a_default_that_no_environment_can_hold_is_wrong_usage(fabctl: Fabctl, tmp_path: Path, value: str) -> None:
    """In one line that names the file, whatever its YAML makes of an escape."""
    file = tmp_path / "config.yaml"
    file.write_text(f"context: {value}\n")
    ran = fabctl("list", FABCTL_CONFIG=str(file))
    assert (ran.returncode, ran.stdout, ran.stderr) == (
        2,
        "",
        f"fabctl: {file}: context is no value of an option\n",
    )


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "x" * 300])
def test_a_file_of_defaults_of_an_impossible_name_is_not_there(fabctl: Fabctl, name: str) -> None:
    """A home that nobody has, a name that no file system takes: wrong usage, as of any other."""
    ran = fabctl("list", FABCTL_CONFIG=name)
    assert (ran.returncode, ran.stderr) == (2, f"fabctl: no file {name}: check FABCTL_CONFIG\n")


def test_an_endless_file_of_defaults_is_told(fabctl: Fabctl) -> None:
    """It is not read for ever."""
    ran = fabctl("list", FABCTL_CONFIG="/dev/zero")
    assert (ran.returncode, ran.stderr) == (2, "fabctl: /dev/zero cannot be read: it has more than 256 MiB\n")
