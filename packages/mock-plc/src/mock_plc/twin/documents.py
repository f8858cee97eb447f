"""The objects of a text: each with its data, and with the line of each of its fields."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mock_plc.spec.ambiguous import Location
from mock_plc.spec.mistakes import line_of, node_of, path_of
from mock_plc.spec.reading import SpecError
from mock_plc.twin.scalars import key_of, value_of

GROUP = "fabgitops.io"
_MERGE = "<<"
_CHART = "{{"
"""What templates of Helm are known by."""


class ManifestError(SpecError):
    """Manifests cannot be used; `lines` has one line for each mistake."""


def wrong(where: str, said: str) -> ManifestError:
    """Return what is raised of one mistake."""
    return ManifestError([f"{where}: {said}"])


@dataclass(frozen=True, slots=True)
class Text:
    """Manifests as they were found: `source` says where, and `lined` whether its lines say anything to anybody."""

    source: str
    content: str
    lined: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """One object: its data, as JSON has it, and where its fields are."""

    text: Text
    node: Node
    data: dict[str, Any]

    def where(self, place: Location = ()) -> str:
        """Return where a field is, as in `lines/a.yaml:12: IndustrialPLC line-1/mixer: spec.port`."""
        line = f":{line_of(self.node, place)}" if self.text.lined else ""
        path = f": {path_of(place, self.data)}" if place else ""
        return f"{self.text.source}{line}: {self}{path}"

    def __str__(self) -> str:
        metadata = self.data.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        name = "/".join(str(named[key]) for key in ("namespace", "name") if named.get(key))
        return f"{self.data.get('kind', 'an object')} {name}".rstrip()


def documents(text: Text) -> list[Document]:
    """Return the objects of a text, those in lists (`kind: List`) one by one.

    A text that does not name the group of FabGitOps has none that matters, and may be anything: it is not even read.

    Raises:
        ManifestError: It is no YAML, or has a key twice.
    """
    if GROUP not in text.content:
        return []
    try:
        nodes = list(YAML(typ="safe", pure=True).compose_all(text.content))
        return [found for node in nodes if node for found in _objects(text, node, _Maker(text).made(node))]
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark and text.lined else ""
        said = " ".join((error.problem or error.context or str(error)).split())
        hint = "; of a chart give what helm template makes of it: -f -" if _CHART in text.content else ""
        raise ManifestError([f"{text.source}{line}: no YAML: {said}{hint}"]) from None
    except YAMLError as error:
        raise ManifestError([f"{text.source}: no YAML: {' '.join(str(error).split())}"]) from None
    except RecursionError:
        raise ManifestError([f"{text.source}: nested too deeply: no manifest is"]) from None


def _objects(text: Text, node: Node, data: Any) -> Iterator[Document]:
    if not isinstance(data, dict):
        return
    items = data.get("items")
    inner = node_of(node, "items")
    if str(data.get("kind", "")).endswith("List") and isinstance(items, list) and isinstance(inner, SequenceNode):
        for each, item in zip(inner.value, items, strict=True):
            yield from _objects(text, each, item)
        return
    yield Document(text, node, data)


class _Maker:
    """Makes data of nodes; one that is named by an alias is made once."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._made: dict[int, Any] = {}

    def made(self, node: Node) -> Any:
        """Return the data of a node.

        Raises:
            ManifestError: A key is there twice, or a scalar is none of JSON's.
        """
        if id(node) not in self._made:
            self._made[id(node)] = self._make(node)
        return self._made[id(node)]

    def _make(self, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, SequenceNode):
            return [self.made(each) for each in node.value]
        if not isinstance(node, ScalarNode):
            raise self._wrong(node, "what stands here is neither a mapping, a list nor a value")
        try:
            return value_of(node)
        except ValueError as error:
            raise self._wrong(node, f"what stands here {error}") from None

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.value == _MERGE and not getattr(key, "style", None):
                for each in self._merged(value):
                    merged = {**each, **merged}
                continue
            name = self._key(key)
            if name in lines:
                raise self._wrong(key, f"the key {name} is there already, in line {lines[name]}: keep one of them")
            lines[name] = key.start_mark.line + 1
            own[name] = self.made(value)
        return {**merged, **own}

    def _merged(self, node: Node) -> Sequence[dict[str, Any]]:
        made = self.made(node)
        found = made if isinstance(made, list) else [made]
        if not all(isinstance(each, dict) for each in found):
            raise self._wrong(node, "<< takes a mapping, or a list of them")
        return found

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._wrong(node, "a key is a text")
        try:
            return key_of(node)
        except ValueError as error:
            raise self._wrong(node, f"the key {error}") from None

    def _wrong(self, node: Node, said: str) -> ManifestError:
        line = f":{node.start_mark.line + 1}" if self._text.lined else ""
        return wrong(f"{self._text.source}{line}", said)
