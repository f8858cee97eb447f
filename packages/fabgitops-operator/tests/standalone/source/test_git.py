"""A Git repository as the source: what is fetched, what is read of it, and what a hostile one can do (nothing)."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fabgitops_operator.standalone.source import tree
from fabgitops_operator.standalone.source.git.address import AddressError, is_address, parsed
from fabgitops_operator.standalone.source.git.repository import Place, Repository
from fabgitops_operator.standalone.source.tree import Revision
from fabgitops_operator.standalone.source.troubles import AwayError, RevisionError

from .repositories import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with one commit."""
    made = Repo(tmp_path / "plant")
    made.write(a="1", lines__b="2")
    made.commit()
    return made


def source(repo: Repo, tmp_path: Path, path: str = "", ref: str = "main") -> Repository:
    """Return that repository as the source."""
    return Repository(Place(parsed(repo.url), ref, path), tmp_path / "state" / "source")


async def seen(looked: Repository, known: str = "") -> Revision:
    """Look, and find something."""
    revision = await looked.look(known)
    assert revision is not None
    return revision


async def test_a_commit_is_read_and_the_next_one_when_it_is_there(repo: Repo, tmp_path: Path) -> None:
    """The head of the branch is returned once, and again when it has moved."""
    looked = source(repo, tmp_path)
    first = await seen(looked)
    assert first.files == {"a.yaml": b"1", "lines/b.yaml": b"2"}
    assert await looked.look("") is None
    repo.write(a="3")
    commit = repo.commit()
    second = await seen(looked, first.id)
    assert (second.id, second.parents, second.remark) == (commit, (first.id,), "")
    assert second.files["a.yaml"] == b"3"
    assert await looked.look(second.id) is None


async def test_a_restart_on_a_known_commit_reads_nothing(repo: Repo, tmp_path: Path) -> None:
    """Who knows the commit asks for the ref alone; what was fetched before may be gone."""
    commit = repo.git("rev-parse", "HEAD")
    assert await source(repo, tmp_path).look(commit) is None
    assert not (tmp_path / "state").exists()


async def test_only_a_folder_of_the_repository(repo: Repo, tmp_path: Path) -> None:
    """--path names the folder that counts."""
    assert (await seen(source(repo, tmp_path, "lines"))).files == {"b.yaml": b"2"}
    with pytest.raises(RevisionError, match="has no folder 'lines/c': say which with --path"):
        await source(repo, tmp_path, "lines/c").look("")


@pytest.mark.parametrize("ref", ["v1", "refs/tags/v1", "refs/heads/other", "other", "HEAD"])
async def test_any_ref_may_be_followed(repo: Repo, tmp_path: Path, ref: str) -> None:
    """A branch, an annotated tag, a ref in full, or the commit that HEAD is at."""
    repo.git("tag", "-a", "-m", "first", "v1")
    repo.git("branch", "other")
    assert (await seen(source(repo, tmp_path, ref=ref))).id == repo.git("rev-parse", "HEAD")


async def test_a_commit_may_be_pinned(repo: Repo, tmp_path: Path) -> None:
    """A commit instead of a branch stays, wherever the branch goes."""
    first = repo.git("rev-parse", "HEAD")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo.write(a="3")
    repo.commit()
    assert (await seen(source(repo, tmp_path, ref=first))).files["a.yaml"] == b"1"


async def test_no_more_than_one_commit_is_fetched(repo: Repo, tmp_path: Path) -> None:
    """The history stays where it is."""
    for number in range(5):
        repo.write(a=str(number))
        repo.commit()
    await seen(source(repo, tmp_path))
    bare = tmp_path / "state" / "source" / "repository.git"
    listed = subprocess.run(["git", "-C", bare, "rev-list", "--all", "--count"], capture_output=True, check=True)
    assert listed.stdout.strip() == b"1"


async def test_several_commits_at_once_are_no_way_back(repo: Repo, tmp_path: Path) -> None:
    """A branch that went on by more than one commit has not gone back."""
    looked = source(repo, tmp_path)
    first = await seen(looked)
    for number in range(4):
        repo.write(a=str(number))
        repo.commit()
    assert (await seen(looked, first.id)).remark == ""


async def test_a_branch_that_went_back_is_taken_and_told(repo: Repo, tmp_path: Path) -> None:
    """A force push to an earlier or an altered history is obeyed, as Git is the truth, and said aloud."""
    first = repo.git("rev-parse", "HEAD")
    repo.write(a="3")
    second = repo.commit()
    looked = source(repo, tmp_path)
    assert (await seen(looked)).id == second
    repo.git("reset", "-q", "--hard", first)
    back = await seen(looked, second)
    assert (back.id, back.remark) == (
        first,
        f"the branch went back or was written anew: {second[:12]} is not behind it",
    )


