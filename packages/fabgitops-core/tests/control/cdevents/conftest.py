"""A change in mid-flight, and the schemas that the world judges what is told of it by."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource

SCHEMAS = "FABGITOPS_CDEVENTS_SCHEMAS"
"""The environment variable that names a folder of them: those of cdevents/spec at its tag v0.5.1."""


class Judge:
    """Says what is wrong with a CDEvent, by the schema that is published for its type."""

    def __init__(self, folder: Path) -> None:
        schemas = [json.loads(each.read_text("utf-8")) for each in sorted(folder.rglob("*.json"))]
        self._registry: Registry[Any] = Registry().with_resources(
            (each["$id"], Resource.from_contents(each)) for each in schemas
        )
        self._custom = next(each for each in schemas if each["$id"].endswith("/schema/custom"))
        self._by_type = {
            each["properties"]["context"]["properties"]["type"]["enum"][0]: each
            for each in schemas
            if "enum" in each.get("properties", {}).get("context", {}).get("properties", {}).get("type", {})
        }

    def wrong(self, event: Any) -> list[str]:
        """Return what is wrong; nothing where the event is as it should be."""
        kind = event["context"]["type"]
        schema = self._custom if kind.startswith("dev.cdeventsx.") else self._by_type[kind]
        validator = Draft202012Validator(
            schema, registry=self._registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(event)]


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The published schemas; they are not part of this repository."""
    folder = os.environ.get(SCHEMAS)
    if not folder:
        pytest.skip(f"{SCHEMAS} names no folder with the schemas of CDEvents 0.5.1 (cdevents/spec, tag v0.5.1)")
    return Judge(Path(folder))
