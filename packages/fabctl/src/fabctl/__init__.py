"""Git vs. reality on the terminal: the command line of FabGitOps.

start      where the program begins
app        the commands by name, and the one place where an error becomes a line and an exit code
options    what several commands take
leading    options before the command
names      names as they are typed
commands   one file each
cluster    Kubernetes: requests over HTTP, by h11, which nothing else imports
kubeconfig where the API server is and who we are
reading    files as kubectl reads them; `manifests` which files, `maps` and `effects` what they mean for registers
model      what an object says, whatever it holds; pure
registers  the same of each register of a map
fields     the same of a single field
counting   the two ways in which registers are counted
rollouts   how a rollout of set-points stands; `explaining` why, `releases` what PLCs say of it
offline    what the code of the operator does here, which an extra brings; nothing else imports that
render     what is shown; rich, which nothing else imports, only where there is a terminal
errors     everything that can go wrong, each a line that says what to do
"""


def own_version() -> str:
    """Return the version of fabctl."""
    from importlib.metadata import version  # noqa: PLC0415 - takes as long as all that most commands need of it

    return version("fabctl")