async def test_where_the_repository_is_away_it_says_so(repo: Repo, tmp_path: Path) -> None:
    """A repository that cannot be reached is away, and is read when it is back."""
    looked = source(repo, tmp_path)
    repo.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(AwayError, match="does not appear to be a git repository"):
        await looked.look("")
    (tmp_path / "elsewhere").rename(repo.folder)
    await seen(looked)


async def test_a_branch_that_is_not_there_is_told_by_name(repo: Repo, tmp_path: Path) -> None:
    """A ref that the repository does not have is named, with the flag."""
    with pytest.raises(AwayError, match="has no branch or tag 'master': say which with --ref"):
        await source(repo, tmp_path, ref="master").look("")


async def test_a_damaged_copy_is_made_anew(repo: Repo, tmp_path: Path) -> None:
    """What is kept of the repository can be spoilt or deleted: it is fetched again."""
    await seen(source(repo, tmp_path))
    bare = tmp_path / "state" / "source" / "repository.git"
    (bare / "HEAD").write_text("nonsense")
    assert (await seen(source(repo, tmp_path))).files["a.yaml"] == b"1"


async def test_what_is_no_longer_needed_is_thrown_away(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy does not grow with each commit."""
    monkeypatch.setattr("fabgitops_operator.standalone.source.git.repository.FETCHES_KEPT", 5)
    looked = source(repo, tmp_path)
    known = ""
    for number in range(11):
        repo.write(a=os.urandom(20_000).hex() if number < 10 else "5")
        repo.commit()
        known = (await seen(looked, known)).id
    bare = tmp_path / "state" / "source" / "repository.git"
    assert sum(each.stat().st_size for each in bare.rglob("*") if each.is_file()) < 100_000


async def test_without_the_git_program_the_way_out_is_told(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without git is told what to install, or to take a folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AwayError, match=r"the git program is not there: install it \(apt-get install git\), or name a"):
        await source(repo, tmp_path).look("")


class Stuck:
    """A git that waits for a server in a process that it has started, as git does."""

    def __init__(self, folder: Path) -> None:
        self._pid = folder / "pid"
        (folder / "bin").mkdir()
        program = folder / "bin" / "git"
        program.write_text(f"#!/bin/sh\nsleep 1000 & echo $! > {self._pid}\nwait\n")
        program.chmod(0o755)

    async def child(self) -> int:
        """Wait until it waits, and return the process that it has started."""
        while not self._pid.exists() or not self._pid.read_text().strip():
            await asyncio.sleep(0.01)
        return int(self._pid.read_text())

    async def gone(self) -> None:
        """Wait until that is gone."""
        while _runs(await self.child()):
            await asyncio.sleep(0.01)


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stuck:
    """Return a git that never ends, which is the one on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return Stuck(tmp_path)


async def test_a_stop_ends_the_git_program(repo: Repo, tmp_path: Path, stuck: Stuck) -> None:
    """Who stops while git waits for a server ends git, and all that git has started."""
    looking = asyncio.create_task(source(repo, tmp_path).look(""))
    await stuck.child()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await stuck.gone()


async def test_a_stop_while_the_git_program_begins_ends_it(
    repo: Repo, tmp_path: Path, stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git runs before asyncio has told so: whoever stops at that moment leaves nothing running either."""
    begin, told = asyncio.create_subprocess_exec, asyncio.Event()

    async def slowly(*command: Any, **how: Any) -> asyncio.subprocess.Process:
        process = await begin(*command, **how)
        await told.wait()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slowly)
    looking = asyncio.create_task(source(repo, tmp_path).look(""))
    await stuck.child()
    looking.cancel()
    await asyncio.sleep(0)
    told.set()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await stuck.gone()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# --- hostile repositories ---------------------------------------------------------------------------------------------


async def test_hooks_filters_and_configuration_do_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the repository, nor the user's or the machine's configuration, can have anything run."""
    proof = tmp_path / "proof"
    hook = f"#!/bin/sh\ntouch {proof}\n"
    for name in ("post-checkout", "post-merge", "reference-transaction", "update"):
        path = repo.folder / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(hook)
    (repo.folder / ".gitattributes").write_text("*.yaml filter=evil\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "filters")
    home = tmp_path / "home"
    home.mkdir()
    evil = f'[filter "evil"]\nsmudge = touch {proof}\n[core]\nsshCommand = touch {proof}\nfsmonitor = touch {proof}\n'
    (home / ".gitconfig").write_text(f'{evil}[url "file:///nowhere"]\ninsteadOf = {repo.url}\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(repo.folder / ".git" / "hooks"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert (await seen(source(repo, tmp_path))).files["a.yaml"] == b"1"
    assert not proof.exists()


async def test_a_link_is_refused_and_never_followed(repo: Repo, tmp_path: Path) -> None:
    """A link to a file of this machine shows nothing of it."""
    (repo.folder / "passwd.yaml").symlink_to("/etc/passwd")
    (repo.folder / "notes.txt").symlink_to("/etc/passwd")
    repo.commit()
    with pytest.raises(RevisionError, match=r"^passwd\.yaml: this is a link, and none is followed in Git"):
        await source(repo, tmp_path).look("")


async def test_a_submodule_is_passed_over_and_told(repo: Repo, tmp_path: Path) -> None:
    """A repository within the repository is not fetched."""
    head = repo.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor")
    repo.git("commit", "-q", "-m", "submodule")
    revision = await seen(source(repo, tmp_path))
    assert (set(revision.files), revision.passed_over) == ({"a.yaml", "lines/b.yaml"}, ("vendor: a submodule",))


async def test_a_huge_file_is_refused_before_it_is_read(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that no manifest can be is refused by its size."""
    monkeypatch.setattr(tree, "LARGEST_FILE", 1000)
    repo.write(huge="x" * 1001)
    repo.commit()
    with pytest.raises(RevisionError, match=r"^huge\.yaml: the file has 1001 bytes, and 1000 at most are read"):
        await source(repo, tmp_path).look("")


async def test_a_huge_repository_does_not_fill_the_disk(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a fetch may write is bounded."""
    monkeypatch.setattr("fabgitops_operator.standalone.source.programs.LARGEST_FILE_BLOCKS", 200)
    (repo.folder / "big.bin").write_bytes(os.urandom(1_000_000))
    repo.commit()
    with pytest.raises(AwayError):
        await source(repo, tmp_path).look("")
    bare = tmp_path / "state" / "source" / "repository.git"
    assert sum(each.stat().st_size for each in bare.rglob("*") if each.is_file()) < 300_000


async def test_names_of_files_cannot_play_with_the_terminal(repo: Repo, tmp_path: Path) -> None:
    """A name with control characters is refused, and shown without obeying it."""
    (repo.folder / "a\x1b[2J\n.yaml").write_text("1")
    repo.commit()
    with pytest.raises(RevisionError, match=r"^a\\x1b\[2J\\n\.yaml: the name of the file has characters"):
        await source(repo, tmp_path).look("")


async def test_a_tree_that_leads_out_of_a_folder_writes_nothing_there(repo: Repo, tmp_path: Path) -> None:
    """Names that git itself would never make reach no file outside of the copy for kustomize."""
    blob = bytes.fromhex(repo.git("hash-object", "-w", "--stdin", text="evil"))
    inner = subprocess.run(
        ["git", "-C", str(repo.folder), "hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
        input=b"100644 evil.yaml\0" + blob,
        capture_output=True,
        check=True,
    )
    below = bytes.fromhex(inner.stdout.decode().strip())
    repo.git("config", "transfer.fsckObjects", "false")
    repo.raw_tree(b"100644 ../up.yaml\0" + blob + b"40000 ..\0" + below + b"40000 .git\0" + below)
    revision = await seen(source(repo, tmp_path))
    copy = tmp_path / "copies" / "copy"
    copy.mkdir(parents=True)
    await revision.export(copy)
    assert [each for each in (tmp_path / "copies").rglob("*") if each.is_file()] == []


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://git.example.com/plant.git", "https://git.example.com/plant.git"),
        ("ssh://git@git.example.com:2222/plant.git", "ssh://git@git.example.com:2222/plant.git"),
        ("git@git.example.com:plants/plant.git", "ssh://git@git.example.com/plants/plant.git"),
        ("file:///srv/plant.git", "file:///srv/plant.git"),
        ("http://127.0.0.1:8080/plant", "http://127.0.0.1:8080/plant"),
    ],
)
def test_addresses_that_are_taken(given: str, url: str) -> None:
    """https, ssh in both its forms, and files."""
    assert is_address(given)
    assert parsed(given).url == url


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ext::sh -c true", "is no address"),
        ("ext://sh", "is no address"),
        ("ssh://-oProxyCommand=true/plant", "is no address"),
        ("git://git.example.com/plant", "is no address"),
        ("https://user:secret@git.example.com/plant", "give it by --git-token-file FILE"),
        ("https://token@git.example.com/plant", "give it by --git-token-file FILE"),
        ("http://git.example.com/plant", "without encryption"),
        ("https:///plant", "names no host"),
        ("https://git.example.com/a\nb", "is no address"),
        ("https://[::1/plant", "is no address"),
    ],
)
def test_addresses_that_are_refused(given: str, told: str) -> None:
    """Programs as protocols, options as hosts, passwords, and what goes over the network unencrypted."""
    with pytest.raises(AddressError, match=told) as caught:
        parsed(given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("given", ["plant", "./plant", "/srv/plant", "../plant:a", "C:plant"])
def test_folders_are_no_addresses(given: str) -> None:
    """What names no host is a folder."""
    assert not is_address(given)
