"""Files made into manifests, as `kubectl apply -f FOLDER` would take them; a pure function of their texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.codec.texts import printable

from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.lines import Lines
from fabgitops_operator.standalone.source.manifests import Manifest, Name, Reading, name_of
from fabgitops_operator.standalone.source.naming import problem_of_names
from fabgitops_operator.standalone.source.troubles import Trouble

SUFFIXES = (".yaml", ".yml", ".json")
"""Files that kubectl reads in a folder."""

DEFAULT_NAMESPACE = "default"

_MADE_BY_THE_SERVER = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
     "resourceVersion", "selfLink", "uid"}
)  # fmt: skip


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    manifests: dict[Name, Manifest] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def take(self, manifest: Manifest) -> None:
        """Keep a manifest, unless there is one of its name."""
        other = self.manifests.setdefault(manifest.name, manifest)
        if other is not manifest:
            self.troubles.append(
                manifest.trouble(("metadata", "name"), f"stands twice, here and at {other.origin}: take one away")
            )


def read(files: Mapping[str, bytes], kinds: Sequence[Kind]) -> Reading:
    """Return what stands in files, with all that is wrong with them.

    Args:
        files: By path in the source.
        kinds: Those that are ours.
    """
    found = _Found()
    for path in sorted(files):
        _read_file(printable(path), files[path], kinds, found)
    return Reading(tuple(found.manifests.values()), tuple(found.passed_over), tuple(found.troubles))


def _read_file(path: str, data: bytes, kinds: Sequence[Kind], found: _Found) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found.troubles.append(Trouble(path, line, "this is no UTF-8: save the file as UTF-8"))
        return
    read_in = documents(text)
    found.troubles += [Trouble(path, each.line, each.text) for each in read_in.faults]
    for node in read_in.nodes:
        for body, lines in _flattened(node.value, node.lines):
            _sort(path, body, lines, kinds, found)


def _flattened(body: Any, lines: Lines) -> Iterator[tuple[Any, Lines]]:
    """Yield an object, or the objects of a list, as kubectl flattens each kind whose name ends in List."""
    is_list = isinstance(body, dict) and str(body.get("kind")).endswith("List") and isinstance(body.get("items"), list)
    if not is_list:
        yield body, lines
        return
    below = lines.below["items"].below if isinstance(lines.below, Mapping) else None
    places: Iterable[Lines] = below if isinstance(below, Sequence) else ()
    for each, where in zip(body["items"], places, strict=True):
        yield from _flattened(each, where)


def _sort(path: str, body: Any, lines: Lines, kinds: Sequence[Kind], found: _Found) -> None:
    """Tell an object of ours from others, and both from what is none."""
    if not isinstance(body, dict) or not all(isinstance(body.get(each), str) for each in ("apiVersion", "kind")):
        said = "this is no object: apiVersion and kind are missing; what is none belongs into another folder"
        found.troubles.append(Trouble(path, lines.line, said))
        return
    kind = next((each for each in kinds if each.matches(body)), None)
    if kind is not None:
        _take_in(path, body, lines, kind, found)
    elif refusal := _refusal(body, kinds):
        found.troubles.append(Trouble(path, lines.of(("kind",)), refusal))
    else:
        found.passed_over.append(f"{path}:{lines.line}: {printable(body['apiVersion'])} {printable(body['kind'])}")


def _refusal(body: Mapping[str, Any], kinds: Sequence[Kind]) -> str:
    """Return why an object that is not ours is not passed over, or nothing."""
    api_version, kind = body["apiVersion"], body["kind"]
    if (api_version, kind) == ("v1", "Secret"):
        return "a Secret has no place in Git: put its files into DIR/NAMESPACE/NAME/ of --secrets DIR"
    if api_version.partition("/")[0] not in {each.group for each in kinds}:
        return ""
    ours = ", ".join(sorted(f"{each.group}/{each.version} {each.name}" for each in kinds))
    return f"there is no kind {printable(kind)!r} of {printable(api_version)!r}: there are {ours}"


def _take_in(path: str, body: Mapping[str, Any], lines: Lines, kind: Kind, found: _Found) -> None:
    metadata = body.get("metadata")
    problems = problem_of_names(metadata)
    if problems or not isinstance(metadata, dict):
        found.troubles += [Trouble(path, lines.of(where), said) for where, said in problems]
        return
    namespace = (metadata.get("namespace") or DEFAULT_NAMESPACE) if kind.namespaced else ""
    cleaned = {key: value for key, value in metadata.items() if key not in {*_MADE_BY_THE_SERVER, "namespace"}}
    whole = {**body, "metadata": {**cleaned, **({"namespace": namespace} if namespace else {})}}
    whole.pop("status", None)
    found.take(Manifest(name_of(body["kind"], namespace, metadata["name"]), whole, path, lines))
