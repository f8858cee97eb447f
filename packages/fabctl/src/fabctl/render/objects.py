"""Objects as the API server gave them, for other programs."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from fabctl.errors import Refused
from fabctl.fields import Body, mapping
from fabctl.model import view
from fabctl.options import Format

# libyaml where PyYAML was built with it: ten times as fast.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


_COMMANDS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters of eight bits, those that turn the direction of a text, and halves of characters."""


def show_objects(bodies: Sequence[Body], output: Format, *, one: bool, managed_fields: bool = False) -> None:
    """Print objects in a format for programs: one as it is, several as a v1 List.

    Args:
        bodies: What the API server gave.
        output: JSON, YAML or NAME.
        one: Whether one object was asked for by its name.
        managed_fields: Whether to keep metadata.managedFields, which for people is mostly noise.

    Raises:
        Refused: An object holds what the format cannot say: it is nested too deeply, or its text is none.
    """
    if output is Format.NAME:
        sys.stdout.writelines(f"industrialplc.fabgitops.io/{view(body).name}\n" for body in bodies)
        return
    items = [dict(body) if managed_fields else _without_managed_fields(body) for body in bodies]
    listing = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
    document = items[0] if one else listing
    try:
        sys.stdout.write(_json(document) if output is Format.JSON else _yaml(document))
    except (RecursionError, UnicodeEncodeError) as error:
        raise Refused(f"an object cannot be shown as {output}: {type(error).__name__}; try -o name") from error


def _json(document: Any) -> str:
    """Return JSON in which nothing commands a terminal: RFC 8259 lets control characters of eight bits be."""
    written = json.dumps(document, indent=2, ensure_ascii=False)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", written) + "\n"


def _yaml(document: Any) -> str:
    written: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    written.encode()  # libyaml and its copy in Python differ in what they refuse
    return written


def _without_managed_fields(body: Body) -> dict[str, Any]:
    metadata = {name: value for name, value in mapping(body.get("metadata")).items() if name != "managedFields"}
    return {**body, "metadata": metadata}
