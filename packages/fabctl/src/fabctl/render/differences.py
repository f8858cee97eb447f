"""What applying would change, for people, for a pull request and for programs."""

import difflib
import re
import sys
from collections.abc import Sequence
from typing import Any

from fabctl.differing import ABSENT, Change, fields
from fabctl.effects import Effect
from fabctl.fields import NOTHING, text
from fabctl.names import VERSION
from fabctl.render import coloured, show_sections
from fabctl.render.objects import escaped_json, yaml_of
from fabctl.render.shapes import Section, Table

HEADERS = ("PLC", "Device", "Register", "Place", "Holds", "Wanted", "Then wanted", "Then")
_UNKNOWN = "its template is not there: what becomes of registers is not known"


def show_differences(changes: Sequence[Change]) -> None:
    """Print what differs as lines of YAML, then what becomes of registers."""
    lines = [line for change in changes if change.before != change.after for line in unified(change)]
    if coloured():
        from fabctl.render.terminal import print_difference  # noqa: PLC0415

        print_difference(lines)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)
    if sections := registers_sections(changes):
        show_sections(sections, below=bool(lines))


def unified(change: Change) -> list[str]:
    """Return the lines that differ, with three around each, as `diff -u` prints them."""
    before = yaml_of(change.before).splitlines() if change.before is not None else []
    after = yaml_of(change.after).splitlines()
    there = "not there" if change.before is None else "in the cluster"
    found = difflib.unified_diff(before, after, f"{change.title} {there}", f"{change.title} applied", lineterm="")
    return [text(line) for line in found]


def registers_sections(changes: Sequence[Change]) -> list[Section]:
    """Return what becomes of registers, and of which PLCs that is not known."""
    rows = tuple(row for change in changes for row in _rows(change))
    table = Section("What becomes of registers, by the values last observed", Table("", HEADERS, rows))
    unknown = tuple((each.title, _UNKNOWN) for each in changes if each.effects is None)
    return [*([table] if rows else []), *([Section("Not known", unknown)] if unknown else [])]


def _rows(change: Change) -> list[tuple[str, ...]]:
    return [(f"{change.namespace}/{change.name}", change.device, *_cells(each)) for each in change.effects or ()]


def _cells(effect: Effect) -> tuple[str, ...]:
    return (effect.register, effect.place, effect.holds, effect.wanted, effect.then_wanted, str(effect.then))


def markdown(changes: Sequence[Change], errors: Sequence[str]) -> str:
    """Return it for a comment on a pull request."""
    changed = [each for each in changes if each.is_change]
    parts = [f"### fabctl diff: {_counted(changed, errors)}\n"]
    rows = [row for change in changed for row in _rows(change)]
    if rows:
        parts.append(_markdown_table(rows))
    parts += [f"- {_inline(each.title)}: {_UNKNOWN}\n" for each in changed if each.effects is None]
    parts += [f"- :x: {_inline(each)}\n" for each in errors]
    parts += [_details(each) for each in changed if each.before != each.after]
    return "\n".join(parts)


def _counted(changed: Sequence[Change], errors: Sequence[str]) -> str:
    created = sum(each.before is None for each in changed)
    counts = [(created, "created"), (len(changed) - created, "changed"), (len(errors), "refused or not read")]
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing changes"


def _markdown_table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = [HEADERS, tuple("---" for _ in HEADERS), *(tuple(map(_inline, row)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _inline(cell: str) -> str:
    """Return a text that means nothing in Markdown: what an object holds is no link and names nobody."""
    if cell == NOTHING:
        return cell
    fence = "`" * (1 + max(map(len, _runs(cell)), default=0))
    pad = " " if cell.startswith("`") or cell.endswith("`") else ""
    return f"{fence}{pad}{cell.replace('|', chr(92) + '|')}{pad}{fence}"


def _details(change: Change) -> str:
    lines = "\n".join(unified(change))
    fence = "`" * max(3, 1 + max(map(len, _runs(lines)), default=0))
    return f"<details><summary>{change.title} ({change.how})</summary>\n\n{fence}diff\n{lines}\n{fence}\n\n</details>\n"


def _runs(given: str) -> list[str]:
    return re.findall("`+", given)


def show_json(changes: Sequence[Change], errors: Sequence[str]) -> None:
    """Print it as one List, an item for each object that is not as it would be, and for each error."""
    items = [_item(each) for each in changes if each.is_change]
    items += [{"apiVersion": VERSION, "kind": "Error", "metadata": {}, "message": each} for each in errors]
    listing = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
    sys.stdout.write(escaped_json(listing))


def _item(change: Change) -> dict[str, Any]:
    found = fields(change.before or {}, change.after)
    return {
        "apiVersion": VERSION,
        "kind": "Difference",
        "metadata": {"namespace": change.namespace, "name": change.name},
        "object": change.kind,
        "how": change.how,
        **({"by": change.by} if change.by else {}),
        "fields": [
            {"field": path, **({} if a is ABSENT else {"before": a}), **({} if b is ABSENT else {"after": b})}
            for path, a, b in found
        ],
        **_registers(change),
    }


def _registers(change: Change) -> dict[str, Any]:
    if change.kind != "IndustrialPLC":
        return {}
    if change.effects is None:
        return {"device": change.device, "registers": None}
    names = ("register", "place", "holds", "wanted", "thenWanted", "then")
    listed = [
        {name: None if cell == NOTHING else cell for name, cell in zip(names, _cells(each), strict=True)}
        for each in change.effects
    ]
    return {"device": change.device, "registers": listed}
