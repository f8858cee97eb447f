"""Manifests: objects of our kinds as a source names them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fabgitops_operator.standalone.source.lines import Lines, Path
from fabgitops_operator.standalone.source.troubles import Trouble


class Name(NamedTuple):
    """The full name of an object: by it, and not by its file, objects of two revisions are the same."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `IndustrialPLC plant/mixer`."""
        return f"{self.kind} {self.namespace}/{self.name}"


def name_of(kind: str, namespace: str, name: str) -> Name:
    """Return a full name that has kind and namespace in common with the others of theirs."""
    return Name(sys.intern(kind), sys.intern(namespace), name)


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object of ours, and where each of its fields stands."""

    name: Name
    body: Mapping[str, Any]
    file: str
    lines: Lines

    @property
    def origin(self) -> str:
        """Return where it stands, as people look it up: `lines/a/mixer.yaml:3`."""
        return f"{self.file}:{self.lines.line}" if self.lines.line else self.file

    def trouble(self, path: Path, text: str) -> Trouble:
        """Return what is wrong with a field of it; a text that does not say whose field it is says it in front."""
        return Trouble(self.file, self.lines.of(path), f"{self.name}: {text}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a source."""

    manifests: tuple[Manifest, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Objects that are not ours, each as `lines/a/argo.yaml:1: argoproj.io/v1alpha1 Application`."""
    troubles: tuple[Trouble, ...] = ()
