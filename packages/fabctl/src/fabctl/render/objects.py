"""Objects as the API server gave them, for other programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from fabctl.fields import Body, mapping
from fabctl.model import view
from fabctl.options import Format

# libyaml where PyYAML was built with it: ten times as fast.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def show_objects(bodies: Sequence[Body], output: Format, *, one: bool, managed_fields: bool = False) -> None:
    """Print objects in a format for programs: one as it is, several as a v1 List.

    Args:
        bodies: What the API server gave.
        output: JSON, YAML or NAME.
        one: Whether one object was asked for by its name.
        managed_fields: Whether to keep metadata.managedFields, which for people is mostly noise.
    """
    if output is Format.NAME:
        sys.stdout.writelines(f"industrialplc.fabgitops.io/{view(body).name}\n" for body in bodies)
        return
    items = [dict(body) if managed_fields else _without_managed_fields(body) for body in bodies]
    listing = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
    document = items[0] if one else listing
    if output is Format.JSON:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        yaml.dump(document, sys.stdout, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _without_managed_fields(body: Body) -> dict[str, Any]:
    metadata = {name: value for name, value in mapping(body.get("metadata")).items() if name != "managedFields"}
    return {**body, "metadata": metadata}
