"""Git over the network: https with a token, ssh with a key, and none of both on a command line."""

import os
import shutil
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from fabgitops_operator.standalone.source.git import program
from fabgitops_operator.standalone.source.git.address import parsed
from fabgitops_operator.standalone.source.git.program import Credentials
from fabgitops_operator.standalone.source.git.repository import Place, Repository
from fabgitops_operator.standalone.source.troubles import AwayError

from .repositories import Repo
from .servers import GitServer, played_ssh, serving

WORD = "a-word-that-nobody-may-see"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with one commit."""
    made = Repo(tmp_path / "plant")
    made.write(a="1")
    made.commit()
    return made


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Return who signs the server's certificate, its own in ca.pem."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return what the server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def source(url: str, tmp_path: Path, word: str = "", **credentials: Path) -> Repository:
    """Return a repository as the source, with the token in a file."""
    if word:
        (tmp_path / "token").write_text(f"{word}\n")
        credentials["token_file"] = tmp_path / "token"
    given = Credentials(**credentials)  # type: ignore[arg-type]  # all that are named are files
    return Repository(Place(parsed(url), credentials=given), tmp_path / "state" / "source")


async def test_a_commit_is_fetched_by_https_with_a_token(repo: Repo, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """The token of the file is shown, the certificate is checked, and a new commit is found."""
    with serving(GitServer(repo, WORD, tls)) as server:
        looked = source(server.url, tmp_path, WORD, ca_file=tmp_path / "ca.pem")
        first = await looked.look("")
        assert first is not None
        assert first.files == {"a.yaml": b"1"}
        repo.write(a="2")
        repo.commit()
        second = await looked.look(first.id)
        assert second is not None
        assert second.files == {"a.yaml": b"2"}


async def test_a_token_that_is_exchanged_counts_from_the_next_look_on(
    repo: Repo, tmp_path: Path, tls: ssl.SSLContext
) -> None:
    """The file is read at each request."""
    with serving(GitServer(repo, WORD, tls)) as server:
        looked = source(server.url, tmp_path, "yesterday", ca_file=tmp_path / "ca.pem")
        with pytest.raises(AwayError, match="the token of --git-token-file is not taken") as caught:
            await looked.look("")
        assert "yesterday" not in str(caught.value)
        (tmp_path / "token").write_text(WORD)
        assert await looked.look("") is not None


async def test_without_a_token_nobody_is_asked_for_one(repo: Repo, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """A server that wants a token is told of with the flag; nothing waits at a terminal."""
    told = pytest.raises(AwayError, match="the repository wants a token: give it by --git-token-file FILE")
    with serving(GitServer(repo, WORD, tls)) as server, told:
        await source(server.url, tmp_path, ca_file=tmp_path / "ca.pem").look("")


async def test_a_server_that_nobody_vouches_for_gets_no_token(repo: Repo, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """A certificate of an unknown authority ends it, before anything is said."""
    with serving(GitServer(repo, WORD, tls)) as server:
        with pytest.raises(AwayError, match="--git-ca-file FILE"):
            await source(server.url, tmp_path, WORD).look("")
        assert server.asked == []


async def test_a_token_is_not_carried_to_another_server(repo: Repo, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """A server that sends us elsewhere is told of; what is elsewhere is never asked."""
    with serving(GitServer(repo, "", tls)) as other, serving(GitServer(repo, WORD, tls)) as server:
        server.moved_to = other.url
        with pytest.raises(AwayError, match="the repository has moved: take the address that a browser ends at"):
            await source(server.url, tmp_path, WORD, ca_file=tmp_path / "ca.pem").look("")
        assert other.asked == []


async def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that stands still ends with the deadline, and git with it."""
    monkeypatch.setattr("fabgitops_operator.standalone.source.git.remote.ASK_SECS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/plant"
        with pytest.raises(AwayError, match=r"git took more than 0\.3 s"):
            await source(url, tmp_path).look("")


async def test_the_token_stands_on_no_command_line_and_in_no_environment(
    repo: Repo, tmp_path: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lists the processes of the machine sees no token."""
    real = shutil.which("git")
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin" / "git"
    spy.write_text(f'#!/bin/sh\n(echo "$@"; env) >> {tmp_path}/seen\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with serving(GitServer(repo, WORD, tls)) as server:
        assert await source(server.url, tmp_path, WORD, ca_file=tmp_path / "ca.pem").look("") is not None
    seen = (tmp_path / "seen").read_text()
    assert "ls-remote" in seen
    assert WORD not in seen


async def test_ssh_has_one_key_known_hosts_of_its_own_and_asks_nobody(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ssh program is called with our key and known hosts, no configuration, no agent and no forwarding."""
    monkeypatch.setenv("PATH", f"{played_ssh(tmp_path)}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    key, hosts = tmp_path / "a key", tmp_path / "known hosts"
    url = f"git@127.0.0.1:{repo.folder}".replace(":/", ":")
    looked = source(f"ssh://git@127.0.0.1{repo.folder}", tmp_path, ssh_key_file=key, known_hosts_file=hosts)
    revision = await looked.look("")
    assert revision is not None
    assert revision.files == {"a.yaml": b"1"}
    called = (tmp_path / "called").read_text().splitlines()
    assert called[:4] == ["-F", "/dev/null", "-i", str(key)]
    for option in (
        f"UserKnownHostsFile={hosts}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "ClearAllForwardings=yes",
    ):
        assert option in called
    assert "git@127.0.0.1" in called
    assert parsed(url).scheme == "ssh"


async def test_the_real_ssh_takes_our_options(tmp_path: Path) -> None:
    """The ssh of this machine understands each option: it fails for lack of a server, not of a word."""
    (tmp_path / "hosts").write_text("")
    looked = source("ssh://git@127.0.0.1:1/plant", tmp_path, known_hosts_file=tmp_path / "hosts")
    with pytest.raises(AwayError, match="Connection refused"):
        await looked.look("")


def test_the_environment_holds_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of our environment git gets where programs, proxies and temporary files are, and nothing else."""
    monkeypatch.setenv("FABGITOPS_SECRET", "x")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    git = program.Git(tmp_path, parsed("https://git.example.com/plant"), home=tmp_path)
    environment = git.environment()
    assert environment["HTTPS_PROXY"] == "http://proxy:3128"
    assert environment["GIT_ALLOW_PROTOCOL"] == "https"
    assert not {"FABGITOPS_SECRET", "GIT_DIR", "SSH_AUTH_SOCK"} & environment.keys()
