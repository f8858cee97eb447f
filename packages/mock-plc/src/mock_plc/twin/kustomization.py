"""What a kustomization says of others: enough to tell what is deployed from what that builds on."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mock_plc.twin.documents import ManifestError, Text

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that kustomize looks for."""
_BUILDS_ON = ("resources", "bases", "components")


def bases(text: Text) -> Iterator[str]:
    """Yield what a kustomization names of what it builds on: files, folders and addresses, as they are written.

    Raises:
        ManifestError: It is no YAML.
    """
    data = _data(text)
    for key in _BUILDS_ON:
        named = data.get(key)
        yield from (each for each in (named if isinstance(named, list) else []) if isinstance(each, str))


def is_component(text: Text) -> bool:
    """Return whether it is one that is only ever a part of others.

    Raises:
        ManifestError: It is no YAML.
    """
    return _data(text).get("kind") == "Component"


def _data(text: Text) -> dict[str, Any]:
    try:
        data = YAML(typ="safe", pure=True).load(text.content)
    except (YAMLError, ValueError) as error:
        raise ManifestError([f"{text.source}: no YAML: {' '.join(str(error).split())}"]) from None
    return data if isinstance(data, dict) else {}
