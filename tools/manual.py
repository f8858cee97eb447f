"""The page and the manual page of fabctl, made from what it says of itself."""

import re
from collections.abc import Iterator, Mapping, Sequence

from fabctl.app import app
from fabctl.defaults import FILE, NAMES, variable
from fabctl.errors import EXIT_CODES
from terminal import Command, Option, commands, shared

_NOTE = "<!-- Made from fabctl by tools/generate.py: change that, not this. -->\n"

ENVIRONMENT: Mapping[str, str] = {
    **{variable(name): f"what `--{name}` is where the command line does not say it" for name in NAMES},
    FILE: "another file of defaults than `~/.config/fabctl/config.yaml`; it has to be there",
    "XDG_CONFIG_HOME": "the folder in the place of `~/.config`",
    "KUBECONFIG": "kubeconfig files, read as one, as kubectl does",
    "HTTPS_PROXY, HTTP_PROXY, NO_PROXY": "the proxy to the API server, and which servers to ask without; "
    "a kubeconfig's `proxy-url` goes first",
    "NO_COLOR, FORCE_COLOR": "no colours on a terminal; colours in a pipe, unless there is `NO_COLOR`",
    "COLUMNS": "how wide help and tables may be",
}
"""The variables that fabctl goes by, in Markdown."""

_FILE = (
    "`~/.config/fabctl/config.yaml` holds defaults by the names of their options: "
    + ", ".join(f"`{name}`" for name in NAMES)
    + " (of what prints tables). The command line goes first, then the environment, then the file."
)
_DEFAULTS = "context: line-1\nnamespace: plant\noutput: wide\n"
_STREAMS = (
    "Data goes to standard output, all else to standard error. Lists as `json`, `yaml`, `name`, `csv` and `jsonpath` "
    "that goes over the items once, and `get-status -w`, are printed as they come, 500 at a time; tables, and what is "
    "sorted, as a whole."
)
_BEFORE = (
    "Those of the cluster, and `-o`, may stand before the command as well: `alias line1='fabctl --context line-1'`."
)


def page() -> str:
    """Return the page, in Markdown."""
    found = commands()
    listed = "".join(f"| [{each.path}](#{_anchor(each)}) | {_escaped(each.summary)} |\n" for each in found)
    return "".join(
        [
            f"{_NOTE}\n# fabctl, command by command\n\n{app.help} How it is used stands in its ",
            "[README](../packages/fabctl/README.md); `--help` of each command and `man fabctl` say the same.\n",
            f"\n| command | |\n|---|---|\n{listed}",
            *map(_section, found),
            f"\n## Which cluster, and which objects\n\n{_BEFORE}\n\n",
            *(f"{_item(each)}\n" for each in shared()),
            "\n## Exit codes\n\n| code | |\n|---|---|\n",
            *(f"| {code} | {what} |\n" for code, what in EXIT_CODES.items()),
            "\n`fabctl diff` ends as `kubectl diff` does: 1 is a change, and what is wrong is above 1.\n",
            f"\n{_STREAMS}\n\n## Environment\n\n| variable | |\n|---|---|\n",
            *(f"| {_codes(name)} | {what} |\n" for name, what in ENVIRONMENT.items()),
            f"\n## Config file\n\n{_FILE}\n\n```yaml\n{_DEFAULTS}```\n",
        ]
    )


def _anchor(command: Command) -> str:
    return command.path.replace(" ", "-")


