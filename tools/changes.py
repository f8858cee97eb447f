"""Says which sessions of CI have to run, by the files that a change touches: what is not known to be left out runs.

`python tools/changes.py BASE` compares HEAD with where it left BASE; without BASE everything runs. It prints lines for
GITHUB_OUTPUT, and needs nothing but git and the standard library.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# The sessions of the job of that name; `unit` and `e2e` have jobs of their own. Lint always runs.
SESSIONS = ("wheels", "integration", "interop", "observability", "chart", "gateway", "docs", "corpus")
ALL = frozenset((*SESSIONS, "unit", "e2e"))

# Who reads what, the first that fits: every other file, and any that is new, is read by all.
READERS = (
    (r"\.github/(?!workflows/).*|\.(editorconfig|gitignore|pre-commit-config\.yaml)|benchmarks/.*", ()),
    (r"packages/[^/]+/changes/.*|packages/[^/]+/CHANGELOG\.md", ("unit",)),
    (r"docs/devices\.md", ("docs", "unit")),
    (r"docs/runbooks/.*", ("docs", "observability", "unit")),
    (r"docs/.*|zensical\.toml", ("docs", "unit")),
    (r"packages/[^/]+/README\.md", ("docs", "wheels")),
    (r"[^/]+\.md", ("docs",)),
    (r"charts/.*", ("chart", "docs", "e2e", "observability", "unit")),
    (r"docker/.*", ("docs", "e2e", "observability", "unit")),
    (r"\.dockerignore", ("e2e",)),
    (r"examples/.*", ("corpus", "docs", "integration", "observability", "unit")),
    (r"tests/(e2e|images)/.*", ("e2e",)),
    (r"tests/release/.*", ("unit",)),
    (r"tests/integration/operator/corpus\.py", ("corpus", "integration")),
    (r"tests/admission/.*", ("corpus", "unit")),
    (r"tests/(integration|interop|observability|chart|gateway|docs)/.*", None),  # the session of that name
    (r"packages/[^/]+/tests/smoke\.py", ("wheels",)),
    (r"packages/[^/]+/tests/.*", ("unit", "integration")),
)


def readers(path: str) -> frozenset[str]:
    """Return the sessions that read a file."""
    for pattern, sessions in READERS:
        if found := re.fullmatch(pattern, path):
            return frozenset((found[1],) if sessions is None else sessions)
    return ALL


def changed(base: str) -> list[str] | None:
    """Return the files in which HEAD differs from where it left a commit, or nothing where that cannot be told."""
    command = ["git", "-C", str(ROOT), "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD", "--"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.split("\0")[:-1]


def main(arguments: list[str]) -> int:
    """Print what has to run and return the exit code."""
    paths = changed(arguments[0]) if arguments and arguments[0] else None
    wanted = ALL if paths is None else frozenset[str]().union(*map(readers, paths))
    told = "everything" if paths is None else f"{len(paths)} changed files"
    sys.stderr.write(f"{told}: {', '.join(sorted(wanted)) or 'lint alone'}\n")
    sessions = json.dumps([each for each in SESSIONS if each in wanted])
    outputs = {"sessions": sessions} | {each: json.dumps(each in wanted) for each in ("unit", "e2e")}
    sys.stdout.writelines(f"{name}={value}\n" for name, value in outputs.items())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
