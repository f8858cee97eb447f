"""A text made into documents: values, and the line of each field; YAML as kubectl takes it, and JSON.

What kubectl passes over in silence is refused where it would make a file mean something else than it shows: a key that
stands twice, and a merge that overwrites what stands before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from fabctl.reading.composing import Composer, DocumentError, Node
from fabctl.reading.json_text import json_documents

_SEPARATOR = "---"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, and on which line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a text, and all that is wrong with it."""

    nodes: tuple[Node, ...]
    faults: tuple[Fault, ...]


def documents(text: str) -> Documents:
    """Return what stands in a text; documents that hold nothing are passed over.

    A text that begins with a brace is JSON, or YAML if it is no JSON.
    """
    if text.lstrip().startswith("{"):
        try:
            return _gathered(json_documents(text))
        except DocumentError as error:
            if error.sure:
                return Documents((), (Fault(error.line, str(error)),))
    return _gathered(_yaml_documents(text))


def _gathered(found: Iterator[Node | DocumentError]) -> Documents:
    nodes, faults = [], []
    for each in found:
        if isinstance(each, DocumentError):
            faults.append(Fault(each.line, str(each)))
        elif each.value is not None or each.faults:
            nodes.append(each)
            faults += [Fault(line, said) for line, said in each.faults]
    return Documents(tuple(nodes), tuple(faults))


def _yaml_documents(text: str) -> Iterator[Node | DocumentError]:
    for first_line, part in _parts(text):
        try:
            node = _composed(part, first_line) if isinstance(part, str) else part
        except DocumentError as error:
            node = error
        if node is not None:
            yield node


def _parts(text: str) -> Iterator[tuple[int, str | DocumentError]]:
    """Split a text where kubectl does: at each line that begins with three dashes, whatever YAML would make of it."""
    first_line, part = 1, []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith(_SEPARATOR):
            part.append(line)
            continue
        yield first_line, "\n".join(part)
        first_line, part = number + 1, []
        behind = line.removeprefix(_SEPARATOR).strip()
        if behind and not behind.startswith("#"):
            yield number, DocumentError(number, "a document begins on the line below ---, not behind it")
    yield first_line, "\n".join(part)


def _composed(part: str, first_line: int) -> Node | None:
    composer = Composer(part, first_line)
    try:
        return composer.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise DocumentError(line, f"this is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:  # a character that may stand in no YAML
        raise DocumentError(first_line, f"this is no YAML: {' '.join(str(error).split())}") from None
    finally:
        composer.close()
