"""What tests of chaos experiments share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.options import Connection

from .plant import Plant, Play, manifest, served


@pytest.fixture
def play(serving: Callable[..., Any], tmp_path: Path) -> Iterator[Play]:
    """Return what serves a cluster with these objects."""
    opened: list[Any] = []

    def begin(*objects: tuple[str, Any]) -> tuple[Plant, Connection]:
        world = Plant(*objects)
        opened.append(served(world, serving, tmp_path))
        return world, Connection(kubeconfig=opened[-1].__enter__())

    yield begin
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Return what writes objects into a file, and returns its name."""

    def write(*bodies: Any) -> str:
        where = tmp_path / "experiment.yaml"
        where.write_text(yaml.safe_dump_all(bodies or (manifest(),)))
        return str(where)

    return write
