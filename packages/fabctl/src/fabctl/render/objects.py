"""Objects as the API server gave them, for other programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any
from unicodedata import category

from fabctl.errors import Refused
from fabctl.fields import Body, mapping, text
from fabctl.names import PLC, VERSION, Kind, told_apart
from fabctl.options import Format, Template

LISTING = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}}
"""What stands before the items of a List."""

_FOUR_DIGITS = 0xFFFF
"""The last character that an escape of four digits can name; none above it commands a terminal."""


def show_objects(
    bodies: Sequence[Body],
    output: Format | Template,
    *,
    one: bool,
    managed_fields: bool = False,
    kind: Kind = PLC,
    headers: bool = True,
) -> None:
    """Print objects in a format for programs: one as it is, several as a v1 List.

    Args:
        bodies: What the API server gave.
        output: JSON, YAML, NAME or a template.
        one: Whether one object was asked for by its name.
        managed_fields: Whether to keep metadata.managedFields, which for people is mostly noise.
        kind: What they are.
        headers: Whether chosen columns have a line with their names.

    Raises:
        Refused: An object holds what the format cannot say: it is nested too deeply, or a number is too long.
        UsageError: The template makes no sense.
    """
    if output is Format.NAME:
        sys.stdout.writelines(line_of(body, kind) for body in bodies)
        return
    one = one and bool(bodies)
    items = [shown_of(body, managed_fields=managed_fields) for body in bodies]
    listing = {**LISTING, "items": items}
    if isinstance(output, Template):
        from fabctl.render.chosen import show_chosen  # noqa: PLC0415

        show_chosen(items, items[0] if one else listing, output, headers=headers)
    else:
        sys.stdout.write(written(items[0] if one else listing, output))


def made(kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    """Return what is of no API server as an object, for those who read lists of them."""
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name, **where}, **fields}


def show_documents(bodies: Sequence[Body]) -> None:
    """Print objects as YAML, a document for each, as they stand in files.

    Raises:
        Refused: An object holds what YAML cannot say.
    """
    sys.stdout.write("---\n".join(written(dict(body), Format.YAML) for body in bodies))


def written(document: object, output: Format) -> str:
    """Return a document in JSON or YAML.

    Raises:
        Refused: It holds what the format cannot say.
    """
    try:
        return escaped_json(document) if output is Format.JSON else yaml_of(document)
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(f"an object cannot be shown as {output}: {why}; try -o table") from None


def escaped_json(document: object) -> str:
    """Return JSON in which nothing commands a terminal: what is not printable is escaped, and reads the same."""
    return _escaped(json.dumps(document, indent=2, ensure_ascii=not _takes_all())) + "\n"


def yaml_of(document: object) -> str:
    """Return YAML likewise; escapes are possible only in double quotes."""
    import yaml  # noqa: PLC0415 - what prints anything else does without

    # libyaml where PyYAML was built with it: ten times as fast.
    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        """Quotes what needs escapes."""

    def quoted(dumper: Any, value: str) -> Any:
        whole = value.encode("utf-8", "replace").decode()
        style = None if _escaped(whole) == whole else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", whole, style=style)

    Dumper.add_representer(str, quoted)
    return _escaped(yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=_takes_all()))


def _takes_all() -> bool:
    """Return whether standard output takes every character; where it does not, escapes say the same."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _escaped(lines: str) -> str:
    r"""Return JSON or YAML with what would command a terminal as escapes of both: U+009B as `\u009b`.

    Control and format characters are meant, from DEL to those that turn the direction of writing; spaces of every kind
    stay, and so do line breaks.
    """
    return "\n".join(line if line.isprintable() else "".join(map(_escape, line)) for line in lines.split("\n"))


def _escape(character: str) -> str:
    stays = character.isprintable() or category(character) == "Zs" or ord(character) > _FOUR_DIGITS
    return character if stays else f"\\u{ord(character):04x}"


def line_of(body: Body, kind: Kind) -> str:
    """Return the line of an object by its name."""
    return f"{told_apart(kind, body.get('kind')).prefix}/{text(mapping(body.get('metadata')).get('name'))}\n"


def shown_of(body: Body, *, managed_fields: bool) -> dict[str, Any]:
    """Return what is shown of an object."""
    return dict(body) if managed_fields else _without_managed_fields(body)


def _without_managed_fields(body: Body) -> dict[str, Any]:
    metadata = {name: value for name, value in mapping(body.get("metadata")).items() if name != "managedFields"}
    return {**body, "metadata": metadata}
