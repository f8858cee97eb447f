"""Real Git repositories, made in a test's folder by the git program."""

import os
import subprocess
from pathlib import Path

PLC = "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\nmetadata: {{name: {name}, namespace: plant}}\nspec: {spec}\n"
SPEC = "{deviceAddress: 127.0.0.1, targetRegister: 40001, targetValue: 5}"


def manifest(name: str = "mixer", spec: str = SPEC) -> str:
    """Return a manifest in the short form."""
    return PLC.format(name=name, spec=spec)


class Repo:
    """A repository with a work tree, in which commits are made as people make them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    @property
    def url(self) -> str:
        """Return where it is fetched from."""
        return f"file://{self.folder}"

    def git(self, *arguments: str, text: str | None = None, **environment: str) -> str:
        """Run git in it, as somebody whose name does not matter."""
        who = {
            f"GIT_{role}_{part}": "plant@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
        }
        shut = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.folder)}
        done = subprocess.run(
            ["git", "-C", str(self.folder), "-c", "commit.gpgSign=false", *arguments],
            env={**os.environ, **who, **shut, **environment},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, **files: str) -> None:
        """Write files; `a__b` stands for a path a/b.yaml."""
        for name, text in files.items():
            path = self.folder / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, *options: str, **environment: str) -> str:
        """Commit all that there is, and return the commit."""
        self.git("add", "-A")
        self.git(*(each for each in options if each == "-c" or "=" in each), "commit", "-q", "--allow-empty", "-m",
                 "change", *(each for each in options if each.startswith("-S")), **environment)  # fmt: skip
        return self.git("rev-parse", "HEAD")

    def raw_tree(self, entries: bytes) -> str:
        """Return a commit whose tree is these bytes, which git itself would never make, and put main there."""
        made = subprocess.run(
            ["git", "-C", str(self.folder), "hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
            input=entries,
            capture_output=True,
            check=True,
        )
        commit = self.git("commit-tree", "-m", "odd", made.stdout.decode().strip())
        self.git("update-ref", "refs/heads/main", commit)
        return commit
