"""`fabctl chaos scenarios`."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from fabctl.chaos.scenarios import Scenario, known
from fabctl.commands.selecting import show_here
from fabctl.errors import UnknownPLC
from fabctl.names import SCENARIO
from fabctl.options import PRINTING, Format, Printing, Rows
from fabctl.render.objects import made
from fabctl.render.shapes import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.fields import Body


def scenarios(name: str | None = None, /, *, output: Rows = Format.TABLE, printing: Printing = PRINTING) -> int:
    """List what experiments may do; of one print a manifest to begin with, which says what can be set.

    No cluster is asked. Scenarios of packages are listed where those are installed here as well; what is allowed in a
    cluster its ChaosPolicy says.

    Args:
        name: The scenario, as podKiller.
        output: How to print the list; wide says what each needs.
        printing: What is left out.
    """
    there = known()
    if name is None:
        found = list(there.values())
        wide = output is Format.WIDE
        show_here(
            list(map(_object, found)),
            found,
            lambda shown: _table(shown, wide=wide),
            output,
            "",
            kind=SCENARIO,
            printing=printing,
        )
        return 0
    by_name = {each.lower(): each for each in there}
    if name.lower() not in by_name:
        near = difflib.get_close_matches(name.lower(), by_name, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(by_name[each] for each in near)}?" if near else "see: fabctl chaos scenarios"
        raise UnknownPLC(f'no scenario "{name}": {hint}')
    sys.stdout.write(there[by_name[name.lower()]].manifest)
    return 0


def _object(given: Scenario) -> Body:
    told = {"does": given.does, "targets": given.targets, "needs": given.needs, "lasts": given.lasts}
    return made("Scenario", given.name, **told, manifest=given.manifest)


def _table(found: Sequence[Scenario], *, wide: bool) -> Table:
    headers = ("Scenario", "Lasts", "Targets", *(("Needs",) if wide else ()), "Does")
    rows = tuple(
        (each.name, each.lasts, each.targets, *((each.needs,) if wide else ()), each.does.rstrip(".")) for each in found
    )
    return Table("Scenarios", headers, rows)
