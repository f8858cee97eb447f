"""Reads a device file, and says of each mistake in which line it is, what is wrong, and what would be right."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from mock_plc.errors import MockPlcError
from mock_plc.spec.ambiguous import Found, ambiguous
from mock_plc.spec.device import DeviceFile
from mock_plc.spec.mistakes import line_of, mistake, path_of


class SpecError(MockPlcError):
    """A device file cannot be used; `lines` has one line for each mistake."""

    code = 2

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load(path: Path) -> DeviceFile:
    """Return the device that a file describes, in YAML 1.2.

    Raises:
        SpecError: The file cannot be read, is no YAML, or says what cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise SpecError([f"{path}: byte {error.start} is not UTF-8"]) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> DeviceFile:
    """Return the device that a text describes; `name` is what the file is called in errors.

    Raises:
        SpecError: It is no YAML, or says what cannot be.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        data = yaml.load(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SpecError([f"{name}{line}: no YAML: {_plain(error.problem or error.context or str(error))}"]) from None
    except (YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise SpecError([f"{name}: no YAML: {_plain(str(error))}"]) from None
    if not isinstance(data, Mapping):
        raise SpecError([f"{name}: it is no mapping of keys to values; see: mock-plc example"])
    root = yaml.compose(text)
    unclear = list(ambiguous(root))
    try:
        device = DeviceFile.model_validate(data)
    except ValidationError as error:
        raise _told(name, data, [*unclear, *_mistakes(error, root, unclear)]) from None
    if unclear:
        raise _told(name, data, unclear)
    return device


def _told(name: str, data: object, found: list[Found]) -> SpecError:
    in_order = sorted(found, key=lambda each: each[1])
    return SpecError([f"{name}:{line}: {path_of(place, data)}: {said}" for place, line, said in in_order])


def _mistakes(error: ValidationError, root: Node, known: list[Found]) -> Iterator[Found]:
    """Yield what is wrong, but for what follows from a scalar that is not clear."""
    unclear = {place for place, _, _ in known}
    for each in error.errors(include_url=False):
        place, said = mistake(each)
        if place not in unclear:
            yield place, line_of(root, place), said


def _plain(text: str) -> str:
    return " ".join(text.split())