def _codes(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _section(command: Command) -> str:
    said = command.summary + (f"\n\n{command.more}" if command.more else "")
    also = f" Also `{command.alias}`." if command.alias else ""
    items = "".join(f"{_item(each)}\n" for each in command.told)
    cluster = ", ".join(f"`{name}`" for name in command.shared)
    common = f"- {cluster}: [which cluster, and which objects](#which-cluster-and-which-objects)\n" if cluster else ""
    lines = "".join(f"# {what}\n$ {line}\n" for what, line in command.examples)
    usage = command.usage.replace("…", "...")
    return (
        f"\n## {command.path}\n\n{_escaped(said)}{also}\n\n```text\n{usage}\n```\n"
        + (f"\n{items}{common}" if items or common else "")
        + (f"\n```console\n{lines}```\n" if lines else "")
    )


def _item(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in ([option.value] if option.positional else option.names))
    value = f" `{option.value}`" if option.value and not option.positional else ""
    return f"- {names}{value}{_meaning(option)}"


def _meaning(option: Option) -> str:
    """Return what stands behind an option: its meaning, whether it is needed, its default, its variable."""
    notes = [
        "required" if option.required else "",
        f"default `{option.default}`" if option.default else "",
        f"environment `{option.variable}`" if option.variable else "",
    ]
    said = ", ".join(each for each in notes if each)
    return f": {_escaped(option.about)}" + (f" ({said})" if said else "")


def _escaped(text: str) -> str:
    """Return a text whose signs are no Markdown."""
    return re.sub(r"([*_\[\]<>|])", r"\\\1", text)


# --- man --------------------------------------------------------------------------------------------------------------


def man() -> str:
    """Return the manual page, in the macros of roff for such pages."""
    found = [each for each in commands() if not each.is_group]
    head = [
        '.\\" Made from fabctl by tools/generate.py: change that, not this.',
        '.TH FABCTL 1 "" fabctl "FabGitOps"',
        ".SH NAME",
        r"fabctl \- Git vs. reality on the terminal: the command line of FabGitOps",
        ".SH SYNOPSIS",
        r".B fabctl",
        r"\fICOMMAND\fR [\fIOPTIONS\fR]",
        ".SH DESCRIPTION",
        _roff(str(app.help)),
        _roff("With the same wheel it is a plugin of kubectl as well: kubectl fab COMMAND."),
        _roff(_plain(_STREAMS)),
        ".SH COMMANDS",
    ]
    tail = [
        ".SH OPTIONS OF THE CLUSTER",
        _roff(_plain(_BEFORE)),
        *(line for each in shared() for line in _entry(each)),
        ".SH EXIT STATUS",
        *_table(EXIT_CODES),
        ".SH ENVIRONMENT",
        *_table(ENVIRONMENT),
        ".SH FILES",
        _roff(_plain(_FILE)),
        *_verbatim(_DEFAULTS.splitlines()),
        ".SH SEE ALSO",
        r".BR kubectl (1)",
        ".br",
        _roff("https://fabgitops.github.io/fabgitops"),
    ]
    return "\n".join([*head, *(line for each in found for line in _command(each)), *tail]) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_line(command.usage)}"
    yield _roff(command.summary)
    if command.alias:
        yield _roff(f"Also fabctl {command.alias}.")
    for paragraph in filter(None, command.more.split("\n\n")):
        yield ".PP"
        yield _roff(paragraph)
    for each in command.told:
        yield from _entry(each)
    if command.shared:
        yield ".PP"
        yield _roff(f"Of the cluster: {', '.join(command.shared)}.")
    yield ".PP"
    yield "Examples:"
    yield from _verbatim([line for what, typed in command.examples for line in (f"# {what}", *typed.splitlines())])


def _entry(option: Option) -> Iterator[str]:
    names = [option.value] if option.positional else list(option.names)
    value = f" {_line(option.value)}" if option.value and not option.positional else ""
    yield ".TP"
    yield ", ".join(rf"\fB{_line(name)}\fR" for name in names) + value
    yield _roff(_plain(_meaning(option).removeprefix(": ").replace("\\", "")))


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    for name, what in rows.items():
        yield ".TP"
        yield rf"\fB{_line(name)}\fR"
        yield _roff(_plain(what))


def _verbatim(lines: Sequence[str]) -> list[str]:
    return [".RS 4", ".nf", *map(_roff, lines), ".fi", ".RE"]


def _plain(markdown: str) -> str:
    return markdown.replace("`", "")


def _line(text: str) -> str:
    """Return a text that roff prints as it is, within a line."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...").replace("~", r"\(ti").replace("^", r"\(ha")


def _roff(text: str) -> str:
    """Return a line of text that roff takes for no macro."""
    found = _line(text)
    return rf"\&{found}" if found.startswith((".", "'")) else found
