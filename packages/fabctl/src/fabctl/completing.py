"""What may stand where somebody asks the shell to complete a command line of fabctl. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fabctl.leading import GROUPS
from fabctl.names import ANALYSIS, BMC, EXPERIMENT, PLC, RACK, ROLLOUT, ROLLOUTS, TEMPLATE, WORKLOAD, Kind

SHELLS = ("bash", "zsh", "fish")


class Wanted(StrEnum):
    """What is to be looked up to complete a word."""

    COMMANDS = "commands"
    OPTIONS = "options"
    CHOICES = "choices"
    NAMESPACES = "namespaces"
    CONTEXTS = "contexts"
    OBJECTS = "objects"
    SHELLS = "shells"
    SCENARIOS = "scenarios"
    NOTHING = "nothing"
    """Anything may stand there, or a file, which the shell completes itself."""


VALUES: Mapping[str, Wanted] = {
    "--namespace": Wanted.NAMESPACES,
    "-n": Wanted.NAMESPACES,
    "--context": Wanted.CONTEXTS,
    "--output": Wanted.CHOICES,
    "-o": Wanted.CHOICES,
    "--sort-by": Wanted.CHOICES,
    "--color": Wanted.CHOICES,
    "--for": Wanted.CHOICES,
    **dict.fromkeys(("--kubeconfig", "--selector", "-l", "--request-timeout"), Wanted.NOTHING),
    **dict.fromkeys(
        (
            "--timeout",
            "--interval",
            "--reason",
            "--digest",
            "--tag",
            "--filename",
            "-f",
            "--register",
            "--csv",
            "--device",
            "--column",
            "--line",
            "--byte-order",
            "--field-manager",
            "--limit",
            "--to-revision",
            "--argo-instance-id",
            "--name",
        ),
        Wanted.NOTHING,
    ),
    **dict.fromkeys(("--from", "--to", "--step", "--lasting", "--arg", "--prometheus", "--token-file"), Wanted.NOTHING),
}
"""The options that take a value, and what that may be."""

_KINDS: Mapping[str, Kind | tuple[Kind, ...] | None] = {
    "list": None,
    "diff": None,
    "init": None,
    "validate": None,
    "version": None,
    "doctor": None,
    "templates": TEMPLATE,
    "tree": (RACK, TEMPLATE, PLC, ROLLOUT, WORKLOAD),
    "brake status": None,
    "brake release": None,
    "rack list": None,
    "rack describe": RACK,
    "rack approve": RACK,
    "rack locate": BMC,
    "rollout list": None,
    "rollout release": PLC,
    "rollout analyze": ANALYSIS,
    **dict.fromkeys((f"rollout {word}" for word in ("get", "status", "plan", "history")), ROLLOUTS),
    **dict.fromkeys((f"rollout {word}" for word in ("promote", "abort", "retry", "pause", "resume")), ROLLOUTS),
    "rollout approve": ROLLOUT,
    "rollout undo": WORKLOAD,
    **dict.fromkeys((f"chaos {word}" for word in ("get", "abort")), EXPERIMENT),
    **dict.fromkeys((f"chaos {word}" for word in ("run", "list", "stop", "agents")), None),
}
"""What the arguments of a command name; those of any other are PLCs."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a command line somebody is."""

    word: str
    """What stands there already."""
    wanted: Wanted
    command: str = ""
    """The command as far as it is there, as in "rack approve"."""
    option: str = ""
    """The option whose value it is."""
    kinds: tuple[Kind, ...] = ()
    """What the names are of that are wanted: by what stands before the name, where something does."""
    given: Mapping[str, str] | None = None
    """Values of options that stand before, by their names."""
    before: str = ""
    """What belongs to the word for the shell, and stays in front of what is found: `--namespace=`."""

    def value(self, *names: str) -> str | None:
        """Return the value of an option by any of its names."""
        return next((self.given[name] for name in names if self.given and name in self.given), None)


def place(words: Sequence[str]) -> Place:
    """Return where somebody is.

    Args:
        words: What stands behind `fabctl`, the word that is to be completed last; it may be empty.
    """
    whole = words[-1] if words else ""
    *before, word = _joined(words) or [""]
    command: list[str] = []
    given: dict[str, str] = {}
    option = ""
    for each in before:
        if option:
            given[option], option = each, ""
        elif each.startswith("-"):
            name, equals, value = each.partition("=")
            if equals:
                given[name] = value
            elif name in VALUES:
                option = name
        elif not command or (command[0] in GROUPS and len(command) == 1):
            command.append(each)
    return _there(word, " ".join(command), option, given, whole=word == whole)


def _there(word: str, command: str, option: str, given: Mapping[str, str], *, whole: bool) -> Place:
    if option:
        return Place(word, VALUES[option], command, option, given=given)
    name, equals, value = word.partition("=")
    if equals and name in VALUES:
        return Place(value, VALUES[name], command, name, given=given, before=f"{name}=" if whole else "")
    if word.startswith("-"):
        return Place(word, Wanted.OPTIONS, command, given=given)
    if not command or command in GROUPS:
        return Place(word, Wanted.COMMANDS, command, given=given)
    if command == "completion":
        return Place(word, Wanted.SHELLS, command, given=given)
    if command == "chaos scenarios":
        return Place(word, Wanted.SCENARIOS, command, given=given)
    named = _KINDS.get(command, PLC)
    kinds = named if isinstance(named, tuple) else (named,) if named else ()
    prefix, slash, _ = word.rpartition("/")
    meant = tuple(kind for kind in kinds if not slash or kind.called(prefix))
    return Place(word, Wanted.OBJECTS if meant else Wanted.NOTHING, command, kinds=meant, given=given)


def _joined(words: Sequence[str]) -> list[str]:
    """Return words with `--namespace`, `=`, `li`, as bash hands them over, put together again."""
    joined: list[str] = []
    for word in words:
        if joined and (word == "=" or joined[-1].endswith("=")) and joined[-1].startswith("--"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def fitting(where: Place, found: Iterable[str]) -> list[str]:
    """Return what of all that may stand there begins as what stands there; names keep `plc/` before them."""
    prefix, slash, begun = where.word.rpartition("/")
    if not where.kinds or not slash:
        return [where.before + each for each in found if each.startswith(where.word)]
    return [f"{prefix}/{each}" for each in found if each.startswith(begun)]


SCRIPTS: Mapping[str, str] = {
    "bash": """\
_fabctl() {
    local IFS=$'\\n'
    COMPREPLY=($(fabctl __candidates -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _fabctl fabctl
""",
    "zsh": """\
#compdef fabctl
_fabctl() {
    local -a found
    found=("${(@f)$(fabctl __candidates -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    [[ -n "${found[1]}" ]] && compadd -- "${found[@]}" || _files
}
compdef _fabctl fabctl
""",
    "fish": """\
function __fabctl_complete
    set -l words (commandline -opc)
    fabctl __candidates -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c fabctl -f -a '(__fabctl_complete)'
""",
}
"""What a shell is to read so that it completes command lines of fabctl."""
